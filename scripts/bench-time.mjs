// `node scripts/bench-time.mjs`: how long a recipe of ours and timm's plain one take to the same accuracy, one after the other.
//   --to SHARE      the top-1 accuracy of the validation to reach (default 0.7)
//   --ours FILE     our recipe (default configs/cifar10-70-percent.yaml)
//   --theirs FILE   the plain one (default bench/plain-timm.yaml); the other side trains it to its end
//   --json FILE     also writes the result there (default bench/results/time-to.json)
// Between the two, one epoch of the plain recipe with our own engine tells which part of the difference is the engine's.
// Nothing else should run: these are times.
import { spawn } from 'node:child_process';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { step } from './progress.mjs';
import { asProgram, cache, nodeProgram, projectEnv, root } from './setup.mjs';
import { prepareTimm, trainWithTimm } from './timm.mjs';

const { values } = parseArgs({
  options: {
    to: { type: 'string', default: '0.7' },
    ours: { type: 'string', default: 'configs/cifar10-70-percent.yaml' },
    theirs: { type: 'string', default: 'bench/plain-timm.yaml' },
    json: { type: 'string', default: 'bench/results/time-to.json' },
  },
});
const mark = Number(values.to);
const runs = path.join(cache, 'bench/time-runs');

/** What a run has measured so far, an evaluation each: epoch, seconds and accuracy; and that of the test. */
async function evaluations(run) {
  const text = await readFile(path.join(run, 'metrics.jsonl'), 'utf8').catch(() => '');
  const rows = text.split('\n').flatMap((line) => (line.endsWith('}') ? [JSON.parse(line)] : []));
  return {
    epochs: rows.filter(({ values: of }) => 'val/top1' in of).map(({ epoch, time, values: of }) => ({ epoch, seconds: time, val: of['val/top1'] })),
    test: rows.findLast(({ values: of }) => 'test/top1' in of)?.values['test/top1'],
  };
}

const newest = async () => path.join(runs, (await readdir(runs).catch(() => [])).filter((name) => !name.startsWith('.')).at(-1) ?? '');

/** Trains a configuration with ViT Lab, as its users do; no further than `epochs` of it. */
async function train(config, epochs = Infinity) {
  await rm(runs, { recursive: true, force: true });
  const child = spawn(nodeProgram, [path.join(root, 'dist/cli.js'), 'train', path.resolve(config), '--runs', runs], { cwd: root, env: projectEnv(), stdio: ['ignore', 'ignore', 'inherit'] });
  const ended = new Promise((resolve, reject) => child.on('error', reject).on('close', resolve));
  const watch = setInterval(async () => {
    if ((await evaluations(await newest())).epochs.length >= epochs) child.kill('SIGINT');
  }, 1000);
  await ended;
  clearInterval(watch);
  const run = await newest();
  const measured = await evaluations(run);
  if (measured.epochs.length === 0) throw new Error(`${config} was not trained`);
  return { run, ...measured };
}

const reached = (epochs) => epochs.find(({ val }) => val >= mark);
const perEpoch = (epochs) => epochs.at(-1).seconds / epochs.length;
const percent = (value) => `${(value * 100).toFixed(2)} %`;
const told = (epochs, test) => {
  const at = reached(epochs);
  return `${at ? `${percent(at.val)} of the validation after ${at.epoch} epochs, ${at.seconds.toFixed(0)} s` : `not reached after ${epochs.length} epochs, ${epochs.at(-1).seconds.toFixed(0)} s (${percent(Math.max(...epochs.map(({ val }) => val)))})`}; ${percent(test)} of the test`;
};

async function compare() {
  const python = await prepareTimm();
  const ours = await step('our recipe', () => train(values.ours));
  const engine = await step('one epoch of the plain recipe with our engine', () => train(values.theirs, 1));
  const theirs = [];
  const { theirs: result } = await step('the plain recipe with timm', () => trainWithTimm(python, engine.run, (line) => 'epoch' in line && (theirs.push(line), console.log(`  epoch ${line.epoch}: ${percent(line.val)} after ${line.seconds.toFixed(0)} s`))));
  const [mine, other] = [reached(ours.epochs), reached(theirs)];
  if (!mine) throw new Error(`Our recipe did not reach ${percent(mark)}: ${told(ours.epochs, ours.test)}`);
  const end = other ?? theirs.at(-1);
  const parts = { time: mine.seconds / end.seconds, engine: perEpoch(engine.epochs) / perEpoch(theirs), network: perEpoch(ours.epochs) / perEpoch(engine.epochs), epochs: mine.epoch / end.epoch };
  console.log(`ours: ${told(ours.epochs, ours.test)}\ntimm: ${told(theirs, result.top1)}`);
  console.log(`time: ${other ? '' : 'less than '}${parts.time.toFixed(2)} of timm's = engine ${parts.engine.toFixed(2)} × network and recipe, an epoch ${parts.network.toFixed(2)} × epochs ${parts.epochs.toFixed(2)}`);
  await mkdir(path.dirname(values.json), { recursive: true });
  await writeFile(values.json, `${JSON.stringify({ to: mark, reached: other !== undefined, parts, ours: { epochs: ours.epochs, test: ours.test }, engine: { epochs: engine.epochs }, timm: { epochs: theirs, test: result.top1, params: result.params } }, null, 2)}\n`);
  await rm(runs, { recursive: true, force: true });
}

await asProgram(import.meta.url, compare);
