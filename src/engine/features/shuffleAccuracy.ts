import { setImmediate } from 'node:timers/promises';
import * as l10n from '@vscode/l10n';
import type { ImageSet, Interval } from '../../protocol';
import { normalise } from '../image';
import { pieceOrder, shuffled, type Pieces } from '../inspect/shuffle';
import type { Looker, Opened } from '../looking';
import { wilson } from '../metrics/interval';
import type { FloatTensor } from '../tensors';
import { UserError } from '../userError';
import { openSet, type OpenedSet } from './imageSet';
import { gridsOf } from './shuffling';
import { refuseWithoutHead, withWeights, type Tell } from './subject';

const BATCH = 32;

/** Accuracy by grid of pieces, the whole image first. */
export interface ShuffleAccuracy {
  readonly grids: readonly Pieces[];
  readonly images: number;
  /** Share of the images whose class is said, [grids], and its 95 % interval. */
  readonly top1: readonly number[];
  readonly intervals: readonly Interval[];
  readonly seed: number;
}

/**
 * The accuracy on a split when the pieces of its images have changed places (Naseer et al. 2021, Intriguing Properties of
 * Vision Transformers, section 3.3): what is left of it at single patches needs no order of them. Every image has an order
 * of its own, by seed and place in the split.
 *
 * @throws UserError for a network without a head, or where there are no images
 */
export async function shuffleAccuracy(looker: Looker, { checkpoint, images, seed }: { readonly checkpoint: string; readonly images: Extract<ImageSet, { readonly split: string }>; readonly seed: number }, { signal = new AbortController().signal, onProgress }: Tell): Promise<ShuffleAccuracy> {
  return withWeights(looker, { checkpoint }, async (opened) => {
    refuseWithoutHead(opened);
    const set = await openSet(opened, images, signal);
    const grids = gridsOf(opened);
    const hits = grids.map(() => 0);
    let seen = 0;
    for (let from = 0; from < set.size; from += BATCH) {
      signal.throwIfAborted();
      onProgress?.(from, set.size);
      const batch = await readBatch(opened, set, from);
      seen += batch.length;
      for (const [at, pieces] of grids.entries()) hits[at]! += batch.length === 0 ? 0 : await hitsOf(opened, batch, pieces, seed * set.size);
      await setImmediate();
    }
    onProgress?.(set.size, set.size);
    if (seen === 0) throw new UserError(l10n.t('No image of {0} could be read.', images.split));
    return { grids, images: seen, top1: hits.map((count) => count / seen), intervals: hits.map((count) => wilson(count, seen) ?? [0, 1]), seed };
  });
}

interface Labelled {
  readonly index: number;
  readonly label: string | null;
  /** [1, H, W, C] */
  readonly image: FloatTensor;
}

/** What cannot be read is left out. */
async function readBatch({ meta, spec }: Opened, set: OpenedSet, from: number): Promise<readonly Labelled[]> {
  const wanted = Array.from({ length: Math.min(BATCH, set.size - from) }, (_, i) => from + i);
  const read = await Promise.all(wanted.map((index) => set.read(index)));
  const shape = [1, ...spec.imageSize, spec.channels];
  return wanted.flatMap((index, i) => (read[i] ? [{ index, label: set.label(index), image: { shape, data: normalise(read[i], meta.config.image) } }] : []));
}

/** How many of the images are told right; all batches have one size, for which one graph is compiled. */
async function hitsOf({ session, spec, meta }: Opened, batch: readonly Labelled[], pieces: Pieces, base: number): Promise<number> {
  const size = batch[0]!.image.data.length;
  const data = new Float32Array(BATCH * size);
  batch.forEach(({ index, image }, i) => data.set(shuffled(image, pieces, [pieceOrder(pieces, base + index)]).data, i * size));
  const { logits } = await session.forward({ shape: [BATCH, ...batch[0]!.image.shape.slice(1)], data });
  return batch.filter(({ label }, i) => {
    const row = logits.data.subarray(i * spec.classes, (i + 1) * spec.classes);
    return meta.classes[row.indexOf(Math.max(...row))] === label;
  }).length;
}
