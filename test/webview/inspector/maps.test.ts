import { expect, test } from 'vitest';
import type { AttentionView } from '../../../src/protocol';
import { positionOn } from '../../../webview/draw/heatmap';
import { headNumber, largest, patchWeights, sharedScale, similarityScale, tokenWeights } from '../../../webview/inspector/maps';
import { attentionSummary, coordinates } from '../../../webview/inspector/words';

/** One layer, two heads, a class token and 2×2 patches. */
const view: AttentionView = {
  query: 0, direction: 'from', layers: 1, heads: 2, tokens: 5,
  weights: Float32Array.of(0.5, 0.125, 0.125, 0.125, 0.125, 0.125, 0, 0.625, 0.25, 0),
  entropy: Float32Array.of(1, 3), received: Float32Array.of(1, 1), distance: Float32Array.of(10, 30),
};
const bounds = { layers: 1, heads: 2, rows: 2, columns: 2, prefix: 1, classToken: true };

test('the mean of the heads is a row like any other', () => {
  expect([...tokenWeights(view, 0, 1)]).toEqual([0.125, 0, 0.625, 0.25, 0]);
  expect([...tokenWeights(view, 0, 'mean')]).toEqual([0.3125, 0.0625, 0.375, 0.1875, 0.0625]);
  expect([...patchWeights(view, 0, 'mean', 1)]).toEqual([0.0625, 0.375, 0.1875, 0.0625]);
  expect(headNumber(view.entropy, 2, 0, 'mean')).toBe(2);
});

test('the shared scale leaves the class token out', () => {
  expect(sharedScale(view, 1)).toEqual({ low: 0, high: 0.625 });
});

test('the summary names the fewest patches that hold half', () => {
  expect(attentionSummary(tokenWeights(view, 0, 1), { query: 3, direction: 'from' }, { layer: 0, head: 1 }, bounds, ['[cls]'])).toBe('Layer 1, head 2, from patch (2,1): 63% on (1,2)');
  expect(attentionSummary(tokenWeights(view, 0, 0), view, { layer: 0, head: 0 }, bounds, ['[cls]'])).toBe('Layer 1, head 1, from [cls]: 50% on [cls]');
  expect(coordinates(3, 2)).toBe('(2,2)');
});

test('largest first, equal ones in order', () => {
  expect(largest(Float32Array.of(0.25, 0.5, 0.25), 2).map(({ token }) => token)).toEqual([1, 0]);
});

test('the similarity of a patch to itself does not hide the others', () => {
  expect(similarityScale(Float32Array.of(1, 0.25, -0.5), 0)).toEqual({ low: -0.5, high: 0.25 });
  // Where all are nearly alike, the little that differs has the whole range.
  expect(similarityScale(Float32Array.of(0.875, 1, 0.9375), 1)).toEqual({ low: 0.875, high: 0.9375 });
  expect(positionOn(similarityScale(Float32Array.of(0.5, 1, 0.5), 1), 0.5)).toBe(0);
});
