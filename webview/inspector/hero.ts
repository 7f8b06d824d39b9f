import * as l10n from '@vscode/l10n';
import { el, highContrast, setAttribute, setText, show } from '../dom';
import { drawOverlay, type OverlayOptions } from '../draw/overlay';
import type { Pen } from '../draw/pen';
import { pictureCanvas } from '../draw/picture';
import type { ImageView, Pixels } from '../../src/protocol';
import { patches, patchOf, shownQuery } from './place';
import { positionPatch, shown, type Shown } from './shown';
import { attends, type Model, type Session } from './session';
import { sideOf } from './sides';
import { coordinates, tokenName } from './words';

export interface Part {
  readonly element: HTMLElement;
  update(model: Model): void;
}

/** The image with its grid, the chosen map over it, and one focusable cell for each patch. */
export function createHero(session: Session): Part {
  const canvas = el('canvas', { class: 'hero-canvas', 'aria-hidden': 'true' });
  const cells = el('div', { class: 'hero-cells', role: 'grid', 'aria-label': l10n.t('Patches of the image') });
  const frame = el('div', { class: 'hero-frame' }, canvas, cells);
  const element = el('div', { class: 'hero-box' }, frame);
  let laidOut = '';
  cells.addEventListener('pointerover', (event) => hoverCell(session, event.target));
  cells.addEventListener('pointerleave', () => session.hover({ token: null, previews: false }));
  cells.addEventListener('click', (event) => {
    const patch = patchAt(event.target);
    if (patch !== null) session.act({ type: 'query', token: session.model().bounds.prefix + patch });
  });
  cells.addEventListener('focusin', (event) => nameCell(session.model(), event.target));

  const update = (model: Model): void => {
    const view = model.state?.view;
    show(frame, Boolean(view));
    if (!view) return;
    const { rows, columns } = model.bounds;
    if (laidOut !== `${String(rows)}x${String(columns)}`) layCells(cells, rows, columns);
    laidOut = `${String(rows)}x${String(columns)}`;
    fitFrame(element, frame, view.seen);
    rove(cells, model);
    draw(canvas, frame, model, view);
  };
  new ResizeObserver(() => update(session.model())).observe(element);
  return { element, update };
}

function hoverCell(session: Session, target: EventTarget | null): void {
  const patch = patchAt(target);
  if (patch !== null) session.hover({ token: session.model().bounds.prefix + patch, previews: true });
}

function patchAt(target: EventTarget | null): number | null {
  const patch = target instanceof HTMLElement ? target.dataset['patch'] : undefined;
  return patch === undefined ? null : Number(patch);
}

function layCells(cells: HTMLElement, rows: number, columns: number): void {
  cells.style.gridTemplate = `repeat(${String(rows)}, 1fr) / repeat(${String(columns)}, 1fr)`;
  cells.replaceChildren(
    ...Array.from({ length: rows }, (_, r) =>
      el(
        'div',
        { role: 'row', class: 'contents' },
        ...Array.from({ length: columns }, (_, c) =>
          el('div', { role: 'gridcell', tabindex: -1, 'data-patch': r * columns + c, 'aria-label': coordinates(r * columns + c, columns) }),
        ),
      ),
    ),
  );
}

/** Only the query's cell can be reached by Tab; while the focus is among the cells it goes along. */
function rove(cells: HTMLElement, model: Model): void {
  const patch = positionPatch({ ...model, hover: { ...model.hover, token: null } });
  const next = cells.querySelector<HTMLElement>(`[data-patch="${String(patch)}"]`);
  const current = cells.querySelector<HTMLElement>('[tabindex="0"]');
  if (!next || next === current) return;
  if (current) setAttribute(current, 'tabindex', -1);
  setAttribute(next, 'tabindex', 0);
  if (cells.contains(document.activeElement)) next.focus({ preventScroll: true });
}

/** Says the value when a cell is reached: the numbers change too often to be written into all cells each time. */
function nameCell(model: Model, target: EventTarget | null): void {
  const patch = patchAt(target);
  if (patch === null || !(target instanceof HTMLElement)) return;
  const map = shown(model);
  const value = map ? `: ${map.write(map.map.values[patch] ?? 0)}` : '';
  setAttribute(target, 'aria-label', coordinates(patch, model.bounds.columns) + value);
}

/** The largest frame of the picture's shape inside the box, which is wide for a wide picture and else a square. */
function fitFrame(box: HTMLElement, frame: HTMLElement, picture: Pixels): void {
  box.style.aspectRatio = String(Math.min(2, Math.max(1, picture.width / picture.height)));
  const scale = Math.min(box.clientWidth / picture.width, box.clientHeight / picture.height);
  if (!(scale > 0)) return;
  frame.style.width = `${String(Math.floor(picture.width * scale))}px`;
  frame.style.height = `${String(Math.floor(picture.height * scale))}px`;
}

const pictures = new WeakMap<Pixels, HTMLCanvasElement>();

/** The picture's canvas, made once for each picture. */
export function canvasOf(pixels: Pixels): HTMLCanvasElement {
  const known = pictures.get(pixels);
  if (known) return known;
  const made = pictureCanvas(pixels);
  pictures.set(pixels, made);
  return made;
}

function draw(canvas: HTMLCanvasElement, frame: HTMLElement, model: Model, view: ImageView): void {
  const ratio = window.devicePixelRatio || 1;
  const width = Math.round(frame.clientWidth * ratio);
  const height = Math.round(frame.clientHeight * ratio);
  if (width === 0 || height === 0) return;
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  const context = canvas.getContext('2d');
  if (context) drawHero(context, model, view, ratio);
}

/** The hero at the pen's size: for the screen and for the exported figure. */
export function drawHero(context: Pen, model: Model, view: ImageView, ratio: number): void {
  const { place, hover, bounds } = model;
  const now = shown(model);
  drawMapOver(context, model, sideOf(model) === 'b' ? (model.other?.view ?? view) : view, {
    now,
    label: now && (place.values ?? highContrast()) ? (patch) => now.brief(now.map.values[patch] ?? 0) : null,
    query: place.tab === 'position' ? positionPatch(model) : isRolloutOfAll(model) ? null : patchOf(shownQuery(place, hover, bounds), bounds),
    hot: hover.token === null ? null : patchOf(hover.token, bounds),
    ratio,
  });
}

/** A map over its image, as the controls have it. */
export function drawMapOver(
  context: Pen,
  { place, bounds }: Pick<Model, 'place' | 'bounds'>,
  view: ImageView,
  { now, ...marks }: Pick<OverlayOptions, 'query' | 'hot' | 'ratio'> & Partial<Pick<OverlayOptions, 'label'>> & { readonly now: Shown | null },
): void {
  const spotlight = place.colours === 'spotlight' && now?.map.colours !== 'diverging' && !now?.map.opaque;
  drawOverlay(context, {
    picture: canvasOf(place.picture === 'seen' ? view.seen : view.original),
    pixelated: place.picture === 'seen',
    rows: bounds.rows,
    columns: bounds.columns,
    map: place.overlay && now ? now.map : null,
    style: spotlight ? 'spotlight' : 'colour',
    opacity: place.opacity,
    grid: place.grid,
    label: null,
    ...marks,
  });
}

/** One line under the image: the token that is asked from, where there is one, and the value under the pointer. */
export function createReadout(): Part {
  const from = el('span', { class: 'readout-from' });
  const value = el('span', { class: 'readout-value' });
  const element = el('div', { class: 'readout' }, from, value);
  const update = (model: Model): void => {
    const { place, hover, bounds } = model;
    const query = place.tab === 'position' ? bounds.prefix + positionPatch(model) : shownQuery(place, hover, bounds);
    const prefix = model.state?.view?.prefix ?? [];
    setText(from, asked(model, tokenName(query, bounds, prefix)));
    setText(value, readValue(model));
  };
  return { element, update };
}

/** Whether the rollout that is drawn is from no token: the mean of the patches, where there is no class token and no patch is chosen. */
function isRolloutOfAll({ place, rollouts }: Model): boolean {
  return place.tab === 'rollout' && rollouts[place.fusion]?.from === 'mean of patches';
}

/** Only a picture that the token changes is told to be from it, and only a token that the pointer would change to be held. */
function asked(model: Model, name: string): string {
  const { tab, held, direction, features } = model.place;
  const view = model.state?.view;
  if (!view || !attends(view)) return '';
  const isFrom = ['attention', 'rollout', 'position'].includes(tab) || ((tab === 'flow' || (tab === 'features' && features.view === 'similarity')) && shown(model) !== null);
  if (held && (isFrom || tab === 'flow' || tab === 'patches')) return l10n.t('Held at {0} (Esc)', name);
  if (!isFrom) return '';
  if (isRolloutOfAll(model)) return l10n.t('Mean over all patches');
  return tab === 'attention' && direction === 'to' ? l10n.t('To {0}', name) : l10n.t('From {0}', name);
}

function readValue(model: Model): string {
  const now = shown(model);
  const token = model.hover.token ?? shownQuery(model.place, model.hover, model.bounds);
  const patch = patchOf(token, model.bounds);
  if (!now || patch === null || patch >= patches(model.bounds)) return '';
  return `${coordinates(patch, model.bounds.columns)}: ${now.write(now.map.values[patch] ?? 0)}`;
}
