import type { ComparedRun, Comparison } from '../../src/protocol';

const names = ['vit-p4-d64-l6 cifar10', 'vit-p8-d64-l6 cifar10', 'vit-p4-d128-l6 cifar10 long-name-of-a-run', 'vit-p2-d64-l4 cifar10', 'vit-p4-d64-l12 cifar10', 'vit-p7-d64-l6 mnist'];
const stepsPerEpoch = 78;

/** Curves as trainings have them: noisy falling loss, rising accuracy, a cosine learning rate. */
function run(index: number, epochs: number): ComparedRun {
  const name = names[index % names.length] ?? '';
  const reach = 0.52 + index * 0.06;
  const steps = Array.from({ length: Math.floor((epochs * stepsPerEpoch) / 10) }, (_, i) => (i + 1) * 10);
  const ends = Array.from({ length: epochs }, (_, i) => i + 1);
  const noise = (i: number): number => Math.sin(i * 12.9898 + index * 78.2) * 0.5 + Math.sin(i * 4.1 + index) * 0.5;
  const top1 = (epoch: number): number => reach * (1 - Math.exp(-epoch / (4 + index))) + noise(epoch) * 0.008;
  const loss = (epoch: number): number => 2.3 * Math.exp(-epoch / (6 + index * 2)) + 0.8 - index * 0.1;
  const byStep = (value: (epoch: number, i: number) => number) => ({
    steps, epochs: steps.map((step) => Math.ceil(step / stepsPerEpoch)), times: steps.map((step) => step * 0.41 * (1 + index * 0.3)), values: steps.map((step, i) => value(step / stepsPerEpoch, i)),
  });
  const byEpoch = (value: (epoch: number) => number) => ({ steps: ends.map((e) => e * stepsPerEpoch), epochs: ends, times: ends.map((e) => e * stepsPerEpoch * 0.41 * (1 + index * 0.3)), values: ends.map(value) });
  const curves = {
    'train/loss': byStep((epoch, i) => loss(epoch) - 0.1 + noise(i) * 0.14),
    lr: byStep((epoch) => 1e-3 * Math.min(1, epoch) * 0.5 * (1 + Math.cos((Math.PI * epoch) / Math.max(epochs, 20)))),
    'val/loss': byEpoch((epoch) => loss(epoch) + epoch * 0.008),
    'val/top1': byEpoch(top1),
    'val/f1': byEpoch((epoch) => top1(epoch) - 0.012),
    ...Object.fromEntries(
      Array.from({ length: 12 }, (_, i) => [`heads/entropy/${String(Math.floor(i / 4) + 1)}.${String((i % 4) + 1)}`, byEpoch((epoch) => 4.17 - (1 - Math.exp(-epoch / 8)) * (0.3 + (i % 4) * 0.35 + Math.floor(i / 4) * 0.2) + noise(epoch + i) * 0.02)]),
    ),
    ...Object.fromEntries(['airplane', 'bird', 'cat', 'dog', 'ship'].map((label, k) => [`classes/loss/${label}`, byEpoch((epoch) => loss(epoch) + 0.2 * Math.sin(k * 2) + noise(epoch + k) * 0.03)])),
  };
  const final = { 'train/loss': 0.71, 'val/loss': loss(epochs), 'val/top1': top1(epochs), 'val/f1': top1(epochs) - 0.012, 'test/top1': reach - 0.02 };
  return {
    path: `/lab/runs/${String(index)} ${name}`, name, state: index === 1 ? 'running' : 'finished', created: `2026-11-2${String(index)}T09:12:00Z`,
    curves, final, best: { ...final, 'val/top1': final['val/top1'] + 0.006 }, recipe: `r${String(index % 4)}`, seed: index,
    intervals: { final: around({ 'val/top1': final['val/top1'], 'test/top1': final['test/top1'] }), best: around({ 'val/top1': final['val/top1'] + 0.006 }) },
    cost: { params: 120_000 * (index + 1) ** 2, macs: 3.1e6 * (index + 1), seconds: epochs * stepsPerEpoch * 0.41 * (1 + index * 0.3), images: 4992, batch: 64, stepsPerEpoch },
  };
}

/** Of a thousand images. */
function around(metrics: Readonly<Record<string, number>>): Record<string, readonly [number, number]> {
  return Object.fromEntries(Object.entries(metrics).map(([name, value]) => [name, [value - 0.02, value + 0.02] as const]));
}

export function comparison(count: number, epochs: number): Comparison {
  const runs = Array.from({ length: count }, (_, index) => run(index, epochs));
  const row = (key: string, values: readonly string[]) => ({ key, values: runs.map((_, i) => values[i % values.length] ?? '') });
  return {
    runs,
    differences: count < 2 ? [] : [
      row('model.patch_size', ['4', '8', '4', '2']), row('model.embed_dim', ['64', '64', '128', '64']),
      row('train.augment.crop_padding', ['4', '4', '0', '4']), row('dataset.path', ['../data/cifar10', '../data/cifar10', '../data/cifar10-images-with-a-long-name', '../data/cifar10']),
    ],
  };
}
