import { setImmediate } from 'node:timers/promises';
import * as l10n from '@vscode/l10n';
import type { GalleryFilter, GalleryList } from '../../protocol';
import type { Tell } from '../features/subject';
import { refuseWithoutHead } from '../features/subject';
import { normalise } from '../image';
import type { Opened } from '../looking';
import { randomAt } from '../random';
import { UserError } from '../userError';
import { batchOf, readOne, saidOf, type Album } from './album';

/** Images that are predicted at once. */
const BATCH = 32;

/**
 * Chooses images of an album. Only what asks for a prediction predicts, all that may be meant; the surest of them come first then.
 *
 * @param few so many stay in the order of the set; of more, which may be in the order of their classes, a mixed order is told
 * @throws UserError for a class that the network has not, and where nothing says of what class the images are
 */
export async function findImages(opened: Opened, album: Album, filter: GalleryFilter, few: number, tell: Tell): Promise<Pick<GalleryList, 'indices' | 'order'>> {
  refuseFilter(opened, album, filter);
  if (filter.indices) return { indices: Int32Array.from(filter.indices), order: 'given' };
  const meant = Array.from({ length: album.set.size }, (_, i) => i).filter((i) => filter.is === undefined || album.truth(i) === filter.is);
  if (filter.as === undefined && filter.right === undefined) return meant.length <= few ? { indices: Int32Array.from(meant), order: 'name' } : { indices: mixed(meant), order: 'drawn' };
  await predict(opened, album, meant, tell);
  const found = meant.filter((i) => fits(album, i, filter));
  const surest = (i: number): number => album.said.get(i)?.confidence ?? 0;
  return { indices: Int32Array.from(found.sort((a, b) => surest(b) - surest(a) || a - b)), order: 'surest' };
}

function refuseFilter(opened: Opened, { set, labelled }: Album, { is, as, right, indices }: GalleryFilter): void {
  const { meta: { classes }, path: file } = opened;
  for (const k of [is, as]) if (k !== undefined && !(Number.isInteger(k) && k >= 0 && k < classes.length)) throw new UserError(l10n.t('There is no class {0}: {1} has the classes 0 to {2}.', k, file, classes.length - 1), { file });
  if ((is !== undefined || right !== undefined) && !labelled) throw new UserError(l10n.t('Nothing says of what class these images are: no folder of them has the name of a class of {0}.', file), { file });
  if (as !== undefined || right !== undefined) refuseWithoutHead(opened);
  const outside = indices?.find((i) => !Number.isInteger(i) || i < 0 || i >= set.size);
  if (outside !== undefined) throw new UserError(l10n.t('There is no image {0}.', outside));
}

function fits({ said, truth }: Album, index: number, { as, right }: GalleryFilter): boolean {
  const found = said.get(index);
  if (!found || (as !== undefined && found.guess !== as)) return false;
  const is = truth(index);
  return right === undefined || (is !== null && right === (is === found.guess));
}

/** Says of images what they are taken for, of those of which it was not said yet. */
async function predict(opened: Opened, album: Album, meant: readonly number[], { signal, onProgress }: Tell): Promise<void> {
  const missing = meant.filter((i) => !album.said.has(i));
  for (let from = 0; from < missing.length; from += BATCH) {
    signal?.throwIfAborted();
    onProgress?.(meant.length - missing.length + from, meant.length);
    const part = missing.slice(from, from + BATCH);
    const read = await Promise.all(part.map((i) => readOne(album, i)));
    const inputs = read.flatMap((bytes) => (typeof bytes === 'string' ? [] : [normalise(bytes, opened.meta.config.image)]));
    // All batches have one size, for which one graph is compiled.
    const logits = inputs.length > 0 ? (await opened.session.forward(batchOf(inputs, BATCH, opened))).logits.data : new Float32Array();
    const K = opened.spec.classes;
    let row = 0;
    for (const [i, index] of part.entries()) album.said.set(index, typeof read[i] === 'string' ? null : saidOf(logits.subarray(row * K, ++row * K)));
    await setImmediate();
  }
  onProgress?.(meant.length, meant.length);
}

/** A permutation that is the same each time (Fisher and Yates). */
function mixed(values: readonly number[]): Int32Array {
  const random = randomAt(0, 'images of a gallery');
  const out = Int32Array.from(values);
  for (let i = out.length - 1; i > 0; i--) {
    const j = random.int(i + 1);
    [out[i], out[j]] = [out[j]!, out[i]!];
  }
  return out;
}
