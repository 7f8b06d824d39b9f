import { expect, test } from 'vitest';
import { softmax, topK } from '../../../src/engine/inspect/predictions';

test('the most probable classes come first, with softmax probabilities', () => {
  const top = topK(Float32Array.of(1, 3, 2), ['a', 'b', 'c'], 2);
  expect(top.map((p) => p.label)).toEqual(['b', 'c']);
  // e² / (e² + e + 1) and e / (e² + e + 1)
  expect(top[0]!.probability).toBeCloseTo(0.6652409557748218, 12);
  expect(top[1]!.probability).toBeCloseTo(0.24472847105479764, 12);
});

test('large logits do not overflow, and probabilities sum to 1', () => {
  const p = softmax(Float32Array.of(1e30, -1e30, 1e30));
  expect([...p]).toEqual([0.5, 0, 0.5]);
});

test('asking for more than there is gives all; ties keep the order of the labels', () => {
  expect(topK(Float32Array.of(0, 0), ['x', 'y'], 9).map((p) => p.label)).toEqual(['x', 'y']);
});

test('logits that are no numbers are refused', () => {
  for (const bad of [NaN, Infinity, -Infinity]) expect(() => topK(Float32Array.of(1, bad), ['a', 'b'], 1)).toThrow(/gives no numbers/);
});
