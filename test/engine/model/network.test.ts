import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, test } from 'vitest';
import { openExecutor } from '../../../src/engine/compile/backends';
import { toKernels } from '../../../src/engine/compile/layout';
import { gradients } from '../../../src/engine/compile/step';
import { crossEntropy } from '../../../src/engine/model/losses';
import { forward } from '../../../src/engine/model/network';
import { networkOf } from '../compile/networks';
import { relativeError } from '../../fixtures/golden';

beforeAll(async () => {
  await openExecutor('cpu');
});

// The layers are held to finite differences one by one; here, what one asks of the layer behind it.
test.each(['token', 'avg', 'seq'])('the gradient for the positions, through blocks and %s pooling, is that of finite differences', (pool) => {
  const model = { global_pool: pool, depth: 1, num_heads: 2, embed_dim: 8, patch_size: 2 };
  const { spec, params, images, targets } = networkOf({ image: { size: [4, 6], channels: 1 }, model, classes: 4, batch: 2, seed: 1 });
  const errors = tf.tidy(() => {
    const [x, y] = [tf.tensor4d(images.data, images.shape as [number, number, number, number]), tf.tensor2d(targets.data, targets.shape as [number, number])];
    const weights = Object.fromEntries([...toKernels(params)].map(([name, { shape, data }]) => [name, tf.tensor(data, [...shape])]));
    const found = gradients(spec, weights, {}, { images: x, targets: y, noise: {} }).grads['pos_embed']!;
    const at = weights['pos_embed']!.dataSync().slice();
    const lossOf = (i: number, h: number): number =>
      tf.tidy(() => {
        const moved = tf.tensor(Float32Array.from(at, (value, k) => (k === i ? value + h : value)), found.shape);
        return crossEntropy(forward(spec, { ...weights, pos_embed: moved }, x).logits, y).dataSync()[0]!;
      });
    const h = 1e-2;
    return relativeError(found.dataSync(), Float64Array.from(at, (_, i) => (lossOf(i, h) - lossOf(i, -h)) / (2 * h)));
  });
  // Of the differences: the third derivative times h² / 6, and the loss's rounding over h.
  expect(errors).toBeLessThan(5e-3);
});
