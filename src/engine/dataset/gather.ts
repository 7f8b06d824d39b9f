import type { BrokenFile } from '../../protocol';
import type { ImageConfig } from '../config/schema';
import type { PatchFit } from '../model/spec';
import { fitRaster } from '../pictures/fit';
import { reasonOf } from '../pictures/unreadable';
import type { ImageBytes, SharedImages, Split, Wanted } from './dataset';
import type { DecodedStore } from './decoded';
import type { Inventory } from './inventory';
import { createDecoder, decodeAgain, inParallel, keep, readImages, sha256Of } from './read';
import type { Sample } from './source';

/** Bytes for decoded images, shared by the splits of a dataset (`dataset.memory`); what is beyond comes from the disk, or is decoded again. */
export interface Budget {
  left: number;
}

/** What all images are brought to. */
export interface Target {
  readonly image: ImageConfig;
  readonly fit: PatchFit;
}

export interface Watch {
  readonly signal?: AbortSignal;
  readonly onImage?: () => void;
}

/** What outlives a training: which images were read before, and decoded ones. */
export interface Stores {
  readonly inventory: Inventory;
  readonly decoded: DecodedStore;
}

/** A split whose every image has been decoded once, now or before; the ones that could not be are left out and listed. */
export interface Gathered {
  readonly split: Split;
  readonly broken: readonly BrokenFile[];
  /** Per sample: key and sha256 of its stored bytes. */
  readonly identities: readonly { readonly key: string; readonly sha256: string }[];
}

/** Bytes of an image. */
export function imageSize({ image, fit }: Target): number {
  return fit.to[0] * fit.to[1] * image.channels;
}

/**
 * Reads and decodes every sample that the inventory does not know, a few at a time. That finds the broken ones before a
 * training starts rather than in its middle, hashes the contents for the fingerprint, and leaves decoded images in memory
 * and on the disk. What is known already is not read before it is wanted. Order and result do not depend on which
 * decoding ends first.
 */
export async function gather(samples: readonly Sample[], target: Target, budget: Budget, stores: Stores, watch: Watch): Promise<Gathered> {
  const size = imageSize(target);
  const kept = Math.min(samples.length, Math.floor(budget.left / size));
  budget.left -= kept * size;
  const images: SharedImages = { pixels: new Uint8Array(new SharedArrayBuffer(kept * size)), present: new Uint8Array(new SharedArrayBuffer(kept)), size };
  const digests: string[] = samples.map(() => '');
  const reasons = new Map<number, string>();
  await inParallel(samples.length, watch.signal, async (i) => {
    const sample = samples[i]!;
    const stamp = sample.stamp?.();
    const known = stamp === undefined ? undefined : stores.inventory.find(sample.key, stamp);
    try {
      digests[i] = known ?? (await examined(sample, i, { images, target, stores }));
      // The bytes may have changed while they were read; the stamp of before tells then.
      if (known === undefined && stamp !== undefined) stores.inventory.add(sample.key, stamp, digests[i]);
    } catch (error) {
      reasons.set(i, reasonOf(error, sample.name));
    }
    watch.onImage?.();
  });
  const whole = samples.flatMap((_, i) => (reasons.has(i) ? [] : [i]));
  return {
    split: splitOver(samples, whole, digests, { images, target, stores }),
    broken: samples.flatMap(({ name }, i) => (reasons.has(i) ? [{ file: name, reason: reasons.get(i)! }] : [])),
    identities: whole.map((i) => ({ key: samples[i]!.key, sha256: digests[i]! })),
  };
}

interface Gathering {
  readonly images: SharedImages;
  readonly target: Target;
  readonly stores: Stores;
}

/** Reads a sample for the first time; gives the sha256 of its bytes. Only what another thread can decode, too, is worth the disk. */
async function examined(sample: Sample, at: number, { images, target, stores }: Gathering): Promise<string> {
  const bytes = await sample.load();
  const sha256 = sha256Of(bytes);
  const stored = sample.location === undefined ? undefined : stores.decoded.get(sha256);
  const pixels = stored ?? fitRaster(await sample.decode(bytes), target.image, target.fit).data;
  keep(images, at, pixels);
  if (sample.location !== undefined && stored === undefined) stores.decoded.put(sha256, pixels);
  return sha256;
}

/** A split of the samples at `whole`. */
function splitOver(samples: readonly Sample[], whole: readonly number[], digests: readonly string[], { images, target, stores }: Gathering): Split {
  const sampleAt = (index: number): number => {
    const at = whole[index];
    if (at === undefined) throw new RangeError(`Sample ${index} of ${whole.length}`);
    return at;
  };
  const wanted = (indices: Int32Array): Wanted[] =>
    Array.from(indices, (index) => {
      const at = sampleAt(index);
      const { name, location } = samples[at]!;
      return { at, name, sha256: digests[at]!, ...(location && { location }) };
    });
  const located = createDecoder(target);
  const decode = (one: Wanted): Promise<Uint8Array> => {
    const { load, decode: own } = samples[one.at]!;
    return one.location ? located(one) : decodeAgain(one, target, load, own);
  };
  const read = async (indices: Int32Array): Promise<ImageBytes> => {
    const data = await readImages(wanted(indices), { images, target, store: stores.decoded }, decode);
    const [height, width] = target.fit.to;
    return { count: indices.length, height, width, channels: target.image.channels, data };
  };
  return {
    size: whole.length,
    labels: Int32Array.from(whole, (i) => samples[i]!.label),
    name: (index) => samples[sampleAt(index)]!.name,
    read,
    shared: { images, wanted, decode: (index) => decode(wanted(Int32Array.of(index))[0]!), settle: () => stores.decoded.settle() },
  };
}
