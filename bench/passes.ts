import { mkdirSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { median, type Result } from './comparison';
import type { GraphSize, Side } from './side';
import { openOurs, type Places } from './sides';
import { workloads, type Workload } from './workloads';

/** What one pass gains: `ratio` is the processor time of a training step without it over that with all, so that above 1 it is worth its lines. */
export type PassGain = Pick<Result, 'name' | 'ours' | 'theirs' | 'ratio' | 'spread' | 'pairs'> & { readonly pass: string; readonly graph: { readonly ours: GraphSize; readonly theirs: GraphSize } };

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

/** What is compared: a workload with all passes, and one of them. */
interface Wish {
  readonly engine: string;
  readonly workload: Workload;
  readonly passes: readonly string[];
}

function wishes(passes: readonly string[]): readonly Wish[] {
  const general = passes.filter((pass) => !ofWhole.includes(pass));
  return steps.flatMap((name) => [
    { engine: 'onnx', workload: workloadOf(name), passes: [CONTROL, ...general] },
    { engine: 'onnx', workload: whole(name), passes: ofWhole },
    { engine: 'tfjs-node-bf16', workload: workloadOf(name), passes: [BF16] },
  ]);
}

/** Its engine has one of its own name without it. */
const BF16 = 'bf16MatMul';
/** Leaves nothing out: what is found all the same is the error of the measurement. */
const CONTROL = 'nothing';

/** The training step with each pass left out, in turn with the one that has them all. */
export async function runPasses(places: Places, pairs: number, folder: string): Promise<void> {
  const gains: PassGain[] = [];
  for (const wish of wishes(Object.keys(places.without))) {
    try {
      for await (const gain of gainsOf(wish, places, pairs)) gains.push(gain);
    } catch (error) {
      console.log(`${wish.engine} ${wish.workload.name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  if (gains.length === 0) return;
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'passes.json'), `${JSON.stringify(gains, null, 2)}\n`);
}

async function* gainsOf({ engine, workload, passes }: Wish, places: Places, pairs: number): AsyncGenerator<PassGain> {
  const all = await openOurs(engine, workload, places, 'processor');
  try {
    for (const pass of passes) {
      const less = await openOurs(pass === BF16 ? 'tfjs-node' : engine, workload, { ours: places.without[pass] ?? places.ours }, 'processor');
      try {
        const graph = { ours: await all.graph(), theirs: await less.graph() };
        yield told({ name: workload.name, pass, graph, ...(await inTurn(all, less, pairs)) });
      } finally {
        less.end();
      }
    }
  } finally {
    all.end();
  }
}

function told(gain: PassGain): PassGain {
  const { name, pass, graph, ratio, spread, ours, theirs } = gain;
  const words = ({ operations, bytes }: GraphSize): string => `${operations} operations that write ${(bytes / 2 ** 20).toFixed(0)} MiB`;
  console.log(`without ${pass.padEnd(22)} ${name.padEnd(20)} ${ratio.toFixed(3)} × the time (${spread[0].toFixed(3)} to ${spread[1].toFixed(3)})  ${theirs.toFixed(1)} against ${ours.toFixed(1)} ms; ${words(graph.theirs)} against ${words(graph.ours)}`);
  return gain;
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
      // Who begins changes, so that neither always follows the other.
      const both = [[all, own!], [less, other!]] as const;
      for (const [side, times] of turn % 2 === 0 ? both : both.toReversed()) times.push(...(await side.run(2)));
    }
    a!.push(Math.min(...own!));
    b!.push(Math.min(...other!));
  }
  const ratios = a!.map((own, i) => b![i]! / own);
  return { ours: median(a!), theirs: median(b!), ratio: median(ratios), spread: [Math.min(...ratios), Math.max(...ratios)], pairs };
}
