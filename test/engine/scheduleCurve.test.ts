import { expect, test } from 'vitest';
import { configSchema } from '../../src/engine/config/schema';
import { learningRate } from '../../src/engine/schedule';
import { scheduleCurve } from '../../src/engine/scheduleCurve';
import { schedulePicture } from '../../src/engine/schedulePicture';
import { sparkline } from '../../src/engine/terminal/schedule';

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

test('each cosine of several is a phase that begins where the learning rate is at its peak again', () => {
  const config = configOf({ epochs: 7, warmup_epochs: 1, cycles: 3 });
  const { phases, lr } = scheduleCurve(config, 10);
  const cycles = phases.filter(({ kind }) => kind === 'decay');
  expect(cycles.map(({ label, begin, end }) => [label, begin, end])).toEqual([['cosine 1/3', 10, 30], ['cosine 2/3', 30, 50], ['cosine 3/3', 50, 70]]);
  // Every step is there, and only at these it rises.
  const rises = lr.flatMap((rate, step) => (step > 10 && rate > lr[step - 1]! ? [step] : []));
  expect(rises).toEqual([30, 50]);
  expect(scheduleCurve(configOf({ epochs: 60, cycles: 40 }), 10).phases.filter(({ kind }) => kind === 'decay').map(({ label }) => label)).toEqual(['cosine × 40']);
});

test('of a long training some points, both sides of every edge among them', () => {
  const { step, phases } = scheduleCurve(configOf({ epochs: 300, warmup_epochs: 20 }), 782);
  expect(step.length).toBeLessThan(1300);
  expect([step[0], step.at(-1)]).toEqual([0, 300 * 782 - 1]);
  expect(step).toEqual([...step].sort((a, b) => a - b));
  for (const edge of [20 * 782 - 1, 20 * 782]) expect(step).toContain(edge);
  expect(phases.map(({ kind }) => kind)).toEqual(['warmup', 'decay']);
});

const everything = configOf({ epochs: 10, warmup_epochs: 2, cooldown_epochs: 1, mixup: 1, mixup_off_epoch: 8, progressive: { from: 16, until: 0.5 }, early_stop: { patience: 3 } });

test('the picture has the curve to scale, and a bar for each phase that says what it is', () => {
  const preview = scheduleCurve({ ...everything, model: { ...everything.model, patch_drop_rate: 0.5 } }, 10);
  const svg = schedulePicture(preview, 'a <b>.yaml');
  const points = /<polyline class="mean" points="([^"]*)"/.exec(svg)![1]!.split(' ').map((pair) => pair.split(',').map(Number));
  expect(points).toHaveLength(100);
  // The peak is 0.001 on an axis of 0 to 0.001; half of it is half as high.
  const [peak, half] = [Math.max(...preview.lr), preview.lr.findIndex((lr) => lr === 0.5e-3)];
  expect(points[preview.lr.indexOf(peak)]![1]).toBe(44);
  expect(points[half]![1]).toBeCloseTo(44 + 120, 0);
  expect([...svg.matchAll(/<title>([^<]*)<\/title>/g)].map(([, words]) => words)).toEqual(['warm-up', 'cosine', 'cool-down', '16 px', '32 px', 'mixup', 'patch dropout 0.5']);
  expect(svg).toContain('a &#60;b&#62;.yaml');
});

test('the sparkline rises, falls and has as many columns as there are steps, up to 64', () => {
  expect(sparkline(scheduleCurve(configOf({ epochs: 1, warmup_epochs: 0, schedule: 'linear', min_lr: 0 }), 9))).toBe('██▇▆▅▄▃▂▁');
  const long = sparkline(scheduleCurve(everything, 100));
  expect(long).toHaveLength(64);
  expect(long.indexOf('█')).toBeGreaterThan(8);
  expect(long.endsWith('▁▁')).toBe(true);
});

test('what only the run can tell is a note', () => {
  expect(scheduleCurve(everything, 10).notes).toEqual(['The training may stop earlier: when val/top1 has not improved for 3 epochs.']);
  expect(scheduleCurve(configOf({ schedule: 'plateau' }), 10).notes[0]).toMatch(/multiplied by 0.1 when val\/top1 has not improved for 11 epochs/);
});
