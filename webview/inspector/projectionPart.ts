import * as l10n from '@vscode/l10n';
import type { FlowMatrix, ImageView, TokenisedView } from '../../src/protocol';
import { el, fill, setAttribute, setText, show } from '../dom';
import { fixed, significant } from '../numbers';
import { slider } from './controls';
import { coloursOf, paintMatrix } from './flowPaint';
import type { Part } from './hero';
import { positionPatch } from './shown';
import { createScaleBar } from './scaleBar';
import type { Model, Session } from './session';
import { seesByConvolutions } from './traits';
import { coordinates } from './words';

interface Pixel {
  readonly row: number;
  readonly column: number;
}

/** What the projection makes of the patches: all embeddings as a strip, and of the chosen patch one number, term by term. */
export function createProjection(session: Session): Part {
  const set = (dimension: number): void => session.act({ type: 'set', change: { dimension } });
  const strip = createEmbeddingStrip(session, set);
  const dimension = slider(l10n.t('Dimension'), { max: 1, step: 1 }, (value) => String(value + 1), set);
  const sum = createSum(session);
  const layers = createLayers();
  const heading = el('h3');
  const element = el('section', {}, heading, strip.element, el('div', { class: 'row' }, dimension.element), sum.element, layers.element);
  const update = (model: Model): void => {
    const { tokens, state } = model;
    const view = state?.view;
    const there = Boolean(tokens && view && tokens.embedding.rows > 0);
    show(element, there);
    if (!tokens || !view || !there) return;
    setAttribute(dimension.element.querySelector('input')!, 'max', tokens.embedding.columns - 1);
    dimension.set(dimensionOf(model, tokens));
    strip.update(model);
    setText(heading, seesByConvolutions(view.model) ? l10n.t('From the image to the vectors') : l10n.t('From a patch to a vector'));
    show(sum.element, tokens.isLinear);
    show(layers.element, !tokens.isLinear);
    if (tokens.isLinear) sum.update(model);
    else layers.update(model);
  };
  return { element, update };
}

function dimensionOf({ place }: Model, { embedding }: TokenisedView): number {
  return Math.min(place.dimension, embedding.columns - 1);
}

const extents = new WeakMap<Float32Array, { readonly min: number; readonly max: number }>();
function extentOf(values: Float32Array): { readonly min: number; readonly max: number } {
  const known = extents.get(values) ?? values.reduce<{ min: number; max: number }>(({ min, max }, value) => ({ min: Math.min(min, value), max: Math.max(max, value) }), { min: Infinity, max: -Infinity });
  extents.set(values, known);
  return known;
}

/** Patches × dimensions, before positions: a click chooses both. */
function createEmbeddingStrip(session: Session, choose: (dimension: number) => void): Part {
  const canvas = el('canvas', { class: 'embedding', tabindex: 0, role: 'img' });
  const scale = createScaleBar();
  const readout = el('p', { class: 'caption', 'aria-live': 'polite' });
  const element = el('div', { class: 'embedding-box' }, canvas, scale.element, readout);
  const cellAt = (event: MouseEvent): Pixel | null => {
    const embedding = session.model().tokens?.embedding;
    const share = (offset: number, length: number, count: number): number => Math.min(count - 1, Math.max(0, Math.floor((offset / length) * count)));
    return embedding ? { row: share(event.offsetY, canvas.clientHeight, embedding.rows), column: share(event.offsetX, canvas.clientWidth, embedding.columns) } : null;
  };
  let cell: Pixel | null = null;
  const point = (at: Pixel | null): void => {
    cell = at;
    session.hover({ token: at ? at.row + session.model().bounds.prefix : null, previews: false });
    update(session.model());
  };
  canvas.addEventListener('pointermove', (event) => point(cellAt(event)));
  canvas.addEventListener('pointerleave', () => point(null));
  canvas.addEventListener('click', (event) => {
    const at = cellAt(event);
    if (!at) return;
    session.act({ type: 'query', token: at.row + session.model().bounds.prefix });
    choose(at.column);
  });
  canvas.addEventListener('keydown', (event) => {
    const { tokens, place, bounds } = session.model();
    const move = ({ ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] } as const)[event.key];
    if (!move || !tokens || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation();
    const patch = Math.min(tokens.embedding.rows - 1, Math.max(0, positionPatch(session.model()) + move[0]));
    if (move[0] !== 0) session.act({ type: 'query', token: patch + bounds.prefix });
    if (move[1] !== 0) choose(Math.min(tokens.embedding.columns - 1, Math.max(0, place.dimension + move[1])));
  });
  const update = (model: Model): void => {
    const { tokens } = model;
    if (!tokens) return;
    const { embedding } = tokens;
    const colours = coloursOf(extentOf(embedding.values), 'viridis');
    const chosen = { row: positionPatch(model), column: dimensionOf(model, tokens) };
    paintMatrix(canvas, embedding, { ...colours, row: chosen.row, rows: embedding.rows, cell: cell ?? chosen });
    scale.update(colours, significant);
    const at = cell ?? chosen;
    setText(readout, l10n.t('{0} patches × {1} dimensions, before positions. Patch {2}, dimension {3}: {4}', embedding.rows, embedding.columns, coordinates(at.row, model.bounds.columns), at.column + 1, significant(embedding.values[at.row * embedding.columns + at.column] ?? NaN, 4)));
    setAttribute(canvas, 'aria-label', readout.textContent ?? '');
  };
  return { element, update };
}

/** x, w and x·w of each channel of the chosen patch, and what they add up to. */
function createSum(session: Session): Part {
  const grid = el('div', { class: 'sum-maps', tabindex: 0, role: 'group', 'aria-label': l10n.t('Patch, filter and their products; the arrow keys go from pixel to pixel') });
  const arithmetic = el('p', { class: 'arithmetic', 'aria-live': 'polite' });
  const total = el('p', { class: 'arithmetic total' });
  const intro = el('p', {}, l10n.t('Every number of the patch times the filter’s number at its place: all products together, and the bias, are one number of the vector. Each dimension has a filter of its own.'));
  const element = el('div', {}, intro, grid, arithmetic, total);
  let pixel: Pixel = { row: 0, column: 0 };
  let columns: readonly { readonly text: string; readonly heading: HTMLElement }[] = [];
  let maps: readonly { readonly canvas: HTMLCanvasElement; readonly kind: number; readonly channel: number }[] = [];
  const move = (to: Pixel): void => {
    pixel = to;
    update(session.model());
  };
  const build = (view: ImageView): void => {
    const [height, width] = view.model.patchSize;
    const names = view.model.channels === 1 ? [l10n.t('Grey')] : ['R', 'G', 'B'];
    const made = names.flatMap((_, channel) => [0, 1, 2].map((kind) => ({ canvas: el('canvas', { class: 'sum-map', 'aria-hidden': 'true' }), kind, channel })));
    for (const { canvas } of made) {
      canvas.style.aspectRatio = `${String(width)} / ${String(height)}`;
      canvas.addEventListener('pointermove', (event) => move({ row: Math.min(height - 1, Math.floor((event.offsetY / canvas.clientHeight) * height)), column: Math.min(width - 1, Math.floor((event.offsetX / canvas.clientWidth) * width)) }));
    }
    const sign = (text: string): HTMLElement => el('span', { class: 'sum-sign', 'aria-hidden': 'true' }, text);
    columns = [l10n.t('patch x'), l10n.t('filter w'), 'x · w'].map((text) => ({ text, heading: el('span', { class: 'caption sum-heading' }) }));
    fill(grid, el('span'), columns[0]!.heading, el('span'), columns[1]!.heading, el('span'), columns[2]!.heading, ...names.flatMap((name, c) => [el('span', { class: 'caption' }, name), made[c * 3]!.canvas, sign('×'), made[c * 3 + 1]!.canvas, sign('='), made[c * 3 + 2]!.canvas]));
    maps = made;
  };
  let made = '';
  grid.addEventListener('keydown', (event) => {
    const by = ({ ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] } as const)[event.key];
    const view = session.model().state?.view;
    if (!by || !view || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation();
    const [height, width] = view.model.patchSize;
    move({ row: Math.min(height - 1, Math.max(0, pixel.row + by[0])), column: Math.min(width - 1, Math.max(0, pixel.column + by[1])) });
  });
  const update = (model: Model): void => {
    const { tokens, filter, state } = model;
    const view = state?.view;
    if (!tokens || !view) return;
    const key = JSON.stringify([view.model.patchSize, view.model.channels]);
    if (made !== key) build(view);
    made = key;
    const ready = filter?.dimension === dimensionOf(model, tokens) && filter.weights.length > 0;
    setAttribute(grid, 'aria-busy', ready ? undefined : 'true');
    if (!ready) return;
    const [height, width] = view.model.patchSize;
    const { channels } = view.model;
    const x = patchNumbers(tokens, view, positionPatch(model));
    const products = x.map((value, i) => value * filter.weights[i]!);
    const scales = [x, filter.weights, products].map((values) => {
      const { min, max } = extentOf(values);
      return coloursOf({ min: Math.min(min, -1e-9), max }, 'viridis');
    });
    columns.forEach(({ text, heading }, kind) => setText(heading, `${text}\n${significant(scales[kind]!.scale.low, 2)} … ${significant(scales[kind]!.scale.high, 2)}`));
    for (const { canvas, kind, channel } of maps) {
      const values = [x, filter.weights, products][kind]!.filter((_, i) => i % channels === channel);
      const matrix: FlowMatrix = { rows: height, columns: width, values };
      paintMatrix(canvas, matrix, { ...scales[kind]!, row: null, rows: height, cell: pixel });
    }
    const at = (Math.min(pixel.row, height - 1) * width + Math.min(pixel.column, width - 1)) * channels;
    const terms = Array.from({ length: channels }, (_, c) => `${fixed(x[at + c]!, 3)} · ${fixed(filter.weights[at + c]!, 4)}`);
    const here = Array.from({ length: channels }, (_, c) => products[at + c]!).reduce((a, b) => a + b, 0);
    setText(arithmetic, l10n.t('Pixel {0}: {1} = {2}', `(${String(pixel.row + 1)},${String(pixel.column + 1)})`, terms.join(' + '), fixed(here, 4)));
    const sum = products.reduce((a, b) => a + b, 0);
    const bias = filter.bias === null ? '' : ` + b ${fixed(filter.bias, 4)}`;
    setText(total, l10n.t('Dimension {0} of patch {1}: Σ of {2} products = {3}{4} = {5}', filter.dimension + 1, coordinates(positionPatch(model), model.bounds.columns), products.length, fixed(sum, 4), bias, fixed(sum + (filter.bias ?? 0), 4)));
  };
  return { element, update };
}

/** The numbers of one patch of the network's input, [height, width, C]. */
export function patchNumbers({ normalised }: TokenisedView, { model, grid }: ImageView, patch: number): Float32Array {
  const [height, width] = model.patchSize;
  const { channels } = model;
  const W = grid.columns * width;
  const [top, left] = [Math.floor(patch / grid.columns) * height, (patch % grid.columns) * width];
  return Float32Array.from({ length: height * width * channels }, (_, i) => {
    const [y, x, c] = [Math.floor(i / (width * channels)), Math.floor(i / channels) % width, i % channels];
    return normalised[((top + y) * W + left + x) * channels + c] ?? 0;
  });
}

/** Where more than one layer stands before the tokens: which ones, and the map of the chosen dimension. */
function createLayers(): Part {
  const list = el('ol', { class: 'layers' });
  const words = el('p');
  const canvas = el('canvas', { class: 'layer-map', role: 'img' });
  const name = el('p', { class: 'caption' });
  const element = el('div', {}, words, list, canvas, name);
  let made: TokenisedView | null = null;
  const update = (model: Model): void => {
    const { tokens, state } = model;
    const view = state?.view;
    if (!tokens || !view) return;
    if (made !== tokens) {
      setText(words, wordsOf(tokens.projection));
      fill(list, ...tokens.layers.map(({ kind, kernel, stride, to, made: [h, w] }) => el('li', {}, `${kind === 'pool' ? l10n.t('max-pool') : l10n.t('convolution')} ${String(kernel)} × ${String(kernel)}, ${l10n.t('stride {0}', stride)} → ${String(h)} × ${String(w)} × ${String(to)}`)));
      canvas.style.aspectRatio = `${String(view.seen.width)} / ${String(view.seen.height)}`;
    }
    made = tokens;
    const dimension = dimensionOf(model, tokens);
    const { rows, columns, values } = tokens.embedding;
    const map = { rows: view.grid.rows, columns: view.grid.columns, values: Float32Array.from({ length: rows }, (_, i) => values[i * columns + dimension] ?? 0) };
    const patch = positionPatch(model);
    const colours = coloursOf(extentOf(map.values), 'viridis');
    paintMatrix(canvas, map, { ...colours, row: null, rows: map.rows, cell: { row: Math.floor(patch / map.columns), column: patch % map.columns } });
    setText(name, l10n.t('Dimension {0} at every place: {1} … {2}', dimension + 1, significant(colours.scale.low), significant(colours.scale.high)));
    setAttribute(canvas, 'aria-label', name.textContent ?? '');
  };
  return { element, update };
}

function wordsOf(projection: TokenisedView['projection']): string {
  switch (projection) {
    case 'conv_stem':
      return l10n.t('Convolutions take the place of the linear projection: each position of their last map is a token. The map of one dimension:');
    case 'resnetv2':
      return l10n.t('A ResNet stands before the projection: not pixels, but its map of features is cut into patches. The map of one dimension:');
    default:
      return l10n.t('Each patch is read with four copies of the image, shifted by half a patch, and goes through a norm before the linear layer: no single filter of pixels makes a dimension. The map of one dimension:');
  }
}
