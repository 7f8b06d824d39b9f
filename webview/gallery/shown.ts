import { canSort, galleryScales, gallerySorts, type GalleryScale, type GallerySort } from '../../src/galleryOrder';
import type { GalleryList, GalleryMethod, GalleryWish } from '../../src/protocol';

/** Also one that ends where the user says, so that galleries can be compared. */
export const shownScales = [...galleryScales, 'fixed'] as const;
export type ShownScale = GalleryScale | 'fixed';

/** What is chosen; kept over reloads. */
export interface Shown {
  /** What the host shows: with it the panel is there again after the window is loaded anew. */
  readonly wish: GalleryWish | null;
  readonly method: GalleryMethod;
  readonly sort: GallerySort;
  readonly descending: boolean;
  /** Of the maps, from 0 to 1. */
  readonly opacity: number;
  readonly smooth: boolean;
  readonly scale: ShownScale;
  /** The high end of a fixed scale, a share. */
  readonly ceiling: number;
  /** How many images of the list are looked at. */
  readonly limit: number;
}

export const methods = ['rollout', 'attention', 'chefer'] as const satisfies readonly GalleryMethod[];
/** Images that are looked at, and so many more at a time. */
export const PAGE = 200;
/** More cards than that are no gallery any more. */
export const MOST = 2000;

export function readShown(kept: unknown): Shown {
  const given = (typeof kept === 'object' && kept !== null ? kept : {}) as Partial<Record<keyof Shown, unknown>>;
  return {
    wish: typeof given.wish === 'object' ? (given.wish as GalleryWish | null) : null,
    method: methods.find((one) => one === given.method) ?? 'rollout',
    sort: gallerySorts.find((one) => one === given.sort) ?? 'given',
    descending: given.descending === true,
    opacity: typeof given.opacity === 'number' && given.opacity >= 0 && given.opacity <= 1 ? given.opacity : 0.6,
    smooth: given.smooth === true,
    scale: shownScales.find((one) => one === given.scale) ?? 'map',
    ceiling: typeof given.ceiling === 'number' && given.ceiling >= 0.01 && given.ceiling <= 1 ? given.ceiling : 0.1,
    limit: typeof given.limit === 'number' && given.limit >= PAGE && given.limit <= MOST ? given.limit : PAGE,
  };
}

/** A fixed scale is one of shares: relevance has units of its own. */
export function scaleKind({ scale }: Pick<Shown, 'scale'>, method: GalleryMethod): ShownScale {
  return scale === 'fixed' && method === 'chefer' ? 'shared' : scale;
}

/** The order in which they stand: the one that is chosen, where these images have it. */
export function sortOf({ sort, descending }: Pick<Shown, 'sort' | 'descending'>, list: GalleryList | null): Pick<Shown, 'sort' | 'descending'> {
  return list && !canSort(sort, list) ? { sort: 'given', descending: false } : { sort, descending };
}
