// The comparisons: `scripts/bench.mjs` prepares them and starts this.
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import * as path from 'node:path';
import { parseArgs } from 'node:util';
import { alternate, type Result } from './comparison';
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
  const known = [...workloads.map(({ name }) => name), 'scaling'];
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

/** Compares one workload with one peer; what cannot be done is told and gives nothing. */
async function compare(workload: Workload, name: PeerName, pairs: number): Promise<Result | undefined> {
  const title = `${workload.name}${workload.kind === 'infer' ? ` batch ${workload.shape.batch}` : ''}`;
  const sides: Side[] = [];
  try {
    const ours = await openOurs(given.engine, workload, places);
    sides.push(ours);
    // Eight bits are compared with our own float32: the peers have nothing of the kind.
    const theirs = workload.int8 ? await openOurs(given.engine, { ...workload, int8: false }, places) : await openPeer(name, workload, places);
    sides.push(theirs);
    const measured = workload.kind === 'memory' ? await memory(ours, theirs) : await alternate(ours, theirs, pairs);
    const [metric, unit] = workload.kind === 'memory' ? ['peak memory of a training process', 'MiB'] : [workload.kind === 'train' ? 'training step' : `forward pass, batch ${workload.shape.batch}`, 'ms'];
    const result: Result = { name: workload.name, metric, unit, peer: theirs.label, ...measured, engine: ours.label };
    console.log(line(title, result));
    return result;
  } catch (error) {
    console.log(`${title.padEnd(24)} ${name}: ${error instanceof Error ? error.message.split('\n').at(-1) : String(error)}`);
    return undefined;
  } finally {
    for (const side of sides) side.end();
  }
}

/** Peak memory of both after some steps, in MiB. */
async function memory(ours: Side, theirs: Side): Promise<Pick<Result, 'ours' | 'theirs' | 'ratio' | 'spread' | 'pairs'>> {
  await ours.run(6);
  await theirs.run(6);
  const [a, b] = [(await ours.peak()) / 2 ** 20, (await theirs.peak()) / 2 ** 20];
  return { ours: a, theirs: b, ratio: b / a, spread: [b / a, b / a], pairs: 1 };
}

function line(title: string, { ratio, spread, ours, theirs, unit, peer, engine }: Result): string {
  const numbers = `${ours.toFixed(1)} against ${theirs.toFixed(1)} ${unit}`;
  return `${title.padEnd(24)} ${ratio.toFixed(2)} × (${spread[0].toFixed(2)} to ${spread[1].toFixed(2)})  ${numbers}  ${engine} / ${peer}`;
}

async function main(): Promise<void> {
  const pairs = Number(given.pairs);
  if (!Number.isInteger(pairs) || pairs < 1) throw new Error(`--pairs takes a whole number above 0, not ${given.pairs}`);
  const machine = { processor: cpus()[0]?.model ?? '?', cores: availableParallelism(), node: process.version, platform: `${process.platform} ${process.arch}` };
  console.log(`${machine.processor}, ${machine.cores} cores, Node.js ${machine.node}. A ratio above 1 means that ours is better.\n`);
  const found: Result[] = [];
  for (const workload of chosen()) {
    for (const peer of workload.int8 ? chosenPeers().slice(0, 1) : chosenPeers()) {
      const result = await compare(workload, peer, pairs);
      if (result) found.push(result);
    }
  }
  if (given.only === undefined || given.only.split(',').includes('scaling')) await runScaling(places, given.engine, results);
  if (given.json !== undefined) writeFileSync(given.json, `${JSON.stringify(found, null, 2)}\n`);
  if (given.only === undefined) {
    mkdirSync(results, { recursive: true });
    writeFileSync(path.join(results, `${given.engine}.json`), `${JSON.stringify({ machine, results: found }, null, 2)}\n`);
    writeFileSync(path.join(results, `${given.engine}.svg`), ratiosPicture(found, machine));
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
});
