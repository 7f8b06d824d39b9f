import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { openExecutor } from '../../src/engine/compile/backends';
import type { Split } from '../../src/engine/dataset/dataset';
import { readMetrics, readRun, requestStop } from '../../src/engine/runStore';
import { prepareNew, prepareResume, runTraining, type Prepared, type TrainingTools } from '../../src/engine/training';
import type { RunEvent } from '../../src/protocol';
import { temporaryFolder, tinyConfig } from './tiny';

type SplitName = keyof Prepared['dataset']['splits'];
type Ended = Extract<RunEvent, { type: 'ended' }>;

let folder: string;
let tools: TrainingTools;

beforeEach(async () => {
  folder = await temporaryFolder();
  tools = { executor: () => openExecutor('onnx'), emit: () => undefined, signal: new AbortController().signal };
});

/** 60 images for the test and as many for the validation, in batches of 4: many more than the one that a stop may still finish. */
async function prepared(): Promise<Prepared> {
  const config = await tinyConfig(folder, { dataset: { shapes: { images: 180, size: 16 }, val_split: 0.3, test_split: 0.3 }, train: { epochs: 1, batch_size: 4 } });
  return prepareNew({ config, runs: path.join(folder, 'runs') }, tools);
}

/** The same training, where each batch of a split is told before it is read. */
function telling(plan: Prepared, name: SplitName, onRead: () => Promise<void> | void): Prepared {
  const split = plan.dataset.splits[name];
  const told: Split = { ...split, read: async (indices) => (await onRead(), split.read(indices)) };
  return { ...plan, dataset: { ...plan.dataset, splits: { ...plan.dataset.splits, [name]: told } } };
}

/** Trains, and stops while the first batch of an evaluation is read: how it ended, and how many batches of it were read. */
async function stoppedDuring(name: SplitName, ask: (plan: Prepared, stop: AbortController) => Promise<void> | void): Promise<{ ended: Ended; reads: number }> {
  const stop = new AbortController();
  const plan = await prepared();
  // Before the first step, some of the validation images are read to look at heads with.
  let reads = name === 'val' ? -1 : 0;
  const ended = await runTraining(telling(plan, name, () => (reads++ === 0 ? ask(plan, stop) : undefined)), stop, () => undefined);
  return { ended, reads };
}

const testMetrics = ({ metrics }: Ended): object => Object.fromEntries(Object.entries(metrics).filter(([name]) => name.startsWith('test/')));

/** Asks as another process does, by a file, and lets the batch go on only when that was heard. */
async function byFile({ writer }: Prepared, { signal }: AbortController): Promise<void> {
  const heard = new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  await requestStop(writer.path);
  await heard;
}

test('a stop during the test ends it within a batch: all epochs done, no test metrics, and it can be resumed', async () => {
  const { ended, reads } = await stoppedDuring('test', (_, stop) => stop.abort());
  expect(reads).toBe(1);
  expect(ended.reason).toBe('stopped');
  expect(ended.message).toBe('The epoch is done. Stopped before the test images were evaluated; resume the run to do that.');
  expect(testMetrics(ended)).toEqual({});
  expect(ended.metrics).toHaveProperty('val/top1');
  const run = await readRun(ended.run);
  expect(run).toMatchObject({ state: 'stopped', epoch: 1, epochs: 1, resumable: true, reason: ended.message });
  expect(run.latest).not.toHaveProperty('test/top1');
});

test('resumed after it, a run trains no further step and has the test metrics of one that was never stopped', async () => {
  const { ended } = await stoppedDuring('test', (_, stop) => stop.abort());
  const events: RunEvent[] = [];
  const resumed = await runTraining(await prepareResume({ run: ended.run }, tools), new AbortController(), (event) => events.push(event));
  const whole = await runTraining(await prepared(), new AbortController(), () => undefined);
  expect(resumed.reason).toBe('completed');
  expect(events.map(({ type }) => type)).toEqual(['started', 'ended']);
  expect(Object.keys(testMetrics(whole))).toContain('test/top1');
  expect(testMetrics(resumed)).toEqual(testMetrics(whole));
  expect(await readRun(ended.run)).toMatchObject({ state: 'finished', resumable: false });
  expect((await readMetrics(ended.run)).at(-1)!.values).toEqual(testMetrics(whole));
});

test.each(['val', 'test'] as const)('a stop that another process asks for is heard during the evaluation on %s', async (name) => {
  const { ended, reads } = await stoppedDuring(name, byFile);
  expect([ended.reason, reads]).toEqual(['stopped', 1]);
  expect(await readRun(ended.run)).toMatchObject({ state: 'stopped', resumable: true });
});

test('a stop during the validation keeps the steps of the epoch', async () => {
  const { ended, reads } = await stoppedDuring('val', (_, stop) => stop.abort());
  expect([ended.reason, reads]).toEqual(['stopped', 1]);
  const run = await readRun(ended.run);
  expect(run.step).toBe(run.steps);
  expect(run.epoch).toBe(1);
});

test('a stop while the dataset is opened leaves no run behind', async () => {
  const stop = new AbortController();
  const config = await tinyConfig(folder, { dataset: { shapes: { images: 400, size: 16 } } });
  const told: number[] = [];
  const emit: TrainingTools['emit'] = (event) => {
    if (event.type !== 'preparing' || event.done === undefined) return;
    told.push(event.done);
    stop.abort();
  };
  await expect(prepareNew({ config, runs: path.join(folder, 'runs') }, { ...tools, emit, signal: stop.signal })).rejects.toMatchObject({ name: 'AbortError' });
  expect(told).toEqual([100]);
});

test.each([
  ['train: {class_weights: [1, 2]}', [], 3, 9, /class_weights has 2 numbers, and the dataset has 6 classes/],
  ['dataset.sampling.weights', ['dataset.sampling.order=weighted', 'dataset.sampling.weights=[1, 2]'], 0, 0, /^--set dataset\.sampling\.weights: .*has 2 numbers/],
  ['probe: {image: nowhere.png}', [], 3, 9, /nowhere\.png/],
])('what does not go with the data is told with its place before there is a run: %s', async (yaml, set, line, column, message) => {
  const file = path.join(folder, 'c.yaml');
  await writeFile(file, `dataset: {format: shapes, shapes: {images: 60, size: 16}}\nimage: {size: 16}\n${yaml.includes(': ') ? yaml : ''}\n`);
  const error: unknown = await prepareNew({ config: file, runs: path.join(folder, 'runs'), set }, tools).catch((one: unknown) => one);
  expect(error).toMatchObject({ name: 'UserError', message: expect.stringMatching(message) as string });
  if (line > 0) expect(error).toMatchObject({ place: { file, line, column }, message: expect.stringContaining(`${file}:${line}:${column}: `) as string });
  expect(existsSync(path.join(folder, 'runs'))).toBe(false);
});

test('a resume says how the images differ from those of its start', async () => {
  const plan = await prepared();
  const stop = new AbortController();
  stop.abort();
  const ended = await runTraining(plan, stop, () => undefined);
  const record = path.join(ended.run, 'run.json');
  const text = await readFile(record, 'utf8');
  await writeFile(record, text.replace(/"fingerprint": "[0-9a-f]+"/, `"fingerprint": "${'0'.repeat(64)}"`).replace(/"train": 72/, '"train": 73'));
  await expect(prepareResume({ run: ended.run }, tools)).rejects.toThrow(/73 \+ 54 \+ 54 images then, 72 \+ 54 \+ 54 now/);
});

test('a plateau that lowers the learning rate says so, in the log of the run, too', async () => {
  const config = await tinyConfig(folder, { train: { epochs: 3, lr: 1e-5, warmup_epochs: 0, schedule: 'plateau', plateau: { patience: 0, threshold: 0.5 }, min_lr: 0 } });
  const events: RunEvent[] = [];
  const ended = await runTraining(await prepareNew({ config, runs: path.join(folder, 'runs') }, tools), new AbortController(), (event) => events.push(event));
  const notes = events.flatMap((event) => (event.type === 'note' ? [event.message] : []));
  expect(notes[0]).toMatch(/has not improved in this epoch: the learning rate goes down to 0.000001\./);
  expect(await readFile(path.join(ended.run, 'log.jsonl'), 'utf8')).toContain(notes[0]);
});
