import * as l10n from '@vscode/l10n';
import { isRight } from '../../src/galleryOrder';
import type { GalleryCard, GalleryList } from '../../src/protocol';
import { el, fill } from '../dom';
import { fixed, percent } from '../numbers';
import { baseName } from '../inspector/words';
import { className, problemWords, rightWord } from './words';

/** The numbers behind the pictures, in their order; made when it is opened. */
export function createTable(): { readonly element: HTMLElement; update(shown: readonly GalleryCard[], list: GalleryList): void } {
  const body = el('tbody');
  const heading = [l10n.t('Image'), l10n.t('Class'), l10n.t('Taken for'), l10n.t('Verdict'), l10n.t('Confidence'), l10n.t('Entropy of the prediction'), l10n.t('Entropy of the map')];
  const table = el('table', { class: 'numbers-table' }, el('thead', {}, el('tr', {}, ...heading.map((name, i) => el('th', { scope: 'col', class: i > 3 ? 'number' : undefined }, name)))), body);
  const element = el('details', { class: 'as-table', ontoggle: () => draw() }, el('summary', {}, l10n.t('As a table')), el('p', { class: 'words' }, l10n.t('Entropies in nats.')), el('div', { class: 'scroll' }, table));
  let now: { readonly shown: readonly GalleryCard[]; readonly list: GalleryList } | null = null;
  let drawn: readonly GalleryCard[] | null = null;
  const draw = (): void => {
    if (!element.open || !now || (drawn?.length === now.shown.length && drawn.every((card, i) => card === now!.shown[i]))) return;
    const { shown, list } = now;
    drawn = shown;
    fill(body, ...shown.map((card) => row(card, list.classes)));
  };
  return {
    element,
    update(shown, list) {
      now = { shown, list };
      draw();
    },
  };
}

function row(card: GalleryCard, classes: readonly string[]): HTMLElement {
  const right = isRight(card);
  const name = el('th', { scope: 'row', title: card.name }, baseName(card.name));
  if (card.error !== undefined) return el('tr', {}, name, el('td', { colspan: 6, class: 'problem' }, problemWords(card)));
  const number = (value: number | null, write: (value: number) => string): HTMLElement => el('td', { class: 'number' }, value === null ? '–' : write(value));
  return el(
    'tr', {}, name,
    el('td', {}, className(classes, card.truth)),
    el('td', {}, className(classes, card.guess)),
    el('td', {}, right === null ? '' : `${right ? '✓' : '✗'} ${rightWord(right)}`),
    number(card.confidence, percent),
    number(card.entropy, (value) => fixed(value, 3)),
    number(card.spread, (value) => fixed(value, 3)),
  );
}
