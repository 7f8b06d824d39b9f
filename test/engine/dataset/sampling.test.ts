import { expect, test } from 'vitest';
import { configSchema } from '../../../src/engine/config/schema';
import { checkedWeights, epochOrder, type SamplingConfig } from '../../../src/engine/dataset/sampling';
import { subsetOf } from '../../../src/engine/dataset/split';
import { permutation, randomAt } from '../../../src/engine/random';

function samplingOf(sampling: object): SamplingConfig {
  return configSchema.parse({ dataset: { format: 'shapes', sampling } }).dataset.sampling;
}

/** 90 images of class 0, 9 of class 1, 1 of class 2. */
const labels = Int32Array.from({ length: 100 }, (_, i) => (i < 90 ? 0 : i < 99 ? 1 : 2));
const orderOf = (sampling: object, epoch = 0, seed = 1) => epochOrder(samplingOf(sampling), labels, 3, seed, epoch);
const countsOf = (indices: Int32Array): number[] => [0, 1, 2].map((label) => indices.filter((index) => labels[index] === label).length);

test('shuffled is a permutation, another one each epoch, and the one of earlier versions', () => {
  const { indices, turns } = orderOf({});
  expect([...indices].sort((a, b) => a - b)).toEqual([...labels.keys()]);
  expect(indices).toEqual(permutation(100, randomAt(1, 'order', 0)));
  expect(indices).not.toEqual(orderOf({}, 1).indices);
  expect(turns.every((turn) => turn === 0)).toBe(true);
});

test("repeated augmentation is timm's RepeatAugSampler on one device: each image so many times in a row, the epoch as long as before", () => {
  // timm: torch.repeat_interleave(randperm(100), 3)[:100], with num_replicas=1, rank=0 and selected_round=0
  const { indices, turns } = orderOf({ repeats: 3 });
  const order = permutation(100, randomAt(1, 'order', 0));
  const interleaved = [...order].flatMap((index) => [index, index, index]).slice(0, 100);
  expect([...indices]).toEqual(interleaved);
  expect([...turns]).toEqual(interleaved.map((_, i) => i % 3));
  expect(new Set(indices).size).toBe(34);
});

test('balanced has every class as often as any other, its images in turn', () => {
  const { indices, turns } = orderOf({ order: 'balanced' });
  expect(indices).toHaveLength(100);
  expect(countsOf(indices).sort((a, b) => a - b)).toEqual([33, 33, 34]);
  const times = Array.from({ length: 9 }, (_, i) => indices.filter((index) => index === 90 + i).length);
  // 33 or 34 over 9 images: three or four times each.
  expect(new Set(times)).toEqual(new Set([3, 4]));
  // Every turn of an image is another one, so that it is augmented anew.
  expect([...turns.filter((_, i) => indices[i] === 99)]).toEqual([...turns.filter((_, i) => indices[i] === 99).keys()]);
  // No class is read before the others.
  expect(countsOf(indices.slice(0, 50)).every((count) => count > 5)).toBe(true);
});

test('weighted draws a class in proportion to its images times their weight', () => {
  const drawn = [0, 0, 0];
  for (let epoch = 0; epoch < 400; epoch++) countsOf(orderOf({ order: 'weighted', weights: [1, 10, 0] }, epoch).indices).forEach((count, i) => (drawn[i]! += count));
  // Expected of 40,000: 90 : 90 : 0. The deviation of a binomial with p = 1/2 is 100; five of them are far.
  expect(drawn[2]).toBe(0);
  expect(Math.abs(drawn[0]! - 20_000)).toBeLessThan(500);
  expect(drawn[0]! + drawn[1]!).toBe(40_000);
});

test('weights that do not fit the classes are refused', () => {
  expect(() => checkedWeights(samplingOf({ order: 'weighted', weights: [1, 2] }), 3)).toThrow('dataset.sampling.weights has 2 numbers, and the dataset has 3 classes.');
});

test('a smaller subset lies within every larger one, has its share of every class, and at least one of each', () => {
  const list = [...labels];
  const parts = [0.05, 0.1, 0.11, 0.5, 1].map((fraction) => subsetOf(list, 3, { fraction }, 4));
  parts.slice(1).forEach((part, i) => expect(parts[i]!.every((index) => part.includes(index))).toBe(true));
  expect(countsOf(Int32Array.from(parts[1]!))).toEqual([9, 1, 1]);
  expect(countsOf(Int32Array.from(parts[3]!))).toEqual([45, 5, 1]);
  expect(parts[4]).toEqual([...labels.keys()]);
  const each = [1, 5, 20].map((count) => subsetOf(list, 3, { fraction: 1, per_class: count }, 4));
  expect(each.map((part) => countsOf(Int32Array.from(part)))).toEqual([[1, 1, 1], [5, 5, 1], [20, 9, 1]]);
  each.slice(1).forEach((part, i) => expect(each[i]!.every((index) => part.includes(index))).toBe(true));
  // What a share takes and what a count takes are nested, too; another seed takes others.
  expect(parts[1]!.every((index) => each[2]!.includes(index))).toBe(true);
  expect(subsetOf(list, 3, { fraction: 0.1 }, 5)).not.toEqual(parts[1]);
});
