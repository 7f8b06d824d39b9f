import * as l10n from '@vscode/l10n';
import type { ImageQuestion, ShuffleCurve, ShuffledView, ShuffleOptions } from '../../protocol';
import { normalise, openPicture, pixelsOf } from '../image';
import { softmax, topK } from '../inspect/predictions';
import { pieceOrder, piecesOf, shuffled, type Pieces } from '../inspect/shuffle';
import type { Looker, Opened } from '../looking';
import { fitToPatch } from '../model/spec';
import { UserError } from '../userError';
import { refuseWithoutHead, withSubject, type Subject, type Tell } from './subject';

const BATCH = 16;
const SHOWN = 5;
/** Pieces on a side at most, of a network that has no patches. */
const PIECES = 16;

/** The grids of pieces that the images of a network are cut into, the whole image first. */
export function gridsOf({ spec, grid }: Pick<Opened, 'spec' | 'grid'>): readonly Pieces[] {
  if (spec.architecture !== 'resnet') return piecesOf(grid.rows, grid.columns);
  const sides = spec.imageSize.map((side) => Array.from({ length: Math.min(side, PIECES) }, (_, i) => i + 1).findLast((n) => side % n === 0)!);
  return piecesOf(sides[0]!, sides[1]!);
}

/** The image with its pieces shuffled, and what the network says of it before and after. */
export async function viewShuffled(looker: Looker, { seed, grid, ...q }: ImageQuestion & ShuffleOptions): Promise<ShuffledView> {
  return withSubject(looker, q, async ({ opened, image }) => {
    refuseWithoutHead(opened);
    const { meta, session, spec } = opened;
    const pieces = gridsOf(opened)[grid];
    if (!pieces) throw new UserError(l10n.t('There is no grid {0}: the image can be cut into {1}.', grid, gridsOf(opened).map((one) => one.join('×')).join(', ')));
    const picture = await openPicture(q.file, meta.config.image, fitToPatch(meta.config.image, meta.config.model));
    const order = pieceOrder(pieces, seed);
    const { input } = picture;
    const bytes = shuffled({ shape: [1, input.height, input.width, input.channels], data: Float32Array.from(input.data) }, pieces, [order]);
    const moved = { ...input, data: Uint8Array.from(bytes.data) };
    const two = new Float32Array(2 * image.data.length);
    two.set(image.data);
    two.set(normalise(moved, meta.config.image), image.data.length);
    const { logits } = await session.forward({ shape: [2, ...image.shape.slice(1)], data: two });
    const said = (row: number) => topK(logits.data.subarray(row * spec.classes, (row + 1) * spec.classes), meta.classes, SHOWN);
    return { seed, grid, rows: pieces[0], columns: pieces[1], order, picture: pixelsOf(moved), before: said(0), after: said(1) };
  });
}

/** What shuffling costs, from the whole image to single patches, over some seeds. */
export async function measureShuffle(looker: Looker, { seeds, ...q }: ImageQuestion & { readonly seeds: number }, tell: Tell): Promise<ShuffleCurve> {
  return withSubject(looker, q, async (subject) => {
    refuseWithoutHead(subject.opened);
    const grids = gridsOf(subject.opened);
    const [whole] = await probabilities(subject, [1, 1], 1);
    const target = whole!.indexOf(Math.max(...whole!));
    const found: { readonly own: readonly number[]; readonly same: number }[] = [];
    for (const pieces of grids) {
      tell.signal?.throwIfAborted();
      tell.onProgress?.(found.length, grids.length);
      const all = await probabilities(subject, pieces, found.length === 0 ? 1 : seeds);
      found.push({ own: all.map((one) => one[target]!), same: all.filter((one) => one.indexOf(Math.max(...one)) === target).length / all.length });
    }
    tell.onProgress?.(grids.length, grids.length);
    return {
      grids,
      seeds,
      mean: Float32Array.from(found, ({ own }) => own.reduce((a, b) => a + b, 0) / own.length),
      low: Float32Array.from(found, ({ own }) => Math.min(...own)),
      high: Float32Array.from(found, ({ own }) => Math.max(...own)),
      agreement: Float32Array.from(found, ({ same }) => same),
    };
  });
}

/** Probabilities of all classes, for each seed from 0. */
async function probabilities({ opened: { session, spec }, image }: Subject, pieces: Pieces, seeds: number): Promise<readonly Float64Array[]> {
  const rows: Float64Array[] = [];
  for (let from = 0; from < seeds; from += BATCH) {
    const count = Math.min(BATCH, seeds - from);
    const { logits } = await session.forward(shuffled(image, pieces, Array.from({ length: count }, (_, i) => pieceOrder(pieces, from + i))));
    for (let i = 0; i < count; i++) rows.push(softmax(logits.data.subarray(i * spec.classes, (i + 1) * spec.classes)));
  }
  return rows;
}
