import { expect, test } from 'vitest';
import { learningRate } from '../../src/engine/schedule';

const train = { lr: 1, min_lr: 0.1, warmup_epochs: 2, epochs: 10 };
const rate = (step: number): number => learningRate(step, 5, train);

test('warms up in equal steps to the peak, which both sides of the seam share', () => {
  expect([0, 1, 4, 9].map(rate)).toEqual([0.1, 0.2, 0.5, 1]);
  expect(rate(10)).toBe(1);
});

test('falls along half a cosine to min_lr at the last step, and stays there', () => {
  expect(rate(49)).toBeCloseTo(0.1, 12);
  expect(rate(1000)).toBeCloseTo(0.1, 12);
  // Half way between step 10 and step 49 the cosine is half way between the rates.
  expect((rate(29) + rate(30)) / 2).toBeCloseTo(0.55, 12);
  for (let step = 10; step < 49; step++) expect(rate(step + 1)).toBeLessThan(rate(step));
});

test('no warm-up, and a training of one step', () => {
  expect(learningRate(0, 5, { ...train, warmup_epochs: 0 })).toBe(1);
  expect(learningRate(0, 1, { ...train, warmup_epochs: 0, epochs: 1 })).toBe(1);
});
