import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { toKernels } from '../../../src/engine/compile/layout';
import { configSchema } from '../../../src/engine/config/schema';
import { drawMask, noiseSpecs } from '../../../src/engine/model/noise';
import { vitForward } from '../../../src/engine/model/vit';
import { initParams } from '../../../src/engine/model/params';
import { fixedTables } from '../../../src/engine/model/positions';
import { permutation, randomAt } from '../../../src/engine/random';
import { relativeError } from '../../fixtures/golden';
import { vitSpec } from '../../../src/engine/model/spec';

const specOf = (model: object) => {
  const config = configSchema.parse({ image: { size: 16 }, model: { patch_size: 4, depth: 1, num_heads: 1, embed_dim: 4, ...model } });
  return vitSpec(config.image, config.model, 3);
};

function drawn(rate: number, B: number, seed = 1, step = 1): { keep: number[][]; place: number[][] } {
  const masks = noiseSpecs(specOf({ patch_drop_rate: rate }), B).filter(({ patches }) => patches);
  const [keep, place] = masks.map((mask) => {
    const { data, shape } = drawMask(mask, seed, step);
    return Array.from({ length: shape[0]! }, (_, b) => [...data.subarray(b * shape[1]!, (b + 1) * shape[1]!)]);
  });
  return { keep: keep!, place: place! };
}

// timm: max(1, int(L · (1 − rate))), in double precision, as Python computes it.
test.each([[0.5, 8], [0.25, 12], [0.3, 11], [0.99, 1], [0.9, 1]])('of 16 patches a rate of %d keeps %d, and blocks see no more', (rate, kept) => {
  expect(drawn(rate, 2).keep.map((row) => row.length)).toEqual([kept, kept]);
  const shapes = noiseSpecs(specOf({ patch_drop_rate: rate, drop_rate: 0.1 }), 2).map(({ name, shape }) => [name, shape] as const);
  expect(new Map(shapes).get('pos_drop')).toEqual([2, 17, 4]);
  expect(new Map(shapes).get('blocks.0.mlp.drop2')).toEqual([2, kept + 1, 4]);
});

test('patches are drawn for each image, without one twice, in random order; places are the way back', () => {
  const { keep, place } = drawn(0.5, 400);
  for (const [b, row] of keep.entries()) {
    expect(new Set(row).size).toBe(8);
    expect(place[b]).toEqual(Array.from({ length: 16 }, (_, patch) => (row.includes(patch) ? row.indexOf(patch) : 8)));
  }
  expect(new Set(keep.map((row) => row.join())).size).toBe(400);
  expect(keep.some((row) => row.some((patch, i) => i > 0 && patch < row[i - 1]!))).toBe(true);
  // Each patch is kept in half of the images: 200 ± 4 standard deviations of 10.
  for (let patch = 0; patch < 16; patch++) expect(Math.abs(keep.filter((row) => row.includes(patch)).length - 200)).toBeLessThan(40);
});

test('another step draws others, the same step the same', () => {
  expect(drawn(0.5, 4, 1, 1)).toEqual(drawn(0.5, 4, 1, 1));
  expect(drawn(0.5, 4, 1, 2)).not.toEqual(drawn(0.5, 4, 1, 1));
  expect(drawn(0.5, 4, 2, 1)).not.toEqual(drawn(0.5, 4, 1, 1));
});

test('a rate of 0 draws nothing, so that the graph is the one without', () => {
  expect(noiseSpecs(specOf({}), 2)).toEqual([]);
});

test.each([{}, { pos_embed: 'rope', embed_dim: 8 }, { attention: 'locality', reg_tokens: 1 }, { global_pool: 'avg', pos_embed: 'sincos2d', pre_norm: true }])('patches in any other order, none left out, give the same logits: each goes with its position (%j)', async (model) => {
  await tf.setBackend('cpu');
  const spec = specOf(model);
  const params = Object.fromEntries([...toKernels(initParams(spec, 1)), ...fixedTables(spec)].map(([name, { shape, data }]) => [name, tf.tensor(data, [...shape])]));
  const images = tf.randomNormal<tf.Rank.R4>([3, 16, 16, 3], 0, 1, 'float32', 1);
  const orders = [0, 1, 2].map((b) => permutation(16, randomAt(b)));
  const noise = {
    'patch_drop.keep': tf.tensor2d(orders.flatMap((order) => [...order]), [3, 16]),
    'patch_drop.place': tf.tensor2d(orders.flatMap((order) => Array.from({ length: 16 }, (_, patch) => order.indexOf(patch))), [3, 16]),
  };
  const plain = vitForward(spec, params, images).logits.dataSync();
  // A sum over tokens in another order: some roundings of 6e-8.
  expect(relativeError(vitForward(spec, params, images, {}, noise).logits.dataSync(), plain)).toBeLessThan(1e-5);
  // Control: the same positions for all images.
  const off = { ...noise, 'patch_drop.keep': tf.tile(noise['patch_drop.keep'].slice([0, 0], [1, 8]), [3, 1]) };
  expect(relativeError(vitForward(spec, params, images, {}, off).logits.dataSync(), plain)).toBeGreaterThan(1e-3);
});
