import * as path from 'node:path';
import type { ImageSet } from '../../protocol';
import type { ImageBytes } from '../dataset/dataset';
import { openSet, type OpenedSet } from '../features/imageSet';
import { entropyOf, softmax } from '../inspect/predictions';
import type { Opened } from '../looking';
import { reasonOf } from '../pictures/unreadable';
import type { FloatTensor } from '../tensors';

/** What a network says of an image, of all its classes. */
export interface Said {
  readonly guess: number;
  readonly confidence: number;
  /** In nats. */
  readonly entropy: number;
}

/** A set of images that a network is asked about, and what it has said so far. */
export interface Album {
  readonly set: OpenedSet;
  /** By place in the set; null where an image cannot be read, or the network gives no numbers. */
  readonly said: Map<number, Said | null>;
  /** Class of an image among the network's; null where nothing says it. */
  truth(index: number): number | null;
  /** Whether any image has one. */
  readonly labelled: boolean;
}

/**
 * Opens a set for a network. In a folder the class of an image is the name of the folder in which it lies, where the network has
 * a class of that name; a dataset knows the classes of its own.
 *
 * @throws UserError when the set has no images, or is not there any more
 */
export async function openAlbum(opened: Opened, images: ImageSet, signal: AbortSignal): Promise<Album> {
  const set = await openSet(opened, images, signal);
  const places = new Map(opened.meta.classes.map((name, k) => [name, k]));
  const truth = (index: number): number | null => {
    const label = 'folder' in images ? path.basename(path.dirname(set.name(index))) : set.label(index);
    return label === null ? null : (places.get(label) ?? null);
  };
  const labelled = 'split' in images || Array.from({ length: set.size }, (_, i) => i).some((i) => truth(i) !== null);
  return { set, said: new Map(), truth, labelled };
}

/** An image, or why it cannot be read. */
export async function readOne({ set }: Album, index: number): Promise<ImageBytes | string> {
  try {
    return (await set.read(index)) ?? (await set.problem(index));
  } catch (error) {
    return reasonOf(error, set.name(index));
  }
}

/** One row of logits as what is said of an image; null of a network without a head, and of numbers that are none. */
export function saidOf(logits: Float32Array): Said | null {
  if (logits.length === 0 || !logits.every(Number.isFinite)) return null;
  const probabilities = softmax(logits);
  const guess = probabilities.reduce((best, p, k) => (p > probabilities[best]! ? k : best), 0);
  return { guess, confidence: probabilities[guess]!, entropy: entropyOf(probabilities) };
}

/** Images as a batch of `count`; those that are missing at its end are empty. */
export function batchOf(images: readonly Float32Array[], count: number, { spec }: Opened): FloatTensor {
  const [height, width] = spec.imageSize;
  const size = height * width * spec.channels;
  const data = new Float32Array(count * size);
  images.forEach((image, i) => data.set(image, i * size));
  return { shape: [count, height, width, spec.channels], data };
}

/** The part of a tensor of a batch that is of one image: [B, …] → [1, …], sharing its numbers. */
export function ofImage({ shape: [count = 1, ...rest], data }: FloatTensor, image: number): FloatTensor {
  const size = data.length / count;
  return { shape: [1, ...rest], data: data.subarray(image * size, (image + 1) * size) };
}
