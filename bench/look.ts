import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import * as path from 'node:path';
import sharp from 'sharp';
import { median, type Result } from './comparison';
import type { Places } from './sides';

/** The networks that are looked into, and what the first picture may take on two cores, in ms. */
const networks = [
  { name: 'look/ti16', model: 'vit_tiny_patch16_224', most: 300 },
  { name: 'look/b16', model: 'vit_base_patch16_224', most: 1500 },
] as const;
/** Images that follow the first one. */
const FOLLOWING = 5;

/** Inspectors that are opened and closed. */
const CYCLES = 20;

interface Looked {
  readonly label: string;
  /** ms from the question to the picture: the weights are read, the network is made ready. */
  readonly first: number;
  /** The same from the start of the program, its imports included. */
  readonly fromStart: number;
  /** Another image for a network that is ready. */
  readonly next: readonly number[];
  /** All attention, after the picture. */
  readonly all?: number;
}

/** The first picture of an inspector, ours and by timm with hooks: fresh processes in turn, the same weights and images. */
export async function runLook({ ours, peers, pythons }: Places, pairs: number): Promise<Result[]> {
  const python = pythons['torch'];
  if (python === undefined) throw new Error('no Python with timm');
  const folder = path.join(path.dirname(ours), 'look');
  mkdirSync(folder, { recursive: true });
  const images = await pictures(folder);
  const rows: Result[] = [];
  for (const { name, model, most } of networks) {
    const file = path.join(folder, `${model}.safetensors`);
    const peer = path.join(peers, 'look_peer.py');
    if (!existsSync(file)) ask(python, [peer, 'write', model, file]);
    const cache = path.join(folder, 'cache');
    rmSync(cache, { recursive: true, force: true });
    const own = (): Looked => JSON.parse(ask(process.execPath, [path.join(path.dirname(ours), 'lookOurs.js'), file, ...images], { VITLAB_CACHE: cache })) as Looked;
    const unseen = own();
    const [mine, theirs]: [Looked[], Looked[]] = [[], []];
    for (let i = 0; i < pairs; i++) {
      mine.push(own());
      theirs.push(JSON.parse(ask(python, [peer, model, file, ...images])) as Looked);
    }
    const row = (metric: string, of: (one: Looked) => number): Result => {
      const ratios = mine.map((one, i) => of(theirs[i]!) / of(one));
      return { name, metric, unit: 'ms', peer: theirs[0]!.label, engine: mine[0]!.label, pairs, ours: median(mine.map(of)), theirs: median(theirs.map(of)), ratio: median(ratios), spread: [Math.min(...ratios), Math.max(...ratios)] };
    };
    const found = [row('first picture', ({ first }) => first), row('next image', ({ next }) => median(next)), row('first picture, with the start of the program', ({ fromStart }) => fromStart)];
    rows.push(...found);
    console.log(`${name}: first picture ${found[0]!.ours.toFixed(0)} ms of ${String(most)}; ${unseen.first.toFixed(0)} ms for the first network of its kind, whose graph is compiled; all attention ${median(mine.map(({ all = NaN }) => all)).toFixed(0)} ms later`);
  }
  memory(path.join(path.dirname(ours), 'lookMemory.js'), path.join(folder, 'vit_base_patch16_224.safetensors'), images);
  return rows;
}

/** Memory of the engine over opened and closed inspectors: closed, it has to come back to the same each time. */
function memory(program: string, file: string, images: readonly string[]): void {
  const { before, open, closed } = JSON.parse(ask(process.execPath, [program, String(CYCLES), file, ...images])) as { before: number; open: readonly number[]; closed: readonly number[] };
  const line = (all: readonly number[]): string => `${median(all).toFixed(0)} MiB (${Math.min(...all).toFixed(0)} to ${Math.max(...all).toFixed(0)})`;
  console.log(`look/b16: memory of the engine before ${before.toFixed(0)} MiB, ${String(CYCLES)} times opened ${line(open)}, closed ${line(closed)}`);
}

/** Photographs cannot be drawn; what decoding costs is the same of noise that a JPEG has to keep. */
async function pictures(folder: string): Promise<readonly string[]> {
  const [width, height] = [1600, 1200];
  return Promise.all(Array.from({ length: FOLLOWING + 1 }, async (_, i) => {
    const file = path.join(folder, `${String(i)}.jpg`);
    const pixels = Uint8Array.from({ length: width * height * 3 }, (__, at) => 128 + 80 * Math.sin((at % (width * 3)) / 200 + i) + 40 * Math.sin(at / (width * 900)) + ((at * 7919) % 31) - 15);
    if (!existsSync(file)) await sharp(pixels, { raw: { width, height, channels: 3 } }).jpeg({ quality: 90 }).toFile(file);
    return file;
  }));
}

function ask(program: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): string {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', env: { ...process.env, CUDA_VISIBLE_DEVICES: '', OMP_NUM_THREADS: String(availableParallelism()), ...env } });
  if (status !== 0) throw new Error(stderr.trim().split('\n').at(-1) ?? 'it failed');
  return stdout;
}
