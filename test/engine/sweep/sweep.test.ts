import { readFile, writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { readSweep } from '../../../src/engine/sweep/record';
import { leadSweep, type Trainer } from '../../../src/engine/sweep/lead';
import { rowsOf, toCsv } from '../../../src/engine/sweep/results';
import { createSweep, openSweep, planSweep } from '../../../src/engine/sweep/sweep';
import { temporaryFolder } from '../tiny';

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await temporaryFolder();
  file = path.join(folder, 'c.yaml');
  await writeFile(file, 'name: own\ndataset: {format: shapes}\nmodel: {depth: 1, embed_dim: 16, num_heads: 2}\nsweep: {parameters: {model.patch_size: [4, 8]}, seeds: 2}\n');
});

const plan = (): ReturnType<typeof planSweep> => planSweep(file, [], () => undefined);
const ended = { type: 'ended', run: '', message: '', metrics: {} } as const;

/** Takes notes of what it is asked to train, and ends as it is told. */
function trainer(asked: string[], ...reasons: readonly ('error' | 'stopped' | 'gone')[]): Trainer {
  return {
    start: ({ set, sweep }) => {
      const reason = reasons[asked.length] ?? 'error';
      asked.push(`${sweep}: ${set.join(' ')}`);
      if (reason === 'gone') return Promise.reject(Object.assign(new Error('Interrupted'), { name: 'AbortError' }));
      return Promise.resolve({ ...ended, reason, message: 'no memory' });
    },
    resume: () => Promise.reject(new Error('nothing to resume')),
  };
}

test('every combination is trained with every seed under a name of its own; failures are told, and the others go on', async () => {
  const sweep = await createSweep(await plan(), path.join(folder, 'runs'));
  const asked: string[] = [];
  expect(await leadSweep(sweep.folder, trainer(asked), { parallel: 1 })).toBe(true);
  expect(asked).toEqual([0, 1].flatMap((seed) => [4, 8].map((patch) => `own: model.patch_size=${patch} seed=${seed} name="own patch_size ${patch}, seed ${seed}"`)));
  const { entries } = await readSweep(sweep.folder);
  expect(entries.every(({ state, reason }) => state === 'failed' && reason === 'no memory')).toBe(true);
  expect(await readFile(path.join(sweep.folder, 'results.csv'), 'utf8')).toContain('4,0,0,10,failed');
});

test('of long names, what tells a training from the others is kept', async () => {
  const long = 'a name of a sweep that says all that somebody wanted to find out with it';
  await writeFile(file, `name: ${long}\ndataset: {format: shapes}\nmodel: {depth: 1, embed_dim: 16, num_heads: 2}\nsweep: {variants: {the first of them: {model.patch_size: 4}, the second of them: {model.patch_size: 8}}}\n`);
  const sweep = await createSweep(await plan(), path.join(folder, 'runs'));
  const asked: string[] = [];
  await leadSweep(sweep.folder, trainer(asked), { parallel: 1 });
  const names = asked.map((one) => /name="(.*)"/.exec(one)![1]!);
  expect(names).toEqual(['first', 'second'].map((word) => expect.stringMatching(new RegExp(`^a name of a sweep.*… the ${word} of them, seed 0$`)) as unknown));
  expect(Math.max(...names.map(({ length }) => length))).toBeLessThanOrEqual(80);
});

test('all combinations that cannot be trained are told, in the words of the file', async () => {
  await writeFile(file, 'dataset: {format: shapes}\nmodel: {depth: 1, num_heads: 2}\nsweep: {parameters: {model.embed_dim: [31, 32, 33]}}\n');
  const told = await plan().catch((error: unknown) => (error as Error).message);
  expect(told).toMatch(/^\S+c\.yaml:3:39: embed_dim 31 cannot be trained: model.*31.*\n\S+c\.yaml:3:39: embed_dim 33 cannot be trained: model.*33/);
  expect(told).not.toContain('--set');
});

test('what does not go with the data is told before anything is trained, too', async () => {
  await writeFile(file, 'dataset: {format: shapes}\nmodel: {depth: 1, num_heads: 2, embed_dim: 16}\nsweep: {parameters: {train.class_weights: [none, [1, 2]]}}\n');
  const told = await plan().catch((error: unknown) => (error as Error).message);
  expect(told).toMatch(/^\S+c\.yaml:3:\d+: class_weights \[1, 2\] cannot be trained: train\.class_weights has 2 numbers, and the data have \d+ classes: circle, /);
  expect(told).not.toContain('--set');
});

test('what is wrong in the configuration itself is told once, where it stands', async () => {
  const model = 'dataset: {format: shapes}\nmodel: {depth: 1, num_heads: 2, embed_dim: 16}\n';
  await writeFile(file, `${model}train: {class_weights: [1, 2]}\nsweep: {parameters: {model.patch_size: [4, 8]}}\n`);
  await expect(plan()).rejects.toThrow(/^\S+c\.yaml:3:24: train\.class_weights has 2 numbers, and the data have 6 classes: [^\n]*$/);
  await writeFile(file, `${model}sweep: {parameters: {model.patch_size: [4, 8]}}\n`);
  await expect(planSweep(file, ['train.class_weights=[1, 2]'], () => undefined)).rejects.toThrow(/^--set train\.class_weights: train\.class_weights has 2 numbers/);
  // Weights that the order of a training does not look at are no reason to refuse it.
  await writeFile(file, `${model.replace('shapes}', 'shapes, sampling: {weights: [1, 2]}}')}sweep: {parameters: {model.patch_size: [4, 8]}}\n`);
  expect((await plan()).settings).toHaveLength(2);
});

test.each([
  ['variants', '{variants: {long: {train.epochs: 3}, short: {train.epochs: 1}}}'],
  ['parameters', '{parameters: {train.epochs: [3, 1]}}'],
])('where %s set the epochs, plan, rows and table tell those of each combination', async (_, sweep) => {
  await writeFile(file, `dataset: {format: shapes}\nmodel: {depth: 1, embed_dim: 16, num_heads: 2, patch_size: 4}\ntrain: {epochs: 7}\nsweep: ${sweep}\n`);
  const record = await plan();
  expect(record.entries.map(({ epochs }) => epochs)).toEqual([3, 1]);
  expect(rowsOf(record).map(({ epochs }) => epochs)).toEqual([3, 1]);
  expect(toCsv(record).split('\r\n').slice(1, 3).map((line) => line.split(',')[3])).toEqual(['3', '1']);
});

async function warningsOf(sweep: string): Promise<readonly string[]> {
  await writeFile(file, `dataset: {format: shapes}\nmodel: {depth: 1, embed_dim: 16, num_heads: 2, patch_size: 8}\ntrain: {epochs: 3, warmup_epochs: 0, mixup_prob: 0.5}\nsweep: ${sweep}\n`);
  const warnings: string[] = [];
  await planSweep(file, [], () => undefined, (warning) => warnings.push(warning));
  return warnings;
}

test('that a key changes nothing where the sweep switches off what it belongs to is no news; elsewhere it is told', async () => {
  expect(await warningsOf('{parameters: {train.mixup: [0, 0.8]}}')).toEqual([]);
  expect(await warningsOf('{variants: {plain: {}, mixed: {train.mixup: 0.8}}}')).toEqual([]);
  expect(await warningsOf('{parameters: {train.lr: [0.001, 0.002]}}')).toEqual([expect.stringMatching(/mixup_prob \(0\.5\) changes nothing/)]);
  expect(await warningsOf('{parameters: {train.mixup: [0, 0.8], train.mixup_prob: [0.4, 0.6]}}')).toEqual([
    expect.stringMatching(/\(mixup 0, mixup_prob 0\.4\)$/),
    expect.stringMatching(/\(mixup 0, mixup_prob 0\.6\)$/),
  ]);
});

test.each([
  ['{parameters: {model.patch_size: [4, 4]}}', /^\S+c\.yaml:4:40: sweep\.parameters\.model\.patch_size has 4 twice/],
  ['{variants: {a: {model.depth: 2}, b: {}}, parameters: {model.depth: [1, 2]}}', /^\S+c\.yaml:4:37: sweep\.variants\.a\.model\.depth: sweep\.parameters varies model\.depth, too/],
  ['{parameters: {model.depth: [1, 2]}, seeds: [1, 1, 2]}', /^\S+c\.yaml:4:51: sweep\.seeds has 1 twice/],
])('a sweep that cannot be planned names its line: %s', async (sweep, message) => {
  await expect(warningsOf(sweep)).rejects.toThrow(message);
});

test('what is odd about a value that the sweep gives stands at its place in the file', async () => {
  const told = (await warningsOf('{variants: {plain: {}, lion: {train.opt: lion, train.lr: 0.01}}}')).filter((warning) => warning.includes('Lion'));
  expect(told).toEqual([expect.stringMatching(/^\S+c\.yaml:4:\d+: train\.lr \(0\.01\) is much for Lion.* \(lion\)$/)]);
});

test('halving that has a single round is told', async () => {
  const told = async (sweep: string): Promise<boolean> => (await warningsOf(sweep)).some((warning) => warning.includes('There is a single round'));
  // Of three epochs: from one on there are two rounds, from two on a single one.
  expect(await told('{method: halving, trials: 2, parameters: {train.lr: [0.001, 0.002]}}')).toBe(false);
  expect(await told('{method: halving, trials: 2, min_epochs: 2, parameters: {train.lr: [0.001, 0.002]}}')).toBe(true);
});

test('combinations that make the same training under two names are told', async () => {
  const [, ...warnings] = await warningsOf('{variants: {as it is: {}, square: {model.patch_size: [8, 8]}, small: {model.patch_size: 4}}}');
  expect(warnings).toEqual(['as it is; square make one and the same training: their results will be equal.']);
});

test.each(['stopped', 'gone'] as const)('a training that was %s ends the sweep, which goes on with it', async (reason) => {
  const sweep = await createSweep(await plan(), path.join(folder, 'runs'));
  const asked: string[] = [];
  expect(await leadSweep(sweep.folder, trainer(asked, 'error', reason), { parallel: 1 })).toBe(false);
  expect(asked).toHaveLength(2);
  expect((await readSweep(sweep.folder)).entries.map(({ state }) => state)).toEqual(['failed', 'waiting', 'waiting', 'waiting']);
  await leadSweep((await openSweep(sweep.folder)).folder, trainer(asked), { parallel: 1 });
  expect(asked[2]).toBe(asked[1]);
  expect(asked).toHaveLength(5);
});

test('a process that is killed in the middle of a training has written down its run', async () => {
  const sweep = await createSweep(await plan(), path.join(folder, 'runs'));
  const killed: Trainer = {
    ...trainer([]),
    async start(_q, onRun) {
      await onRun(path.join(folder, 'runs', 'begun'));
      throw Object.assign(new Error('as if killed'), { name: 'AbortError' });
    },
  };
  await leadSweep(sweep.folder, killed, { parallel: 1 });
  expect((await readSweep(sweep.folder)).entries[0]!.run).toBe('../begun');
});

test('a configuration that has changed since is refused, and so is a combination that cannot be trained', async () => {
  const sweep = await createSweep(await plan(), path.join(folder, 'runs'));
  // What is only written otherwise is no change.
  await writeFile(file, `# a note\n${(await readFile(file, 'utf8')).replace('name: own\n', '')}name:   "own"\n`);
  expect((await openSweep(sweep.folder)).folder).toBe(sweep.folder);
  await writeFile(file, `${await readFile(file, 'utf8')}seed: 3\n`);
  await expect(openSweep(sweep.folder)).rejects.toThrow(/has changed since this sweep was planned/);
  await writeFile(file, 'dataset: {format: shapes}\nsweep: {parameters: {model.num_heads: [4, 5]}}\n');
  await expect(plan()).rejects.toThrow(/num_heads 5 cannot be trained: .*must be a multiple/);
  await writeFile(file, 'dataset: {format: shapes}\n');
  await expect(plan()).rejects.toThrow(/has no section sweep/);
});
