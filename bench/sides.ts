import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import * as path from 'node:path';
import type { OurJob } from './ours';
import { openSide, type Side } from './side';
import type { Workload } from './workloads';

const threads = availableParallelism();

/** Where things are, given by `scripts/bench.mjs`. */
export interface Places {
  /** The bundle of ours.ts, and the folder of the engine's bundles. */
  readonly ours: string;
  /** Bundles of ours.ts whose compiler lacks a pass, by the pass's name. */
  readonly without: Readonly<Record<string, string>>;
  readonly peers: string;
  /** Python programs by the framework that they have. */
  readonly pythons: Readonly<Record<string, string>>;
  readonly transformers: string;
}

/** Our engines by the names that `--engine` takes. */
const engines: Readonly<Record<string, Omit<OurJob, 'workload' | 'threads' | 'clock'>>> = {
  onnx: { backend: 'onnx', execution: 'compiled', precision: 'fp32' },
  'tfjs-node': { backend: 'tfjs-node', execution: 'compiled', precision: 'fp32' },
  'tfjs-node-bf16': { backend: 'tfjs-node', execution: 'compiled', precision: 'bf16' },
  'tfjs-node-eager': { backend: 'tfjs-node', execution: 'eager', precision: 'fp32' },
  wasm: { backend: 'wasm', execution: 'eager', precision: 'fp32' },
};

export const engineNames = Object.keys(engines);

/** @throws Error that says why this engine cannot do that here */
export async function openOurs(engine: string, workload: Workload, places: Pick<Places, 'ours'>, clock: OurJob['clock'] = 'wall'): Promise<Side> {
  const how = engines[engine];
  if (!how) throw new Error(`There is no engine ${engine}; there are ${engineNames.join(', ')}`);
  return openSide(process.execPath, [places.ours], { workload, ...how, threads, clock } satisfies OurJob);
}

/** Everyone that is compared with, the one that the bars are about first. */
export const peerNames = ['timm', 'timm-compiled', 'tensorflow', 'jax', 'tfjs-node-eager', 'wasm', 'transformers.js'] as const;
export type PeerName = (typeof peerNames)[number];

/** @throws Error that says why this peer cannot do that here */
export async function openPeer(name: PeerName, workload: Workload, places: Places): Promise<Side> {
  switch (name) {
    case 'timm':
    case 'timm-compiled':
      return python(places, 'torch', { workload, variant: name === 'timm' ? 'eager' : 'compiled' });
    case 'tensorflow':
    case 'jax':
      return python(places, name, { workload });
    case 'tfjs-node-eager':
    case 'wasm':
      return openOurs(name, workload, places);
    case 'transformers.js':
      if (workload.kind !== 'infer' || workload.maps || workload.shape.batch !== 1) throw new Error('it only has the plain forward pass of one image');
      if (!existsSync(places.transformers)) throw new Error('not installed: npm run bench -- --peers transformers.js installs it');
      return transformers(workload, places);
  }
}

/** transformers.js runs ONNX files; PyTorch writes it one of the same network. */
async function transformers(workload: Workload, places: Places): Promise<Side> {
  const program = places.pythons['torch'];
  if (program === undefined) throw new Error('no Python with torch to write its model');
  const { patch, dim, depth } = workload.shape;
  const folder = path.join(places.transformers, 'models', `vit-${patch}-${dim}-${depth}`);
  const model = path.join(folder, 'onnx/model.onnx');
  if (!existsSync(model)) {
    mkdirSync(path.dirname(model), { recursive: true });
    const { status, stderr } = spawnSync(program, [path.join(places.peers, 'export_vit.py'), JSON.stringify(workload.shape), model], { encoding: 'utf8' });
    if (status !== 0) throw new Error(`its model cannot be written: ${stderr.trim().split('\n').at(-1) ?? ''}`);
  }
  return openSide(process.execPath, [path.join(places.peers, 'transformers_peer.mjs')], { workload, threads, home: places.transformers, folder });
}

async function python({ peers, pythons }: Places, framework: string, job: object): Promise<Side> {
  const program = pythons[framework];
  if (program === undefined || !existsSync(program)) throw new Error(`no Python with ${framework}`);
  return openSide(program, [path.join(peers, `${framework}_peer.py`)], { ...job, threads }, { OMP_NUM_THREADS: String(threads), CUDA_VISIBLE_DEVICES: '' });
}
