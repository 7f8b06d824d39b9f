import { setImmediate } from 'node:timers/promises';
import type { GalleryCard, GalleryMethod, Pixels } from '../../protocol';
import type { ImageBytes } from '../dataset/dataset';
import { trace, readMap } from '../explaining';
import { tapOf, refuseWithoutHead, type Tell } from '../features/subject';
import { normalise, pixelsOf, resizeImages } from '../image';
import { lastAttention } from '../inspect/explain';
import { entropyOf, noNumbers } from '../inspect/predictions';
import { rolloutView } from '../inspect/rollout';
import type { Opened } from '../looking';
import { hasAttention } from '../model/spec';
import type { FloatTensor } from '../tensors';
import { batchOf, ofImage, readOne, saidOf, type Album, type Said } from './album';

/** Longest side of a card's picture. */
const SIDE = 192;
const BATCH = 16;
/** Attention of a batch takes at most about so much. */
const BATCH_BYTES = 64 * 2 ** 20;

/** A card whose picture is not written as an address yet; null where the image could not be read. */
export type Look = Omit<GalleryCard, 'url'> & { readonly pixels: Pixels | null };

interface Read {
  readonly index: number;
  readonly bytes: ImageBytes | string;
}

/**
 * What a network makes of images of an album, and where it looks: some at a time, in their order. The maps are those that the
 * inspector shows of the same image (rollout with the mean of the heads and nothing discarded). An image that cannot be read is
 * one that says so.
 *
 * @throws UserError for a relevance of a class in a network without a head; an abort when stopped
 */
export async function* lookAt(opened: Opened, album: Album, indices: readonly number[], method: GalleryMethod, { signal }: Pick<Tell, 'signal'>): AsyncGenerator<readonly Look[], void, undefined> {
  if (method === 'chefer' && hasAttention(opened.spec)) refuseWithoutHead(opened);
  const size = imagesAtOnce(opened);
  for (let from = 0; from < indices.length; from += size) {
    signal?.throwIfAborted();
    const read = await Promise.all(indices.slice(from, from + size).map(async (index): Promise<Read> => ({ index, bytes: await readOne(album, index) })));
    signal?.throwIfAborted();
    yield await looksOf(opened, album, read, method);
    await setImmediate();
  }
}

/** As many images as have room for their attention. */
function imagesAtOnce({ spec, grid }: Opened): number {
  const perImage = 4 * spec.depth * spec.heads * grid.tokens ** 2;
  return hasAttention(spec) ? Math.max(1, Math.min(BATCH, Math.floor(BATCH_BYTES / perImage))) : BATCH;
}

async function looksOf(opened: Opened, album: Album, read: readonly Read[], method: GalleryMethod): Promise<readonly Look[]> {
  const { session, meta, spec } = opened;
  const attends = hasAttention(spec);
  const inputs = read.flatMap(({ bytes }) => (typeof bytes === 'string' ? [] : [normalise(bytes, meta.config.image)]));
  // All batches have one size, for which one graph is compiled; for an image alone the inspector has one.
  const batch = inputs.length > 0 ? batchOf(inputs, inputs.length === 1 ? 1 : imagesAtOnce(opened), opened) : null;
  const result = batch && (await session.forward(batch, attends && method !== 'chefer' ? { attention: true } : {}));
  const looks: Look[] = [];
  let row = 0;
  for (const { index, bytes } of read) {
    if (typeof bytes === 'string' || !batch || !result) {
      looks.push(brokenOf(album, index, String(bytes)));
      continue;
    }
    const at = row++;
    const said = saidOf(ofImage(result.logits, at).data);
    album.said.set(index, said);
    const map = attends ? await mapOf(opened, method, { image: ofImage(batch, at), said, layer: (l) => ofImage(tapOf(result.taps, `attention.${l}`), at) }) : null;
    looks.push(lookOf(album, index, { said, map, pixels: thumbnail(bytes), headless: spec.classes === 0 }));
  }
  return looks;
}

/** [rows, columns] of one image. */
async function mapOf(opened: Opened, method: GalleryMethod, { image, said, layer }: { readonly image: FloatTensor; readonly said: Said | null; readonly layer: (l: number) => FloatTensor }): Promise<Float32Array | null> {
  const { spec, grid } = opened;
  switch (method) {
    case 'chefer':
      return said && readMap('chefer', await trace({ opened, image, target: said.guess }), opened, 0);
    case 'attention':
      return lastAttention([layer(spec.depth - 1)], grid);
    case 'rollout':
      return rolloutView(Array.from({ length: spec.depth }, (_, l) => layer(l)), grid, { fusion: 'mean', discard: 0 }).map;
  }
}

function lookOf({ set, truth }: Album, index: number, { said, map, pixels, headless }: { readonly said: Said | null; readonly map: Float32Array | null; readonly pixels: Pixels; readonly headless: boolean }): Look {
  const { guess = null, confidence = null, entropy = null } = said ?? {};
  const nothing = said === null && !headless;
  return {
    index, name: set.name(index), truth: truth(index), guess, confidence, entropy, pixels,
    ...(nothing ? { error: noNumbers(), map: null, spread: null } : { map, spread: map && entropyOf(map) }),
  };
}

function brokenOf({ set, truth }: Album, index: number, error: string): Look {
  return { index, name: set.name(index), error, truth: truth(index), guess: null, confidence: null, entropy: null, map: null, spread: null, pixels: null };
}

function thumbnail(bytes: ImageBytes): Pixels {
  const scale = Math.min(1, SIDE / Math.max(bytes.width, bytes.height));
  const side = (n: number): number => Math.max(1, Math.round(n * scale));
  return pixelsOf(resizeImages(bytes, [side(bytes.height), side(bytes.width)], 'bilinear'));
}
