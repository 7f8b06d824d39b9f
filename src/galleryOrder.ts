import type { GalleryCard, GalleryList } from './galleryProtocol';
import { npyFile } from './npyFile';

/** In which order the images of a gallery stand, their numbers as a table and as an array, and the scale of their maps: for the terminal and the page. */

/** Each map from its own smallest to its own largest value, or one scale for all of them: the inspector's names. */
export const galleryScales = ['map', 'shared'] as const;
export type GalleryScale = (typeof galleryScales)[number];

export const gallerySorts = ['given', 'name', 'confidence', 'entropy', 'spread', 'correct'] as const;
/** `given`: the order of the list; `correct`: what is wrong first, and of those the surest. */
export type GallerySort = (typeof gallerySorts)[number];

/** Whether an order is read from its largest first: the most confident, the least sure, the broadest. */
export function largestFirst(sort: GallerySort): boolean {
  return sort === 'confidence' || sort === 'entropy' || sort === 'spread';
}

/** Whether an order can be told of these images: some are of no known class, some networks have no head or no maps. */
export function canSort(sort: GallerySort, { labelled, classes, grid }: Pick<GalleryList, 'labelled' | 'classes' | 'grid'>): boolean {
  switch (sort) {
    case 'correct':
      return labelled && classes.length > 0;
    case 'confidence':
    case 'entropy':
      return classes.length > 0;
    case 'spread':
      return grid !== null;
    default:
      return true;
  }
}

/** Whether the image is what it was taken for; null where that cannot be told. */
export function isRight({ truth, guess }: Pick<GalleryCard, 'truth' | 'guess'>): boolean | null {
  return truth === null || guess === null ? null : truth === guess;
}

/** Sorted anew, stable: equal ones stay in the order in which they come. What has no such number comes last, whichever way. */
export function arrangeCards(cards: readonly GalleryCard[], sort: GallerySort, descending: boolean): readonly GalleryCard[] {
  const sign = descending ? -1 : 1;
  if (sort === 'given') return descending ? cards.toReversed() : cards;
  // Letters as people sort them, and 2 before 10; the same in every language.
  if (sort === 'name') return cards.toSorted((a, b) => sign * byName.compare(a.name, b.name));
  return cards.toSorted((a, b) => {
    const [x, y] = [valueOf(a, sort), valueOf(b, sort)];
    if (x === null || y === null) return Number(x === null) - Number(y === null);
    return sign * (x - y) || (sort === 'correct' ? (b.confidence ?? 0) - (a.confidence ?? 0) : 0);
  });
}

const byName = new Intl.Collator('en', { numeric: true });

function valueOf(card: GalleryCard, sort: Exclude<GallerySort, 'given' | 'name'>): number | null {
  if (sort !== 'correct') return card[sort];
  const right = isRight(card);
  return right === null ? null : Number(right);
}

/** Heading and rows, with all digits; what is not known is empty. */
export function galleryRows(cards: readonly GalleryCard[], classes: readonly string[]): readonly (readonly (string | number)[])[] {
  const name = (k: number | null): string => (k === null ? '' : (classes[k] ?? String(k)));
  return [
    ['image', 'class', 'predicted', 'correct', 'confidence', 'prediction_entropy_nats', 'map_entropy_nats', 'error'],
    ...cards.map((card) => {
      const right = isRight(card);
      return [card.name, name(card.truth), name(card.guess), right === null ? '' : right ? 'yes' : 'no', card.confidence ?? '', card.entropy ?? '', card.spread ?? '', card.error ?? ''];
    }),
  ];
}

/** Zero to the largest value of any map: what makes the maps of a gallery comparable. */
export function sharedEnds(cards: readonly Pick<GalleryCard, 'map'>[]): { readonly low: number; readonly high: number } {
  let [low, high] = [0, 0];
  for (const { map } of cards) for (const value of map ?? []) [low, high] = [Math.min(low, value), Math.max(high, value)];
  return { low, high };
}

/** The maps for NumPy, [images, rows, columns], an image for each row of the table; NaN where one has no map. Null where no image has. */
export function galleryMaps(cards: readonly Pick<GalleryCard, 'map'>[], grid: GalleryList['grid']): Uint8Array | null {
  if (!grid || cards.every(({ map }) => !map)) return null;
  const size = grid.rows * grid.columns;
  const data = new Float32Array(cards.length * size).fill(Number.NaN);
  cards.forEach(({ map }, i) => map && data.set(map, i * size));
  return npyFile({ shape: [cards.length, grid.rows, grid.columns], data });
}
