import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import * as path from 'node:path';
import type { ImageQuestion, ImageSet, Neighbour, NeighboursView } from '../../protocol';
import { ensureFolder, writeFileAtomic } from '../atomic';
import { createCache } from '../cache';
import { cacheFolder, trimCache } from '../cacheFolder';
import { digest } from '../checkpoint';
import { pixelsOf, resizeImages } from '../image';
import { nearest, unitRows } from '../inspect/neighbours';
import type { Looker, Opened } from '../looking';
import { VERSION } from '../version';
import { versionOf } from '../weights/modelFile';
import { parseSafetensors, serialiseSafetensors } from '../weights/safetensors';
import { fileOfImage, openSet, type OpenedSet } from './imageSet';
import { passOver } from './passes';
import { tapOf, withSubject, withWeights, type Tell } from './subject';

/** Longest side of a neighbour's picture. */
const THUMB = 96;
/** Bytes of features that are kept on the disk. */
const LIMIT = 512 * 2 ** 20;
/** From here on two images are the same but for rounding. */
const SAME = 1 - 1e-6;

/** The features of a set: unit rows [M, F], and which images they are of. */
interface Index {
  readonly set: OpenedSet;
  readonly rows: Float32Array;
  readonly images: readonly number[];
  readonly kept: boolean;
}

export interface NeighbourFinder {
  find(q: ImageQuestion & { readonly images: ImageSet; readonly count: number }, tell: Tell): Promise<NeighboursView>;
  fileOf(q: { readonly checkpoint: string; readonly images: ImageSet; readonly index: number }, signal: AbortSignal): Promise<string>;
}

/**
 * Finds the images of a set whose features, what the network's head reads, have the smallest angle to those of an image. The
 * features of a set are computed once and kept in the user's cache, under the weights, the images and their size.
 */
export function createNeighbourFinder(looker: Looker): NeighbourFinder {
  const indices = createCache<Index>({ limit: 2, weigh: () => 1 });
  const indexOf = async (opened: Opened, images: ImageSet, tell: Tell): Promise<Index> =>
    indices.get(JSON.stringify([await versionOf(opened.path), opened.spec.imageSize, images]), () => openIndex(opened, images, tell));
  return {
    find: ({ images, count, ...q }, tell) =>
      withSubject(looker, q, async ({ opened, image }) => {
        const index = await indexOf(opened, images, tell);
        const { taps } = await opened.session.forward(image, { features: true });
        const query = tapOf(taps, 'features').data;
        const near = nearest(index.rows, query, count);
        const neighbours: Neighbour[] = [];
        for (const { index: row, similarity } of near) neighbours.push(await neighbourAt(index, row, similarity, q.file));
        return { neighbours, of: index.images.length, skipped: index.set.size - index.images.length, kept: index.kept, width: query.length };
      }),
    fileOf: ({ checkpoint, images, index: at }, signal) =>
      withWeights(looker, { checkpoint }, async (opened) => {
        return fileOfImage((await indexOf(opened, images, { signal })).set, at);
      }),
  };
}

async function openIndex(opened: Opened, images: ImageSet, tell: Tell): Promise<Index> {
  const set = await openSet(opened, images, tell.signal ?? new AbortController().signal);
  const { spec, meta, params } = opened;
  const key = createHash('sha256').update(JSON.stringify([VERSION, digest(params), spec, meta.config.image, set.fingerprint])).digest('hex');
  const folder = cacheFolder();
  const file = folder === undefined ? undefined : path.join(folder, 'features', `${key}.safetensors`);
  const known = file === undefined ? null : await stored(file);
  if (known) return { set, ...known, kept: true };
  const found: Float32Array[] = [];
  const seen = await passOver(opened, set, Int32Array.from({ length: set.size }, (_, i) => i), { features: true }, (taps, part) => {
    const { data, shape } = tapOf(taps, 'features');
    for (let i = 0; i < part.length; i++) found.push(data.slice(i * shape[1]!, (i + 1) * shape[1]!));
  }, tell);
  const F = found[0]?.length ?? 0;
  const rows = new Float32Array(found.length * F);
  found.forEach((row, i) => rows.set(row, i * F));
  const unit = unitRows(rows, F);
  // What cannot be kept is computed again another time.
  if (file !== undefined) await store(file, unit, F, seen).catch(() => undefined);
  return { set, rows: unit, images: seen, kept: false };
}

async function store(file: string, rows: Float32Array, F: number, images: readonly number[]): Promise<void> {
  await ensureFolder(path.dirname(file));
  const tensors = new Map([['features', { shape: [images.length, F], data: rows }], ['images', { shape: [images.length], data: Float32Array.from(images) }]]);
  await writeFileAtomic(file, serialiseSafetensors(tensors, { format: 'vit-lab-features/1', sha256: digest(tensors) }));
  await trimCache(path.dirname(file), /\.(safetensors|png)$/, LIMIT);
}

/** Null when it is not there, or is damaged. */
async function stored(file: string): Promise<Pick<Index, 'rows' | 'images'> | null> {
  try {
    const { tensors, metadata } = parseSafetensors(await readFile(file), file);
    const [features, images] = [tensors.get('features'), tensors.get('images')];
    if (!features || !images || digest(tensors) !== metadata['sha256']) return null;
    return { rows: features.data, images: [...images.data] };
  } catch {
    return null;
  }
}

async function neighbourAt({ set, images }: Index, row: number, similarity: number, asked: string): Promise<Neighbour> {
  const index = images[row]!;
  const bytes = await set.read(index);
  const file = set.file(index);
  const scale = bytes ? Math.min(1, THUMB / Math.max(bytes.width, bytes.height)) : 1;
  const small = bytes && resizeImages(bytes, [Math.max(1, Math.round(bytes.height * scale)), Math.max(1, Math.round(bytes.width * scale))], 'bilinear');
  return {
    name: set.name(index),
    index,
    label: set.label(index),
    similarity,
    same: (file !== null && path.resolve(file) === path.resolve(asked)) || similarity >= SAME,
    picture: small ? pixelsOf(small) : { width: 1, height: 1, rgba: new Uint8Array(4) },
  };
}
