import { expect, test } from 'vitest';
import { configSchema } from '../../src/engine/config/schema';
import { learningRate } from '../../src/engine/schedule';
import { scheduleCurve } from '../../src/engine/scheduleCurve';

const configOf = (train: object) => configSchema.parse({ dataset: { format: 'shapes' }, train });

test('a short training: every step, with the learning rate that the trainer asks for', () => {
  const config = configOf({ epochs: 4, warmup_epochs: 1, cooldown_epochs: 1, mixup: 0.8, cutmix: 1, mixup_off_epoch: 3 });
  const { step, epoch, lr, phases } = scheduleCurve(config, 5);
  expect(step).toEqual(Array.from({ length: 20 }, (_, i) => i));
  expect(epoch[7]).toBe(7 / 5);
  expect(lr).toEqual(step.map((at) => learningRate(at, 5, config.train)));
  expect(phases).toEqual([
    { kind: 'warmup', label: 'warm-up', begin: 0, end: 5 },
    { kind: 'decay', label: 'cosine', begin: 5, end: 15 },
    { kind: 'cooldown', label: 'cool-down', begin: 15, end: 20 },
    { kind: 'mixing', label: 'mixup, CutMix', begin: 0, end: 15 },
  ]);
});

test('of a long training some points, both sides of every edge among them', () => {
  const { step, phases } = scheduleCurve(configOf({ epochs: 300, warmup_epochs: 20 }), 782);
  expect(step.length).toBeLessThan(1300);
  expect([step[0], step.at(-1)]).toEqual([0, 300 * 782 - 1]);
  expect(step).toEqual([...step].sort((a, b) => a - b));
  for (const edge of [20 * 782 - 1, 20 * 782]) expect(step).toContain(edge);
  expect(phases.map(({ kind }) => kind)).toEqual(['warmup', 'decay']);
});
