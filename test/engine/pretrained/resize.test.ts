import { describe, expect, test } from 'vitest';
import { resizePatches, resizePositions } from '../../../src/engine/pretrained/resize';
import type { PositionRule } from '../../../src/engine/weights/schemes/scheme';

/** Computed by PyTorch and SciPy from [[1, 2, 4], [0, 3, 5], [7, 6, 8]], the table of positions of one channel. */
const input = { shape: [1, 9, 1], data: Float32Array.of(1, 2, 4, 0, 3, 5, 7, 6, 8) };
const toFive: readonly (readonly [PositionRule, readonly number[]])[] = [
  ['hf', [1.018432, 1.265505, 1.904, 3.186177, 4.096001, -0.090143, 0.764834, 2.172001, 3.544609, 4.364002, -0.288, 1.020001, 3, 4.44, 5.192001, 4.145185, 4.338049, 4.908, 6.182113, 7.100002, 7.804866, 6.991009, 6.288001, 7.412354, 8.480003]],
  ['timm', [1.011392, 1.283723, 1.924528, 3.261053, 4.075472, 0.193889, 0.905881, 2.216418, 3.599131, 4.367361, -0.226415, 0.962687, 3, 4.432836, 5.150943, 4.462828, 4.583204, 4.992537, 6.313099, 7.14348, 7.626557, 6.982117, 6.226415, 7.466629, 8.377357]],
  ['google', [1, 1.5, 2, 3, 4, 0.5, 1.5, 2.5, 3.5, 4.5, 0, 1.5, 3, 4, 5, 3.5, 4, 4.5, 5.5, 6.5, 7, 6.5, 6, 7, 8]],
];

const closeTo = (found: Float32Array, expected: readonly number[]): void => expect(Math.max(...found.map((value, i) => Math.abs(value - expected[i]!)))).toBeLessThan(5e-6);

test.each(toFive)('%s: 3 × 3 positions become 5 × 5', (rule, expected) => closeTo(resizePositions(input, 0, [3, 3], [5, 5], rule).data, expected));

test('dino adds 0.1 to the side', () => closeTo(resizePositions(input, 0, [3, 3], [5, 5], 'dino').data.slice(0, 5), [1.018964, 1.258634, 1.842788, 3.100462, 4.063105]));

test.each([
  ['hf', [0.818115, 3.723999, 5.303284, 6.90152]],
  ['timm', [0.939898, 3.604347, 4.598115, 6.309788]],
] as const)('%s: 3 × 3 positions become 2 × 2', (rule, expected) => closeTo(resizePositions(input, 0, [3, 3], [2, 2], rule).data, expected));

test('the tokens before the patches keep their positions, and channels do not mix', () => {
  const table = { shape: [1, 10, 2], data: Float32Array.from({ length: 20 }, (_, i) => (i < 2 ? 100 + i : input.data[(i - 2) >> 1]! * (i % 2 === 0 ? 1 : -1))) };
  const { shape, data } = resizePositions(table, 1, [3, 3], [5, 5], 'timm');
  expect(shape).toEqual([1, 26, 2]);
  expect([...data.slice(0, 2)]).toEqual([100, 101]);
  closeTo(data.slice(2).filter((_, i) => i % 2 === 0), toFive[1]![1]);
  closeTo(data.slice(2).filter((_, i) => i % 2 === 1).map((x) => -x), toFive[1]![1]);
});

describe('patches', () => {
  test('larger patches that were resized give the tokens of the small ones', () => {
    // Upsampling loses nothing, so that ⟨resized x, resized w⟩ = ⟨x, w⟩ exactly (Beyer et al. 2023, section 3.4).
    const w = { shape: [1, 1, 3, 3], data: input.data };
    const larger = resizePatches(w, [5, 5]);
    const image = Float32Array.of(0.5, -1, 2, 3, 0, 1, -2, 4, 1);
    const resized = resizePositions({ shape: [1, 9, 1], data: image }, 0, [3, 3], [5, 5], 'timm').data;
    const dot = (a: Float32Array, b: Float32Array): number => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
    expect(larger.shape).toEqual([1, 1, 5, 5]);
    expect(dot(resized, larger.data)).toBeCloseTo(dot(image, w.data), 4);
  });
});
