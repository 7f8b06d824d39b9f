import { createHash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { setImmediate } from 'node:timers/promises';
import * as l10n from '@vscode/l10n';
import type { BrokenFile } from '../../protocol';
import type { ImageConfig } from '../config/schema';
import type { PatchFit } from '../model/spec';
import { fitRaster } from '../pictures/fit';
import { reasonOf } from '../pictures/unreadable';
import { UserError } from '../userError';
import type { ImageBytes, Split } from './dataset';
import type { Sample } from './source';

/** Decoded images are kept up to this much over all splits; what is beyond is decoded again when it is read. */
export const MEMORY_BYTES = 2 ** 30;

/** Memory for decoded images, shared by the splits of a dataset. */
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

/** A split whose every image has been decoded once; the ones that could not be are left out and listed. */
export interface Gathered {
  readonly split: Split;
  readonly broken: readonly BrokenFile[];
  /** Per sample: key and sha256 of its stored bytes. */
  readonly identities: readonly string[];
}

function imageSize({ image, fit }: Target): number {
  return fit.to[0] * fit.to[1] * image.channels;
}

/**
 * Decodes every sample once, a few at a time. That finds the broken ones before a training starts rather than in its
 * middle, hashes the contents for the fingerprint, and leaves in memory what fits there. Order and result do not
 * depend on which decoding ends first.
 */
export async function gather(samples: readonly Sample[], target: Target, budget: Budget, watch: Watch): Promise<Gathered> {
  const size = imageSize(target);
  const kept = Math.min(samples.length, Math.floor(budget.left / size));
  budget.left -= kept * size;
  const memory = new Uint8Array(kept * size);
  const digests: (string | undefined)[] = samples.map(() => undefined);
  const reasons = new Map<number, string>();
  await inParallel(samples.length, watch.signal, async (i) => {
    const sample = samples[i]!;
    try {
      const bytes = await sample.load();
      const { data } = fitRaster(await sample.decode(bytes), target.image, target.fit);
      if (i < kept) memory.set(data, i * size);
      digests[i] = createHash('sha256').update(bytes).digest('hex');
    } catch (error) {
      reasons.set(i, reasonOf(error, sample.name));
    }
    watch.onImage?.();
  });
  const whole = samples.flatMap((_, i) => (reasons.has(i) ? [] : [i]));
  return {
    split: splitOver(samples, whole, memory, kept, target),
    broken: samples.flatMap(({ name }, i) => (reasons.has(i) ? [{ file: name, reason: reasons.get(i)! }] : [])),
    identities: whole.map((i) => `${samples[i]!.key}\0${digests[i]!}`),
  };
}

/** A split of the samples at `whole`; the first `kept` of all samples are in `memory`. */
function splitOver(samples: readonly Sample[], whole: readonly number[], memory: Uint8Array, kept: number, target: Target): Split {
  const size = imageSize(target);
  const sampleAt = (index: number): number => {
    const at = whole[index];
    if (at === undefined) throw new RangeError(`Sample ${index} of ${whole.length}`);
    return at;
  };
  const read = async (indices: Int32Array): Promise<ImageBytes> => {
    const data = new Uint8Array(indices.length * size);
    const missing: number[] = [];
    indices.forEach((index, i) => {
      const at = sampleAt(index);
      if (at < kept) data.set(memory.subarray(at * size, (at + 1) * size), i * size);
      else missing.push(i);
    });
    await inParallel(missing.length, undefined, async (m) => {
      const i = missing[m]!;
      data.set(await decodeAgain(samples[sampleAt(indices[i]!)]!, target), i * size);
    });
    const [height, width] = target.fit.to;
    return { count: indices.length, height, width, channels: target.image.channels, data };
  };
  return {
    size: whole.length,
    labels: Int32Array.from(whole, (i) => samples[i]!.label),
    name: (index) => samples[sampleAt(index)]!.name,
    read,
  };
}

/** It was whole when the dataset was opened: what fails now has changed or gone since. */
async function decodeAgain(sample: Sample, target: Target): Promise<Uint8Array> {
  try {
    return fitRaster(await sample.decode(await sample.load()), target.image, target.fit).data;
  } catch (error) {
    throw new UserError(l10n.t('{0} could be read when the dataset was opened, but no longer: {1}.', sample.name, reasonOf(error, sample.name)), {
      file: sample.name,
    });
  }
}

/** Runs a task for 0 … n − 1, a few at a time. The first error ends it; so does the signal. */
async function inParallel(n: number, signal: AbortSignal | undefined, task: (i: number) => Promise<void>): Promise<void> {
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
