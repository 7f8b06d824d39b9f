import { expect, test } from 'vitest';
import { attentionTimesGradient, cheferMap, cheferRelevance, gradCam, gradientRollout, lastAttention } from '../../../src/engine/inspect/explain';
import { patchGrid } from '../../../src/engine/inspect/patches';
import { area, ranking, withPatches } from '../../../src/engine/inspect/perturb';
import type { FloatTensor } from '../../../src/engine/tensors';

const layer = (...heads: number[][][]): FloatTensor => ({ shape: [1, heads.length, 3, 3], data: Float32Array.from(heads.flat(2)) });

// Two layers of two heads over three tokens, with Chefer's R of an independent implementation (vit-facts 4.7).
const layers = [
  layer([[0.5, 0.3, 0.2], [0.1, 0.8, 0.1], [0.2, 0.2, 0.6]], [[0.2, 0.2, 0.6], [0.4, 0.4, 0.2], [0.1, 0.3, 0.6]]),
  layer([[0.6, 0.2, 0.2], [0.3, 0.3, 0.4], [0.25, 0.5, 0.25]], [[0.1, 0.45, 0.45], [0.2, 0.6, 0.2], [0.3, 0.1, 0.6]]),
];
const gradients = [
  layer([[0.5, -1, 0.2], [0.1, 0.2, -0.3], [0.4, 0, 0.1]], [[-0.2, 0.6, 0.3], [0.2, 0.1, 0.5], [-0.1, 0.3, 0.2]]),
  layer([[0.3, 0.7, -0.4], [0, 0.5, 0.1], [0.2, -0.6, 0.9]], [[1, -0.2, 0.4], [0.3, 0.3, -0.5], [0.1, 0.2, 0.1]]),
];
const expected = [1.28925, 0.14945, 0.227, 0.086975, 1.2842, 0.08335, 0.09115, 0.064813, 1.250225];

const withClass = patchGrid({ imageSize: [4, 8], patchSize: [4, 4], classToken: true, distilled: false, regTokens: 0 });
const without = patchGrid({ imageSize: [4, 12], patchSize: [4, 4], classToken: false, distilled: false, regTokens: 0 });
const near = (values: ArrayLike<number>, wanted: readonly number[]): void => expect(Array.from(values)).toEqual(wanted.map((x) => expect.closeTo(x, 5) as number));

test("Chefer's relevance is the reference's", () => {
  near(cheferRelevance(layers, gradients), expected);
  near(cheferMap(layers, gradients, withClass), [expected[1]!, expected[2]!]);
});

test("without a class token Chefer's map is the mean of the rows, and a patch's own 1 does not count", () => {
  const column = (j: number): number => (expected[j]! + expected[3 + j]! + expected[6 + j]! - 1) / 3;
  near(cheferMap(layers, gradients, without), [column(0), column(1), column(2)]);
});

test('gradient rollout weighs, clamps, and brings rows to 1', () => {
  // Layer 1: mean of A⊙∇A of the heads, negatives 0; by hand for the class token's row of the product.
  const fused = (i: number): number[][] => [0, 1, 2].map((r) => [0, 1, 2].map((c) => Math.max(0, [0, 1].reduce((sum, h) => sum + (layers[i]!.data[h * 9 + r * 3 + c]! * gradients[i]!.data[h * 9 + r * 3 + c]!) / 2, 0))));
  const rows = (matrix: number[][]): number[][] => matrix.map((row, r) => row.map((x, c) => (x + (r === c ? 1 : 0)) / (row.reduce((a, b) => a + b, 0) + 1)));
  const [first, second] = [rows(fused(0)), rows(fused(1))];
  const row = [0, 1, 2].map((c) => second[0]!.reduce((sum, x, k) => sum + x * first[k]![c]!, 0));
  expect(row.reduce((a, b) => a + b)).toBeCloseTo(1, 6);
  near(gradientRollout(layers, gradients, withClass, 0), row.slice(1));
});

test('the last block alone: its attention, and that times its gradient', () => {
  near(lastAttention(layers, withClass), [(0.2 + 0.45) / 2, (0.2 + 0.45) / 2]);
  near(attentionTimesGradient(layers, gradients, withClass), [(0.2 * 0.7) / 2, (0.45 * 0.4) / 2]);
});

test('Grad-CAM weighs channels with the mean gradient of the patches alone', () => {
  const values = { shape: [1, 3, 2], data: Float32Array.of(9, 9, 1, 2, 3, -4) };
  const gradient = { shape: [1, 3, 2], data: Float32Array.of(7, 7, 0.5, 1, 1.5, -3) };
  // Weights of the channels: (0.5 + 1.5) / 2 = 1 and (1 − 3) / 2 = −1.
  near(gradCam(values, gradient, withClass), [0, 7]);
});

test('patches are hidden behind the mean colour, in the order of their values', () => {
  expect(ranking(Float32Array.of(0.1, 0.5, 0.1, 0.9))).toEqual([3, 1, 0, 2]);
  const image = { shape: [1, 2, 4, 1], data: Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8) };
  const two = withPatches(image, { rows: 1, columns: 2, patch: [2, 2] }, [(patch) => patch === 1, () => true]);
  expect(two.shape).toEqual([2, 2, 4, 1]);
  expect([...two.data]).toEqual([0, 0, 3, 4, 0, 0, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8]);
});

test('the area of a straight line is its middle', () => {
  expect(area(Float32Array.of(1, 0.75, 0.5, 0.25, 0))).toBeCloseTo(0.5, 6);
  expect(area(Float32Array.of(1, 0, 0))).toBeCloseTo(0.25, 6);
});
