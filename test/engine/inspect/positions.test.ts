import { expect, test } from 'vitest';
import { patchGrid } from '../../../src/engine/inspect/patches';
import { cosineSimilarity, positionView } from '../../../src/engine/inspect/positions';

const grid = patchGrid({ imageSize: [8, 8], patchSize: [4, 4], classToken: true, distilled: false, regTokens: 0 });

test('the class token is left out, and the cosine does not see lengths', () => {
  const rows = [9, 9, 1, 0, 0, 2, 3, 3, -1, 0];
  const view = positionView(grid, 'learned', { shape: [1, 5, 2], data: Float32Array.from(rows) });
  const half = Math.SQRT1_2;
  const expected = [1, 0, half, -1, 0, 1, half, 0, half, half, 1, -half, -1, 0, -half, 1];
  view.similarity!.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 6));
  expect(view.grid).toEqual({ rows: 2, columns: 2 });
});

test('a model without position embedding says so', () => {
  const view = positionView(grid, 'none', null);
  expect(view.similarity).toBeNull();
  expect(view.note).toContain('pos_embed: none');
});

test('a row of zeros gives zeros, not NaN', () => {
  expect([...cosineSimilarity(Float32Array.of(0, 0, 1, 2), 2)]).toEqual([0, 0, 0, 1].map((x) => expect.closeTo(x, 6)));
});
