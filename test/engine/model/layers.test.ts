import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, test } from 'vitest';
import { openExecutor } from '../../../src/engine/compile/backends';
import { batchNorm } from '../../../src/engine/model/batchNorm';
import { conv3x3, convolve, maxPool3x3, type Windows } from '../../../src/engine/model/convolution';
import { groupNorm } from '../../../src/engine/model/groupNorm';
import { attend, attendOpenly, foldNorm, linear, projectConv, projectLinear, scaledGelu, standardise } from '../../../src/engine/model/layers';
import { binaryCrossEntropy, crossEntropy, focal } from '../../../src/engine/model/losses';
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

/** The running statistics of C channels before any batch. */
function fresh(C: number): { mean: tf.Tensor1D; variance: tf.Tensor1D } {
  return { mean: tf.zeros([C]), variance: tf.ones([C]) };
}

/** LayerNorm and the linear layer behind it, as the network computes them: folded. */
function normLinear(...[x, gamma, beta, w, b]: tf.Tensor[]): tf.Tensor {
  const { kernel, bias } = foldNorm({ gamma: gamma as tf.Tensor1D, beta: beta as tf.Tensor1D, kernel: w as tf.Tensor2D, bias: b as tf.Tensor1D });
  return linear(standardise(x as tf.Tensor2D, 1e-6), kernel, bias);
}

const convolution = (windows: Windows) => (...inputs: tf.Tensor[]): tf.Tensor => convolve(inputs[0] as tf.Tensor4D, inputs[1] as tf.Tensor4D, windows);

test.each<[string, number[][], (...inputs: tf.Tensor[]) => tf.Tensor]>([
  ['linear', [[3, 4], [4, 2], [2]], (x, w, b) => linear(x as tf.Tensor2D, w as tf.Tensor2D, b as tf.Tensor1D)],
  ['norm and linear', [[3, 5], [5], [5], [5, 2], [2]], normLinear],
  ['scaledGelu', [[3, 4]], (x) => scaledGelu(x as tf.Tensor2D)],
  // 3 tokens of 2 images, 2 heads of 2 channels.
  ['attend', [[6, 4], [6, 4], [6, 4]], (q, k, v) => attend(q as tf.Tensor2D, k as tf.Tensor2D, v as tf.Tensor2D, 2, 2)],
  ['projectLinear', [[2, 4, 6, 2], [2, 3, 2, 3]], (x, w) => projectLinear(x as tf.Tensor4D, w as tf.Tensor4D)],
  ['projectConv', [[2, 4, 6, 2], [2, 3, 2, 3]], (x, w) => projectConv(x as tf.Tensor4D, w as tf.Tensor4D)],
  // Few channels and many: the kernel's gradient is one product or nine.
  ['conv3x3', [[2, 4, 5, 2], [3, 3, 2, 3]], (x, w) => conv3x3(x as tf.Tensor4D, w as tf.Tensor4D)],
  ['conv3x3 of 17 channels', [[1, 3, 3, 17], [3, 3, 17, 2]], (x, w) => conv3x3(x as tf.Tensor4D, w as tf.Tensor4D)],
  // Even and odd sides.
  ['convolve 3 × 3, stride 2, symmetric', [[2, 4, 5, 2], [3, 3, 2, 3]], convolution({ stride: 2, border: 'symmetric' })],
  ['convolve 3 × 3, stride 2, same', [[2, 4, 5, 2], [3, 3, 2, 3]], convolution({ stride: 2, border: 'same' })],
  ['convolve 7 × 7, stride 2, symmetric', [[1, 6, 5, 1], [7, 7, 1, 2]], convolution({ stride: 2, border: 'symmetric' })],
  ['convolve 7 × 7, stride 2, same', [[1, 6, 5, 1], [7, 7, 1, 2]], convolution({ stride: 2, border: 'same' })],
  ['convolve 5 × 5, stride 1', [[1, 4, 3, 2], [5, 5, 2, 2]], convolution({ stride: 1, border: 'symmetric' })],
  ['convolve 1 × 1, stride 2', [[2, 4, 5, 2], [1, 1, 2, 3]], convolution({ stride: 2, border: 'symmetric' })],
  ['convolve 1 × 1, stride 1', [[2, 2, 3, 2], [1, 1, 2, 3]], convolution({ stride: 1, border: 'same' })],
  ['groupNorm', [[2, 2, 1, 64], [64], [64]], (x, gamma, beta) => groupNorm(x as tf.Tensor4D, { gamma: gamma as tf.Tensor1D, beta: beta as tf.Tensor1D })],
  ['batchNorm', [[3, 2, 2, 3], [3], [3]], (x, gamma, beta) => batchNorm(x as tf.Tensor4D, { gamma: gamma as tf.Tensor1D, beta: beta as tf.Tensor1D }, fresh(3), true).out],
  // Of values that lie apart, so that a small change makes no other one the largest.
  ['maxPool3x3', [[2, 5, 4, 2]], (x) => maxPool3x3(tf.add(x, tf.reshape(tf.mul(tf.mod(tf.mul(tf.range(0, 80), 37), 80), 10), [2, 5, 4, 2])))],
  ['crossEntropy', [[3, 4]], (x) => crossEntropy(x as tf.Tensor2D, targets())],
  ['binaryCrossEntropy', [[3, 4]], (x) => binaryCrossEntropy(x as tf.Tensor2D, targets())],
  ['focal', [[3, 4]], (x) => focal(x as tf.Tensor2D, targets(), 2)],
  ['focal, γ 0.5', [[3, 4]], (x) => focal(x as tf.Tensor2D, targets(), 0.5)],
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

test('norm and linear, folded, are LayerNorm and then the linear layer', () => {
  const [x, g, b, w, c] = [[3, 5], [5], [5], [5, 2], [2]].map((shape, i) => draw(`fold ${i}`, shape)) as [tf.Tensor2D, tf.Tensor, tf.Tensor, tf.Tensor2D, tf.Tensor];
  const { mean, variance } = tf.moments(x, 1, true);
  const normed = tf.add(tf.mul(tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, 1e-6))), g), b);
  const want = tf.add(tf.matMul(normed as tf.Tensor2D, w), c);
  expect(relativeError(normLinear(x, g, b, w, c).dataSync(), want.dataSync())).toBeLessThan(2e-6);
  expect(relativeError(normLinear(x, g, tf.mul(b, 1.01), w, c).dataSync(), want.dataSync())).toBeGreaterThan(1e-4);
});

test('attention is the same with its weights shown, whose rows add up to 1', () => {
  const [q, k, v] = ['q', 'k', 'v'].map((name) => draw(`attention ${name}`, [6, 4])) as [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D];
  const { mixed, weights } = attendOpenly(q, k, v, 2, 2);
  expect(weights.shape).toEqual([2, 2, 3, 3]);
  for (const sum of tf.sum(weights, 3).dataSync()) expect(sum).toBeCloseTo(1, 6);
  expect(relativeError(mixed.dataSync(), attend(q, k, v, 2, 2).dataSync())).toBeLessThan(1e-6);
});

test('GELU is the exact one', () => {
  // Φ from tables: x·Φ(x) at −2, −1, 0, 1, 2; the tanh form differs by up to 4.7e-4.
  const want = [-0.0455003, -0.1586553, 0, 0.8413447, 1.9544997];
  const got = tf.mul(scaledGelu(tf.mul(tf.tensor2d([[-2, -1, 0, 1, 2]]), Math.SQRT1_2)), Math.SQRT1_2).dataSync();
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
