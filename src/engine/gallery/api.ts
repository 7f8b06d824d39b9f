import type { GalleryCard, GalleryEngineApi, GalleryList, GalleryQuestion } from '../../protocol';
import type { Server } from '../../rpc';
import { collectGarbage } from '../collect';
import { fileOfImage } from '../features/imageSet';
import { withWeights } from '../features/subject';
import { hasClassToken } from '../inspect/patches';
import type { Looker, Opened } from '../looking';
import { hasAttention } from '../model/spec';
import { dataUrl } from '../pictures/dataUrl';
import { versionOf } from '../weights/modelFile';
import { openAlbum, type Album } from './album';
import { lookAt, type Look } from './cards';
import { findImages } from './find';

/** Albums that are open; each may hold decoded images. */
const ALBUMS = 2;
/** Bytes of cards that are kept, so that a panel that comes back is drawn at once. */
const CARD_BYTES = 32 * 2 ** 20;

/** What is let go of ends within so long. */
const ENDING_MS = 500;

/** What the engine answers about many images at once. */
export function galleryServer(looker: Looker): Server<GalleryEngineApi> {
  const albums = looker.cache<Album>({ limit: ALBUMS, weigh: () => 1 });
  const cards = looker.cache<GalleryCard>({ limit: CARD_BYTES, weigh: ({ url, map }) => url.length + (map?.byteLength ?? 0) + 500 });

  const keyOf = async (opened: Opened, { images }: GalleryQuestion): Promise<string> => JSON.stringify([await versionOf(opened.path), images]);
  /** `anew`: files of a folder come and go; what was said of it holds as long as they are the same. */
  const albumOf = async (opened: Opened, q: GalleryQuestion, signal: AbortSignal, anew = false): Promise<Album> => {
    const key = await keyOf(opened, q);
    const held = await albums.held(key);
    const now = held && !(anew && 'folder' in q.images) ? held : await openAlbum(opened, q.images, signal);
    const kept = held?.set.fingerprint === now.set.fingerprint ? held : now;
    if (kept !== held) albums.keep(key, kept);
    return kept;
  };

  return {
    findGallery: (q, { signal, progress }) =>
      withWeights(looker, q, async (opened) => {
        const album = await albumOf(opened, q, signal, true);
        const found = await findImages(opened, album, q.filter, q.few, { signal, onProgress: (done, of) => progress({ done, of }) });
        return { ...found, ...factsOf(opened, album) };
      }),
    lookAtGallery: (q, { signal, progress }) =>
      withWeights(looker, q, async (opened) => {
        const [key, album] = [await keyOf(opened, q), await albumOf(opened, q, signal)];
        const keyOfCard = (index: number): string => JSON.stringify([key, album.set.fingerprint, q.method, index]);
        const held = (await Promise.all(q.indices.map((index) => cards.held(keyOfCard(index))))).filter((card) => card !== undefined);
        if (held.length > 0) progress(held);
        const known = new Set(held.map(({ index }) => index));
        for await (const looks of lookAt(opened, album, q.indices.filter((index) => !known.has(index)), q.method, { signal })) {
          const made = await Promise.all(looks.map(cardOf));
          // What could not be read may be put right, and is read again the next time.
          for (const card of made) if (card.error === undefined) cards.keep(keyOfCard(card.index), card);
          progress(made);
        }
      }),
    async closeGallery({ network }) {
      albums.clear();
      cards.clear();
      // One whose file is gone is left to whoever opens the next ones.
      if (network !== null) await looker.forget(network).catch(() => undefined);
      setTimeout(collectGarbage, ENDING_MS).unref();
    },
    galleryFile: (q, { signal }) => withWeights(looker, q, async (opened) => ({ file: await fileOfImage((await albumOf(opened, q, signal)).set, q.index) })),
  };
}

/** What is said of all images. */
export function factsOf({ meta, spec, grid, facts }: Opened, { set, labelled }: Album): Omit<GalleryList, 'indices' | 'order'> {
  return { size: set.size, classes: meta.classes, labelled, grid: hasAttention(spec) ? { rows: grid.rows, columns: grid.columns } : null, classToken: hasClassToken(grid), imageSize: spec.imageSize, model: facts.name };
}

export async function cardOf({ pixels, ...look }: Look): Promise<GalleryCard> {
  return { ...look, url: pixels ? await dataUrl(pixels) : '' };
}
