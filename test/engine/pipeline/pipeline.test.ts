/** The same bits whatever thread makes a batch, and whatever was kept from earlier trainings. */
import { createHash } from 'node:crypto';
import { mkdir, utimes, writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { openExecutor } from '../../../src/engine/compile/backends';
import { configSchema, type Config } from '../../../src/engine/config/schema';
import type { Dataset } from '../../../src/engine/dataset/dataset';
import { openDataset } from '../../../src/engine/dataset/open';
import { writeShapes } from '../../../src/engine/dataset/shapes';
import { vitSpec } from '../../../src/engine/model/spec';
import type { Batch } from '../../../src/engine/pipeline/batch';
import { openPipeline } from '../../../src/engine/pipeline/pipeline';
import { train, type TrainPoint } from '../../../src/engine/trainer';
import { walk } from '../../../src/engine/pictures/walk';
import { fakeDataset } from '../../fixtures/fakeDataset';
import { temporaryFolder, weightsHash } from '../tiny';

beforeEach(async () => vi.stubEnv('VITLAB_CACHE', await temporaryFolder()));
afterEach(() => vi.unstubAllEnvs());

/** Everything random at once. */
const RECIPE = {
  mixup: 0.8,
  cutmix: 1,
  mixup_prob: 0.7,
  label_smoothing: 0.1,
  class_weights: 'balanced',
  augment: { random_resized_crop: {}, hflip: true, rand_augment: {}, color_jitter: { brightness: 0.4, hue: 0.1 }, random_erasing: { prob: 0.5 } },
} as const;

function configOf(dataset: object, rest: { train?: object } = {}): Config {
  return configSchema.parse({
    seed: 3,
    dataset,
    image: { size: 16 },
    model: { patch_size: 8, depth: 1, num_heads: 2, embed_dim: 8 },
    train: { epochs: 2, batch_size: 16, ...RECIPE, ...rest.train },
  });
}

/** A folder whose files are old enough to be trusted by their times. */
async function shapesFolder(images = 90): Promise<string> {
  const folder = path.join(await temporaryFolder(), 'shapes');
  await writeShapes(folder, { images, size: 24, seed: 1 });
  const long = new Date(Date.now() - 60_000);
  for (const file of (await walk(folder)).files) await utimes(path.join(folder, file), long, long);
  return folder;
}

async function batchesOf(config: Config, dataset: Dataset, from = 0): Promise<Batch[]> {
  const spec = vitSpec(config.image, config.model, dataset.classes.length);
  const pipeline = openPipeline({ config, spec, dataset });
  const batches: Batch[] = [];
  for (let epoch = 0; epoch < 2; epoch++) {
    const next = pipeline.epoch(epoch, from);
    for (let at = from * 16; at < dataset.splits.train.size; at += 16) batches.push(await next());
  }
  await pipeline.close();
  return batches;
}

function digest(batches: readonly Batch[]): string[] {
  return batches.map(({ images, targets, labels }) => {
    const hash = createHash('sha256');
    for (const { buffer, byteOffset, byteLength } of [images.data, targets.data, labels]) hash.update(new Uint8Array(buffer, byteOffset, byteLength));
    return hash.digest('hex');
  });
}

test.each([
  ['images in a folder', async () => ({ path: await shapesFolder() })],
  ['images that only this thread can make', () => Promise.resolve({ format: 'shapes', shapes: { images: 90, size: 24 } })],
])('batches of %s are the same bits with 0, 1 and 3 threads, and from the middle of an epoch', async (_, make) => {
  const place = await make();
  const dataset = { ...place, sampling: { order: 'balanced', repeats: 2 } };
  const open = (config: Config): Promise<Dataset> => openDataset(config, '/');
  const found: string[][] = [];
  for (const workers of [0, 1, 3]) {
    const config = configOf({ ...dataset, workers });
    found.push(digest(await batchesOf(config, await open(config))));
  }
  expect(found[0]!.length).toBeGreaterThan(8);
  expect(new Set(found[0]).size).toBe(found[0]!.length);
  expect(found[1]).toEqual(found[0]);
  expect(found[2]).toEqual(found[0]);
  const config = configOf({ ...dataset, workers: 2 });
  const half = found[0]!.length / 2;
  expect(digest(await batchesOf(config, await open(config), 2))).toEqual([...found[0]!.slice(2, half), ...found[0]!.slice(half + 2)]);
});

test('a split that no other thread can read is read here, whatever number of threads is asked for', async () => {
  const dataset = fakeDataset({ train: 40, val: 0, test: 0 }, { height: 16, width: 16, channels: 3 });
  const [none, two] = [await batchesOf(configOf({ format: 'shapes', workers: 0 }), dataset), await batchesOf(configOf({ format: 'shapes', workers: 2 }), dataset)];
  expect(digest(two)).toEqual(digest(none));
});

test('a training with threads, stopped in the middle of an epoch and gone on with without them, ends with the weights of one that was neither', async () => {
  const folder = await shapesFolder();
  const executor = await openExecutor('onnx');
  const run = async (workers: number | 'auto', { from, stopAt = Infinity }: { from?: TrainPoint; stopAt?: number } = {}): Promise<TrainPoint> => {
    const config = configOf({ path: folder, workers }, { train: { model_ema_decay: 0.9, grad_accum_steps: 2 } });
    const dataset = await openDataset(config, '/');
    const stop = new AbortController();
    let last: TrainPoint | undefined;
    for await (const event of train({ config, spec: vitSpec(config.image, config.model, 6), dataset, executor, signal: stop.signal, ...(from && { from }) })) {
      if (event.type === 'point') last = event.point;
      if (event.type === 'step' && event.step === stopAt) stop.abort();
    }
    return last!;
  };
  const plain = await run(0);
  const stopped = await run(2, { stopAt: 3 });
  expect([stopped.epoch, stopped.stepInEpoch]).toEqual([0, 3]);
  const ends = [await run(2), await run('auto'), await run(0, { from: stopped }), await run(1, { from: stopped })];
  for (const end of ends) expect(weightsHash(end.state.params)).toBe(weightsHash(plain.state.params));
});

test('an image that changes while a training runs is named, in the thread that reads it, too', async () => {
  for (const workers of [0, 1]) {
    const folder = await shapesFolder();
    const config = configOf({ path: folder, workers });
    vi.stubEnv('VITLAB_CACHE', await temporaryFolder());
    await openDataset(config, '/');
    // Known by the inventory, not in memory, and without decoded images on the disk: read when it is wanted.
    const { rm } = await import('node:fs/promises');
    await rm(path.join(process.env['VITLAB_CACHE']!, 'decoded'), { recursive: true });
    const dataset = await openDataset(config, '/');
    await mkdir(path.join(folder, 'train/circle'), { recursive: true });
    for (let i = 0; i < dataset.splits.train.size; i++) await writeFile(dataset.splits.train.name(i), 'no image any more');
    await expect(batchesOf(config, dataset)).rejects.toThrow(/\.png has changed since the dataset was opened/);
  }
});
