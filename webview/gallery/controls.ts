import * as l10n from '@vscode/l10n';
import { canSort, gallerySorts, largestFirst, type GallerySort } from '../../src/galleryOrder';
import type { CheckpointInfo, GalleryFilter, GalleryList, GalleryMethod, GalleryPanelApi, GalleryState, ImageSet } from '../../src/protocol';
import type { Client } from '../../src/rpc';
import { button, enable } from '../button';
import { el, fill, setAttribute, setText, show } from '../dom';
import { checkbox, choice, segments, slider } from '../inspector/controls';
import { checkpointName } from '../inspector/words';
import { percent } from '../numbers';
import { hasOwnImages, splitOptions, withoutImagesWords } from '../ownImages';
import { methods, scaleKind, sortOf, type Shown, type ShownScale } from './shown';
import { methodName, sortChoice, sortName, splitName, wayName } from './words';

type Call = (request: Promise<unknown>) => void;

/** Which images: network, set, class, what they are taken for, right or wrong. */
export function createWhich(client: Client<GalleryPanelApi>, call: Call): { readonly element: HTMLElement; update(state: GalleryState): void } {
  let filter: GalleryFilter = {};
  const choose = (change: { readonly is?: number | undefined; readonly as?: number | undefined; readonly right?: boolean | undefined }): void => {
    // Places that an evaluation gave are of that filter alone.
    const { indices: _, ...rest } = filter;
    call(client.choose({ filter: Object.fromEntries(Object.entries({ ...rest, ...change }).filter(([, value]) => value !== undefined)) }));
  };
  const numberOf = (value: string): number | undefined => (value === '' ? undefined : Number(value));
  const checkpoint = choice(l10n.t('Network'), [], (value) => call(client.chooseCheckpoint({ checkpoint: value })));
  const images = choice(l10n.t('Images'), [], (value) => call(value === 'choose' ? client.chooseFolder({}) : client.choose({ images: { split: value as 'train' | 'val' | 'test' }, filter: {} })));
  const is = choice(l10n.t('Class'), [], (value) => choose({ is: numberOf(value) }));
  const as = choice(l10n.t('Taken for'), [], (value) => choose({ as: numberOf(value) }));
  const right = segments(l10n.t('Right or wrong'), [['all', l10n.t('All')], ['right', l10n.t('Right')], ['wrong', l10n.t('Wrong')]], (value) => choose({ right: value === 'all' ? undefined : value === 'right' }));
  const given = el('span', { class: 'given' });
  const why = el('span', { class: 'why' });
  const all = button(l10n.t('Show All Images'), () => call(client.choose({ filter: {} })));
  const element = el('div', { class: 'bar' }, checkpoint.element, images.element, why, is.element, as.element, right.element, given, all);
  const drawn = new Map<HTMLElement, string>();
  const put = (field: HTMLElement, key: string, make: () => readonly HTMLElement[]): void => {
    if (drawn.get(field) === key) return;
    drawn.set(field, key);
    fill(field.querySelector('select')!, ...make());
  };
  const options = (field: HTMLElement, all: readonly (readonly [value: string, name: string])[]): void => put(field, JSON.stringify(all), () => all.map(([value, name]) => el('option', { value }, name)));
  const update = (state: GalleryState): void => {
    const { wish, list, checkpoints, place, saved } = state;
    show(element, wish !== null && !saved);
    if (!wish || saved) return;
    filter = wish.filter;
    const classes = (list?.classes ?? []).map((name, k) => [String(k), name] as const);
    options(checkpoint.element, checkpoints.map((one) => [one.path, checkpointName(one)]));
    const network = checkpoints.find(({ path }) => path === wish.checkpoint);
    put(images.element, JSON.stringify([wish.images, place, hasOwnImages(network)]), () => imageOptions(wish.images, place, network));
    setText(why, 'split' in wish.images ? withoutImagesWords(network) : '');
    show(why, why.textContent !== '');
    options(is.element, [['', l10n.t('any')], ...classes]);
    options(as.element, [['', l10n.t('any')], ...classes]);
    checkpoint.set(wish.checkpoint);
    images.set('folder' in wish.images ? 'folder' : wish.images.split);
    is.set(filter.is === undefined ? '' : String(filter.is));
    as.set(filter.as === undefined ? '' : String(filter.as));
    right.set(filter.right === undefined ? 'all' : filter.right ? 'right' : 'wrong');
    for (const part of [is, right]) show(part.element, list?.labelled === true && classes.length > 0);
    show(as.element, classes.length > 0);
    show(given, filter.indices !== undefined);
    setText(given, l10n.t('Chosen in the evaluation'));
    show(all, Object.keys(filter).length > 0);
  };
  return { element, update };
}

function imageOptions(images: ImageSet, place: string | null, network: CheckpointInfo | undefined): readonly HTMLElement[] {
  return [
    ...('folder' in images ? [el('option', { value: 'folder' }, place ?? images.folder)] : []),
    splitOptions(network, (['test', 'val', 'train'] as const).map((split) => [split, splitName(split)])),
    el('option', { value: 'choose' }, l10n.t('Choose Folder…')),
  ];
}

/** What lies over them, and in which order they stand. */
export function createHow(set: (change: Partial<Shown>) => void): { readonly element: HTMLElement; update(state: GalleryState, kept: Shown, shown: GalleryMethod): void } {
  const method = choice(l10n.t('Map'), methods.map((one) => [one, methodName(one)]), (value) => set({ method: value as GalleryMethod }));
  const opacity = slider(l10n.t('Opacity'), { max: 1, step: 0.05 }, percent, (value) => set({ opacity: value }));
  const scale = choice(l10n.t('Scale'), [
    ['map', l10n.t('This map')],
    ['shared', l10n.t('Shared by all maps')],
    ['fixed', l10n.t('Fixed')],
  ], (value) => set({ scale: value as ShownScale }));
  const ceiling = slider(l10n.t('up to'), { min: 0.01, max: 1, step: 0.01 }, percent, (value) => set({ ceiling: value }));
  const smooth = checkbox(l10n.t('Smooth'), (checked) => set({ smooth: checked }));
  setAttribute(smooth.element, 'title', l10n.t('Draw the map out between the patches’ centres (bilinear): it looks finer than what the network knows'));
  const sort = choice(l10n.t('Sort by'), gallerySorts.map((one) => [one, sortName(one)]), (value) => set({ sort: value as GallerySort, descending: largestFirst(value as GallerySort) }));
  let descending = false;
  const way = button('', () => set({ descending: !descending }));
  const maps = el('span', { class: 'contents' }, method.element, scale.element, ceiling.element, opacity.element, smooth.element);
  const element = el('div', { class: 'bar' }, el('span', { class: 'sorting' }, sort.element, way), maps);
  const update = (state: GalleryState, kept: Shown, shown: GalleryMethod): void => {
    show(element, state.list !== null);
    show(maps, state.list?.grid !== null);
    method.set(shown);
    enableChoice(method.element, !state.saved);
    const kind = scaleKind(kept, shown);
    scale.set(kind);
    ceiling.set(kept.ceiling);
    show(ceiling.element, kind === 'fixed');
    allow(scale.element, (value) => value !== 'fixed' || shown !== 'chefer');
    opacity.set(kept.opacity);
    smooth.set(kept.smooth);
    const order = sortOf(kept, state.list);
    sort.set(order.sort);
    descending = order.descending;
    setText(way, `${descending ? '↓' : '↑'} ${wayName(order.sort, descending)}`);
    if (state.list) nameSorts(sort.element, state.list);
    enable(way, true);
  };
  return { element, update };
}

/** What these images cannot be sorted by cannot be chosen, and says why. */
function nameSorts(element: HTMLElement, list: GalleryList): void {
  allow(element, (value) => canSort(value as GallerySort, list));
  for (const option of element.querySelectorAll('option')) setText(option, sortChoice(option.value as GallerySort, list));
}

function allow(element: HTMLElement, isThere: (value: string) => boolean): void {
  for (const option of element.querySelectorAll('option')) option.disabled = !isThere(option.value);
}

/** A page that was saved has the maps of one method. */
function enableChoice(element: HTMLElement, on: boolean): void {
  element.querySelector('select')!.disabled = !on;
}
