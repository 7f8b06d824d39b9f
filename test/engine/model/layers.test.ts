import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, test } from 'vitest';
import { openExecutor } from '../../../src/engine/compile/backends';
import { crossEntropy, gelu, layerNorm, linear, projectConv, projectLinear } from '../../../src/engine/model/layers';
import { drawMask } from '../../../src/engine/model/noise';
import { randomAt } from '../../../src/engine/random';
import { relativeError } from '../../fixtures/golden';

beforeAll(async () => {
  await openExecutor('cpu');
});

function draw(name: string, shape: number[]): tf.Tensor {
  const random = randomAt(0, name);
  return tf.tensor(Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.normal()), shape);
}

const targets = (): tf.Tensor2D => tf.softmax(draw('targets', [3, 4])) as tf.Tensor2D;

test.each<[string, number[][], (...inputs: tf.Tensor[]) => tf.Tensor]>([
  ['linear', [[3, 4], [4, 2], [2]], (x, w, b) => linear(x as tf.Tensor2D, w as tf.Tensor2D, b as tf.Tensor1D)],
  ['layerNorm', [[3, 5], [5], [5]], (x, g, b) => layerNorm(x as tf.Tensor2D, g as tf.Tensor1D, b as tf.Tensor1D, 1e-6)],
  ['gelu', [[3, 4]], (x) => gelu(x as tf.Tensor2D)],
  ['projectLinear', [[2, 4, 6, 2], [2, 3, 2, 3]], (x, w) => projectLinear(x as tf.Tensor4D, w as tf.Tensor4D)],
  ['projectConv', [[2, 4, 6, 2], [2, 3, 2, 3]], (x, w) => projectConv(x as tf.Tensor4D, w as tf.Tensor4D)],
  ['crossEntropy', [[3, 4]], (x) => crossEntropy(x as tf.Tensor2D, targets())],
])('the gradient of %s for every input is that of finite differences', (name, shapes, layer) => {
  tf.tidy(() => {
    const inputs = shapes.map((shape, i) => draw(`${name} ${String(i)}`, shape));
    const weights = draw(`${name} weights`, layer(...inputs).shape);
    const loss = (...values: tf.Tensor[]): tf.Scalar => tf.sum(tf.mul(layer(...values), weights));
    const grads = tf.grads(loss)(inputs);
    grads.forEach((grad, which) => {
      const at = inputs[which]!.dataSync().slice();
      const numeric = Float64Array.from(at, (value, i) => {
        const h = 1e-2;
        const shifted = (by: number): number => {
          const moved = inputs.map((input, j) => (j === which ? tf.tensor(at.map((v, k) => (k === i ? value + by : v)), input.shape) : input));
          return loss(...moved).dataSync()[0]!;
        };
        // Five points: the error is of order h⁴, so that h can be large against float32 rounding.
        return (8 * (shifted(h) - shifted(-h)) - (shifted(2 * h) - shifted(-2 * h))) / (12 * h);
      });
      // Rounding of the loss (about 1e-6) over h = 1e-2 gives 1e-4 of a gradient of order 1; a wrong term shows at 1e-1.
      expect(relativeError(grad.dataSync(), numeric)).toBeLessThan(2e-3);
    });
  });
});

test('GELU is the exact one', () => {
  // Φ from tables: x·Φ(x) at −2, −1, 0, 1, 2; the tanh form differs by up to 4.7e-4.
  const want = [-0.0455003, -0.1586553, 0, 0.8413447, 1.9544997];
  const got = gelu(tf.tensor2d([[-2, -1, 0, 1, 2]])).dataSync();
  got.forEach((value, i) => {
    expect(Math.abs(value - want[i]!)).toBeLessThan(2e-6);
  });
});

test('both projections give equal numbers from one kernel', () => {
  const [images, kernel] = [draw('i', [2, 8, 12, 3]) as tf.Tensor4D, draw('k', [4, 4, 3, 8]) as tf.Tensor4D];
  expect(relativeError(projectConv(images, kernel).dataSync(), projectLinear(images, kernel).dataSync())).toBeLessThan(1e-6);
});

test('a mask drops its share, keeps the mean, and is the same for the same place', () => {
  const mask = { name: 'blocks.0.mlp.drop1', shape: [50, 40, 20], rate: 0.25 };
  const { data } = drawMask(mask, 1, 7);
  const zeros = data.filter((x) => x === 0).length;
  // 40,000 draws: four standard deviations are 0.9 %.
  expect(Math.abs(zeros / data.length - 0.25)).toBeLessThan(0.009);
  expect(new Set(data)).toEqual(new Set([0, Math.fround(4 / 3)]));
  expect(drawMask(mask, 1, 7).data).toEqual(data);
  for (const other of [drawMask(mask, 2, 7), drawMask(mask, 1, 8), drawMask({ ...mask, name: 'blocks.1.mlp.drop1' }, 1, 7)])
    expect(other.data).not.toEqual(data);
});
