import { writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import { expect, test } from 'vitest';
import type { Executor, TrainSession } from '../../src/engine/compile/executor';
import { loadConfig } from '../../src/engine/config/load';
import { openDataset } from '../../src/engine/dataset/open';
import { vitSpec } from '../../src/engine/model/spec';
import { batchPreviewer } from '../../src/engine/previewBatch';
import type { FloatTensor } from '../../src/engine/tensors';
import { train } from '../../src/engine/trainer';
import { temporaryFolder } from './tiny';

/** Every random change that there is: crop, flip, policy, colours, erasing, mixup and CutMix, smoothing, class weights. */
const EVERYTHING = `seed: 9
dataset: {format: shapes, shapes: {images: 120, size: 16}}
image: {size: 16}
model: {patch_size: 8, depth: 1, num_heads: 2, embed_dim: 8}
train:
  epochs: 2
  batch_size: 16
  label_smoothing: 0.1
  mixup: 0.4
  cutmix: 1
  class_weights: balanced
  augment: {crop_padding: 2, hflip: true, rand_augment: {}, color_jitter: {brightness: 0.3}, random_erasing: {prob: 0.5}}
`;

/** A session that learns nothing and keeps what it is given. */
function recording(given: { images: FloatTensor; targets: FloatTensor }[]): Executor {
  const session = {
    step: ({ images, targets }: { images: FloatTensor; targets: FloatTensor }) => {
      given.push({ images, targets });
      return Promise.resolve({ loss: 1, gradNorm: 1, logits: { shape: targets.shape, data: new Float32Array(targets.data.length) } });
    },
    forward: (images: FloatTensor) => Promise.resolve({ logits: { shape: [images.shape[0]!, 6], data: new Float32Array(images.shape[0]! * 6) } }),
    state: () => Promise.resolve({ params: new Map(), m: new Map(), v: new Map(), step: 0 }),
    dispose: () => undefined,
  };
  return { train: (spec: unknown) => Promise.resolve({ ...session, spec } as unknown as TrainSession) } as unknown as Executor;
}

const noSignal = new AbortController().signal;

test('the batch that is shown is the one that the trainer gives the network, bit for bit, in every step', async () => {
  const file = path.join(await temporaryFolder(), 'c.yaml');
  await writeFile(file, EVERYTHING);
  const config = await loadConfig(file, []);
  const dataset = await openDataset(config, path.dirname(file));
  const given: { images: FloatTensor; targets: FloatTensor }[] = [];
  const spec = vitSpec(config.image, config.model, dataset.classes.length);
  const events = train({ config, spec, dataset, executor: recording(given) });
  while ((await events.next()).done !== true);
  const preview = batchPreviewer();
  const kinds = new Set<string>();
  for (const [step, { images, targets }] of given.entries()) {
    const shown = await preview({ config: file, step }, noSignal, () => undefined);
    expect(Buffer.from(shown.pixels.buffer).equals(Buffer.from(images.data.buffer))).toBe(true);
    kinds.add(shown.mix?.kind ?? 'none');
    // What is said of the labels is what is to be learned: the largest targets of a row are those classes.
    const K = dataset.classes.length;
    shown.images.forEach(({ label, other, share }, row) => {
      const largest = [...targets.data.subarray(row * K, (row + 1) * K)].map((value, k) => ({ value, k })).sort((a, b) => b.value - a.value);
      const named = new Set([label, ...(other === undefined || share === 1 ? [] : [other])]);
      if (share > 0.15 && share < 0.85) expect(new Set(largest.slice(0, named.size).map(({ k }) => k))).toEqual(named);
    });
  }
  expect(given.length).toBe(2 * Math.ceil(dataset.splits.train.size / 16));
  expect(kinds).toEqual(new Set(['mixup', 'cutmix']));
});

test('another seed gives another batch; a step behind the end is the last one; counts are of each split', async () => {
  const file = path.join(await temporaryFolder(), 'c.yaml');
  await writeFile(file, EVERYTHING);
  const preview = batchPreviewer();
  const ask = (q: object): ReturnType<typeof preview> => preview({ config: file, ...q }, noSignal, () => undefined);
  const first = await ask({});
  expect((await ask({ seed: 10 })).pixels).not.toEqual(first.pixels);
  expect((await ask({ seed: 9 })).pixels).toEqual(first.pixels);
  const last = await ask({ step: 1e6, most: 2 });
  expect([last.step, last.epoch, last.images.length]).toEqual([2 * first.stepsPerEpoch - 1, 1, 2]);
  expect(first.counts.train.reduce((a, b) => a + b)).toBeGreaterThan(first.counts.val.reduce((a, b) => a + b));
  const uneven = (train: string): string => `dataset: {format: shapes}\n${train}`;
  expect((await ask({ text: uneven('') })).evened).toBe(false);
  expect((await ask({ text: uneven('train: {class_weights: balanced}\n') })).evened).toBe(true);
  await expect(ask({ text: 'train: {batch_size: none}\n' })).rejects.toThrow(/batch_size/);
});
