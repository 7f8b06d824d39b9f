import { mkdirSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { median, type Result } from './comparison';
import type { Side } from './side';
import { openOurs, type Places } from './sides';
import { workloads, type Workload } from './workloads';

/** What one pass gains: `ratio` is the processor time of a training step without it over that with all, so that above 1 it is worth its lines. */
export type PassGain = Pick<Result, 'name' | 'ours' | 'theirs' | 'ratio' | 'spread' | 'pairs'> & { readonly pass: string };

/** A batch that no number of blocks divides: all cores share each operation of one graph, and no thread has a part of its own. */
function whole(name: string): Workload {
  const { shape, ...workload } = workloadOf(name);
  return { ...workload, name: `${name}, whole`, shape: { ...shape, batch: 127 } };
}

function workloadOf(name: string): Workload {
  const found = workloads.find((workload) => workload.name === name);
  if (!found) throw new Error(`There is no workload ${name}`);
  return found;
}

/** Passes that only the graph of a whole batch has. */
const ofWhole: readonly string[] = ['splitWeightGradients'];
const steps = ['train/fm', 'train/cifar'] as const;

/** The training step with each pass left out, in turn with the one that has them all. */
export async function runPasses(places: Places, pairs: number, folder: string): Promise<void> {
  const passes = Object.keys(places.without);
  const gains: PassGain[] = [];
  for (const name of steps) {
    gains.push(...(await gainsOf(passes.filter((pass) => !ofWhole.includes(pass)), workloadOf(name), places, pairs)));
    gains.push(...(await gainsOf(passes.filter((pass) => ofWhole.includes(pass)), whole(name), places, pairs)));
  }
  if (gains.length === 0) return;
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'passes.json'), `${JSON.stringify(gains, null, 2)}\n`);
}

async function gainsOf(passes: readonly string[], workload: Workload, places: Places, pairs: number): Promise<readonly PassGain[]> {
  if (passes.length === 0) return [];
  const gains: PassGain[] = [];
  const all = await openOurs('onnx', workload, places, 'processor');
  try {
    for (const pass of passes) gains.push(await gainOf(pass, all, workload, places, pairs));
  } finally {
    all.end();
  }
  return gains;
}

async function gainOf(pass: string, all: Side, workload: Workload, places: Places, pairs: number): Promise<PassGain> {
  const less = await openOurs('onnx', workload, { ours: places.without[pass]! }, 'processor');
  try {
    const measured = await inTurn(all, less, pairs);
    const { ratio, spread, ours, theirs } = measured;
    console.log(`without ${pass.padEnd(22)} ${workload.name.padEnd(20)} ${ratio.toFixed(3)} × the time (${spread[0].toFixed(3)} to ${spread[1].toFixed(3)})  ${theirs.toFixed(1)} against ${ours.toFixed(1)} ms`);
    return { name: workload.name, pass, ...measured };
  } finally {
    less.end();
  }
}

/** Of a pair, so long at least. */
const PAIR_MS = 3000;

/**
 * A few steps of one, a few of the other, and so on; of each pair the fastest step counts on either side. What a step costs
 * does not change, and other programs can only add to it.
 */
async function inTurn(all: Side, less: Side, pairs: number): Promise<Pick<Result, 'ours' | 'theirs' | 'ratio' | 'spread' | 'pairs'>> {
  const [ms = PAIR_MS] = await all.run(1);
  const turns = Math.max(2, Math.min(10, Math.round(PAIR_MS / (4 * ms))));
  const [a, b]: number[][] = [[], []];
  for (let pair = 0; pair < pairs; pair++) {
    const [own, other]: number[][] = [[], []];
    for (let turn = 0; turn < turns; turn++) {
      own!.push(...(await all.run(2)));
      other!.push(...(await less.run(2)));
    }
    a!.push(Math.min(...own!));
    b!.push(Math.min(...other!));
  }
  const ratios = a!.map((own, i) => b![i]! / own);
  return { ours: median(a!), theirs: median(b!), ratio: median(ratios), spread: [Math.min(...ratios), Math.max(...ratios)], pairs };
}
