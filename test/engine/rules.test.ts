import * as path from 'node:path';
import { describe, expect, test } from 'vitest';
import { readRows } from '../../src/engine/runs/metricsFile';
import { collapsed, deadHeads, dependsOnBatch, headWithoutImages, notFinite, overfitting, rateTooHigh, rateTooLow, rules, unshuffled, type History } from '../../src/engine/watch/rules';
import type { MetricRow } from '../../src/protocol';

const train: History['train'] = { lr: 1e-3, opt: 'adamw', class_weights: 'none', epochs: 10, warmup_epochs: 1, cycles: 1, mixup: 0, cutmix: 0, label_smoothing: 0, loss: 'cross_entropy', clip_grad: 1 };

/** One row an epoch, from lists of values by name. */
function history(values: Readonly<Record<string, readonly number[]>>, more: Partial<History> = {}): History {
  const epochs = Math.max(...Object.values(values).map((list) => list.length));
  const rows = Array.from({ length: epochs }, (_, i): MetricRow => ({
    step: (i + 1) * 10, epoch: i + 1, time: i,
    values: Object.fromEntries(Object.entries(values).flatMap(([name, list]): [string, number][] => (list[i] === undefined ? [] : [[name, list[i]]]))),
  }));
  return { rows, train, classes: 10, tokens: 65, weight: 1, commonest: 0.1, ...more };
}

const falling = [2.2, 1.9, 1.6, 1.4, 1.2, 1.0, 0.85, 0.7];

describe('overfitting', () => {
  const val = [2.1, 1.8, 1.6, 1.5, 1.7, 1.8, 1.9, 2.1];
  test('is told when the loss on the validation rises while that of the training falls', () => {
    const found = overfitting(history({ 'train/loss': falling, 'val/loss': val, 'val/top1': [0.2, 0.3, 0.4, 0.45, 0.44, 0.44, 0.43, 0.42] }));
    expect(found?.message).toBe('Overfitting: since epoch 4 val/loss has risen from 1.5 to 2.1, while train/loss still falls.');
  });
  test.each([
    ['both fall', falling, falling.map((loss) => loss + 0.1), undefined],
    ['it rises by less than a tenth', falling, [2.1, 1.8, 1.6, 1.5, 1.52, 1.55, 1.56, 1.6], undefined],
    ['it has risen for two epochs only', falling.slice(0, 6), val.slice(0, 6), undefined],
    ['it jumps up and down', falling, [2.1, 1.8, 1.6, 1.5, 1.7, 1.5, 1.9, 1.55], undefined],
    ['the training does not learn either', falling.map(() => 2.2), val, undefined],
    ['more and more images are recognised all the same', falling, val, [0.2, 0.3, 0.4, 0.45, 0.46, 0.47, 0.48, 0.49]],
  ] as const)('is not told when %s', (_, loss, validation, top1) => {
    expect(overfitting(history({ 'train/loss': loss, 'val/loss': validation, 'val/top1': top1 ?? loss.map(() => 0.4) }))).toBeNull();
  });
});

describe('collapsed predictions', () => {
  const shares = (...values: number[]): Record<string, number[]> => ({ 'classes/predicted/cat': values, 'classes/predicted/dog': values.map((v) => 1 - v) });
  test('are told when all images are one class two epochs running', () => {
    expect(collapsed(history(shares(1, 0.99, 1)))?.message).toBe('Collapsed predictions: 100 % of the validation images are taken for "cat".');
  });
  test.each([
    ['only while the rate warms up', history(shares(1))],
    ['for one epoch', history(shares(0.5, 0.5, 1))],
    ['of most images, as most are of that class', history(shares(0.97, 0.97, 0.97), { commonest: 0.9 })],
    ['of less than nearly all', history(shares(0.8, 0.8, 0.8))],
  ])('are not told when it is so %s', (_, given) => expect(collapsed(given)).toBeNull());
});

describe('dead heads', () => {
  const most = Math.log(65);
  const entropies = (...of: number[]): Record<string, number[]> => Object.fromEntries(of.map((value, head) => [`heads/entropy/1.${head + 1}`, Array.from({ length: 10 }, () => value)]));
  test('are told by layer and head when they look at all tokens alike or at one, in every image', () => {
    expect(deadHeads(history(entropies(most * 0.999999, most * 0.8, 0.0001)))?.message).toBe(
      'Dead heads (layer.head), which look at all tokens alike in every image: 1.1. Dead heads (layer.head), which look at a single token in every image: 1.3.',
    );
    expect(deadHeads(history(entropies(most, most * 0.8)))?.message).toBe('Dead heads (layer.head), which look at all tokens alike in every image: 1.1.');
  });
  test('are not told of broad or sharp heads, nor before the network had time', () => {
    expect(deadHeads(history(entropies(most * 0.9994, most * 0.99997, most * 0.05)))).toBeNull();
    expect(deadHeads(history(Object.fromEntries(Object.entries(entropies(most)).map(([name, list]) => [name, list.slice(0, 8)])), { train: { ...train, epochs: 8 } }))).toBeNull();
    expect(deadHeads(history({ 'heads/entropy/1.1': [...Array.from({ length: 8 }, () => most), most * 0.99, most] }))).toBeNull();
    expect(deadHeads(history({ 'train/loss': falling }, { tokens: 0 }))).toBeNull();
  });
});

describe('the learning rate', () => {
  test('is too high when the loss rises, or the gradient explodes', () => {
    // What is done already is not advised.
    const advice = (clip: number): string | undefined => rateTooHigh(history({ 'train/loss': [2.2, 1.8, 2.4] }, { train: { ...train, clip_grad: clip } }))?.advice;
    expect([advice(1)?.includes('clip_grad'), advice(0)?.includes('clip_grad')]).toEqual([false, true]);
    expect(rateTooHigh(history({ 'train/loss': [2.2, 1.8, 2.4] }))?.message).toContain('train/loss has risen from 1.8 to 2.4');
    expect(rateTooHigh(history({ 'train/loss': [2.2, 1.8, 1.9], 'train/grad_norm': [1, 2, 400] }))?.message).toContain('has grown from 1 to 400');
  });
  test('is too high, and not too low, when the loss is far above that of a guess', () => {
    for (const loss of [[900, 640, 632, 632, 632], [632, 632, 632, 632, 632]]) {
      const given = history({ 'train/loss': loss }, { train: { ...train, lr: 3 } });
      expect(rateTooHigh(given)?.message).toBe('The learning rate seems too high: train/loss is 632, and guessing among 10 classes has 2.3.');
      expect(rateTooLow(given)).toBeNull();
    }
    expect(rateTooHigh(history({ 'train/loss': [4, 3.9, 3.8] }))).toBeNull();
    // Weights of the classes whose mean is 5 make the loss of a guess five times as large.
    expect(rateTooHigh(history({ 'train/loss': [11.6, 11.5, 11.4] }, { weight: 5 }))).toBeNull();
    expect(rateTooHigh(history({ 'train/loss': [50] }, { weight: 5 }))?.message).toContain('guessing among 10 classes has 11.5');
  });
  test('is not too high when the loss falls or wavers, the gradient grows while it learns, or the rate is meant to rise again', () => {
    expect(rateTooHigh(history({ 'train/loss': falling }))).toBeNull();
    expect(rateTooHigh(history({ 'train/loss': [2.2, 1.8, 1.85, 1.83] }))).toBeNull();
    expect(rateTooHigh(history({ 'train/loss': falling, 'train/grad_norm': falling.map((_, i) => 0.1 * 3 ** i) }))).toBeNull();
    expect(rateTooHigh(history({ 'train/loss': [0.02, 0.01, 0.05] }))).toBeNull();
    expect(rateTooHigh(history({ 'train/loss': [2.2, 1.8, 2.4] }, { train: { ...train, cycles: 3 } }))).toBeNull();
  });
  test('is too low when the loss stays where it began', () => {
    expect(rateTooLow(history({ 'train/loss': [2.31, 2.305, 2.3, 2.3, 2.298] }))?.message).toBe('The training hardly moves: train/loss was 2.31 after epoch 1 and is 2.3 now.');
  });
  test('far below what is usual, that is what to try; else three times as much', () => {
    const flat = { 'train/loss': [2.31, 2.305, 2.3, 2.3, 2.298] };
    expect(rateTooLow(history(flat, { train: { ...train, lr: 1e-7 } }))?.advice).toBe('train.lr (it is 1e-7) is far below what is usual with adamw: try 0.001.');
    expect(rateTooLow(history(flat, { train: { ...train, lr: 3e-4 } }))?.advice).toMatch(/three times as much/);
  });
  test.each([
    ['it falls', falling],
    ['it has been three epochs only', [2.31, 2.305, 2.3]],
    ['it is low already', [0.1, 0.1, 0.1, 0.1, 0.1]],
    ['it rises', [2.3, 2.4, 2.6, 2.8, 3]],
    ['it was long ago that it was flat, and it is late now', [...falling, 0.7, 0.7, 0.7, 0.7, 0.7]],
  ] as const)('is not too low when %s', (_, loss) => expect(rateTooLow(history({ 'train/loss': loss }))).toBeNull());
});

test.each([
  ['batches are mixed', { train: { ...train, mixup: 0.8 } }, {}],
  ['boxes are pasted', { train: { ...train, cutmix: 1 } }, {}],
  ['images grow', { train: { ...train, progressive: { until: 0.5, stages: 1 } } }, {}],
  ['more images are recognised', {}, { 'val/top1': [0.37, 0.41, 0.46, 0.49, 0.52] }],
  ['the loss on the validation falls', {}, { 'val/loss': [2.3, 2.2, 2.1, 2, 1.9] }],
] as const)('a flat loss of the training is no low rate when %s', (_, more, values) => {
  const flat = [2.31, 2.305, 2.3, 2.3, 2.298];
  expect(rateTooLow(history({ 'train/loss': flat, ...values }, more))).toBeNull();
  expect(rateTooLow(history({ 'train/loss': flat, 'val/top1': [0.1, 0.11, 0.1, 0.11, 0.1], 'val/loss': flat }))).not.toBeNull();
});

test('an output without images is told by name, and a head of another size', () => {
  const names = ['cat', 'dog', 'owl'];
  expect(headWithoutImages(3, names, Int32Array.of(0, 1, 1))?.message).toBe('The head has 3 outputs, and no training image is of these classes: owl.');
  expect(headWithoutImages(10, names, Int32Array.of(0, 1, 2))?.message).toBe('The head has 10 outputs, and the dataset has 3 classes.');
  expect(headWithoutImages(3, names, Int32Array.of(0, 1, 2))).toBeNull();
});

describe('batches', () => {
  const once = { order: 'shuffled', weights: undefined, repeats: 1 } as const;
  const labels = Int32Array.from({ length: 1000 }, (_, i) => Math.floor(i / 100));
  const batchesOf = (order: readonly number[]): Int32Array[] => Array.from({ length: 10 }, (_, b) => Int32Array.from(order.slice(b * 16, (b + 1) * 16), (i) => labels[i]!));
  const inOrder = Array.from({ length: 1000 }, (_, i) => i);
  test('in the order of the classes are told, shuffled ones are not', () => {
    expect(unshuffled(batchesOf(inOrder), labels, once)?.rule).toBe('unshuffled');
    // 7 has no factor in common with 1000: every image once, far from its neighbours.
    expect(unshuffled(batchesOf(inOrder.map((i) => (i * 377) % 1000)), labels, once)).toBeNull();
  });
  test('of images that come several times in a row, or of the few classes that are drawn, are not told unless they are in order, too', () => {
    const repeated = (order: readonly number[]): Int32Array[] => batchesOf(order.flatMap((i) => Array.from({ length: 4 }, () => i)));
    const mixed = inOrder.map((i) => (i * 377) % 1000);
    expect(unshuffled(repeated(mixed), labels, once)?.rule).toBe('unshuffled');
    expect(unshuffled(repeated(mixed), labels, { ...once, repeats: 4 })).toBeNull();
    expect(unshuffled(repeated(inOrder), labels, { ...once, repeats: 4 })?.rule).toBe('unshuffled');
    const two = mixed.filter((i) => labels[i]! < 2);
    const weights = labels.slice(0, 10).fill(0).map((_, k) => (k < 2 ? 1 : 0));
    expect(unshuffled(batchesOf(two), labels, once)?.rule).toBe('unshuffled');
    expect(unshuffled(batchesOf(two), labels, { order: 'weighted', weights: [...weights], repeats: 1 })).toBeNull();
  });
  test('of which most images are of one class, or of a single image, are not told', () => {
    const skewed = Int32Array.from({ length: 1000 }, (_, i) => (i < 990 ? 0 : 1));
    expect(unshuffled(Array.from({ length: 10 }, () => new Int32Array(16)), skewed, once)).toBeNull();
    expect(unshuffled(Array.from({ length: 10 }, (_, i) => Int32Array.of(i)), labels, once)).toBeNull();
  });
});

test('what is said of an image must not depend on its batch, but for rounding', () => {
  const logits = Float32Array.of(1.5, -0.5, 0.25);
  expect(dependsOnBatch(logits, logits.map((x) => x * (1 + 1e-6)))).toBeNull();
  expect(dependsOnBatch(logits, Float32Array.of(1.5, -0.5, 0.3))?.rule).toBe('batch-dependence');
  expect(dependsOnBatch(logits, Float32Array.of(NaN, 0, 0))).toBeNull();
});

test('nothing is told of the run of the sample, at any epoch', async () => {
  const rows = await readRows(path.join(import.meta.dirname, '../../media/sample/run/shapes-sample'));
  expect(rows.length).toBeGreaterThan(5);
  for (let epoch = 1; epoch <= rows.at(-1)!.epoch; epoch++) {
    const given = { rows: rows.filter((row) => row.epoch <= epoch), train: { ...train, epochs: rows.at(-1)!.epoch }, classes: 6, tokens: 65, weight: 1, commonest: 1 / 6 };
    expect(rules.map((rule) => rule(given)).filter(Boolean)).toEqual([]);
  }
});

test('who clips already is not told to', () => {
  const advice = (clip_grad: number, clip_mode: 'norm' | 'value' | 'agc' = 'norm'): string => notFinite(3, { lr: 0.1, clip_grad, clip_mode }).advice;
  expect(advice(0)).toContain('train.clip_grad: 1');
  expect(advice(100)).toContain('train.clip_grad: 1');
  expect(advice(0.02, 'agc')).not.toContain('clip_grad');
  expect(advice(0.5, 'value')).not.toContain('clip_grad');
  expect(advice(1)).toBe('Try a lower train.lr (it is 0.1) or a longer train.warmup_epochs.');
});
