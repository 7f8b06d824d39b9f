import { galleryScales, gallerySorts, type GalleryScale, type GallerySort } from '../../src/galleryOrder';
import type { GalleryMethod, GalleryWish } from '../../src/protocol';

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
  readonly scale: GalleryScale;
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
    scale: galleryScales.find((one) => one === given.scale) ?? 'map',
    limit: typeof given.limit === 'number' && given.limit >= PAGE && given.limit <= MOST ? given.limit : PAGE,
  };
}
