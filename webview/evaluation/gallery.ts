import * as l10n from '@vscode/l10n';
import type { Judged, JudgedImage } from '../../src/protocol';
import { button } from '../button';
import { el, fill, setText, show } from '../dom';
import { choice } from '../inspector/controls';
import { integer, metric } from '../numbers';
import { walkTiles } from '../tiles';
import { imagesOf } from './judged';
import type { ImageKind, Shown } from './rows';

/** Images of the test, by what was made of them; each opens in the inspector. */

const PAGE = 24;

export interface GalleryEvents {
  readonly onKind: (kind: ImageKind) => void;
  readonly onJudge: () => void;
  readonly onInspect: (index: number, which: 0 | 1) => void;
  /** The images that are shown, in their order, with where the network looks in each. */
  readonly onAttention: (indices: readonly number[], which: 0 | 1) => void;
  readonly ask: (indices: readonly number[]) => Promise<readonly JudgedImage[]>;
  readonly fail: (work: Promise<unknown>) => void;
}

export interface Gallery {
  readonly element: HTMLElement;
  /** @param judged null before anything was judged */
  update(judged: Judged | null, shown: Shown, two: boolean, ready: boolean): void;
}

export function createGallery({ onKind, onJudge, onInspect, onAttention, ask, fail }: GalleryEvents): Gallery {
  const kinds = choice(l10n.t('Which images'), [], (value) => onKind(value as ImageKind));
  const select = kinds.element.querySelector('select')!;
  const count = el('span', { class: 'gallery-count', 'aria-live': 'polite' });
  const list = el('ul', { class: 'gallery' });
  const more = button(l10n.t('Show More'), () => {
    limit += PAGE;
    redraw();
  });
  const judge = button(l10n.t('Evaluate Image by Image'), onJudge);
  const offer = el('div', { class: 'offer' }, el('p', { class: 'words' }, l10n.t('Evaluates the test once more and keeps what is said of every image: mistakes, cells of the matrix and, of two runs, what has changed.')), judge);
  const attention = button(l10n.t('Show Where the Network Looks'), () => onAttention(...asked));
  const body = el('div', {}, el('div', { class: 'gallery-bar' }, kinds.element, count, attention), list, more);
  const pictures = new Map<string, JudgedImage>();
  let [limit, drawn, kindsDrawn] = [PAGE, '', ''];
  let asked: readonly [readonly number[], 0 | 1] = [[], 0];
  let redraw = (): void => undefined;
  walkTiles(list);
  const update = (judged: Judged | null, shown: Shown, two: boolean, ready: boolean): void => {
    show(offer, ready);
    show(body, judged?.first != null);
    if (!judged?.first) return;
    const both = two && judged.second !== null && !judged.unlike;
    const wished = kindWords(shown, judged, both);
    const kind = wished.some(([value]) => value === shown.images) ? shown.images : 'sure';
    const signature = JSON.stringify(wished);
    if (kindsDrawn !== signature) fill(select, ...wished.map(([value, name]) => el('option', { value }, name)));
    kindsDrawn = signature;
    kinds.set(kind);
    const { first, second } = judged;
    const indices = imagesOf(judged, kind, shown.cell, shown.side);
    const key = JSON.stringify([first.run, second?.run, kind, kind === 'cell' && [shown.cell, shown.side]]);
    if (!drawn.startsWith(`${key}\n`)) limit = PAGE;
    redraw = () => update(judged, shown, two, ready);
    const now = `${key}\n${String(limit)}`;
    setText(count, l10n.t('{0} images', integer(indices.length)));
    show(more, indices.length > limit);
    show(attention, indices.length > 0);
    asked = [indices, shown.side === 'second' && both ? 1 : 0];
    if (now === drawn) return;
    drawn = now;
    const wanted = indices.slice(0, limit);
    const place = (index: number): string => `${first.run}\n${String(index)}`;
    const paint = (): void => {
      if (drawn === now) fill(list, ...wanted.map((index, i) => item(index, i === 0, pictures.get(place(index)), captionOf(judged, both, index), () => onInspect(index, shown.side === 'second' && both ? 1 : 0))));
    };
    paint();
    const missing = wanted.filter((index) => !pictures.has(place(index)));
    if (missing.length === 0) return;
    fail(ask(missing).then((found) => {
      for (const image of found) pictures.set(place(image.index), image);
      paint();
    }));
  };
  return { element: el('div', {}, offer, body), update };
}

function kindWords({ cell }: Shown, { first }: Judged, both: boolean): readonly (readonly [ImageKind, string])[] {
  const name = (k: number): string => first?.classes[k] ?? String(k);
  return [
    ['sure', l10n.t('Most confident mistakes')],
    ['worst', l10n.t('Worst mistakes: the right class was thought least likely')],
    ['unsure', l10n.t('Least sure, right or wrong')],
    ...(cell ? [['cell', cell[0] === cell[1] ? l10n.t('{0} recognised', name(cell[0])) : l10n.t('{0} taken for {1}', name(cell[0]), name(cell[1]))] as const] : []),
    ...(both ? ([['fixed', l10n.t('Fixed: only the second run is right')], ['broken', l10n.t('Broken: only the first run is right')], ['wrong', l10n.t('Wrong in both')]] as const) : []),
  ];
}

interface Caption {
  readonly truth: string;
  readonly said: readonly { readonly guess: string; readonly confidence: number; readonly right: boolean }[];
}

function captionOf({ first, second }: Judged, both: boolean, index: number): Caption {
  const sides = [first, ...(both ? [second] : [])].filter((one) => one !== null);
  const classes = first?.classes ?? [];
  return {
    truth: classes[first?.labels[index] ?? 0] ?? '',
    said: sides.map(({ labels, guesses, confidence }) => ({ guess: classes[guesses[index]!] ?? '', confidence: confidence[index]!, right: labels[index] === guesses[index] })),
  };
}

function item(index: number, first: boolean, image: JudgedImage | undefined, { truth, said }: Caption, onPress: () => void): HTMLElement {
  const lines = said.map(({ guess, confidence, right }) => `${right ? '✓' : '✗'} ${metric('recall', confidence)} ${guess}`);
  const spoken = [l10n.t('Is {0}', truth), ...said.map(({ guess, confidence, right }) => (right ? l10n.t('recognised with {0}', metric('recall', confidence)) : l10n.t('taken for {0} with {1}', guess, metric('recall', confidence)))), l10n.t('look inside')].join(', ');
  const picture = image ? el('img', { src: image.url, alt: '', title: image.name, draggable: 'false' }) : el('span', { class: 'blank' });
  return el('li', {}, el('button', { type: 'button', class: 'tile', tabindex: first ? 0 : -1, 'data-index': index, 'aria-label': spoken, onclick: onPress }, picture, el('span', { class: 'truth', title: truth }, truth), ...lines.map((line, i) => el('span', { class: said[i]!.right ? 'said right' : 'said', title: line }, line))));
}
