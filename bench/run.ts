// The comparisons: `scripts/bench.mjs` prepares them and starts this.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import * as path from 'node:path';
import { parseArgs } from 'node:util';
import { alternate, FEWEST_PAIRS, median, type Result } from './comparison';
import { runLoad } from './load';
import { runLook } from './look';
import { runPasses } from './passes';
import { ratiosPicture } from './picture';
import { runScaling } from './scaling';
import { openOurs, openPeer, peerNames, type PeerName, type Places } from './sides';
import type { Side } from './side';
import { workloads, type Workload } from './workloads';

const { values: given } = parseArgs({
  options: {
    only: { type: 'string' },
    peers: { type: 'string', default: 'timm' },
    engine: { type: 'string', default: 'onnx' },
    pairs: { type: 'string', default: '7' },
    json: { type: 'string' },
  },
});
const places = JSON.parse(process.env['VITLAB_BENCH'] ?? '{}') as Places;
const results = path.join(path.dirname(places.peers), 'results');

function chosen(): readonly Workload[] {
  if (given.only === undefined) return workloads;
  const names = given.only.split(',');
  const known = [...workloads.map(({ name }) => name), 'load/b16', 'look/ti16', 'look/b16', 'scaling', 'passes'];
  const unknown = names.filter((name) => !known.some((other) => other === name || other.startsWith(`${name}/`)));
  if (unknown.length > 0) throw new Error(`There is no ${unknown.join(', ')}. There are ${[...new Set(known)].join(', ')}.`);
  return workloads.filter(({ name }) => names.some((wish) => name === wish || name.startsWith(`${wish}/`)));
}

function chosenPeers(): readonly PeerName[] {
  return given.peers.split(',').flatMap((wish) => {
    if (wish === 'all') return peerNames;
    const found = peerNames.find((name) => name === wish);
    if (!found) throw new Error(`There is no peer ${wish}. There are ${peerNames.join(', ')}, and all.`);
    return [found];
  });
}

/** What could not be compared, and why. */
interface Refusal {
  readonly name: string;
  readonly peer: string;
  readonly reason: string;
}

const refused: Refusal[] = [];

/** Compares one workload with one peer; what cannot be done is told and gives nothing. */
async function compare(workload: Workload, name: PeerName | 'ours', pairs: number): Promise<Result | undefined> {
  const title = `${workload.name}${workload.kind === 'infer' ? ` batch ${workload.shape.batch}` : ''}`;
  const sides: Side[] = [];
  try {
    const ours = await openOurs(given.engine, workload, places);
    sides.push(ours);
    const theirs = name === 'ours' ? await openOurs(given.engine, { ...workload, int8: false, maps: false }, places) : await openPeer(name, workload, places);
    sides.push(theirs);
    const measured = workload.kind === 'memory' && name !== 'ours' ? await memory(workload, name, pairs) : await alternate(ours, theirs, pairs);
    const [metric, unit] = workload.kind === 'memory' ? ['peak memory of a training process', 'MiB'] : [workload.kind === 'train' ? 'training step' : `forward pass, batch ${workload.shape.batch}`, 'ms'];
    const result: Result = { name: workload.name, metric, unit, peer: name === 'ours' ? `${theirs.label}, ${workload.int8 ? 'in float32' : 'without maps'}` : theirs.label, ...measured, engine: ours.label };
    console.log(line(title, result));
    return result;
  } catch (error) {
    const reason = (error instanceof Error ? error.message : String(error)).split('\n').at(-1) ?? '';
    console.log(`${title.padEnd(24)} ${name}: ${reason}`);
    refused.push({ name: workload.name, peer: name === 'ours' ? given.engine : name, reason });
    return undefined;
  } finally {
    for (const side of sides) side.end();
  }
}

/** Peak memory of fresh processes after some steps, in MiB. */
async function memory(workload: Workload, name: PeerName, pairs: number): Promise<Pick<Result, 'ours' | 'theirs' | 'ratio' | 'spread' | 'pairs'>> {
  const peakOf = async (open: Promise<Side>): Promise<number> => {
    const side = await open;
    try {
      await side.run(6);
      return (await side.peak()) / 2 ** 20;
    } finally {
      side.end();
    }
  };
  const count = Math.min(pairs, FEWEST_PAIRS);
  const [ours, theirs]: number[][] = [[], []];
  for (let i = 0; i < count; i++) {
    ours!.push(await peakOf(openOurs(given.engine, workload, places)));
    theirs!.push(await peakOf(openPeer(name, workload, places)));
  }
  const ratios = ours!.map((own, i) => theirs![i]! / own);
  return { ours: median(ours!), theirs: median(theirs!), ratio: median(ratios), spread: [Math.min(...ratios), Math.max(...ratios)], pairs: count };
}

function line(title: string, { ratio, spread, ours, theirs, unit, peer, engine }: Result): string {
  const numbers = `${ours.toFixed(1)} against ${theirs.toFixed(1)} ${unit}`;
  return `${title.padEnd(24)} ${ratio.toFixed(2)} × (${spread[0].toFixed(2)} to ${spread[1].toFixed(2)})  ${numbers}  ${engine} / ${peer}`;
}

/** Eight bits are compared with our own float32, as the peers have nothing of the kind; maps with us too, without them. */
function peersOf({ int8, maps }: Workload): readonly (PeerName | 'ours')[] {
  return [...(int8 ? [] : chosenPeers()), ...(int8 || maps ? (['ours'] as const) : [])];
}

async function main(): Promise<void> {
  const pairs = Number(given.pairs);
  if (!Number.isInteger(pairs) || pairs < 1) throw new Error(`--pairs takes a whole number above 0, not ${given.pairs}`);
  if (pairs < FEWEST_PAIRS) console.log(`Note: --pairs ${pairs} is fewer than the ${FEWEST_PAIRS} that results to be published need.`);
  const machine = { processor: cpus()[0]?.model ?? '?', cores: availableParallelism(), node: process.version, platform: `${process.platform} ${process.arch}` };
  console.log(`${machine.processor}, ${machine.cores} cores, Node.js ${machine.node}. A ratio above 1 means that ours is better.\n`);
  const found: Result[] = [];
  for (const workload of chosen()) {
    for (const peer of peersOf(workload)) {
      const result = await compare(workload, peer, pairs);
      if (result) found.push(result);
    }
  }
  if (chooses('load')) for (const row of runLoad(places, Math.min(pairs, FEWEST_PAIRS))) {
    console.log(line(row.name, row));
    found.push(row);
  }
  if (chooses('look')) for (const row of await runLook(places, Math.min(pairs, FEWEST_PAIRS))) {
    console.log(line(`${row.name} ${row.metric}`, row));
    found.push(row);
  }
  if (given.json !== undefined) writeFileSync(given.json, `${JSON.stringify(found, null, 2)}\n`);
  if (found.length > 0) record(found, machine);
  // Nobody compares with a peer here, so that it is measured only when it is asked for.
  if (given.only?.split(',').includes('passes')) await runPasses(places, pairs, results);
  if (given.only === undefined || given.only.split(',').includes('scaling')) await runScaling(places, given.engine, results, Math.min(pairs, FEWEST_PAIRS));
}

/** Whether something that is no workload is asked for, or all is. */
function chooses(name: string): boolean {
  return given.only === undefined || given.only.split(',').some((wish) => wish === name || wish.startsWith(`${name}/`));
}

interface Machine {
  readonly processor: string;
  readonly cores: number;
}

/** What is measured anew takes the place of what was measured before on the same machine; the rest stays. */
function record(found: readonly Result[], machine: Machine): void {
  const file = path.join(results, `${given.engine}.json`);
  const before = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { machine: Machine; results: readonly Result[] }) : undefined;
  const key = ({ name, metric, peer }: Result): string => [name, metric, peer].join('|');
  const measured = new Set(found.map(key));
  const kept = before?.machine.processor === machine.processor && before.machine.cores === machine.cores ? before.results.filter((one) => !measured.has(key(one))) : [];
  // What is no workload comes last.
  const order = (one: Result): number => (workloads.findIndex(({ name }) => name === one.name) + workloads.length + 1) % (workloads.length + 1);
  const all = [...kept, ...found].sort((a, b) => order(a) - order(b));
  mkdirSync(results, { recursive: true });
  writeFileSync(file, `${JSON.stringify({ machine, results: all, refused }, null, 2)}\n`);
  writeFileSync(path.join(results, `${given.engine}.svg`), ratiosPicture(all, machine));
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
});
