import * as path from 'node:path';
import type { CheckpointInfo, GalleryCard, GalleryList, GalleryMethod, GalleryState, GalleryWish } from '../../protocol';
import type { GalleryScale, GallerySort } from '../../galleryOrder';
import { standalonePage } from '../../standalonePage';
import { languageOf } from '../language';
import { lightTheme } from './lightTheme';
import { pageBundles } from './pageBundles';

export interface GalleryResult {
  readonly checkpoint: CheckpointInfo;
  readonly wish: Omit<GalleryWish, 'checkpoint'>;
  readonly list: GalleryList;
  /** In the order of the list. */
  readonly cards: readonly GalleryCard[];
  readonly method: GalleryMethod;
  readonly sort: GallerySort;
  readonly descending: boolean;
  readonly scale: GalleryScale;
}

/** The gallery as one HTML file that is sorted and looked at without an engine. */
export async function galleryPage({ checkpoint, wish, list, cards, method, sort, descending, scale }: GalleryResult, title: string): Promise<string> {
  const run = path.basename(checkpoint.run);
  const file = `${run}/${path.basename(checkpoint.path)}`;
  const plain = withoutFolders(cards);
  const images = 'folder' in wish.images ? { folder: path.basename(wish.images.folder) } : { split: wish.images.split };
  const state: GalleryState = {
    wish: { checkpoint: file, images, filter: wish.filter },
    place: 'folder' in images ? images.folder : null,
    checkpoints: [{ ...checkpoint, path: file, run }],
    list: { ...list, indices: Int32Array.from(plain, ({ index }) => index) }, version: 1, busy: null, error: null, missing: false,
    saved: { cards: plain, method },
  };
  const language = languageOf(process.env);
  return standalonePage({ title, language, state, kept: { sort, descending, method, scale }, answers: [], theme: lightTheme }, await pageBundles('gallery', language));
}

/** Names below the folder that all have in common: a page goes to others. */
function withoutFolders(cards: readonly GalleryCard[]): readonly GalleryCard[] {
  const folders = cards.map(({ name }) => path.dirname(name).split(path.sep));
  const [first = []] = folders;
  const common = first.findIndex((part, i) => folders.some((parts) => parts[i] !== part));
  const root = (common < 0 ? first : first.slice(0, common)).join(path.sep);
  return cards.map((card) => {
    const name = root === '' ? card.name : path.relative(root, card.name);
    return { ...card, name, ...(card.error !== undefined && { error: card.error.replaceAll(card.name, name) }) };
  });
}
