import { expect, test } from 'vitest';
import { argmaxRows, crossEntropySum, logOdds, rankOf } from '../../../src/engine/metrics/logits';

test('argmax takes the first of equals', () => {
  expect([...argmaxRows({ shape: [3, 3], data: Float32Array.of(1, 3, 3, -1, -2, -3, 0, 0, 1) })]).toEqual([1, 0, 2]);
});

test('cross-entropy: log K for equal logits, finite for huge ones', () => {
  expect(crossEntropySum({ shape: [2, 4], data: new Float32Array(8) }, Int32Array.of(0, 3))).toBeCloseTo(2 * Math.log(4), 6);
  expect(crossEntropySum({ shape: [1, 2], data: Float32Array.of(1000, 0) }, Int32Array.of(1))).toBeCloseTo(1000, 6);
});

test('the rank of a class counts the first of equals as the larger', () => {
  const logits = Float32Array.of(2, 5, 2, 7, 2);
  expect([0, 1, 2, 3, 4].map((k) => rankOf(logits, k))).toEqual([2, 1, 3, 0, 4]);
});

test('log-odds are those of the softmax, and tell apart what single precision would round to 1', () => {
  const out = new Float32Array(3);
  logOdds(Float32Array.of(0, Math.log(2), Math.log(5)), out);
  expect([...out]).toEqual([1 / 7, 2 / 6, 5 / 3].map((odds) => expect.closeTo(Math.log(odds), 6) as number));
  const sure = [30, 40].map((logit) => {
    logOdds(Float32Array.of(logit, 0, 0), out);
    return out[0]!;
  });
  expect(sure[1]! - sure[0]!).toBeCloseTo(10, 4);
  logOdds(Float32Array.of(4), out.subarray(0, 1));
  expect(out[0]).toBe(Infinity);
});
