import { expect, test } from 'vitest';
import { attentionDistance, attentionRows, attentionView, rowEntropy } from '../../../src/engine/inspect/attention';
import { patchGrid } from '../../../src/engine/inspect/patches';
import { randomAt } from '../../../src/engine/random';
import type { FloatTensor } from '../../../src/engine/tensors';

const square = (side: number, patch: number, pool: 'token' | 'avg' = 'avg') =>
  patchGrid({ imageSize: [side * patch, side * patch], patchSize: [patch, patch], classToken: pool === 'token', distilled: false, regTokens: 0 });

const filled = (tokens: number, heads: number, value: (head: number, i: number, j: number) => number): FloatTensor => ({
  shape: [1, heads, tokens, tokens],
  data: Float32Array.from({ length: heads * tokens * tokens }, (_, at) =>
    value(Math.floor(at / tokens ** 2), Math.floor(at / tokens) % tokens, at % tokens),
  ),
});

/** Rows of positive random numbers brought to 1, as a softmax gives them. */
function randomAttention(tokens: number, heads: number, seed: number): FloatTensor {
  const random = randomAt(seed, 'attention');
  const tensor = filled(tokens, heads, () => random.next());
  for (let from = 0; from < tensor.data.length; from += tokens) {
    const row = tensor.data.subarray(from, from + tokens);
    const sum = row.reduce((a, b) => a + b, 0);
    row.forEach((value, j) => (row[j] = value / sum));
  }
  return tensor;
}

// Reference values of uniform attention, given to 2 or 4 decimals: half a unit of the last one is the tolerance.
test.each([
  [14, 16, 116.49, 2],
  [24, 16, 200.05, 2],
  [8, 4, 16.55, 2],
  [7, 4, 14.44, 2],
  [16, 2, 16.65, 2],
  [3, 4, 5.8132, 4],
])('uniform attention over %i × %i patches', (side, patch, expected, digits) => {
  const grid = square(side, patch);
  const uniform = filled(grid.tokens, 1, () => 1 / grid.tokens);
  expect(attentionDistance([uniform], grid)[0]).toBeCloseTo(expected, digits);
});

test('identity attention has distance 0', () => {
  const grid = square(5, 4);
  expect(attentionDistance([filled(25, 2, (_, i, j) => Number(i === j))], grid)).toEqual(Float32Array.of(0, 0));
});

test('what goes to the class token does not shorten the distance: rows are renormalised', () => {
  const withCls = square(3, 4, 'token');
  // 90 % of every row on the class token, the rest spread evenly: as far as uniform attention.
  const mostlyCls = filled(10, 1, (_, __, j) => (j === 0 ? 0.9 : 0.1 / 9));
  expect(attentionDistance([mostlyCls], withCls)[0]).toBeCloseTo(5.8132, 4);
});

test('a patch of another height counts in pixels', () => {
  const grid = patchGrid({ imageSize: [20, 8], patchSize: [10, 4], classToken: false, distilled: false, regTokens: 0 });
  // Everything looks one row down or up: the same column, the other row.
  const vertical = filled(4, 1, (_, i, j) => Number(Math.abs(i - j) === 2));
  expect(attentionDistance([vertical], grid)[0]).toBeCloseTo(10, 6);
});

test('a view holds the query row of every layer and head, and rows sum to 1', () => {
  const grid = square(3, 4, 'token');
  const layers = [randomAttention(10, 2, 1), randomAttention(10, 2, 2), randomAttention(10, 2, 3)];
  const view = attentionView(layers, grid, 4);
  expect([view.layers, view.heads, view.tokens, view.query]).toEqual([3, 2, 10, 4]);
  for (let layer = 0; layer < 3; layer++)
    for (let head = 0; head < 2; head++) {
      const row = view.weights.subarray((layer * 2 + head) * 10, (layer * 2 + head + 1) * 10);
      expect([...row]).toEqual([...layers[layer]!.data.subarray((head * 10 + 4) * 10, (head * 10 + 5) * 10)]);
      expect(row.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 6);
    }
});

test('rows of different queries differ', () => {
  const layers = [randomAttention(10, 2, 1)];
  expect(attentionRows(layers, 0)).not.toEqual(attentionRows(layers, 1));
});

test('entropy is 0 on one token and ln N on all alike', () => {
  const entropy = rowEntropy(Float32Array.of(0, 1, 0, 0, 0.25, 0.25, 0.25, 0.25), 4);
  expect(entropy[0]).toBe(0);
  expect(entropy[1]).toBeCloseTo(Math.log(4), 6);
});
