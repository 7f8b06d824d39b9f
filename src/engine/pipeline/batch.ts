import { augmentBatch } from '../augment/augment';
import { eraseBatch } from '../augment/erasing';
import { drawMix, mixBatch, type Mix, type MixConfig } from '../augment/mix';
import type { ImageConfig, TrainConfig } from '../config/schema';
import type { ImageBytes } from '../dataset/dataset';
import { normalise, resizeImages } from '../image';
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
  /** Of the images in this epoch, [height, width]. */
  readonly size: readonly [number, number];
}

/** What a step is given. */
export interface Batch {
  /** Which training images, in the order of the rows. */
  readonly indices: Int32Array;
  /** [B, H, W, C] */
  readonly images: FloatTensor;
  /** Of a mixed image, that of the larger share. */
  readonly labels: Int32Array;
  /** [B, K], smoothed, mixed and weighted. */
  readonly targets: FloatTensor;
  /** Each image with its counterpart from the other end of the batch, or not. */
  readonly mix: Mix | null;
  /** What a teacher says of the images: its logits [B, K], or the class that they say, one-hot. */
  readonly teacher?: FloatTensor;
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
  const { epoch, step, indices, labels, size } = wish;
  const plain = { images: await augmented(bytes, wish, recipe, pause), targets: smoothedTargets(labels, recipe.classes, recipe.labelSmoothing) };
  const mix = drawMix(recipe.mix, size, epoch, randomAt(recipe.seed, 'mix', epoch, step));
  const { images, targets } = mix ? mixBatch(plain, mix) : plain;
  weigh(targets, recipe.weights);
  return { indices, images, targets, mix, labels: mix && mix.lam < 0.5 ? labels.slice().reverse() : labels };
}

async function augmented(bytes: ImageBytes, { epoch, indices, turns, size: side }: BatchWish, { seed, image, augment }: Recipe, pause?: () => Promise<void>): Promise<FloatTensor> {
  const { count, height, width, channels } = bytes;
  const [given, size] = [height * width * channels, side[0] * side[1] * channels];
  const data = new Float32Array(count * size);
  const rows = Math.max(1, Math.floor(PIECE / (height * width)));
  for (let from = 0; from < count; from += rows) {
    const to = Math.min(count, from + rows);
    const own = [indices.subarray(from, to), turns.subarray(from, to)] as const;
    const piece = augmentBatch({ ...bytes, count: to - from, data: bytes.data.subarray(from * given, to * given) }, augment, seed, epoch, ...own);
    const images = { shape: [piece.count, ...side, channels], data: normalise(resizeImages(piece, side, image.interpolation), image) };
    eraseBatch(images, augment.random_erasing, seed, epoch, ...own);
    data.set(images.data, from * size);
    await pause?.();
  }
  return { shape: [count, ...side, channels], data };
}
