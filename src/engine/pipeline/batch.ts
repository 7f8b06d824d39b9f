import { augmentBatch } from '../augment/augment';
import { eraseBatch } from '../augment/erasing';
import { drawMix, mixBatch, type MixConfig } from '../augment/mix';
import type { ImageConfig, TrainConfig } from '../config/schema';
import type { ImageBytes } from '../dataset/dataset';
import { normalise } from '../image';
import { randomAt } from '../random';
import type { FloatTensor } from '../tensors';
import { smoothedTargets, weigh } from './targets';

/** How the batches of a training are made, as plain data. */
export interface Recipe {
  readonly seed: number;
  readonly image: ImageConfig;
  readonly augment: TrainConfig['augment'];
  readonly mix: MixConfig;
  readonly labelSmoothing: number;
  readonly classes: number;
  /** Of the network, [height, width]. */
  readonly imageSize: readonly [number, number];
  /** How much an image of each class counts; none where all count alike. */
  readonly weights: Float64Array | undefined;
}

/** Which images a batch holds. */
export interface BatchWish {
  /** Epochs completed, and steps of this one. */
  readonly epoch: number;
  readonly step: number;
  /** Places in the training images, their turns in the epoch, and their classes. */
  readonly indices: Int32Array;
  readonly turns: Int32Array;
  readonly labels: Int32Array;
}

/** What a step is given. */
export interface Batch {
  /** [B, H, W, C] */
  readonly images: FloatTensor;
  /** Of a mixed image, that of the larger share. */
  readonly labels: Int32Array;
  /** [B, K] */
  readonly targets: FloatTensor;
}

/** So many pixels are augmented at a time: some milliseconds. */
const PIECE = 2 ** 14;

/**
 * Makes a batch of its images: augments, normalises, erases, mixes. What comes out depends on the seed, the epoch, the step
 * and the images' places alone, and so is the same bits in whatever thread it is made.
 *
 * @param pause is waited for after every piece, so that a thread that has other duties can do them
 */
export async function makeBatch(bytes: ImageBytes, wish: BatchWish, recipe: Recipe, pause?: () => Promise<void>): Promise<Batch> {
  const { epoch, step, labels } = wish;
  const plain = { images: await augmented(bytes, wish, recipe, pause), targets: smoothedTargets(labels, recipe.classes, recipe.labelSmoothing) };
  const mix = drawMix(recipe.mix, recipe.imageSize, epoch, randomAt(recipe.seed, 'mix', epoch, step));
  const { images, targets } = mix ? mixBatch(plain, mix) : plain;
  weigh(targets, recipe.weights);
  return { images, targets, labels: mix && mix.lam < 0.5 ? labels.slice().reverse() : labels };
}

async function augmented(bytes: ImageBytes, { epoch, indices, turns }: BatchWish, { seed, image, augment }: Recipe, pause?: () => Promise<void>): Promise<FloatTensor> {
  const { count, height, width, channels } = bytes;
  const size = height * width * channels;
  const data = new Float32Array(count * size);
  const rows = Math.max(1, Math.floor(PIECE / (height * width)));
  for (let from = 0; from < count; from += rows) {
    const to = Math.min(count, from + rows);
    const own = [indices.subarray(from, to), turns.subarray(from, to)] as const;
    const piece = augmentBatch({ ...bytes, count: to - from, data: bytes.data.subarray(from * size, to * size) }, augment, seed, epoch, ...own);
    const images = { shape: [piece.count, height, width, channels], data: normalise(piece, image) };
    eraseBatch(images, augment.random_erasing, seed, epoch, ...own);
    data.set(images.data, from * size);
    await pause?.();
  }
  return { shape: [count, height, width, channels], data };
}
