import { expect, test } from 'vitest';
import { configSchema } from '../../../src/engine/config/schema';
import type { SweepConfig } from '../../../src/engine/config/sweepSchema';
import { expectedRounds } from '../../../src/engine/sweep/advance';
import type { SweepRecord } from '../../../src/engine/sweep/record';
import { describeSetting, roundsOf, seedsOf, settingsOf } from '../../../src/engine/sweep/plan';

function sweep(given: object): SweepConfig {
  return configSchema.parse({ sweep: given }).sweep!;
}

const two = { 'model.patch_size': [4, 8], 'train.lr': { min: 1e-4, max: 1e-2, scale: 'log' } };

test('a grid is every combination, variants with the keys that make them', () => {
  const settings = settingsOf(sweep({ parameters: { 'model.patch_size': [4, [8, 4]] }, variants: { plain: {}, cnn: { 'model.architecture': 'resnet' } } }), 0);
  expect(settings.map(({ values }) => values)).toEqual([
    { variant: 'plain', 'model.patch_size': 4 },
    { variant: 'plain', 'model.patch_size': [8, 4] },
    { variant: 'cnn', 'model.patch_size': 4 },
    { variant: 'cnn', 'model.patch_size': [8, 4] },
  ]);
  expect(settings[3]!.set).toEqual(['model.architecture="resnet"', 'model.patch_size=[8,4]']);
  expect(describeSetting(settings[3]!.values)).toBe('cnn, patch_size 8×4');
});

test('what is drawn depends on the seed alone, each is another one, and a range is kept to', () => {
  const drawn = (seed: number): number[] => settingsOf(sweep({ method: 'random', trials: 40, parameters: two }), seed).map(({ values }) => values['train.lr'] as number);
  expect(drawn(1)).toEqual(drawn(1));
  expect(drawn(1)).not.toEqual(drawn(2));
  expect(new Set(drawn(1)).size).toBeGreaterThan(35);
  for (const lr of drawn(1)) expect(lr >= 1e-4 && lr <= 1e-2).toBe(true);
  // Half of a logarithmic range lies below its geometric middle; 40 draws are 20 ± 3.2.
  const below = drawn(1).filter((lr) => lr < 1e-3).length;
  expect(below).toBeGreaterThan(8);
  expect(below).toBeLessThan(32);
  // No more than there are.
  expect(settingsOf(sweep({ method: 'random', trials: 40, parameters: { 'model.patch_size': [4, 8] } }), 0)).toHaveLength(2);
});

test.each([
  [{}, /names nothing to vary/],
  [{ parameters: two }, /train\.lr is a range, and a grid needs values/],
  [{ method: 'random', parameters: { 'train.lr': { min: 1, max: 1 } } }, /min must be less than max/],
  [{ method: 'random', parameters: { 'train.lr': { min: 0, max: 1, scale: 'log' } } }, /it must be more than 0/],
  [{ parameters: { 'train.batch_size': Array.from({ length: 200 }, (_, i) => i + 1), 'train.epochs': Array.from({ length: 200 }, (_, i) => i + 1) } }, /would train 40000 combinations/],
  [{ method: 'random', parameters: { 'model.depth': { min: 8.2, max: 8.9 } } }, /takes whole numbers, and there is none from 8\.2 to 8\.9/],
  [{ parameters: { seed: [1, 2] } }, /sweep\.parameters\.seed: .*sweep\.seeds/],
  [{ variants: { a: { seed: 1 }, b: {} } }, /sweep\.variants\.a\.seed: .*sweep\.seeds/],
  [{ parameters: { 'sweep.seeds': [1, 2] } }, /makes no other training/],
  [{ method: 'halving', parameters: { 'train.epochs': [4, 8] } }, /decides how many epochs/],
  [{ parameters: { 'train.opt': ['sgd', 'adamw', 'sgd'] } }, /has "sgd" twice/],
  [{ parameters: { 'model.patch_size': [8, [8, 8]] } }, /has \[8,8\] twice/],
] as const)('%j is refused', (given, message) => {
  expect(() => settingsOf(sweep(given), 0)).toThrow(message);
});

test('of a key that takes whole numbers alone, whole numbers are drawn, those of both ends among them', () => {
  const drawn = (key: string, range: object): unknown[] => settingsOf(sweep({ method: 'random', trials: 30, parameters: { [key]: range, 'train.lr': { min: 0, max: 1 } } }), 0).map(({ values }) => values[key]);
  expect(new Set(drawn('model.depth', { min: 1, max: 3 }))).toEqual(new Set([1, 2, 3]));
  expect(drawn('model.patch_size', { min: 2, max: 16, scale: 'log' }).every(Number.isInteger)).toBe(true);
  expect(drawn('dataset.subset.per_class', { min: 5, max: 50 }).every(Number.isInteger)).toBe(true);
  expect(drawn('train.warmup_epochs', { min: 1, max: 3 }).every(Number.isInteger)).toBe(false);
  expect(drawn('model.depth', { min: 1, max: 3, integer: false }).every(Number.isInteger)).toBe(false);
});

test('rounds of successive halving end with all epochs', () => {
  expect(roundsOf(sweep({ method: 'halving' }), 27)).toEqual([1, 3, 9, 27]);
  expect(roundsOf(sweep({ method: 'halving', min_epochs: 4, eta: 2 }), 20)).toEqual([5, 10, 20]);
  expect(roundsOf(sweep({ method: 'halving' }), 1)).toEqual([1]);
  expect(roundsOf(sweep({ parameters: two }), 20)).toEqual([20]);
});

test('rounds have as many combinations as successive halving leaves', () => {
  const settings = Array.from({ length: 10 }, () => ({}) as SweepRecord['settings'][number]);
  expect(expectedRounds({ settings, rounds: [1, 3, 9, 27], eta: 3 })).toEqual([10, 3, 1, 1].map((combinations, i) => ({ epochs: 3 ** i, combinations })));
  expect(expectedRounds({ settings, rounds: [5], eta: 3 })).toEqual([{ epochs: 5, combinations: 10 }]);
});

test('seeds are counted from that of the configuration, or listed', () => {
  expect(seedsOf(configSchema.parse({ seed: 5, sweep: { seeds: 3 } }))).toEqual([5, 6, 7]);
  expect(seedsOf(configSchema.parse({ sweep: { seeds: [3, 1, 3] } }))).toEqual([3, 1]);
});
