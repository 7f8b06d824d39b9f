import * as l10n from '@vscode/l10n';
import type { DatasetConfig } from '../config/schema';
import { permutation, randomAt, type Random } from '../random';
import { UserError } from '../userError';
import { byClass } from './split';

export type SamplingConfig = DatasetConfig['sampling'];

/** What an epoch reads, in order. */
export interface EpochOrder {
  /** Places in the training images, as many as there are of these. */
  readonly indices: Int32Array;
  /** How often an image has been in the epoch before: each time it is augmented anew. */
  readonly turns: Int32Array;
}

/**
 * The order of an epoch, the same for every number of threads: by (seed, epoch) alone.
 *
 * - `shuffled`: every image once
 * - `weighted`: drawn with replacement, an image of class k with a probability in proportion to `weights[k]` (PyTorch's
 *   `WeightedRandomSampler`)
 * - `balanced`: every class as often as any other, to one; its images in turn, in an order of their own
 *
 * With `repeats` r each image of that order comes r times in a row, and the epoch ends where it would without: repeated
 * augmentation (Hoffer et al. 2020, "Augment your batch"), as timm's `RepeatAugSampler` on one device with
 * `selected_round=0`.
 */
export function epochOrder(sampling: SamplingConfig, labels: Int32Array, classes: number, seed: number, epoch: number): EpochOrder {
  const random = randomAt(seed, 'order', epoch);
  const { length } = labels;
  const distinct = Math.ceil(length / sampling.repeats);
  const drawn =
    sampling.order === 'weighted'
      ? weighted(labels, checkedWeights(sampling, classes), distinct, random)
      : sampling.order === 'balanced'
        ? balanced(labels, classes, distinct, random)
        : permutation(length, random);
  const indices = Int32Array.from({ length }, (_, i) => drawn[Math.floor(i / sampling.repeats)]!);
  const seen = new Int32Array(length);
  return { indices, turns: indices.map((index) => seen[index]!++) };
}

/** @throws UserError when a list of weights does not fit the classes */
export function checkedWeights({ order, weights }: SamplingConfig, classes: number): readonly number[] {
  if (order !== 'weighted' || weights?.length === classes) return weights ?? [];
  throw new UserError(l10n.t('dataset.sampling.weights has {0} numbers, and the dataset has {1} classes.', weights?.length ?? 0, classes));
}

function weighted(labels: Int32Array, weights: readonly number[], count: number, random: Random): Int32Array {
  const sums = new Float64Array(labels.length);
  let total = 0;
  labels.forEach((label, i) => (sums[i] = total += weights[label]!));
  return Int32Array.from({ length: count }, () => firstAbove(sums, random.next() * total));
}

/** The first place whose sum is above a value: never one of weight 0. */
function firstAbove(sums: Float64Array, value: number): number {
  let [low, high] = [0, sums.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sums[middle]! > value) high = middle;
    else low = middle + 1;
  }
  return low;
}

function balanced(labels: Int32Array, classes: number, count: number, random: Random): Int32Array {
  const groups = byClass([...labels], classes).filter((group) => group.length > 0);
  const decks = groups.map((group) => ({ group, order: permutation(group.length, random), at: 0 }));
  const next = (deck: (typeof decks)[number]): number => {
    if (deck.at === deck.order.length) [deck.order, deck.at] = [permutation(deck.group.length, random), 0];
    return deck.group[deck.order[deck.at++]!]!;
  };
  // Which classes come once more when they do not divide the epoch is drawn, so that it is not always the first ones.
  const turn = permutation(decks.length, random);
  const drawn = Array.from({ length: count }, (_, i) => next(decks[turn[i % decks.length]!]!));
  return Int32Array.from(permutation(count, random), (i) => drawn[i]!);
}
