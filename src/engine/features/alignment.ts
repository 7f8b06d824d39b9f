import * as l10n from '@vscode/l10n';
import type { AlignmentOptions, AlignmentView } from '../../protocol';
import { centred, cka, debiasedCka, gram, hollow, varies, type Hollow } from '../inspect/cka';
import type { Looker, Opened } from '../looking';
import { resolveCheckpoint } from '../runStore';
import type { TensorMap } from '../tensors';
import { UserError } from '../userError';
import { versionOf } from '../weights/modelFile';
import { openSet } from './imageSet';
import { passOver, spread } from './passes';
import { tapOf, withWeights, type Tell } from './subject';

/** Fewer do not tell an unbiased estimate. */
const LEAST = 4;

type Read = AlignmentView['read'][0];

/** What the layers of a network make of some images: [M, D] for each layer. */
interface Represented {
  readonly layers: readonly Float32Array[];
  readonly images: readonly number[];
  readonly read: Read;
}

/** Matrices that took many passes; they are small. */
const KEPT = 16;

/** Remembers what was measured, under the files of the checkpoints. */
export function createAligner(looker: Looker): (q: AlignmentOptions, tell: Tell) => Promise<AlignmentView> {
  const known = looker.cache<AlignmentView>({ limit: KEPT, weigh: () => 1 });
  return async (q, tell) => {
    const versions = await Promise.all([q.checkpoint, ...(q.other === undefined ? [] : [q.other])].map(async (one) => versionOf(await resolveCheckpoint(one))));
    return known.get(JSON.stringify([q, versions]), () => measureAlignment(looker, q, tell));
  };
}

/** Linear CKA of every layer of a network with every layer of another, or of itself, over images of a set. */
async function measureAlignment(looker: Looker, q: AlignmentOptions, tell: Tell): Promise<AlignmentView> {
  const signal = tell.signal ?? new AbortController().signal;
  return withWeights(looker, q, async (own) => {
    const set = await openSet(own, q.images, signal);
    const wanted = spread(set.size, q.most);
    const of = wanted.length * (q.other === undefined ? 1 : 2);
    const counted = (before: number): Tell => ({ signal, onProgress: (done) => tell.onProgress?.(before + done, of) });
    const rows = await represent(own, q.read, (take, wish) => passOver(own, set, wanted, wish, take, counted(0)));
    if (q.other === undefined) return compare(rows, rows, wanted.length);
    return withWeights(looker, { checkpoint: q.other }, async (other) => {
      const shown = await openSet(own, q.images, signal, other);
      return compare(rows, await represent(other, q.read, (take, wish) => passOver(other, shown, wanted, wish, take, counted(wanted.length))), wanted.length);
    });
  });
}

async function represent({ spec }: Opened, wished: 'class' | 'patches', run: (take: (taps: TensorMap, indices: readonly number[]) => void, wish: { readonly summaries: true }) => Promise<readonly number[]>): Promise<Represented> {
  const read: Read = spec.architecture === 'resnet' ? 'positions' : spec.classToken ? wished : 'patches';
  const parts: Float32Array[][] = [];
  const take = (taps: TensorMap, indices: readonly number[]): void => {
    const count = [...taps.keys()].filter((name) => name.startsWith('summary.')).length;
    for (let layer = 0; layer < count; layer++) (parts[layer] ??= []).push(rowsOf(tapOf(taps, `summary.${layer}`), indices.length, read));
  };
  const images = await run(take, { summaries: true });
  return { layers: parts.map(joined), images, read };
}

/** One row of each image: of [B, S, D] the first for the class token, else the last. */
function rowsOf({ shape, data }: { readonly shape: readonly number[]; readonly data: Float32Array }, images: number, read: Read): Float32Array {
  const [, S = 1, D = 0] = shape;
  const out = new Float32Array(images * D);
  for (let i = 0; i < images; i++) {
    const row = i * S + (read === 'class' ? 0 : S - 1);
    out.set(data.subarray(row * D, (row + 1) * D), i * D);
  }
  return out;
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const out = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

function compare(a: Represented, b: Represented, wanted: number): AlignmentView {
  const M = a.images.length;
  if (M < LEAST) throw new UserError(l10n.t('Layers are compared over at least {0} images, and {1} could be read. Choose another set.', LEAST, M));
  if (a.images.join() !== b.images.join()) throw new UserError(l10n.t('The two networks could not read the same images. Choose another set.'));
  const [rows, columns] = [prepared(a, M), a === b ? null : prepared(b, M)];
  const others = columns ?? rows;
  const each = (value: (row: Prepared, column: Prepared) => number): Float32Array => Float32Array.from(rows.flatMap((row) => others.map((column) => (row.varies && column.varies ? value(row, column) : Number.NaN))));
  return {
    rows: rows.length,
    columns: others.length,
    plain: each((row, column) => cka(row.centred, column.centred)),
    debiased: each((row, column) => debiasedCka(row.hollow, column.hollow, M)),
    images: M,
    skipped: wanted - M,
    read: [a.read, b.read],
  };
}

interface Prepared {
  readonly centred: Float64Array;
  readonly hollow: Hollow;
  readonly varies: boolean;
}

function prepared({ layers }: Represented, M: number): readonly Prepared[] {
  return layers.map((layer) => {
    const K = gram(layer, M);
    const HKH = centred(K, M);
    return { centred: HKH, hollow: hollow(K, M), varies: varies(K, HKH) };
  });
}
