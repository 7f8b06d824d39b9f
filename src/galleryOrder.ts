import type { GalleryCard } from './galleryProtocol';

/** In which order the images of a gallery stand, and their numbers as a table: for the terminal and the page. */

export const gallerySorts = ['given', 'name', 'confidence', 'entropy', 'spread', 'correct'] as const;
/** `given`: the order of the list; `correct`: what is wrong first, and of those the surest. */
export type GallerySort = (typeof gallerySorts)[number];

/** Whether an order is read from its largest first: the most confident, the least sure, the broadest. */
export function largestFirst(sort: GallerySort): boolean {
  return sort === 'confidence' || sort === 'entropy' || sort === 'spread';
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
