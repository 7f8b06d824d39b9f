import '@vscode-elements/elements/dist/vscode-progress-bar/index.js';
import * as l10n from '@vscode/l10n';
import { arrangeCards, galleryMaps, galleryRows, sharedEnds } from '../../src/galleryOrder';
import type { GalleryCard, GalleryList, GalleryMethod, GalleryPanelApi, GalleryState } from '../../src/protocol';
import { button } from '../button';
import { toCsv } from '../csv';
import { el, fill, oncePerFrame, onThemeChange, setAttribute, setText, show } from '../dom';
import type { Scale } from '../draw/heatmap';
import { createScaleBar } from '../inspector/scaleBar';
import { createMenu } from '../menu';
import { integer } from '../numbers';
import { openPage } from '../page';
import { createProblem } from '../problem';
import { loadWords } from '../translations';
import { createCards } from './cards';
import { createHow, createWhich } from './controls';
import { createEmpty } from './empty';
import { createLoading, firstOf } from './loading';
import { MOST_TILES, sheetPng, sheetSvg, type Sheet } from './sheet';
import { MOST, PAGE, readShown, scaleKind, sortOf, type Shown } from './shown';
import { createTable } from './table';
import { countWords, definitions, fileStem, listWords, mapValue, mapWords, modelWords, orderWords, scaleWords, sourceWords } from './words';
import '../base.css';
import './gallery.css';

loadWords();
start();

function start(): void {
  const page = openPage<GalleryPanelApi, GalleryState, Shown>({ readKept: readShown, render: () => render(), known: withKnownList, onState: (next, kept) => changes(next, kept) });
  const { client, call, set } = page;
  const loading = createLoading(client, { onChange: () => render(), fail: call });
  const titles = createTitles();
  const which = createWhich(client, call);
  const how = createHow(set);
  const progress = createProgress(() => {
    loading.cancel();
    call(client.cancel({}));
  });
  const failure = createProblem(() => call(client.locate({})));
  const count = el('p', { class: 'count' });
  const note = el('p', { class: 'words' });
  const spoken = el('p', { class: 'visually-hidden', 'aria-live': 'polite' });
  const legend = createLegend();
  const cards = createCards((index) => call(client.inspect({ version: page.state?.version ?? 0, index })));
  const more = button('', () => set({ limit: Math.min(MOST, page.kept.limit + PAGE) }));
  const again = button(l10n.t('Go On'), () => loading.goOn());
  const table = createTable();
  const meanings = createDefinitions();
  const empty = createEmpty(client, call);
  const menu = createMenu(l10n.t('Export'), [[[l10n.t('Picture as PNG…'), () => call(save('png'))], [l10n.t('Picture as SVG…'), () => call(save('svg'))]], [[l10n.t('Numbers as CSV…'), () => call(save('csv'))], [l10n.t('Maps as .npy…'), () => call(save('npy'))]]]);
  const told = el('div', { class: 'told' }, count, progress.element, legend.element);
  const body = el('main', { class: 'body' }, note, cards.element, el('div', { class: 'buttons' }, again, more), table.element, meanings.element);
  document.getElementById('app')?.replaceChildren(el('header', { class: 'top' }, el('div', { class: 'top-row' }, titles.element, menu.element), which.element, how.element, told, ...failure.elements), body, empty.element, spoken);

  const render = oncePerFrame(() => {
    const { state, kept } = page;
    if (!state && page.problem === null) return;
    const problem = page.problem ?? state?.error ?? '';
    failure.update(problem, page.problem === null && state?.missing === true);
    empty.update(state, problem);
    show(body, state?.list != null && state.list.indices.length > 0);
    show(told, state !== null && (state.list !== null || state.busy !== null));
    if (!state) return;
    titles.update(state);
    setAttribute(cards.element, 'aria-label', sourceWords(state));
    which.update(state);
    how.update(state, kept, methodOf(state, kept));
    if (state.list) loading.want(state, methodOf(state, kept), limitOf(state, kept));
    const wanted = firstOf(state.list, limitOf(state, kept));
    const shown = arranged(state, kept);
    menu.enable(shown.length > 0);
    progress.update(state.busy ?? (loading.busy ? { text: l10n.t('Looking into the images …'), done: shown.length, of: wanted.length } : null));
    if (!state.list) return void setText(count, '');
    setText(count, countWords(state.list, shown));
    setText(note, listWords(state, shown));
    show(note, note.textContent !== '');
    const scale = scaleOf(shown, kept, methodOf(state, kept));
    legend.update(state.list, state.list.grid !== null && !loading.busy && !state.busy, methodOf(state, kept), scale, sharedEnds(shown).high);
    cards.update(loading.busy ? wanted.map((index) => loading.cards.get(index) ?? null) : shown, { list: state.list, smooth: kept.smooth, scale, opacity: kept.opacity, opens: !state.saved });
    const left = state.list.indices.length - limitOf(state, kept);
    show(more, !loading.busy && left > 0 && kept.limit < MOST);
    setText(more, l10n.t('Look at {0} More', integer(Math.min(PAGE, left))));
    show(again, !loading.busy && shown.length < wanted.length);
    table.update(shown, state.list);
    meanings.update(state.list);
    const order = sortOf(kept, state.list);
    if (!loading.busy) setText(spoken, [countWords(state.list, shown), orderWords(order.sort, order.descending)].join('. '));
  });
  const arranged = (state: GalleryState, kept: Shown): readonly GalleryCard[] => inOrder(firstOf(state.list, limitOf(state, kept)).flatMap((index) => loading.cards.get(index) ?? []), sortOf(kept, state.list));
  const sheetOf = (state: GalleryState): Sheet | null => {
    const [{ kept }, shown] = [page, arranged(state, page.kept)];
    const first = shown.length > MOST_TILES ? l10n.t('the first {0} of {1}', integer(MOST_TILES), integer(shown.length)) : '';
    const method = methodOf(state, kept);
    const [scale, order] = [scaleOf(shown, kept, method), sortOf(kept, state.list)];
    const lines = [modelWords(state), ...(state.list?.grid ? [mapWords(method, state.list), scaleWords(method, scale, scaleKind(kept, method))] : []), [countWords(state.list!, shown), orderWords(order.sort, order.descending), first].filter(Boolean).join(' · ')];
    const columns = Math.max(1, Math.floor(cards.element.clientWidth / 150));
    return state.list && { title: sourceWords(state), lines, cards: shown, list: state.list, columns, opacity: kept.opacity, smooth: kept.smooth, scale };
  };
  const save = async (ending: Ending): Promise<void> => {
    const sheet = page.state && sheetOf(page.state);
    if (page.state && sheet) await client.save({ name: `${fileStem(page.state)}.${ending}`, bytes: await bytesOf(sheet, ending) });
  };
  onThemeChange(() => render());
  page.begin();
}

type Ending = 'png' | 'svg' | 'csv' | 'npy';

async function bytesOf(sheet: Sheet, ending: Ending): Promise<Uint8Array> {
  if (ending === 'png') return sheetPng(sheet);
  if (ending === 'svg') return sheetSvg(sheet);
  if (ending === 'csv') return new TextEncoder().encode(toCsv(galleryRows(sheet.cards, sheet.list.classes)));
  const maps = galleryMaps(sheet.cards, sheet.list.grid);
  if (!maps) throw new Error(l10n.t('There are no maps here that a file could hold.'));
  return maps;
}

function inOrder(cards: readonly GalleryCard[], { sort, descending }: Pick<Shown, 'sort' | 'descending'>): readonly GalleryCard[] {
  return arrangeCards(cards, sort, descending);
}

/** The scale that all maps have; null where each has its own. */
function scaleOf(cards: readonly GalleryCard[], kept: Shown, method: GalleryMethod): Scale | null {
  const kind = scaleKind(kept, method);
  return kind === 'fixed' ? { low: 0, high: kept.ceiling } : kind === 'shared' ? sharedEnds(cards) : null;
}

/** The method of a page that was saved is that of its maps. */
function methodOf({ saved }: GalleryState, { method }: Shown): Shown['method'] {
  return saved?.method ?? method;
}

/** A page that was saved holds all that there is. */
function limitOf({ saved, list }: GalleryState, { limit }: Shown): number {
  return saved ? (list?.indices.length ?? 0) : limit;
}

/** Other images begin with as many as any; the same ones stay as they are. */
function changes(next: GalleryState, kept: Shown): Partial<Shown> {
  const same = JSON.stringify(next.wish) === JSON.stringify(kept.wish);
  return same || next.saved ? {} : { wish: next.wish, ...(kept.wish === null ? {} : { limit: PAGE }) };
}

/** An equal list keeps its identity, so that its cards stay. */
function withKnownList(next: GalleryState, before: GalleryState): GalleryState {
  return next.version === before.version && before.list ? { ...next, list: before.list } : next;
}

/** Which images these are, and which network looks at them. */
function createTitles() {
  const source = el('h1', { class: 'source' });
  const model = el('p', { class: 'model' });
  const update = (state: GalleryState): void => {
    setText(source, sourceWords(state));
    setAttribute(source, 'title', sourceWords(state));
    setText(model, modelWords(state));
  };
  return { element: el('div', { class: 'titles' }, source, model), update };
}

function createProgress(onCancel: () => void) {
  const bar = el('vscode-progress-bar', { 'aria-label': l10n.t('Images looked at') });
  const text = el('span', { class: 'progress-text' });
  const element = el('div', { class: 'progress', hidden: true }, bar, text, button(l10n.t('Cancel'), onCancel));
  const update = (busy: GalleryState['busy']): void => {
    show(element, busy !== null);
    if (busy === null) return;
    const { done = 0, of } = busy;
    setAttribute(bar, 'indeterminate', of === undefined);
    setAttribute(bar, 'max', of ?? 1);
    setAttribute(bar, 'value', done);
    setText(text, of === undefined ? busy.text : l10n.t('{0} of {1}', integer(done), integer(of)));
  };
  return { element, update };
}

/** What the colours mean: the ends of each map, or the numbers at those of the scale that all share. */
function createLegend() {
  const bar = createScaleBar();
  const words = el('span', { class: 'map-words' });
  const element = el('div', { class: 'map-legend' }, words, bar.element);
  /** @param most the largest value of any map: a fixed scale may end below it */
  const update = (list: GalleryList, on: boolean, method: GalleryMethod, scale: Scale | null, most: number): void => {
    show(element, on);
    setText(words, mapWords(method, list));
    const beyond = scale !== null && most > scale.high * (1 + 1e-6);
    if (scale) bar.update({ colours: 'viridis', scale }, (value) => (beyond && value === scale.high ? '≥ ' : '') + mapValue(method, value));
    else bar.update({ colours: 'viridis', scale: { low: 0, high: 1 } }, (value) => (value === 0 ? l10n.t('least of its map') : l10n.t('most of its map')));
  };
  return { element, update };
}

function createDefinitions() {
  const list = el('dl', {});
  let made: boolean | undefined;
  const update = (shown: GalleryList): void => {
    if (made !== shown.classToken) fill(list, ...definitions(shown).flatMap(([name, words]) => [el('dt', {}, name), el('dd', {}, words)]));
    made = shown.classToken;
  };
  const element = el('details', { class: 'definitions' }, el('summary', {}, l10n.t('What the numbers and maps are')), list, el('p', {}, l10n.t('Attention is not explanation: a map says where a token reads from, or what a method makes of that, and not that the class depends on it.')));
  return { element, update };
}
