import * as l10n from '@vscode/l10n';
import type { AttentionView } from '../../src/protocol';
import { el, fill, setAttribute, setText } from '../dom';
import { fixed, percent } from '../numbers';
import { createFold, segments } from './controls';
import { createHeadsPart } from './headsPart';
import type { Part } from './hero';
import { headNumber, largest, tokenWeights } from './maps';
import { createMultiples, type Mark, type Multiples } from './multiples';
import { joins, noHover, patchOf, shownMap, shownQuery, type Bounds, type Head, type Join, type Side } from './place';
import { attentionMap } from './shown';
import type { Model, Session } from './session';
import { shownModel, sideOf } from './sides';
import { createSoftmaxPart } from './softmaxPart';
import { createStrip } from './strip';
import { explanation } from './tabWords';
import { attentionSummary, coordinates, headName, joinName } from './words';

/** Layers × heads as small multiples, with the joined heads and the numbers of the chosen head beside each layer. */
export function createAttentionTab(session: Session): Part {
  const summary = el('p', { class: 'summary' });
  const grid = el('div', { class: 'multiples', role: 'grid', 'aria-label': l10n.t('Attention by layer and head') });
  const maps = createMultiples();
  const strip = createStrip(session);
  const softmax = createSoftmaxPart(session);
  const heads = createHeadsPart(session);
  const direction = segments(l10n.t('Direction'), [
    ['from', l10n.t('Where it looks')],
    ['to', l10n.t('Who looks at it')],
  ] as const, (value) => session.act({ type: 'set', change: { direction: value } }));
  const join = segments(l10n.t('Heads joined by'), joins.map((one) => [one, joinName(one)] as const), (value) => session.act({ type: 'set', change: { join: value } }));
  const choices = el('div', { class: 'row choices' }, direction.element, el('span', { class: 'field' }, el('span', { class: 'field-name', 'aria-hidden': 'true' }, l10n.t('Last column')), join.element));
  const fold = createFold((traits) => explanation('attention', traits));
  const element = el('div', {}, fold.element, choices, summary, grid, strip.element, softmax.element, heads.element);
  let made = '';
  let cells: readonly HTMLElement[] = [];
  listen(grid, session);
  const moved = (): void => {
    maps.measure(cells);
    paintCells(cells, maps, session.model());
  };
  new ResizeObserver(moved).observe(grid);

  const update = (model: Model): void => {
    fold.update(model);
    const view = model.state?.view;
    if (!view) return;
    const shape = JSON.stringify([model.bounds, view.seen.width / view.seen.height]);
    if (made !== shape) {
      grid.style.setProperty('--aspect', String(view.seen.width / view.seen.height));
      fill(grid, maps.element, ...makeGrid(grid, model.bounds));
      cells = [...grid.querySelectorAll<HTMLElement>('[data-layer]')];
      maps.measure(cells);
    }
    made = shape;
    direction.set(model.place.direction);
    join.set(model.place.join);
    nameJoin(grid, model.place);
    paintCells(cells, maps, model);
    nameShown(grid, model);
    writeMargins(grid, model);
    setText(summary, summaryOf(model));
    for (const part of [strip, softmax, heads]) part.update(model);
  };
  return { element, update };
}

/** What the picture says, in words; also spoken. */
export function summaryOf(model: Model): string {
  const side = sideOf(model);
  const of = shownModel(model);
  const { attention, bounds } = of;
  const view = of.state?.view;
  if (!view || !attention) return '\u00a0';
  const map = shownMap(of.place, of.hover, bounds);
  const text = attentionSummary(tokenWeights(attention, map.layer, map.head), attention, map, bounds, view.prefix);
  const number = (values: Float32Array, digits: number): string => fixed(headNumber(values, attention.heads, map.layer, map.head), digits);
  const entropy = number(attention.entropy, 2);
  const distance = number(attention.distance, 1);
  const numbers =
    attention.direction === 'from'
      ? l10n.t('Entropy {0} nats; mean distance over all patches {1} px.', entropy, distance)
      : l10n.t('In all it gets {0} times what the average token gets.', number(attention.received, 2));
  if (side === 'difference') return differenceOf(model);
  const name = model.other ? `${side === 'b' ? 'B' : 'A'}: ` : '';
  return `${name}${text}. ${numbers}`;
}

/** Where B looks more than A, and where less. */
function differenceOf(model: Model): string {
  const map = shownMap(model.place, model.hover, model.bounds);
  const values = attentionMap(model, map.layer, map.head, 'difference')?.values;
  if (!values) return '\u00a0';
  const [most] = largest(values, 1);
  const [least] = largest(values.map((value) => -value), 1);
  const at = (patch: number): string => coordinates(patch, model.bounds.columns);
  return l10n.t('B − A, layer {0}, {1}: most more at {2}, {3}; most less at {4}, {5}.', map.layer + 1, headName(map.head), at(most?.token ?? 0), `+${percent(Math.max(0, most?.weight ?? 0))}`, at(least?.token ?? 0), percent(-Math.max(0, least?.weight ?? 0)));
}

interface Cell {
  readonly layer: number;
  readonly head: Head;
}

function cellAt(target: EventTarget | null): { cell: Cell; element: HTMLElement } | null {
  const element = target instanceof Element ? target.closest<HTMLElement>('[data-layer]') : null;
  if (!element) return null;
  const head = element.dataset['head'];
  return { element, cell: { layer: Number(element.dataset['layer']), head: joins.find((join) => join === head) ?? Number(head) } };
}

function listen(grid: HTMLElement, session: Session): void {
  grid.addEventListener('pointermove', (event) => {
    const found = cellAt(event.target);
    if (!found) return session.hover({ token: null, previews: false, map: null });
    session.hover({ map: found.cell, token: tokenUnder(event, found.element, session.model().bounds), previews: false });
  });
  grid.addEventListener('pointerleave', () => session.hover({ token: null, previews: false, map: null }));
  grid.addEventListener('click', (event) => {
    const found = cellAt(event.target);
    if (found) session.act({ type: 'map', ...found.cell });
  });
  grid.addEventListener('keydown', (event) => {
    const next = arrowCell(session.model(), event.key);
    if (!next) return;
    event.preventDefault();
    event.stopPropagation();
    session.act({ type: 'map', ...next });
    requestAnimationFrame(() => grid.querySelector<HTMLElement>('[tabindex="0"]')?.focus());
  });
}

/** The patch under the pointer inside a small map, so that its value can be read and it is outlined everywhere. */
function tokenUnder(event: PointerEvent, element: HTMLElement, bounds: Bounds): number {
  const box = element.getBoundingClientRect();
  const row = Math.min(bounds.rows - 1, Math.max(0, Math.floor(((event.clientY - box.top) / box.height) * bounds.rows)));
  const column = Math.min(bounds.columns - 1, Math.max(0, Math.floor(((event.clientX - box.left) / box.width) * bounds.columns)));
  return bounds.prefix + row * bounds.columns + column;
}

/** The neighbour of the chosen map; the mean stands right of the last head. */
function arrowCell(model: Model, key: string): Cell | null {
  const move = ({ ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] } as const)[key];
  if (!move) return null;
  const { layers, heads } = model.bounds;
  const at = shownMap(model.place, { token: null, previews: false, map: null }, model.bounds);
  const column = (typeof at.head === 'number' ? at.head : heads) + move[1];
  const head = Math.min(heads, Math.max(0, column));
  return { layer: Math.min(layers - 1, Math.max(0, at.layer + move[0])), head: head === heads ? model.place.join : head };
}

function makeGrid(grid: HTMLElement, bounds: Bounds): readonly HTMLElement[] {
  grid.style.setProperty('--heads', String(bounds.heads));
  grid.style.setProperty('--layers', String(bounds.layers));
  const heads: readonly Head[] = [...Array.from({ length: bounds.heads }, (_, h) => h), 'mean'];
  const heading = el(
    'div',
    { role: 'row', class: 'contents' },
    el('span', { role: 'columnheader', class: 'corner' }, el('span', { class: 'visually-hidden' }, l10n.t('Layer'))),
    ...heads.map((head) => el('span', { role: 'columnheader', class: typeof head === 'number' ? 'head-name' : 'head-name join-name', 'data-column': head }, typeof head === 'number' ? `H${String(head + 1)}` : joinName(head))),
    el('span', { role: 'columnheader', class: 'margin-name', 'data-name': 'entropy' }),
    el('span', { role: 'columnheader', class: 'margin-name', title: l10n.t('Mean attention distance over all patches, whichever token is chosen, in pixels of the model input') }, l10n.t('Dist. px')),
  );
  const rows = Array.from({ length: bounds.layers }, (_, layer) =>
    el(
      'div',
      { role: 'row', class: 'contents', 'data-row': layer },
      el('span', { role: 'rowheader', class: 'layer-name' }, `L${String(layer + 1)}`),
      ...heads.map((head) => makeCell(layer, head)),
      el('span', { role: 'gridcell', class: 'margin', 'data-margin': 'entropy' }),
      el('span', { role: 'gridcell', class: 'margin', 'data-margin': 'distance' }),
    ),
  );
  return [heading, ...rows];
}

function makeCell(layer: number, head: Head): HTMLElement {
  return el(
    'div',
    {
      role: 'gridcell', class: typeof head === 'number' ? 'map' : 'map joined', tabindex: -1, 'data-layer': layer, 'data-head': head,
      'aria-label': `${l10n.t('Layer {0}', layer + 1)}, ${headName(head)}`,
    },
  );
}

/** The last column is of the heads as they are joined now. */
function nameJoin(grid: HTMLElement, { join, direction }: { readonly join: Join; readonly direction: 'from' | 'to' }): void {
  const margin = grid.querySelector<HTMLElement>('[data-name="entropy"]');
  if (margin) {
    setText(margin, direction === 'from' ? l10n.t('Entropy') : l10n.t('Gets ×'));
    setAttribute(margin, 'title', direction === 'from' ? l10n.t('Entropy of the row in nats: 0 looks at one token, large looks everywhere') : l10n.t('What the token gets from all tokens together: 1 is as much as the average token'));
  }
  const heading = grid.querySelector<HTMLElement>('.join-name');
  if (!heading || heading.dataset['column'] === join) return;
  heading.dataset['column'] = join;
  setText(heading, joinName(join));
  for (const cell of grid.querySelectorAll<HTMLElement>('.joined')) {
    cell.dataset['head'] = join;
    setAttribute(cell, 'aria-label', `${l10n.t('Layer {0}', Number(cell.dataset['layer']) + 1)}, ${headName(join)}`);
  }
}

/** Query and pointer, where they are patches. */
function marksOf({ place, hover, bounds }: Model): readonly Mark[] {
  const query = patchOf(shownQuery(place, hover, bounds), bounds);
  const hot = hover.token === null ? null : patchOf(hover.token, bounds);
  return [...(hot === null || hot === query ? [] : [{ patch: hot, dashed: true }]), ...(query === null ? [] : [{ patch: query, dashed: false }])];
}

/** What the small maps show. */
function mapsKey({ attention, other, place }: Model, side: Side): string {
  const { colours, scale, ceiling, mass, join } = place;
  return JSON.stringify([attention ? stamp(attention) : 0, other?.attention ? stamp(other.attention) : 0, side, colours, scale, ceiling, mass, join]);
}

function paintCells(cells: readonly HTMLElement[], maps: Multiples, model: Model): void {
  const { attention, place, hover, bounds } = model;
  const chosen = shownMap(place, noHover, bounds);
  const now = shownMap(place, hover, bounds);
  const places = cells.map((cell) => cellAt(cell)?.cell ?? { layer: 0, head: 0 });
  for (const [i, cell] of cells.entries()) {
    const at = places[i];
    const selected = at?.layer === chosen.layer && at.head === chosen.head;
    setAttribute(cell, 'tabindex', selected ? 0 : -1);
    setAttribute(cell, 'aria-selected', String(selected));
    cell.classList.toggle('shown', at?.layer === now.layer && at.head === now.head);
  }
  if (attention) maps.paint(mapsKey(model, sideOf(model)), () => places.map(({ layer, head }) => attentionMap(model, layer, head)), marksOf(model), place.smooth && place.mass >= 1);
}

function nameShown(grid: HTMLElement, { place, hover, bounds }: Model): void {
  const now = shownMap(place, hover, bounds);
  for (const name of grid.querySelectorAll<HTMLElement>('[data-column]')) name.classList.toggle('shown', name.dataset['column'] === String(now.head));
  for (const row of grid.querySelectorAll<HTMLElement>('[data-row]')) row.firstElementChild?.classList.toggle('shown', row.dataset['row'] === String(now.layer));
}

let stamps = 0;
const stamped = new WeakMap<object, number>();
/** A number for each answer, so that it is known whether the maps already show it. */
function stamp(answer: object): number {
  const known = stamped.get(answer) ?? ++stamps;
  stamped.set(answer, known);
  return known;
}

function writeMargins(grid: HTMLElement, model: Model): void {
  const { attention } = shownModel(model);
  if (!attention) return;
  const beside = sideOf(model) === 'difference' ? model.other?.attention : undefined;
  const { head } = shownMap(model.place, model.hover, model.bounds);
  for (const row of grid.querySelectorAll<HTMLElement>('[data-row]')) {
    const layer = Number(row.dataset['row']);
    for (const margin of row.querySelectorAll<HTMLElement>('[data-margin]')) {
      const name = margin.dataset['margin'] === 'distance' ? 'distance' : attention.direction === 'from' ? 'entropy' : 'received';
      const of = (view: AttentionView): number => (layer < view.layers ? headNumber(view[name], view.heads, layer, head) : Number.NaN);
      const value = beside ? of(beside) - of(attention) : of(attention);
      const text = fixed(value, name === 'distance' ? 1 : 2);
      setText(margin, Number.isNaN(value) ? '' : beside && value > 0 ? `+${text}` : text);
    }
  }
}
