import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { setImmediate } from 'node:timers/promises';
import * as l10n from '@vscode/l10n';
import { decodeBytes } from '../pictures/decode';
import { fitRaster } from '../pictures/fit';
import { reasonOf } from '../pictures/unreadable';
import type { Raster } from '../resample';
import { UserError } from '../userError';
import { openZip, type ZipFile } from '../zipFile';
import type { Location, SharedImages, Wanted } from './dataset';
import type { DecodedStore } from './decoded';
import type { Target } from './gather';

/** An image that is kept in the shared memory; nothing when it is not there, or not yet. */
export function inMemory({ pixels, present, size }: SharedImages, at: number): Uint8Array | undefined {
  return at < present.length && Atomics.load(present, at) === 1 ? pixels.subarray(at * size, (at + 1) * size) : undefined;
}

/** Two threads may keep the same image at once: they write the same bytes. */
export function keep({ pixels, present, size }: SharedImages, at: number, image: Uint8Array): void {
  if (at >= present.length) return;
  pixels.set(image, at * size);
  Atomics.store(present, at, 1);
}

/** How an image is had that is not in memory. */
export interface Reading {
  readonly target: Target;
  readonly images: SharedImages;
  readonly store: DecodedStore;
}

/**
 * The images that are wanted, one after the other in one array: from the shared memory, else from the disk, else decoded
 * and kept in both. Any thread may do this.
 *
 * @param decode a stored image, brought to size
 * @throws UserError naming the image that cannot be read any more, or has changed
 */
export async function readImages(wanted: readonly Wanted[], { images, store }: Reading, decode: (one: Wanted, i: number) => Promise<Uint8Array>): Promise<Uint8Array> {
  const { size } = images;
  const data = new Uint8Array(wanted.length * size);
  const missing: number[] = [];
  wanted.forEach(({ at, sha256 }, i) => {
    const kept = inMemory(images, at);
    const found = kept ?? store.get(sha256);
    if (found === undefined) return void missing.push(i);
    data.set(found, i * size);
    if (kept === undefined) keep(images, at, found);
  });
  await inParallel(missing.length, undefined, async (m) => {
    const i = missing[m]!;
    const one = wanted[i]!;
    const image = await decode(one, i);
    data.set(image, i * size);
    keep(images, one.at, image);
    store.put(one.sha256, image);
  });
  return data;
}

/** Decodes what lies at a location. */
export function createDecoder(target: Target): (one: Wanted) => Promise<Uint8Array> {
  const archives = new Map<string, Promise<ZipFile>>();
  const load = async (location: Location): Promise<Uint8Array> => {
    if ('file' in location) return readFile(location.file);
    const zip = archives.get(location.archive) ?? openZip(location.archive);
    archives.set(location.archive, zip);
    return (await zip).read(location.entry);
  };
  return (one) => decodeAgain(one, target, () => load(one.location!), decodeBytes);
}

/** It was whole when the dataset was opened: what fails now has changed or gone since. */
export async function decodeAgain(
  { name, sha256 }: Wanted,
  target: Target,
  load: () => Promise<Uint8Array>,
  decode: (bytes: Uint8Array) => Raster | Promise<Raster>,
): Promise<Uint8Array> {
  let bytes: Uint8Array;
  try {
    bytes = await load();
    if (sha256Of(bytes) === sha256) return fitRaster(await decode(bytes), target.image, target.fit).data;
  } catch (error) {
    throw new UserError(l10n.t('{0} could be read when the dataset was opened, but no longer: {1}.', name, reasonOf(error, name)), { file: name });
  }
  throw new UserError(l10n.t('{0} has changed since the dataset was opened. Start a new training.', name), { file: name });
}

export function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Runs a task for 0 … n − 1, a few at a time. The first error ends it; so does the signal. */
export async function inParallel(n: number, signal: AbortSignal | undefined, task: (i: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < n) {
      signal?.throwIfAborted();
      const i = next++;
      // Images that need no file never leave the microtask queue; without a pause a cancel would not get through.
      if (i % 64 === 63) await setImmediate();
      await task(i);
    }
  };
  await Promise.all(Array.from({ length: Math.min(n, availableParallelism() + 2) }, worker));
}
