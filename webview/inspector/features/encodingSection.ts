import * as l10n from '@vscode/l10n';
import type { EmbeddingView, EncodingView, PositionStructure } from '../../../src/protocol';
import { el, fill, setText, show } from '../../dom';
import { extent, paintHeatmap } from '../../draw/heatmap';
import { lines } from '../../draw/lines';
import { fixed, significant } from '../../numbers';
import { segments } from '../controls';
import type { Part } from '../hero';
import { patches as countOf, patchOf, type Bounds } from '../place';
import type { Model, Session } from '../session';
import { positionPatch } from '../shown';
import { seesByConvolutions, traitsOf } from '../traits';
import { coordinates } from '../words';
import { redrawn, scaleBar, setFeature, tableFold } from './parts';

/** Dimensions that are drawn at most, and where none is chosen. */
const DRAWN = 6;

/** The encoding beyond its similarities: its structure in numbers, its curves, and what it does to this image. */
export function createEncodingSection(session: Session): Part {
  const structure = createStructure();
  const curves = createCurves(session);
  const strips = createStrips(session);
  return {
    element: el('div', { class: 'features encoding' }, structure.element, curves.element, strips.element),
    update(model) {
      for (const part of [structure, curves, strips]) part.update(model);
    },
  };
}

/** Whether what is near is alike, and what shares a row or a column. */
function createStructure(): Part {
  const table = el('table', { class: 'number-table' });
  const figure = el('div', { class: 'drawing' });
  const element = el('section', {}, el('h3', {}, l10n.t('Rows, columns and distance')), el('div', { class: 'structure' }, table, figure));
  let shown: PositionStructure | null = null;
  const draw = redrawn(figure, (width) => (shown ? [distanceLines(shown, Math.min(width, 440))] : []));
  const update = (model: Model): void => {
    const next = model.features.encoding?.structure ?? null;
    show(element, next !== null);
    if (next && next !== shown) fill(table, el('caption', { class: 'visually-hidden' }, l10n.t('Mean cosine of position embeddings')), el('tbody', {}, ...structureRows(next)));
    shown = next;
    draw([next]);
  };
  new ResizeObserver(() => draw([shown])).observe(figure);
  return { element, update };
}

function structureRows(found: PositionStructure): readonly HTMLElement[] {
  const rows: readonly (readonly [string, number])[] = [
    [l10n.t('Mean cosine of 4-neighbours'), found.neighbours],
    [l10n.t('… of patches of one row'), found.sameRow],
    [l10n.t('… of one column'), found.sameColumn],
    [l10n.t('… of far patches (more than half the diagonal)'), found.far],
    [l10n.t('… of all pairs'), found.all],
    [l10n.t('Correlation of cosine and distance'), found.correlation],
  ];
  return rows.map(([name, value]) => el('tr', {}, el('th', { scope: 'row' }, name), el('td', {}, Number.isNaN(value) ? '–' : fixed(value, 3))));
}

function distanceLines({ distances, byDistance }: PositionStructure, width: number): HTMLElement {
  return lines({
    name: l10n.t('Mean cosine by distance'), points: Array.from(distances, (distance) => String(distance)), xName: l10n.t('Distance in patches'), yName: l10n.t('Mean cosine'),
    lines: [{ name: l10n.t('All pairs at this distance'), values: byDistance }], range: [Math.min(0, ...byDistance), 1], width, write: (value) => fixed(value, 3),
  });
}

/** Some dimensions: as curves along the sequence, a row or a column, and each as a map over the grid. */
function createCurves(session: Session): Part {
  const input = el('input', { type: 'text', spellcheck: false, onchange: () => setFeature(session, { dimensions: parse(input.value) }) });
  const along = segments(l10n.t('Along'), [
    ['sequence', l10n.t('The sequence')],
    ['row', l10n.t('The row')],
    ['column', l10n.t('The column')],
  ], (value) => setFeature(session, { along: value }));
  along.element.addEventListener('keydown', (event) => event.key.startsWith('Arrow') && event.stopPropagation());
  const figure = el('div', { class: 'drawing' });
  const maps = el('ul', { class: 'dimension-maps' });
  const field = el('label', { class: 'field dimensions' }, el('span', { class: 'field-name' }, l10n.t('Dimensions')), input);
  const element = el('section', {}, el('h3', {}, l10n.t('The encoding, dimension by dimension')), el('div', { class: 'row' }, field, along.element), figure, el('p', { class: 'caption' }, l10n.t('Below each dimension as a map over the patches, from its smallest value to its largest.')), maps);
  let shown: Model | null = null;
  const draw = redrawn(figure, (width) => (shown?.features.encoding?.table ? [dimensionLines(shown, shown.features.encoding, width)] : []));
  let painted: readonly unknown[] = [];
  const update = (model: Model): void => {
    shown = model;
    const { encoding } = model.features;
    show(element, Boolean(encoding?.table));
    if (!encoding?.table || encoding.patches !== countOf(model.bounds)) return;
    const chosen = dimensionsOf(model, encoding);
    if (document.activeElement !== input) input.value = chosen.join(', ');
    along.set(model.place.features.along);
    const key = [encoding, chosen.join(), model.place.features.along];
    draw([...key, model.place.features.along === 'sequence' ? 0 : positionPatch(model)]);
    if (key.some((one, i) => one !== painted[i])) fill(maps, ...chosen.map((dimension) => dimensionMap(encoding, dimension, model.bounds)));
    painted = key;
  };
  new ResizeObserver(() => shown && update(shown)).observe(figure);
  return { element, update };
}

/** Numbers from 0, with anything between them. */
function parse(text: string): readonly number[] {
  return [...new Set((text.match(/\d+/g) ?? []).map(Number))].slice(0, DRAWN);
}

/** The chosen dimensions that there are, else some that are spread over all. */
function dimensionsOf({ place }: Model, { width }: EncodingView): readonly number[] {
  const chosen = place.features.dimensions.filter((dimension) => dimension < width);
  if (chosen.length > 0) return chosen;
  const count = Math.min(DRAWN, width);
  return Array.from({ length: count }, (_, i) => Math.floor((i * width) / count));
}

function dimensionLines(model: Model, encoding: EncodingView, width: number): HTMLElement {
  const { rows, columns } = model.bounds;
  const patch = positionPatch(model);
  const { along } = model.place.features;
  const [row, column] = [Math.floor(patch / columns), patch % columns];
  const places = along === 'row' ? Array.from({ length: columns }, (_, i) => row * columns + i) : along === 'column' ? Array.from({ length: rows }, (_, i) => i * columns + column) : Array.from({ length: rows * columns }, (_, i) => i);
  const name = along === 'row' ? l10n.t('Column of row {0}', row + 1) : along === 'column' ? l10n.t('Row of column {0}', column + 1) : l10n.t('Patch in the sequence');
  return lines({
    name: l10n.t('The encoding by dimension'), points: places.map((_, i) => String(i + 1)), xName: name, yName: 'P', width, write: significant,
    lines: dimensionsOf(model, encoding).map((dimension) => ({ name: `d = ${String(dimension)}`, values: Float32Array.from(places, (at) => encoding.table?.[at * encoding.width + dimension] ?? 0) })),
  });
}

function dimensionMap({ table, patches, width }: EncodingView, dimension: number, { rows, columns }: Bounds): HTMLElement {
  const values = Float32Array.from({ length: patches }, (_, at) => table?.[at * width + dimension] ?? 0);
  const scale = extent(values);
  const canvas = el('canvas', { role: 'img', 'aria-label': `d = ${String(dimension)}` });
  paintHeatmap(canvas, { rows, columns, values, scale, colours: 'viridis' });
  canvas.style.aspectRatio = `${String(columns)} / ${String(rows)}`;
  return el('li', {}, canvas, el('span', { class: 'caption' }, `d = ${String(dimension)}: ${significant(scale.low, 2)} … ${significant(scale.high, 2)}`));
}

const NAMES = ['x', 'p', 'z'] as const;
const TITLES = { x: 'X', p: 'P', z: 'Z = X + P' } as const;

/** Patches, positions and their sum as strips: a row for each patch, a column for each dimension. */
function createStrips(session: Session): Part {
  const summary = el('p', { class: 'summary' });
  const reading = el('p', { class: 'caption reading' });
  const legend = scaleBar('diverging', l10n.t('one scale for all three'));
  const all = NAMES.map((name) => {
    const canvas = el('canvas', { role: 'img', 'aria-label': TITLES[name] });
    const mark = el('span', { class: 'matrix-row', 'aria-hidden': 'true' });
    return { name, canvas, mark, element: el('figure', {}, el('figcaption', { class: 'fusion-name' }, TITLES[name]), el('div', { class: 'strip-box' }, canvas, mark)) };
  });
  let shown: Model | null = null;
  let dimension: number | null = null;
  const table = tableFold(() => (shown?.features.embedding ? ratioRows(shown.features.embedding, shown.bounds) : null));
  const caption = el('p', { class: 'caption' });
  const element = el(
    'section', {}, el('h3', {}, l10n.t('What the positions do to this image')), summary, el('div', { class: 'strips' }, ...all.map((one) => one.element)), legend.element, reading,
    caption, table.element,
  );
  let painted: EmbeddingView | null = null;
  const update = (model: Model): void => {
    shown = model;
    const { embedding } = model.features;
    const fits = embedding !== null && embedding.patches === countOf(model.bounds);
    show(element, fits);
    if (!fits) return;
    setText(caption, seesByConvolutions(traitsOf(model.state?.view))
      ? l10n.t('X is what the convolutions make of the image, P the positions of its places; a row is a place, a column a dimension.')
      : l10n.t('X is what the projection makes of the patches, P their positions; a row is a patch, a column a dimension.'));
    const reach = Math.max(1e-9, ...NAMES.map((name) => Math.max(...[extent(embedding[name])].flatMap(({ low, high }) => [-low, high]))));
    if (embedding !== painted)
      for (const { name, canvas } of all) paintHeatmap(canvas, { rows: embedding.patches, columns: embedding.width, values: embedding[name], scale: { low: -reach, high: reach }, colours: 'diverging' });
    painted = embedding;
    legend.update({ low: -reach, high: reach }, significant);
    const hot = model.hover.token === null ? null : patchOf(model.hover.token, model.bounds);
    const patch = hot ?? positionPatch(model);
    for (const { mark } of all) {
      mark.style.top = `${String((patch / embedding.patches) * 100)}%`;
      mark.style.height = `max(2px, ${String(100 / embedding.patches)}%)`;
    }
    setText(summary, ratioSummary(embedding));
    setText(reading, readStrips(embedding, patch, dimension, model.bounds));
    table.update(embedding);
  };
  for (const { canvas } of all) {
    const patchAt = (event: MouseEvent): number => Math.min(countOf(session.model().bounds) - 1, Math.max(0, Math.floor((event.offsetY / canvas.clientHeight) * countOf(session.model().bounds))));
    canvas.addEventListener('pointermove', (event) => {
      dimension = Math.floor((event.offsetX / canvas.clientWidth) * canvas.width);
      session.hover({ token: session.model().bounds.prefix + patchAt(event), previews: false });
      if (shown) update(session.model());
    });
    canvas.addEventListener('pointerleave', () => {
      dimension = null;
      session.hover({ token: null, previews: false });
    });
    canvas.addEventListener('click', (event) => session.act({ type: 'query', token: session.model().bounds.prefix + patchAt(event) }));
  }
  return { element, update };
}

function ratioSummary({ ratio, patches }: EmbeddingView): string {
  const mean = ratio.reduce((a, b) => a + b, 0) / patches;
  const { low, high } = extent(ratio);
  return l10n.t('‖P‖ / ‖X‖ is {0} on average, from {1} to {2}: so much of a token is its place before the first block.', fixed(mean, 2), fixed(low, 2), fixed(high, 2));
}

function readStrips({ x, p, z, width, ratio }: EmbeddingView, patch: number, dimension: number | null, { columns }: Bounds): string {
  const where = l10n.t('Patch {0}: ‖P‖ / ‖X‖ = {1}', coordinates(patch, columns), fixed(ratio[patch] ?? 0, 3));
  if (dimension === null) return where;
  const at = patch * width + dimension;
  return `${where}; d = ${String(dimension)}: X ${significant(x[at] ?? 0)} + P ${significant(p[at] ?? 0)} = Z ${significant(z[at] ?? 0)}`;
}

function ratioRows({ ratio, x, p, z, width }: EmbeddingView, { columns }: Bounds): { readonly head: readonly string[]; readonly body: readonly (readonly string[])[] } {
  const length = (rows: Float32Array, patch: number): string => fixed(Math.sqrt(rows.subarray(patch * width, (patch + 1) * width).reduce((sum, value) => sum + value * value, 0)), 3);
  return { head: [l10n.t('Patch'), '‖X‖', '‖P‖', '‖Z‖', '‖P‖ / ‖X‖'], body: Array.from(ratio, (value, patch) => [coordinates(patch, columns), length(x, patch), length(p, patch), length(z, patch), fixed(value, 3)]) };
}
