/** Which images are shown, and what stands in the cells of the confusion matrix. */
import { describe, expect, test } from 'vitest';
import type { Judged, Verdicts } from '../../../src/protocol';
import { imagesOf, matrixOf } from '../../../webview/evaluation/judged';
import { shownClasses, valueOf } from '../../../webview/evaluation/matrix';
import { readShown } from '../../../webview/evaluation/rows';

const of = (guesses: number[], confidence: number[], own: number[] = confidence): Verdicts => ({
  run: 'r', split: 'test', classes: ['a', 'b', 'c'], labels: Int32Array.of(0, 0, 1, 1, 2), guesses: Int32Array.from(guesses), confidence: Float32Array.from(confidence), own: Float32Array.from(own),
});
const first = of([0, 1, 1, 0, 0], [0.9, 0.6, 0.4, 0.8, 0.7], [0.9, 0.3, 0.4, 0.2, 0.05]);
const second = of([0, 0, 0, 0, 2], [0.5, 0.5, 0.99, 0.5, 0.5]);
const judged: Judged = { first, second, paired: null, unlike: false };

describe('images', () => {
  test.each([
    ['sure', null, [3, 4, 1]], ['worst', null, [4, 3, 1]], ['unsure', null, [2, 1, 4, 3, 0]], ['cell', [1, 0], [3]], ['cell', [0, 2], []], ['cell', null, []],
    ['fixed', null, [4, 1]], ['broken', null, [2]], ['wrong', null, [3]],
  ] as const)('%s %o', (kind, cell, expected) => expect(imagesOf(judged, kind, cell, 'first')).toEqual(expected));
  test('a cell of the second run is counted by the second', () => expect(imagesOf(judged, 'cell', [1, 0], 'second')).toEqual([2, 3]));
  test('without a second run nothing has changed', () => {
    for (const kind of ['fixed', 'broken', 'wrong'] as const) expect(imagesOf({ ...judged, second: null }, kind, null, 'first')).toEqual([]);
    expect(imagesOf({ ...judged, first: null }, 'sure', null, 'first')).toEqual([]);
  });
});

describe('the matrix', () => {
  const counts = matrixOf(first);
  test('has true classes as rows', () => expect(counts).toEqual([[1, 1, 0], [1, 1, 0], [1, 0, 0]]));
  test('shares are of the row, or of the column; of nothing they are 0', () => {
    expect(valueOf(counts, 0, 1, 'counts')).toBe(1);
    expect(valueOf(counts, 0, 1, 'true')).toBe(0.5);
    expect(valueOf(counts, 0, 0, 'predicted')).toBeCloseTo(1 / 3, 12);
    expect(valueOf(counts, 0, 2, 'predicted')).toBe(0);
  });
  test('of many classes those with the most mistakes are shown, in their order', () => {
    const many = Array.from({ length: 6 }, (_, is) => Array.from({ length: 6 }, (_, as) => (is === as ? 50 : is === 4 && as === 1 ? 9 : is === 2 && as === 4 ? 3 : 0)));
    expect(shownClasses(many, 3)).toEqual([1, 2, 4]);
    expect(shownClasses(many)).toEqual([0, 1, 2, 3, 4, 5]);
  });
});

test('what was chosen is read field by field', () => {
  expect(readShown({ norm: 'true', side: 'change', images: 'fixed', cell: [3, 5] })).toMatchObject({ norm: 'true', side: 'change', images: 'fixed', cell: [3, 5] });
  for (const cell of [[1], [1, -1], [1, 'x'], 'x', null]) expect(readShown({ cell, norm: 1, side: 'third', images: 'all' })).toMatchObject({ norm: 'counts', side: 'first', images: 'sure', cell: null });
});
