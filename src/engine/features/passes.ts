import { setImmediate } from 'node:timers/promises';
import type { TapWish } from '../compile/executor';
import { normalise } from '../image';
import type { Opened } from '../looking';
import type { FloatTensor, TensorMap } from '../tensors';
import type { OpenedSet } from './imageSet';
import type { Tell } from './subject';

const BATCH = 32;

/** Some images of a set, spread over the whole of it: it may be in the order of its classes. */
export function spread(size: number, most: number): Int32Array {
  const of = Math.min(size, most);
  return Int32Array.from({ length: of }, (_, i) => Math.floor((i * size) / of));
}

/**
 * Runs images of a set through a network, a batch at a time. What cannot be read is left out.
 *
 * @param take gets the taps of `indices.length` images
 * @returns the images that were there, in their order
 */
export async function passOver({ session, spec, meta }: Opened, set: OpenedSet, wanted: Int32Array, wish: TapWish, take: (taps: TensorMap, indices: readonly number[]) => void, { signal, onProgress }: Tell): Promise<readonly number[]> {
  const seen: number[] = [];
  for (let from = 0; from < wanted.length; from += BATCH) {
    signal?.throwIfAborted();
    onProgress?.(from, wanted.length);
    const part = [...wanted.subarray(from, from + BATCH)];
    const read = await Promise.all(part.map((index) => set.read(index)));
    const found = part.flatMap((index, i) => (read[i] ? [{ index, bytes: read[i] }] : []));
    if (found.length === 0) continue;
    // All batches have one size, for which one graph is compiled.
    const images = stacked(found.map(({ bytes }) => normalise(bytes, meta.config.image)), [Math.min(BATCH, wanted.length), ...spec.imageSize, spec.channels]);
    const { taps } = await session.forward(images, wish);
    take(taps, found.map(({ index }) => index));
    seen.push(...found.map(({ index }) => index));
    await setImmediate();
  }
  onProgress?.(wanted.length, wanted.length);
  return seen;
}

function stacked(images: readonly Float32Array[], shape: readonly number[]): FloatTensor {
  const size = images[0]!.length;
  const data = new Float32Array(shape[0]! * size);
  images.forEach((image, i) => data.set(image, i * size));
  return { shape, data };
}
