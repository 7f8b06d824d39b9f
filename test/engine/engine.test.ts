import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeShapes } from '../../src/engine/dataset/shapes';
import { createEngine, type Engine } from '../../src/engine/engine';
import { loadCheckpoint } from '../../src/engine/checkpoint';
import type { RunEvent } from '../../src/protocol';
import { aborted, type Call } from '../../src/rpc';
import { temporaryFolder, tinyConfig } from './tiny';

let folder: string;
let engine: Engine;
let events: RunEvent[] = [];
let hear: (() => void) | undefined;
let run: string;
let image: string;

const quiet: Call = { signal: new AbortController().signal, progress: () => undefined };

/** The next `ended` event. */
async function untilEnded(): Promise<Extract<RunEvent, { type: 'ended' }>> {
  for (;;) {
    const last = events.at(-1);
    if (last?.type === 'ended') return last;
    await new Promise<void>((resolve) => (hear = resolve));
  }
}

async function start(config: string, set: string[] = []): Promise<string> {
  events = [];
  return (await engine.api.startTraining({ config, runs: path.join(folder, 'runs'), set }, quiet)).run;
}

beforeAll(async () => {
  folder = await temporaryFolder();
  engine = createEngine({
    emit: (name, value) => {
      if (name !== 'run') return;
      events.push(value as RunEvent);
      hear?.();
    },
    media: path.join(folder, 'media'),
  });
  await writeShapes(path.join(folder, 'images'), { images: 120, size: 16, seed: 1 });
  const circles = path.join(folder, 'images/test/circle');
  image = path.join(circles, (await readdir(circles))[0]!);
  run = await start(await tinyConfig(folder));
  await untilEnded();
}, 60_000);

afterAll(() => engine.close());

test('a training says what it does, in order, and leaves a complete run', async () => {
  const types = events.map(({ type }) => type).filter((type) => type !== 'step');
  expect(types).toEqual(['started', 'epoch', 'checkpoint', 'epoch', 'checkpoint', 'ended']);
  const ended = await untilEnded();
  expect(ended.reason).toBe('completed');
  expect(ended.metrics['test/top1']).toBeGreaterThanOrEqual(0);
  const [summary] = await engine.api.listRuns({ runs: path.join(folder, 'runs') }, quiet);
  expect(summary).toMatchObject({ path: run, state: 'finished', epoch: 2, epochs: 2 });
  const names = await readdir(run);
  expect(names).toEqual(expect.arrayContaining(['config.yaml', 'run.json', 'metrics.jsonl', 'log.jsonl', 'confusion.json', 'evaluation.json', 'checkpoints']));
});

test('the test is kept in full, and made again for a run that has none of it', async () => {
  const kept = await engine.api.readEvaluation({ run }, quiet);
  const { metrics } = await untilEnded();
  const test = Object.entries(metrics).filter(([name]) => name.startsWith('test/')).map(([name, value]) => [name.slice(5), value]);
  expect(kept?.metrics).toEqual(Object.fromEntries(test));
  expect(kept?.classes.map(({ support }) => support).reduce((a, b) => a + b)).toBe(kept?.images);
  const told: unknown[] = [];
  const again = await engine.api.evaluateRun({ run }, { ...quiet, progress: (value) => told.push(value) });
  // Weights are the same, the blocks of a batch may be others.
  expect({ ...again, metrics: null, calibration: null, macro: null, classes: again.classes.map(({ label, support, predicted }) => ({ label, support, predicted })) }).toEqual(
    { ...kept, metrics: null, calibration: null, macro: null, classes: kept?.classes.map(({ label, support, predicted }) => ({ label, support, predicted })) },
  );
  expect(again.metrics['loss']).toBeCloseTo(kept!.metrics['loss']!, 5);
  expect(told.at(-1)).toEqual({ done: kept!.images, of: kept!.images });
});

test('the weights of a run are weighed on any of its splits, and one count runs over all of them', async () => {
  expect(await engine.api.splitSizes({ run }, quiet)).toEqual((JSON.parse(await readFile(path.join(run, 'run.json'), 'utf8')) as { dataset: { sizes: object } }).dataset.sizes);
  const told: { done: number; of: number }[] = [];
  const { weighed: rows, problems } = await engine.api.weighRun({ run, split: 'val', tta: 'flip' }, { ...quiet, progress: (value) => told.push(value as { done: number; of: number }) });
  expect(problems).toEqual([]);
  expect(rows.map(({ weights }) => weights)).toEqual(rows.length === 1 ? ['best, last'] : ['best', 'last']);
  expect(rows[0]).toMatchObject({ split: 'val', tta: 'flip' });
  const images = rows.length * rows[0]!.images;
  expect(told.at(-1)).toEqual({ done: images, of: images });
  expect(told.map(({ done }) => done)).toEqual([...told.map(({ done }) => done)].sort((a, b) => a - b));
});

test('metric rows rise in step, one a step from the untrained network on, and the last of an epoch holds its evaluation', async () => {
  const rows = await engine.api.readMetrics({ run }, quiet);
  const steps = rows.map(({ step }) => step);
  // 48 training images in batches of 16: 3 steps an epoch, 6 in all; before them the network as it begins; the test set is told at the last one.
  expect(steps).toEqual([0, 1, 2, 3, 4, 5, 6, 6]);
  expect(rows[0]!.values).toHaveProperty('layers/weight_norm/block1');
  expect(rows[3]!.values).toHaveProperty('val/top1');
  expect(rows[3]!.values).toHaveProperty('train/batch_loss');
  expect(rows[3]!.values).toHaveProperty('layers/update_norm/block1');
  expect(rows[7]!.values).toHaveProperty('test/top1');
  expect((await engine.api.readMetrics({ run, since: 4 }, quiet)).map(({ step }) => step)).toEqual([5, 6, 6]);
});

test('the share of the time in which steps waited for their images is kept with the steps and with each epoch', async () => {
  const shares = (await engine.api.readMetrics({ run }, quiet)).flatMap(({ values }) => ('time/data_share' in values ? [values['time/data_share']] : []));
  expect(shares.length).toBeGreaterThanOrEqual(2);
  for (const share of shares) expect(share >= 0 && share <= 1).toBe(true);
});

test('the picture that is looked at comes with its grid, its pixels and its classes', async () => {
  const view = await engine.api.viewImage({ checkpoint: run, file: image }, quiet);
  expect(view.grid).toEqual({ rows: 2, columns: 2 });
  expect(view.prefix).toEqual(['[cls]']);
  expect([view.seen.width, view.seen.height, view.seen.rgba.length]).toEqual([16, 16, 16 * 16 * 4]);
  expect(view.predictions.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 6);
  expect(view.checkpoint.run).toBe(run);
  expect(view.checkpoint.best).toBe(true);
});

test('attention rows of every query sum to 1, and moving the query computes nothing anew', async () => {
  const question = { checkpoint: run, file: image };
  const first = await engine.api.viewImage(question, quiet);
  for (let query = 0; query < 5; query++) {
    const { weights, layers, heads, tokens } = await engine.api.viewAttention({ ...question, query }, quiet);
    expect([layers, heads, tokens]).toEqual([2, 2, 5]);
    for (let row = 0; row < layers * heads; row++)
      expect(weights.subarray(row * tokens, (row + 1) * tokens).reduce((a, b) => a + b, 0)).toBeCloseTo(1, 5);
  }
  // The very same object: it was remembered.
  expect(await engine.api.viewImage(question, quiet)).toBe(first);
  await expect(engine.api.viewAttention({ ...question, query: 5 }, quiet)).rejects.toThrow('no token 5');
});

test('a file that changes is looked at again', async () => {
  const copy = path.join(folder, 'changing.png');
  await writeFile(copy, await readFile(image));
  const first = await engine.api.viewImage({ checkpoint: run, file: copy }, quiet);
  const stars = path.join(folder, 'images/test/star');
  await writeFile(copy, await readFile(path.join(stars, (await readdir(stars))[0]!)));
  const second = await engine.api.viewImage({ checkpoint: run, file: copy }, quiet);
  expect(second.seen.rgba).not.toEqual(first.seen.rgba);
});

test('rollout and position similarity answer for the same checkpoint', async () => {
  const rollout = await engine.api.viewRollout({ checkpoint: run, file: image, fusion: 'mean', discard: 0.2 }, quiet);
  expect(rollout.from).toBe('class token');
  expect(rollout.map).toHaveLength(4);
  const positions = await engine.api.viewPositions({ checkpoint: run }, quiet);
  expect(positions.similarity).toHaveLength(16);
  for (let i = 0; i < 4; i++) expect(positions.similarity![i * 5]).toBeCloseTo(1, 6);
});

test('classifying walks folders, says how far it is, and goes on past what it cannot read', async () => {
  await writeFile(path.join(folder, 'images/test/broken.png'), 'no image');
  const progress: unknown[] = [];
  const rows = await engine.api.classify(
    { checkpoint: run, paths: [path.join(folder, 'images/test'), path.join(folder, 'missing.png')], top: 2 },
    { ...quiet, progress: (value) => progress.push(value) },
  );
  const good = rows.filter(({ error }) => error === undefined);
  expect(good.length).toBeGreaterThan(0);
  expect(good.every(({ predictions }) => predictions.length === 2)).toBe(true);
  const bad = rows.filter(({ error }) => error !== undefined).map(({ file }) => path.basename(file));
  expect(bad).toEqual(['broken.png', 'missing.png']);
  expect(progress.at(-1)).toEqual({ done: rows.length, of: rows.length });
});

test('a picture is classified alone as it is among others', async () => {
  const alone = await engine.api.classify({ checkpoint: run, paths: [image], top: 6 }, quiet);
  const among = await engine.api.classify({ checkpoint: run, paths: [path.join(folder, 'images/train'), image], top: 6 }, quiet);
  const [a, b] = [alone[0]!.predictions, among.at(-1)!.predictions];
  // Float32 sums may be ordered otherwise in a larger batch.
  a.forEach(({ label, probability }, i) => expect([b[i]!.label, Math.abs(b[i]!.probability - probability) < 1e-5]).toEqual([label, true]));
});

test('a cancelled call computes nothing', async () => {
  const controller = new AbortController();
  controller.abort(aborted());
  await expect(engine.api.classify({ checkpoint: run, paths: [image], top: 1 }, { ...quiet, signal: controller.signal })).rejects.toMatchObject({ name: 'AbortError' });
});

test('a process trains one run at a time, and a stopped run can be resumed to its end', async () => {
  const config = await tinyConfig(folder, { train: { epochs: 400 } }, 'long.yaml');
  const long = await start(config);
  await expect(engine.api.startTraining({ config, runs: path.join(folder, 'runs') }, quiet)).rejects.toThrow('already training');
  await engine.api.stopTraining({ run: long }, quiet);
  expect((await untilEnded()).reason).toBe('stopped');
  const stopped = (await engine.api.listRuns({ runs: path.join(folder, 'runs') }, quiet)).find((summary) => summary.path === long);
  expect(stopped).toMatchObject({ state: 'stopped', resumable: true });

  events = [];
  await engine.api.resumeTraining({ run: long }, quiet);
  await engine.api.stopTraining({ run: long }, quiet);
  await untilEnded();
  expect(events[0]).toMatchObject({ type: 'started', resumedFrom: stopped!.step });
}, 30_000);

test('a loss that is not finite stops at once, keeps the last good checkpoint and says what to do', async () => {
  const config = await tinyConfig(folder, { train: { epochs: 3, lr: 1e30, warmup_epochs: 2, clip_grad: 0 } }, 'wild.yaml');
  const wild = await start(config);
  const ended = await untilEnded();
  expect(ended.reason).toBe('non-finite');
  expect(ended.message).toContain('train.lr');
  const [summary] = (await engine.api.listRuns({ runs: path.join(folder, 'runs') }, quiet)).filter((one) => one.path === wild);
  expect(summary!.state).toBe('failed');
  for (const { path: file } of await engine.api.listCheckpoints({ run: wild }, quiet)) {
    const { params } = await loadCheckpoint(file);
    for (const { data } of params.values()) expect(data.every(Number.isFinite)).toBe(true);
  }
}, 30_000);

test('facts of a configuration and of a checkpoint agree', async () => {
  const ofConfig = await engine.api.describe({ path: path.join(folder, 'tiny.yaml') }, quiet);
  const ofCheckpoint = await engine.api.describe({ path: run }, quiet);
  expect(ofCheckpoint).toEqual(ofConfig);
  expect(ofConfig).toMatchObject({ name: 'vit-p8-d8-l2-h2', tokens: 5, patches: [2, 2] });
  // 4hwC² + 2(hw)²C with hw = 4 and C = 8.
  expect(ofConfig.omegaMsa).toBe(4 * 4 * 64 + 2 * 16 * 8);
});

test('a new configuration fits its dataset and has no problems', async () => {
  const file = path.join(folder, 'new.yaml');
  await engine.api.newConfig({ file, dataset: path.join(folder, 'images') }, quiet);
  const text = await readFile(file, 'utf8');
  expect(await engine.api.checkConfig({ file, text }, quiet)).toEqual([]);
  expect(text).toContain('path: "images"');
  expect(text).toContain('6 classes');
  expect(text).toContain('npx vit-lab train new.yaml');
  await expect(engine.api.newConfig({ file }, quiet)).rejects.toThrow('exists already');
});

test('a new configuration for IDX digits is 28 pixels wide, grey and does not mirror', async () => {
  const digits = path.join(folder, 'digits');
  const idx = (...shape: number[]): Buffer => {
    const head = Buffer.alloc(4 + 4 * shape.length);
    head.writeUInt32BE(0x0800 + shape.length);
    shape.forEach((length, i) => head.writeUInt32BE(length, 4 + 4 * i));
    return Buffer.concat([head, Buffer.from(Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => i % 2))]);
  };
  await mkdir(digits);
  await writeFile(path.join(digits, 'train-images-idx3-ubyte'), idx(40, 28, 28));
  await writeFile(path.join(digits, 'train-labels-idx1-ubyte'), idx(40));
  const file = path.join(folder, 'digits.yaml');
  await engine.api.newConfig({ file, dataset: digits }, quiet);
  const text = await readFile(file, 'utf8');
  expect(await engine.api.checkConfig({ file, text }, quiet)).toEqual([]);
  expect(text).toMatch(/size: 28 [^]*channels: 1 [^]*patch_size: 4 [^]*hflip: false /);
});

test('the sample workspace holds images, a valid configuration and the run that comes along', async () => {
  for (const name of ['shapes-sample', 'of-other-images']) {
    await mkdir(path.join(folder, 'media/run', name), { recursive: true });
    await writeFile(path.join(folder, 'media/run', name, 'run.json'), '{}');
  }
  const target = path.join(folder, 'sample');
  const { image: first } = await engine.api.createSample({ folder: target }, quiet);
  expect(first.startsWith(path.join(target, 'images/test'))).toBe(true);
  const file = path.join(target, 'shapes.vit.yaml');
  expect(await engine.api.checkConfig({ file, text: await readFile(file, 'utf8') }, quiet)).toEqual([]);
  expect(await readdir(path.join(target, 'runs'))).toEqual(['shapes-sample']);
  await expect(engine.api.createSample({ folder: path.join(folder, 'images') }, quiet)).rejects.toThrow('is not empty');
}, 30_000);

test('a run is judged image by image, set beside another, and its images have files', async () => {
  const verdicts = await engine.api.judgeImages({ run }, quiet);
  const report = await engine.api.readEvaluation({ run }, quiet);
  const hits = verdicts.labels.filter((label, i) => label === verdicts.guesses[i]).length;
  // What is said of every image adds up to what the test of the training found.
  expect(hits / verdicts.labels.length).toBeCloseTo(report!.metrics['top1']!, 12);
  const confusion = (await engine.api.readConfusion({ run }, quiet))!;
  const counts = verdicts.classes.map(() => verdicts.classes.map(() => 0));
  verdicts.labels.forEach((label, i) => counts[label]![verdicts.guesses[i]!]!++);
  expect(counts).toEqual(confusion.counts);
  verdicts.own.forEach((own, i) => expect(own).toBeLessThanOrEqual(verdicts.confidence[i]! + 1e-6));
  const [one] = await engine.api.judgedImages({ run, indices: [3, -1, 1.5, 10_000] }, quiet);
  expect(one).toMatchObject({ index: 3, url: expect.stringMatching(/^data:image\/png;base64,/) as string });
  const { file } = await engine.api.judgedFile({ run, index: 3 }, quiet);
  expect(await readFile(file)).not.toHaveLength(0);
  // What is drawn has no file of its own: it is written as the network gets it.
  expect(file).toMatch(/images.[0-9a-f]{16}\.png$/);
  const pair = await engine.api.pairVerdicts({ runs: [run, run] }, quiet);
  expect(pair).toMatchObject({ p: 1, counts: { both: hits, onlyFirst: 0, onlySecond: 0, neither: verdicts.labels.length - hits }, top1: { value: 0, interval: [0, 0] } });
  await expect(engine.api.judgedFile({ run: path.join(folder, 'none'), index: 0 }, quiet)).rejects.toThrow('no longer in memory');
  const stop = new AbortController();
  stop.abort();
  await expect(engine.api.judgeImages({ run }, { ...quiet, signal: stop.signal })).rejects.toThrow();
});

test('what a comparison tells of cost, intervals and repetitions', async () => {
  const { runs: [compared] } = await engine.api.compareRuns({ runs: [run] }, quiet);
  const facts = await engine.api.describe({ path: run }, quiet);
  expect(compared!.cost).toMatchObject({ params: facts.params, macs: facts.macs });
  expect(compared!.cost.stepsPerEpoch).toBe(Math.ceil(compared!.cost.images! / compared!.cost.batch!));
  const [low, high] = compared!.intervals.final['test/top1']!;
  const report = (await engine.api.readEvaluation({ run }, quiet))!;
  expect([low, high]).toEqual(report.intervals['top1']);
  expect(compared!.recipe).toMatch(/^[0-9a-f]{12}$/);
  const curve = compared!.curves['val/top1']!;
  expect(curve.times).toHaveLength(curve.values.length);
});
