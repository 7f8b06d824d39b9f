import * as l10n from '@vscode/l10n';
import { isRight } from '../../src/galleryOrder';
import type { GalleryCard, GalleryList } from '../../src/protocol';
import { el, setAttribute } from '../dom';
import { extent, paintHeatmap, type HeatMap, type Scale } from '../draw/heatmap';
import { veil } from '../draw/overlay';
import { fixed, percent } from '../numbers';
import { baseName } from '../inspector/words';
import { walkTiles } from '../tiles';
import { className, problemWords, rightWord, spokenCard } from './words';

/** The grid of images: each with its map, what it was taken for and what it is. */
export interface Cards {
  readonly element: HTMLElement;
  update(shown: readonly (GalleryCard | null)[], options: CardOptions): void;
}

export interface CardOptions {
  readonly list: GalleryList;
  readonly smooth: boolean;
  /** That of all maps; null where each has its own. */
  readonly scale: Scale | null;
  readonly opacity: number;
  /** Whether a card can be looked into: not in a page that was saved. */
  readonly opens: boolean;
}

export function createCards(onInspect: (index: number) => void): Cards {
  const element = el('ul', { class: 'cards' });
  walkTiles(element);
  const made = new WeakMap<GalleryCard, Made>();
  let [drawn, look]: [readonly (GalleryCard | null)[], string] = [[], ''];
  let current: GalleryList | null = null;
  const item = (card: GalleryCard | null, options: CardOptions, before: Element | undefined): Element => {
    if (!card) return before?.classList.contains('card-blank') ? before : blank(options.list);
    const known = made.get(card) ?? cardElement(card, options.list, options.opens, onInspect);
    made.set(card, known);
    known.paint(options);
    return known.element;
  };
  return {
    element,
    update(shown, options) {
      element.style.setProperty('--opacity', String(options.opacity));
      element.classList.toggle('smooth', options.smooth);
      const now = lookOf(options);
      const same = current === options.list && look === now && drawn.length === shown.length && drawn.every((card, i) => card === shown[i]);
      if (same) return;
      if (current !== options.list) for (const card of shown) if (card) made.delete(card);
      [drawn, look, current] = [shown, now, options.list];
      const focused = document.activeElement instanceof HTMLElement && element.contains(document.activeElement) ? document.activeElement : null;
      put(element, shown.map((card, i) => item(card, options, element.children[i])));
      const tiles = [...element.querySelectorAll<HTMLElement>('.tile')];
      const stop = tiles.find((tile) => tile === focused) ?? tiles[0];
      for (const tile of tiles) setAttribute(tile, 'tabindex', tile === stop ? 0 : -1);
      // An element that was moved has lost the focus.
      if (focused?.isConnected) focused.focus({ preventScroll: true });
    },
  };
}

/** Puts elements into a list. While cards take the places of blanks, the others stay where they are. */
function put(list: HTMLElement, items: readonly Element[]): void {
  const before = [...list.children];
  const other = before.flatMap((child, i) => (child === items[i] ? [] : [i]));
  if (before.length !== items.length || !other.every((i) => before[i]!.classList.contains('card-blank') && !items[i]!.isConnected)) return list.replaceChildren(...items);
  for (const i of other) before[i]!.replaceWith(items[i]!);
}

type Look = Pick<CardOptions, 'smooth' | 'scale'>;

interface Made {
  readonly element: HTMLElement;
  /** Draws its map, where it does not look so yet. */
  paint(look: Look): void;
}

function lookOf({ smooth, scale }: Look): string {
  return JSON.stringify([smooth, scale]);
}

/** The map of a card with colours from its own smallest to its own largest value, or on the scale of all. */
export function heatOf({ map }: GalleryCard, { grid }: GalleryList, { smooth, scale }: Look): HeatMap | null {
  return map && grid && { ...grid, values: map, scale: scale ?? extent(map), colours: 'viridis', smooth };
}

function blank({ imageSize: [height, width] }: GalleryList): HTMLElement {
  const picture = el('span', { class: 'picture waiting' });
  picture.style.aspectRatio = `${String(width)} / ${String(height)}`;
  return el('li', { class: 'card-blank', 'aria-hidden': 'true' }, picture, el('span', { class: 'lines' }));
}

function cardElement(card: GalleryCard, list: GalleryList, opens: boolean, onInspect: (index: number) => void): Made {
  const { classes } = list;
  const right = isRight(card);
  const closed = card.url === '' || !opens;
  const lines =
    card.error === undefined
      ? [
          el('span', { class: right === false ? 'said wrong' : 'said' }, right === null ? null : el('span', { class: 'verdict' }, `${right ? '✓' : '✗'} ${rightWord(right)}`), card.confidence === null ? null : el('span', { class: 'number', title: l10n.t('Probability of the class it was taken for') }, percent(card.confidence))),
          card.guess === null ? null : el('span', { class: 'guess', title: className(classes, card.guess) }, className(classes, card.guess)),
          el('span', { class: 'truth', title: card.name }, right === false ? l10n.t('is {0}', className(classes, card.truth)) : baseName(card.name)),
          el('span', { class: 'numbers' }, numbersOf(card)),
        ]
      : [el('span', { class: 'truth', title: card.name }, baseName(card.name)), el('span', { class: 'problem', title: card.error }, problemWords(card))];
  const picture = pictureOf(card, list);
  const element = el(
    'li',
    {},
    el(
      'button',
      {
        type: 'button', class: 'tile card', tabindex: -1, 'data-index': card.index, 'aria-label': spokenCard(card, classes, opens), 'aria-disabled': closed ? 'true' : undefined,
        onclick: () => {
          if (!closed) onInspect(card.index);
        },
      },
      picture.element,
      el('span', { class: 'lines' }, ...lines),
    ),
  );
  return { element, paint: picture.paint };
}

function numbersOf({ entropy, spread }: GalleryCard): string {
  return [entropy === null ? '' : `H ${fixed(entropy, 2)}`, spread === null ? '' : l10n.t('map {0}', fixed(spread, 2))].filter(Boolean).join(' · ');
}

/** The image, and over it its map as a canvas of a pixel for each patch: how strongly is left to the style sheet. */
function pictureOf(card: GalleryCard, list: GalleryList): Made {
  const [height, width] = list.imageSize;
  const canvas = card.map && list.grid ? el('canvas', { class: 'map' }) : null;
  const image = card.url === '' ? el('span', { class: 'unread', 'aria-hidden': 'true' }, '⚠') : el('img', { src: card.url, alt: '', draggable: 'false', class: Math.max(height, width) <= 96 ? 'pixelated' : undefined });
  const picture = el('span', { class: 'picture', title: card.name }, image, canvas);
  picture.style.aspectRatio = `${String(width)} / ${String(height)}`;
  let painted = '';
  const paint = (look: Look): void => {
    const map = heatOf(card, list, look);
    if (!map || !canvas || painted === lookOf(look)) return;
    paintHeatmap(canvas, map, (share) => veil(map, share));
    painted = lookOf(look);
  };
  return { element: picture, paint };
}
