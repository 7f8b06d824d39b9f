import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { writeUntrained } from '../../../src/engine/assist/untrained';
import { loadCheckpoint } from '../../../src/engine/checkpoint';
import { openExecutor } from '../../../src/engine/compile/backends';
import { loadConfig } from '../../../src/engine/config/load';
import { openDataset } from '../../../src/engine/dataset/open';
import { estimateTraining } from '../../../src/engine/estimate/estimate';
import { partOf } from '../../../src/engine/estimate/part';
import { initParams } from '../../../src/engine/model/params';
import { vitSpec } from '../../../src/engine/model/spec';
import type { TrainingTools } from '../../../src/engine/training';
import { temporaryFolder, tinyConfig, weightsHash } from '../tiny';

let folder: string;
let tools: TrainingTools;

beforeEach(async () => {
  folder = await temporaryFolder();
  tools = { executor: () => openExecutor('onnx'), emit: () => undefined, signal: new AbortController().signal };
});

const leftovers = (): string[] => readdirSync(tmpdir()).filter((name) => name.startsWith('vit-lab-estimate-'));

test('a training is tried with all that belongs to it, and leaves nothing behind', async () => {
  const before = leftovers();
  const config = await tinyConfig(folder, { dataset: { shapes: { images: 400, size: 16 } }, train: { epochs: 7, batch_size: 16, early_stop: { patience: 2 } } });
  const found = await estimateTraining({ config, seconds: 0.5 }, tools);
  expect(found).toMatchObject({ epochs: 7, stepsPerEpoch: 20, batchSize: 16, images: { train: 320, val: 40, test: 40 } });
  // Seven epochs cannot take less than their steps and evaluations, nor much more.
  const least = 7 * (20 * found.perStep + found.evaluation);
  expect(found.total).toBeGreaterThanOrEqual(least);
  expect(found.total).toBeLessThan(7 * found.perEpoch + 10);
  // Forward and twice that backward for every image, forward alone for evaluations.
  expect(found.macs).toBe(found.network.macs * (3 * 320 * 7 + 40 * 7 + 40));
  expect(found.measured.steps).toBeGreaterThanOrEqual(3);
  expect(found.notes.join()).toContain('may stop earlier');
  expect(leftovers()).toEqual(before);
  expect(readdirSync(folder)).toEqual(['tiny.yaml']);
}, 120_000);

test('a sweep is the sum of its trainings, whatever they are', async () => {
  const config = await tinyConfig(folder, { train: { epochs: 2, batch_size: 16 }, sweep: { parameters: { 'model.depth': [1, 2], 'train.epochs': [2, 4] }, seeds: 3 } });
  const found = await estimateTraining({ config, seconds: 0.3 }, tools);
  expect(found.trainings).toBe(12);
  expect(found.measured.networks).toBe(2);
  // 48 of 60 images are for training, 6 for validation, 6 for the test; each depth with two and four epochs, thrice.
  const macs = [1, 2].map((depth) => ({ depth }));
  const one = await Promise.all(macs.map(async ({ depth }) => (await estimateTraining({ config: await tinyConfig(folder, { model: { depth } }, `d${depth}.yaml`), seconds: 0.1 }, tools)).network.macs));
  expect(found.macs).toBe(one.reduce((sum, each) => sum + 3 * each * [2, 4].reduce((all, epochs) => all + 3 * 48 * epochs + 6 * epochs + 6, 0), 0));
}, 240_000);

test('what a training would be refused for is told instead, and a cancelled one is cancelled', async () => {
  const config = await tinyConfig(folder, { train: { class_weights: [1, 2, 3, 4, 5, 6, 7] } });
  await expect(estimateTraining({ config }, tools)).rejects.toThrow(/class_weights/);
  const before = leftovers();
  const stop = new AbortController();
  const slow = { ...tools, signal: stop.signal };
  const work = estimateTraining({ config: await tinyConfig(folder, {}, 'b.yaml'), seconds: 60 }, slow);
  setTimeout(() => stop.abort(), 300);
  await expect(work).rejects.toMatchObject({ name: 'AbortError' });
  expect(leftovers()).toEqual(before);
}, 120_000);

test('a part of a dataset has all of its classes, image for image as they are in the whole', async () => {
  const config = await loadConfig(await tinyConfig(folder, { dataset: { shapes: { images: 300, size: 16 } } }));
  const whole = await openDataset(config, folder);
  const { splits: { train, val } } = partOf(whole, { train: 24, val: 1000, test: 0 });
  expect([train.size, val.size]).toEqual([24, whole.splits.val.size]);
  const at = Array.from({ length: whole.splits.train.size }, (_, i) => i).find((i) => whole.splits.train.name(i) === train.name(5))!;
  expect((await train.read(Int32Array.of(5))).data).toEqual((await whole.splits.train.read(Int32Array.of(at))).data);
  expect(train.labels[5]).toBe(whole.splits.train.labels[at]);
  expect(new Set(train.labels).size).toBe(whole.classes.length);
  expect(train.shared!.wanted(Int32Array.of(5))).toEqual(whole.splits.train.shared!.wanted(Int32Array.of(at)));
});

test('an untrained network has the weights that a training of its seed begins with, and says what it is', async () => {
  const config = await tinyConfig(folder, { train: {} });
  const file = path.join(folder, 'new', 'x.safetensors');
  const info = await writeUntrained({ config, file });
  expect(info).toMatchObject({ path: file, epoch: 0, step: 0, runName: 'tiny, untrained' });
  const { meta, params } = await loadCheckpoint(file);
  const { image, model, seed } = await loadConfig(config);
  expect(weightsHash(params)).toBe(weightsHash(initParams(vitSpec(image, model, meta.classes.length), seed)));
  // The text of an editor counts, saved or not.
  await writeUntrained({ config, text: 'dataset: {format: shapes}\nseed: 7\nname: other\n', file });
  expect((await loadCheckpoint(file)).meta.config).toMatchObject({ seed: 7, name: 'other, untrained' });
});
