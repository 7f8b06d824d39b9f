import { expect, test } from 'vitest';
import { boxAround, drawMix, mixBatch, symmetricBeta, type Mix, type MixConfig } from '../../../src/engine/augment/mix';
import { randomAt } from '../../../src/engine/random';

const config = (parts: Partial<MixConfig>): MixConfig => ({ mixup: 0, cutmix: 0, mixup_prob: 1, mixup_switch_prob: 0.5, mixup_off_epoch: 0, ...parts });
const drawn = (parts: Partial<MixConfig>, count = 2000, epoch = 0): (Mix | null)[] => Array.from({ length: count }, (_, i) => drawMix(config(parts), [32, 24], epoch, randomAt(7, i)));

/** Three images of 2 x 2 pixels and one channel, each of one number, with their classes. */
const batch = {
  images: { shape: [3, 2, 2, 1], data: Float32Array.from([1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3]) },
  targets: { shape: [3, 2], data: Float32Array.from([1, 0, 1, 0, 0, 1]) },
};

test('mixup adds images and targets with those from the other end', () => {
  const { images, targets } = mixBatch(batch, { lam: 0.75 });
  expect([...images.data]).toEqual([1.5, 1.5, 1.5, 1.5, 2, 2, 2, 2, 2.5, 2.5, 2.5, 2.5]);
  expect([...targets.data]).toEqual([0.75, 0.25, 1, 0, 0.25, 0.75]);
});

test('CutMix pastes the box from the other end, and mixes targets by its area', () => {
  const { images, targets } = mixBatch(batch, { lam: 0.75, box: { top: 0, bottom: 1, left: 1, right: 2 } });
  expect([...images.data]).toEqual([1, 3, 1, 1, 2, 2, 2, 2, 3, 1, 3, 3]);
  expect([...targets.data]).toEqual([0.75, 0.25, 1, 0, 0.25, 0.75]);
  expect([...batch.images.data]).toEqual([1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3]);
});

test('a box has the share of the area, and ends at the edges', () => {
  expect(boxAround(0.75, [32, 24], 16, 12)).toEqual({ top: 8, bottom: 24, left: 6, right: 18 });
  expect(boxAround(0.75, [32, 24], 0, 23)).toEqual({ top: 0, bottom: 8, left: 17, right: 24 });
  expect(boxAround(1, [32, 24], 5, 5)).toEqual({ top: 5, bottom: 5, left: 5, right: 5 });
});

test.each([0.2, 0.8, 1, 4])('Beta(%d, itself) has its mean and its variance', (alpha) => {
  const n = 20_000;
  const random = randomAt(3, 'beta', alpha);
  const values = Array.from({ length: n }, () => symmetricBeta(alpha, random));
  const mean = values.reduce((a, b) => a + b) / n;
  const variance = values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / n;
  // Var = 1 / (4 (2α + 1)); five standard errors of either: that of the mean is sd / √n, and of the variance at most 1 / (4 √n) as values lie in [0, 1].
  const expected = 1 / (4 * (2 * alpha + 1));
  expect(Math.abs(mean - 0.5)).toBeLessThan((5 * Math.sqrt(expected)) / Math.sqrt(n));
  expect(Math.abs(variance - expected)).toBeLessThan(5 / (4 * Math.sqrt(n)));
});

test('the share that is told is the share that is left', () => {
  for (const mix of drawn({ cutmix: 1 })) {
    const { top, bottom, left, right } = mix!.box!;
    expect(mix!.lam).toBeCloseTo(1 - ((bottom - top) * (right - left)) / (32 * 24), 12);
  }
});

test('both on: half of the batches are cut; half of the batches only: the others stay', () => {
  const within = (share: number, wanted: number): void => expect(Math.abs(share - wanted)).toBeLessThan(5 * Math.sqrt((wanted * (1 - wanted)) / 2000));
  within(drawn({ mixup: 0.8, cutmix: 1 }).filter((mix) => mix?.box).length / 2000, 0.5);
  within(drawn({ mixup: 0.8, cutmix: 1, mixup_switch_prob: 0.2 }).filter((mix) => mix?.box).length / 2000, 0.2);
  within(drawn({ mixup: 0.8, mixup_prob: 0.3 }).filter((mix) => mix === null).length / 2000, 0.7);
});

test('off: nothing, and after its last epoch nothing more', () => {
  expect(new Set(drawn({}))).toEqual(new Set([null]));
  expect(new Set(drawn({ mixup: 1, mixup_off_epoch: 3 }, 20, 3))).toEqual(new Set([null]));
  expect(drawn({ mixup: 1, mixup_off_epoch: 3 }, 20, 2)).not.toContain(null);
});
