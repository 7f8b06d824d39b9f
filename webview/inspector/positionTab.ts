import * as l10n from '@vscode/l10n';
import { el, setAttribute, setText, show } from '../dom';
import { colourAt } from '../draw/colormap';
import { paintHeatmap, positionOn, type HeatMap } from '../draw/heatmap';
import { fixed } from '../numbers';
import { createFold } from './controls';
import { createEncodingSection } from './features/encodingSection';
import type { Part } from './hero';
import { similarityRow } from './maps';
import { patches, patchOf, type Bounds } from './place';
import { plainSimilarity, positionLook, positionPatch } from './shown';
import type { Model, Session } from './session';
import { explanation } from './tabWords';
import { coordinates } from './words';

/** A grid of grids: for each patch its similarity to all; beside it the chosen one, large. */
export function createPositionTab(session: Session): Part {
  const note = el('p', { class: 'summary' });
  const all = el('canvas', { class: 'grids', role: 'img', tabindex: 0, 'aria-label': l10n.t('Similarity of the position embeddings, one small map for each patch') });
  const large = el('canvas', { class: 'large-map', 'aria-hidden': 'true' });
  const name = el('span', { class: 'fusion-name' });
  const value = el('span', { class: 'caption' });
  const marks = el('div', { class: 'grids-box' }, all);
  const scaleWords = el('p', { class: 'caption' });
  const figure = el('div', {}, el('div', { class: 'positions' }, marks, el('div', { class: 'large' }, name, large, value)), scaleWords);
  const encoding = createEncodingSection(session);
  const fold = createFold((traits) => explanation('position', traits));
  const element = el('div', {}, fold.element, note, figure, encoding.element);
  let painted: unknown = null;

  const update = (model: Model): void => {
    fold.update(model);
    const positions = model.positions;
    encoding.update(model);
    setText(note, positions ? positions.note : '\u00a0');
    show(figure, Boolean(positions?.similarity));
    if (!positions?.similarity) return;
    const patch = positionPatch(model);
    const key = `${model.place.scale} ${model.place.colours} ${String(window.devicePixelRatio)} ${String(marks.clientWidth)}`;
    const changed = painted !== positions.similarity || marks.dataset['key'] !== key || marks.dataset['patch'] !== String(patch);
    if (changed) drawGrids(all, model, positions.similarity, patch, marks.clientWidth);
    painted = positions.similarity;
    marks.dataset['key'] = key;
    marks.dataset['patch'] = String(patch);
    const seen = model.state?.view?.seen;
    if (seen) large.style.aspectRatio = `${String(seen.width)} / ${String(seen.height)}`;
    const map = plainSimilarity(model);
    if (map) paintHeatmap(large, map);
    setText(name, l10n.t('Patch {0} against all', coordinates(patch, model.bounds.columns)));
    setText(scaleWords, scaleText(map));
    setText(value, readSimilarity(model, positions.similarity, patch));
    setAttribute(all, 'aria-description', name.textContent ?? '');
  };
  listen(all, large, session);
  new ResizeObserver(() => update(session.model())).observe(marks);
  return { element, update };
}

/** What the colours of the small maps are; those of the chosen one stand in the legend as well. */
function scaleText(map: HeatMap | null): string {
  if (!map) return '';
  return map.colours === 'diverging'
    ? l10n.t('All maps share one scale of the cosine: −1, opposite, is blue, 0 is white, 1, alike, is red.')
    : l10n.t('Each map has a scale of its own, dark for its least alike patch and bright for its most alike one; the patch itself, with 1, is left out of it. Of the chosen map these are {0} and {1}.', fixed(map.scale.low, 3), fixed(map.scale.high, 3));
}

function readSimilarity(model: Model, similarity: Float32Array, patch: number): string {
  const other = model.hover.token === null ? null : patchOf(model.hover.token, model.bounds);
  const at = other ?? patch;
  const text = fixed(similarity[patch * patches(model.bounds) + at] ?? 0, 3);
  return l10n.t('{0} to {1}: {2}', coordinates(patch, model.bounds.columns), coordinates(at, model.bounds.columns), text);
}

function listen(all: HTMLCanvasElement, large: HTMLCanvasElement, session: Session): void {
  const token = (canvas: HTMLCanvasElement, event: MouseEvent): number => {
    const { rows, columns, prefix } = session.model().bounds;
    const row = Math.floor((event.offsetY / canvas.clientHeight) * rows);
    const column = Math.floor((event.offsetX / canvas.clientWidth) * columns);
    return prefix + Math.min(rows - 1, Math.max(0, row)) * columns + Math.min(columns - 1, Math.max(0, column));
  };
  for (const canvas of [all, large]) {
    canvas.addEventListener('pointermove', (event) => session.hover({ token: token(canvas, event), previews: canvas === all }));
    canvas.addEventListener('pointerleave', () => session.hover({ token: null, previews: false }));
    canvas.addEventListener('click', (event) => session.act({ type: 'query', token: token(canvas, event) }));
  }
}

/** Every small map in one canvas; the chosen one is framed. */
function drawGrids(canvas: HTMLCanvasElement, model: Model, similarity: Float32Array, chosen: number, width: number): void {
  const { rows, columns } = model.bounds;
  const seen = model.state?.view?.seen;
  const ratio = window.devicePixelRatio || 1;
  const aspect = seen ? seen.height / seen.width : rows / columns;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(width * aspect * ratio);
  const context = canvas.getContext('2d');
  if (!context || canvas.width === 0) return;
  for (let patch = 0; patch < rows * columns; patch++) drawSmall(context, model, similarity, patch);
  const box = smallBox(canvas, model.bounds, chosen);
  context.lineWidth = 4 * ratio;
  context.strokeStyle = '#000';
  context.strokeRect(box.x, box.y, box.width, box.height);
  context.lineWidth = 2 * ratio;
  context.strokeStyle = '#fff';
  context.strokeRect(box.x, box.y, box.width, box.height);
}

function smallBox(canvas: HTMLCanvasElement, bounds: Bounds, patch: number) {
  const gap = Math.max(1, Math.min(4, canvas.width / bounds.columns / 12));
  const width = canvas.width / bounds.columns;
  const height = canvas.height / bounds.rows;
  const x = (patch % bounds.columns) * width + gap / 2;
  const y = Math.floor(patch / bounds.columns) * height + gap / 2;
  return { x, y, width: width - gap, height: height - gap };
}

function drawSmall(context: CanvasRenderingContext2D, model: Model, similarity: Float32Array, patch: number): void {
  const { rows, columns } = model.bounds;
  const row = similarityRow(similarity, rows * columns, patch);
  const { scale, colours } = positionLook(model.place, row, patch);
  const box = smallBox(context.canvas, model.bounds, patch);
  for (let i = 0; i < rows * columns; i++) {
    const left = Math.round(box.x + ((i % columns) * box.width) / columns);
    const top = Math.round(box.y + (Math.floor(i / columns) * box.height) / rows);
    const right = Math.round(box.x + (((i % columns) + 1) * box.width) / columns);
    const bottom = Math.round(box.y + ((Math.floor(i / columns) + 1) * box.height) / rows);
    context.fillStyle = `rgb(${colourAt(colours, positionOn(scale, row[i] ?? 0)).join(' ')})`;
    context.fillRect(left, top, right - left, bottom - top);
  }
}
