/** Which steps of a pipeline run again, and why: each input is changed by itself, on a project that is done. */
import { existsSync } from 'node:fs';
import { appendFile, cp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { parse } from 'yaml';
import { loadCheckpoint } from '../../../src/engine/checkpoint';
import { createEngine, type Engine } from '../../../src/engine/engine';
import { resolveCheckpoint } from '../../../src/engine/runStore';
import type { Trainer } from '../../../src/engine/sweep/lead';
import type { RunEvent } from '../../../src/protocol';
import { temporaryFolder, weightsHash } from '../tiny';
import { engineTrainer, pipeline, tinyProject, type Told } from './tinyProject';

const ALL = ['check', 'split', 'train/a/seed-0', 'train/b/seed-0', 'evaluate/a/seed-0', 'evaluate/b/seed-0', 'compare', 'figures', 'report'];
const OF_A = ['train/a/seed-0', 'evaluate/a/seed-0', 'compare', 'figures', 'report'];

let engine: Engine;
let trainer: Trainer;
const listeners = new Set<(event: RunEvent) => void>();
let stopAt: number | undefined;
/** Done once; each test works on a copy. */
let done: string;
let first: Told;
let folder: string;

const at = (...names: string[]): string => path.join(folder, ...names);
const again = (options = {}): Promise<Told> => pipeline(engine, trainer, folder, options);
const edit = async (name: string, from: string | RegExp, to: string): Promise<void> => {
  const before = await readFile(at(name), 'utf8');
  const after = before.replace(from, to);
  expect(after).not.toBe(before);
  await writeFile(at(name), after);
};
const lock = async (): Promise<{ steps: Record<string, { state: string; run?: string; inputs: Record<string, string>; outputs: Record<string, string> }> }> => parse(await readFile(at('pipeline.lock'), 'utf8')) as never;

beforeAll(async () => {
  engine = createEngine({ emit: (name, value) => name === 'run' && [...listeners].forEach((listener) => listener(value as RunEvent)), media: '' });
  trainer = engineTrainer(engine, listeners, (run, step) => {
    if (stopAt === undefined || step < stopAt) return;
    stopAt = undefined;
    void engine.api.stopTraining({ run }, { signal: new AbortController().signal, progress: () => undefined });
  });
  done = await tinyProject();
  first = await pipeline(engine, trainer, done);
}, 120_000);

beforeEach(async () => {
  folder = path.join(await temporaryFolder(), 'project');
  await cp(done, folder, { recursive: true, preserveTimestamps: true });
});

afterAll(() => engine.close());

test('all steps run once, leave what they promise, and say that nothing was there before', async () => {
  expect(first.ran).toEqual(ALL);
  expect(first.reasons['compare']).toEqual(['has not run yet']);
  expect(first.result).toMatchObject({ done: true, report: path.join(done, 'reports/report/report.html') });
  expect(first.result.comparison.map(({ config, seeds, images }) => [config, seeds, images])).toEqual([['a', 1, 12], ['b', 1, 12]]);
  const outputs = first.events.flatMap((event) => event.outputs ?? []);
  expect(outputs).toEqual(expect.arrayContaining(['data/interim/inventory.csv', 'data/interim/check.md', 'data/processed/split.csv', 'reports/evaluation/a-seed-0.json', 'reports/comparison.md', 'reports/evaluations.csv', 'reports/figures/a-confusion.svg', 'reports/figures/a-rollout-circle.png', 'reports/report/report.md', 'reports/report/references.bib']));
  expect(outputs.filter((name) => !existsSync(at(name)))).toEqual([]);
  const { steps } = await lock();
  expect(Object.values(steps).every(({ state }) => state === 'done')).toBe(true);
  // No path of this machine: the file is committed, and the same everywhere.
  expect(await readFile(at('pipeline.lock'), 'utf8')).not.toContain(done);
});

test('the split holds every image once, with its class, its part and its hash; the numbers are those of the evaluation', async () => {
  const rows = (await readFile(at('data/processed/split.csv'), 'utf8')).trimEnd().split('\r\n').map((line) => line.split(','));
  expect(rows[0]).toEqual(['split', 'class', 'image', 'sha256']);
  const files = (await readdir(at('data/raw/shapes'), { recursive: true })).filter((name) => name.endsWith('.png')).sort();
  expect(rows.slice(1).map(([, , image]) => image).sort()).toEqual(files);
  for (const [split, label, image] of rows.slice(1)) expect(image!.startsWith(`${split}/${label}/`)).toBe(true);
  const evaluation = JSON.parse(await readFile(at('reports/evaluation/a-seed-0.json'), 'utf8')) as { metrics: { top1: number } };
  expect(first.result.comparison[0]!.metrics['top1']).toEqual({ mean: evaluation.metrics.top1, sd: null });
});

test('nothing runs a second time, also where the project and its data lie elsewhere', async () => {
  const { ran, events, result } = await again();
  expect(ran).toEqual([]);
  expect(events.map(({ state }) => state)).toEqual(ALL.map(() => 'skipped'));
  expect(result.comparison).toEqual(first.result.comparison);
  await rename(at('data/raw/shapes'), at('data/raw/elsewhere'));
  for (const name of ['a.vit.yaml', 'b.vit.yaml']) await edit(name, 'data/raw/shapes', 'data/raw/elsewhere');
  // The check tells where the data are; nothing behind it depends on that.
  expect((await again()).ran.filter((name) => !['check', 'split'].includes(name))).toEqual([]);
});

test('what changes no result makes nothing run: comments, order of keys, name, tracking, threads', async () => {
  await appendFile(at('a.vit.yaml'), '# a comment\nname: other\ntracking:\n  system: 5\n');
  await edit('a.vit.yaml', 'path: data/raw/shapes', 'path: data/raw/shapes\n  workers: 1');
  expect((await again()).ran).toEqual([]);
});

test('a key of one configuration: its training and what depends on it, with both values as the reason', async () => {
  await edit('a.vit.yaml', 'epochs: 2', 'epochs: 1');
  await appendFile(at('a.vit.yaml'), '  lr: 0.01\n');
  const dry = await again({ dryRun: true });
  expect(dry.reasons['train/a/seed-0']).toEqual(['train.epochs is 1 now (was 2)', 'train.lr is 0.01 now (was not set)']);
  expect(dry.events.filter(({ state }) => state !== 'skipped').map(({ step, state }) => [step, state])).toEqual([['train/a/seed-0', 'would run'], ...OF_A.slice(1).map((step) => [step, 'may run'])]);
  expect(dry.ran).toEqual([]);
  expect((await again()).ran).toEqual(OF_A);
  expect((await again()).ran).toEqual([]);
});

test('a training that comes to the same weights changes nothing behind it', async () => {
  const { run } = (await lock()).steps['train/a/seed-0']!;
  await rm(at(run!), { recursive: true });
  const { ran, reasons } = await again();
  expect(ran).toEqual(['train/a/seed-0']);
  expect(reasons['train/a/seed-0']![0]).toMatch(/^models\/.+safetensors is missing$/);
});

test('an image: everything', async () => {
  const [image] = await readdir(at('data/raw/shapes/train/circle'));
  await rm(at('data/raw/shapes/train/circle', image!));
  const { ran, reasons } = await again();
  expect(ran).toEqual(ALL);
  expect(reasons['check']).toEqual(['the data shapes has changed']);
});

test.each([
  ['another seed', 'pipeline.yaml', 'seeds: [0]', 'seeds: [0, 1]', ['train/a/seed-1', 'train/b/seed-1', 'evaluate/a/seed-1', 'evaluate/b/seed-1', 'compare', 'report'], ['report', 'the result of train/a/seed-1 is new']],
  ['how many pictures', 'pipeline.yaml', 'images: 1', 'images: 2', ['figures'], ['figures', 'figures.images is 2 now (was 1)']],
  ['the title of the report', 'pipeline.yaml', 'report:', 'report:\n  title: Mine', ['report'], ['report', 'report.title is Mine now (was not set)']],
  ['a rule of the check', 'pipeline.yaml', 'seeds:', 'check: {min_per_class: 3}\nseeds:', ['check'], ['check', 'check.min_per_class is 3 now (was 2)']],
  ['the version', 'pipeline.lock', /(figures:\n {4}state: done\n {4}inputs:\n {6}ViT Lab: ).*/, '$10.0.1', ['figures'], ['figures', 'ViT Lab is 0.1.0 now (was 0.0.1)']],
  ['the sum of an output', 'pipeline.lock', /(reports\/evaluations.csv: ).*/, `$1${'f'.repeat(64)}`, ['compare'], ['compare', 'reports/evaluations.csv was changed by hand']],
] as const)('%s', async (_, name, from, to, steps, [step, reason]) => {
  await edit(name, from, to);
  const { ran, reasons } = await again();
  expect(ran).toEqual(steps);
  expect(reasons[step]).toContain(reason);
});

test('pictures that are not made any more are taken away, but for those that somebody has changed', async () => {
  await appendFile(at('reports/figures/b-rollout-circle.png'), 'x');
  await edit('pipeline.yaml', 'images: 1', 'images: 0');
  expect((await again()).ran).toEqual(['figures']);
  expect((await readdir(at('reports/figures'))).filter((name) => /rollout|attention/.test(name))).toEqual(['b-rollout-circle.png']);
});

test('an output that was changed or removed is made again, and nothing else when it comes out the same', async () => {
  await appendFile(at('reports/evaluation/a-seed-0-classes.csv'), 'x');
  await rm(at('reports/comparison.md'));
  const { ran, reasons } = await again();
  expect(ran).toEqual(['evaluate/a/seed-0', 'compare']);
  expect(reasons).toEqual({ 'evaluate/a/seed-0': ['reports/evaluation/a-seed-0-classes.csv was changed by hand'], compare: ['reports/comparison.md is missing'] });
});

test('what its author wrote into a report is kept: it is no reason to run, and a new report goes beside it', async () => {
  await appendFile(at('reports/report/report.md'), '\nMy own words.\n');
  expect((await again()).ran).toEqual([]);
  await edit('pipeline.yaml', 'report:', 'report:\n  author: Me');
  const { ran, result } = await again();
  expect([ran, result.report]).toEqual([['report'], at('reports/report-2/report.html')]);
  expect(await readFile(at('reports/report/report.md'), 'utf8')).toMatch(/My own words\.\n$/);
  // One that nobody has written into is replaced.
  await edit('pipeline.yaml', 'author: Me', 'author: You');
  expect((await again()).result.report).toBe(at('reports/report-2/report.html'));
  expect(await readdir(at('reports'))).not.toContain('report-3');
});

test('--only, --from and --force', async () => {
  await edit('a.vit.yaml', 'epochs: 2', 'epochs: 1');
  expect((await again({ only: 'evaluate' })).ran).toEqual([]);
  expect((await again({ only: 'evaluate/a', force: true })).ran).toEqual(['evaluate/a/seed-0']);
  expect((await again({ from: 'train/b', force: true })).ran).toEqual(['train/b/seed-0', 'evaluate/b/seed-0', 'compare', 'figures', 'report']);
  expect((await again({ from: 'train/a' })).ran).toEqual(OF_A);
  await expect(again({ only: 'trian' })).rejects.toThrow('There is no step trian. There are: check, split, train, train/a/seed-0');
  await rm(at('pipeline.lock'));
  await expect(again({ only: 'compare' })).rejects.toThrow('evaluate/a/seed-0 has not been done yet, and its result is needed.');
});

test('a training that is stopped in its middle is gone on with, to the same bits', async () => {
  // So long that a stop comes before its end.
  await edit('a.vit.yaml', 'epochs: 2', 'epochs: 30');
  await again({ only: 'train/a' });
  const { run: whole } = (await lock()).steps['train/a/seed-0']!;
  const weights = async (run: string): Promise<string> => weightsHash((await loadCheckpoint(await resolveCheckpoint(at(run), 'last'))).params);
  stopAt = 3;
  const stopped = await again({ only: 'train/a', force: true });
  expect(stopped.result.done).toBe(false);
  expect(stopped.events.find(({ state }) => state === 'stopped')).toMatchObject({ step: 'train/a/seed-0' });
  const begun = (await lock()).steps['train/a/seed-0']!;
  expect(begun.state).toBe('begun');
  expect(begun.run).not.toBe(whole);
  const resumed = await again({ only: 'train/a' });
  expect(resumed.reasons['train/a/seed-0']).toEqual(['was not finished']);
  const { run } = (await lock()).steps['train/a/seed-0']!;
  expect(run).toBe(begun.run);
  expect(await weights(run!)).toBe(await weights(whole!));
});

test('a training that was begun from something else is begun anew', async () => {
  await edit('a.vit.yaml', 'epochs: 2', 'epochs: 30');
  stopAt = 3;
  await again({ only: 'train/a' });
  const { run, state } = (await lock()).steps['train/a/seed-0']!;
  expect(state).toBe('begun');
  await edit('a.vit.yaml', 'epochs: 30', 'epochs: 1');
  const { reasons } = await again({ only: 'train/a' });
  expect(reasons['train/a/seed-0']).toEqual(['train.epochs is 1 now (was 30)']);
  expect((await lock()).steps['train/a/seed-0']!.run).not.toBe(run);
});

test('images that are in two splits stop it before anything is trained, unless it is allowed', async () => {
  const [image] = await readdir(at('data/raw/shapes/train/circle'));
  await cp(at('data/raw/shapes/train/circle', image!), at('data/raw/shapes/test/circle/copy.png'));
  await expect(again()).rejects.toThrow(/check failed: shapes: 1 of 13 test images are among those of training or validation, too .* Remove the copies, or raise it in .*pipeline\.yaml/);
  expect(await readFile(at('data/interim/check.md'), 'utf8')).toContain('training and test 1');
  expect(await readFile(at('logs/pipeline.log'), 'utf8')).toMatch(/^\S+Z ERROR {3}check: shapes: 1 of 13/m);
  await edit('pipeline.yaml', 'seeds:', 'check: {max_leakage: 0.1}\nseeds:');
  expect((await again()).ran).toEqual(ALL);
});

test('a failed step is told in the log, leaves what was done, and runs again', async () => {
  await edit('b.vit.yaml', 'num_heads: 2', 'num_heads: 3');
  await expect(again()).rejects.toThrow(/b\.vit\.yaml/);
  expect(await readFile(at('logs/pipeline.log'), 'utf8')).toMatch(/^\S+Z ERROR /m);
  await edit('b.vit.yaml', 'num_heads: 3', 'num_heads: 2');
  expect((await again()).ran).toEqual([]);
});

test('the log has time, level, step and message, and no more than its level', async () => {
  await rm(at('logs'), { recursive: true });
  await again({ force: true, only: 'compare' });
  const info = (await readFile(at('logs/pipeline.log'), 'utf8')).trimEnd().split('\n');
  for (const line of info) expect(line).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z (INFO {3}|WARNING) (pipeline|compare): \S/);
  await again({ force: true, only: 'compare', logLevel: 'debug' });
  expect(await readFile(at('logs/pipeline.log'), 'utf8')).toMatch(/Z DEBUG {3}compare: report\.language = en$/m);
  await rm(at('logs/pipeline.log'));
  await again({ logLevel: 'error' });
  expect(existsSync(at('logs/pipeline.log'))).toBe(false);
});

test('a damaged lock is told, and nothing is done', async () => {
  await writeFile(at('pipeline.lock'), 'format: 1\nsteps: {check: {state: maybe, inputs: {}}}\n');
  await expect(again()).rejects.toThrow(/pipeline\.lock is damaged: .*maybe.*Take it from version control, or delete it/);
});
