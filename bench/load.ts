import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, statSync } from 'node:fs';
import * as path from 'node:path';
import { median, type Result } from './comparison';
import type { Places } from './sides';

interface Opened {
  readonly label: string;
  readonly ms: number;
  /** Bytes. */
  readonly peak: number;
}

/** Opening the weights of ViT-B/16 (346 MB), ours and Python's safetensors with timm: fresh processes in turn, time without the start of the runtime, and peak memory with it. */
export function runLoad({ ours, peers, pythons }: Places, pairs: number): Result[] {
  const python = pythons['torch'];
  if (python === undefined) throw new Error('no Python with timm');
  const folder = path.join(path.dirname(ours), 'load');
  const file = path.join(folder, 'vit_base_patch16_224.safetensors');
  const peer = path.join(peers, 'load_peer.py');
  mkdirSync(folder, { recursive: true });
  if (!existsSync(file)) ask(python, [peer, 'write', file]);
  const size = statSync(file).size;
  const [own, theirs]: Opened[][] = [[], []];
  for (let i = 0; i < pairs; i++) {
    own!.push(JSON.parse(ask(process.execPath, [path.join(path.dirname(ours), 'loadOurs.js'), file])) as Opened);
    theirs!.push(JSON.parse(ask(python, [peer, file])) as Opened);
  }
  const row = (metric: string, unit: string, of: (one: Opened) => number): Result => {
    const ratios = own!.map((one, i) => of(theirs![i]!) / of(one));
    return {
      name: 'load/b16', metric, unit, peer: theirs![0]!.label, engine: own![0]!.label, pairs,
      ours: median(own!.map(of)), theirs: median(theirs!.map(of)), ratio: median(ratios), spread: [Math.min(...ratios), Math.max(...ratios)],
    };
  };
  const rows = [row('opening the weights', 'ms', ({ ms }) => ms), row('peak memory of opening the weights', 'MiB', ({ peak }) => peak / 2 ** 20)];
  console.log(`load/b16: peak ${(rows[1]!.ours / (size / 2 ** 20)).toFixed(2)} × the file (${(size / 2 ** 20).toFixed(0)} MiB), theirs ${(rows[1]!.theirs / (size / 2 ** 20)).toFixed(2)} ×`);
  return rows;
}

function ask(program: string, args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', env: { ...process.env, CUDA_VISIBLE_DEVICES: '' } });
  if (status !== 0) throw new Error(stderr.trim().split('\n').at(-1) ?? 'it failed');
  return stdout;
}
