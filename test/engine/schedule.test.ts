import { expect, test } from 'vitest';
import { learningRate, type ScheduleConfig } from '../../src/engine/schedule';

const train: ScheduleConfig = { lr: 1, min_lr: 0.1, warmup_epochs: 2, epochs: 10, schedule: 'cosine', cycles: 1, decay_epochs: 30, decay_rate: 0.1, cooldown_epochs: 0 };
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

/** A learning rate of every step of ten epochs of five. */
const all = (parts: Partial<ScheduleConfig>): number[] => Array.from({ length: 50 }, (_, step) => learningRate(step, 5, { ...train, ...parts }));

test('two cycles: each begins at the peak, and the last ends at min_lr', () => {
  const rates = all({ cycles: 2, warmup_epochs: 0 });
  expect([rates[0], rates[49]]).toEqual([1, expect.closeTo(0.1, 12)]);
  // Of 49 intervals 24.5 are the first cycle.
  expect(rates[24]!).toBeLessThan(0.11);
  expect(rates[25]!).toBeGreaterThan(0.99);
});

test('linear: equal steps down to min_lr', () => {
  const rates = all({ schedule: 'linear' });
  expect(rates[10]).toBe(1);
  expect(rates[49]).toBeCloseTo(0.1, 12);
  for (let step = 11; step < 50; step++) expect(rates[step - 1]! - rates[step]!).toBeCloseTo(0.9 / 39, 12);
});

test('step: a factor every so many epochs, and never below min_lr', () => {
  const rates = all({ schedule: 'step', warmup_epochs: 0, decay_epochs: 2, decay_rate: 0.5, min_lr: 0.2 });
  expect([0, 9, 10, 19, 20, 30, 49].map((step) => rates[step])).toEqual([1, 1, 0.5, 0.5, 0.25, 0.2, 0.2]);
});

test('constant, and a cool-down at the end', () => {
  const rates = all({ schedule: 'constant', cooldown_epochs: 2 });
  expect(rates[10]).toBe(1);
  expect(rates[39]).toBe(1);
  expect(rates.slice(40)).toEqual(Array(10).fill(0.1));
});

test('a cool-down begins where the cosine has ended', () => {
  const rates = all({ cooldown_epochs: 2 });
  expect(rates[39]).toBeCloseTo(0.1, 12);
  expect(rates[38]!).toBeGreaterThan(0.1);
  for (const rate of rates.slice(39)) expect(rate).toBeCloseTo(0.1, 12);
});

test('one cycle: from a 25th up to the peak, then down', () => {
  const rates = all({ schedule: 'one_cycle' });
  expect([rates[0], rates[9], rates[49]]).toEqual([expect.closeTo(0.04, 12), 1, expect.closeTo(0.1, 12)]);
});
