import * as l10n from '@vscode/l10n';
import type { FlowFacts, FlowMatrix, FlowValues } from '../../src/protocol';
import { el, fill, setAttribute, setText, show } from '../dom';
import { paintScale } from '../draw/heatmap';
import { fixed, integer, percent, significant } from '../numbers';
import { slider } from './controls';
import { rowOf } from './flowBox';
import { coloursOf, paintBars, paintMatrix, type FlowColours } from './flowPaint';
import { axisName, axisTitle, boxWords } from './flowWords';
import { isOfBlock } from './flowGraph';
import { plainColours } from './shown';
import type { Model, Session } from './session';
import { tokenName } from './words';

/** A box that is open: all its numbers, what they mean, and the value under the pointer or the cursor. */
export interface Detail {
  readonly element: HTMLElement;
  update(model: Model): void;
}

interface Cell {
  readonly row: number;
  readonly column: number;
}

/** Height of the large picture in pixels, and the least width of it. */
const HEIGHT = 280;
const LEAST = 220;
/** Classes that are told by name. */
const NAMED = 10;
/** Numbers of a row that the table has. */
const LISTED = 400;

export function createDetail(session: Session): Detail {
  const parts = makeParts(session);
  const { canvas, bars, channel } = parts;
  let cell: Cell | null = null;
  let values: FlowValues | null = null;
  let chosenChannel = 0;
  const redraw = (): void => {
    if (values) draw(parts, session.model(), values, { cell, channel: chosenChannel });
  };
  channel.listen((value) => {
    chosenChannel = value;
    redraw();
  });
  const point = (at: Cell | null): void => {
    cell = at;
    const model = session.model();
    session.hover({ token: at && values ? tokenAt(model, values, at) : null, previews: false });
    redraw();
  };
  listen({ canvas, bars }, session, { matrix: () => values && shownMatrix(values, chosenChannel), values: () => values, row: () => values && rowOf(session.model(), values), cell: () => cell, point });
  const update = (model: Model): void => {
    const { flow, flowBox, place } = model;
    show(parts.element, place.box !== '');
    if (!flow || place.box === '') return;
    const words = boxWords(place.box as FlowValues['box'], flow.facts);
    setText(parts.title, words.title);
    setText(parts.where, isOfBlock(place.box) ? whereOf(flow.facts, flow.block, flow.head, flow.boxes.find(({ box }) => box === place.box)?.ofHead ?? false) : '');
    setText(parts.formula, words.formula);
    setText(parts.meaning, words.meaning);
    const fresh = flowBox?.box === place.box ? flowBox : null;
    setAttribute(parts.figure, 'aria-busy', fresh ? undefined : 'true');
    if (fresh !== values) {
      const other = fresh?.box !== values?.box;
      if (fresh) values = fresh;
      if (other) [cell, chosenChannel] = [null, 0];
    }
    redraw();
  };
  new ResizeObserver(redraw).observe(parts.figure);
  return { element: parts.element, update };
}

function whereOf({ blocks, heads }: FlowFacts, block: number, head: number, ofHead: boolean): string {
  const of = l10n.t('block {0} of {1}', block + 1, blocks);
  return ofHead ? `${of}, ${l10n.t('head {0} of {1}', head + 1, heads)}` : of;
}

function makeParts(session: Session) {
  const canvas = el('canvas', { class: 'flow-large', tabindex: 0, role: 'img' });
  const bars = el('canvas', { class: 'flow-bars', role: 'img' });
  const [title, where, meaning] = [el('h4', {}), el('span', { class: 'caption' }), el('p', {})];
  const formula = el('pre', { class: 'formula' });
  const facts = el('table', { class: 'facts' });
  const readout = el('p', { class: 'flow-readout', 'aria-live': 'polite' });
  const barsName = el('p', { class: 'caption' });
  const classes = el('ol', { class: 'flow-classes' });
  const axes = el('p', { class: 'caption' });
  const [low, high] = [el('span', { class: 'legend-number' }), el('span', { class: 'legend-number' })];
  const bar = el('canvas', { class: 'legend-bar', 'aria-hidden': 'true' });
  const legend = el('div', { class: 'legend' }, low, el('span', { class: 'legend-track' }, bar), high);
  const listed = el('div', { class: 'flow-table' });
  const numbers = el('details', {}, el('summary', {}, l10n.t('This row as a table')), listed);
  let onChannel: (value: number) => void = () => undefined;
  const picker = slider(l10n.t('Channel'), { max: 1, step: 1 }, (value) => String(value + 1), (value) => onChannel(value));
  const channel = { element: picker.element, set: picker.set, max: (count: number) => setAttribute(picker.element.querySelector('input')!, 'max', count - 1), listen: (listener: (value: number) => void) => (onChannel = listener) };
  const figure = el('div', { class: 'flow-figure' }, axes, canvas, channel.element, readout, legend, classes, barsName, bars);
  const close = el('button', { type: 'button', class: 'flow-close', 'aria-label': l10n.t('Close'), title: l10n.t('Close (Esc)'), onclick: () => session.act({ type: 'set', change: { box: '' } }) }, '×');
  const text = el('div', { class: 'flow-text' }, meaning, formula, facts, numbers);
  const element = el('div', { class: 'flow-detail' }, el('div', { class: 'flow-detail-head' }, title, where, close), el('div', { class: 'flow-detail-body' }, figure, text));
  return { element, canvas, bars, title, where, meaning, formula, facts, readout, barsName, classes, axes, low, high, bar, legend, listed, numbers, channel, figure };
}

type Parts = ReturnType<typeof makeParts>;

function isMap({ axes }: Pick<FlowValues, 'axes'>): boolean {
  return axes[0] === 'pixel' || axes[0] === 'position';
}

const channels = new WeakMap<FlowMatrix, Map<number, FlowMatrix>>();

/** Of a map of features one channel, [h, w]; else the matrix as it is. */
function shownMatrix(values: FlowValues, channel: number): FlowMatrix {
  const { matrix, shape } = values;
  if (!isMap(values)) return matrix;
  const known = channels.get(matrix) ?? new Map<number, FlowMatrix>();
  channels.set(matrix, known);
  const made = known.get(channel) ?? { rows: shape[0] ?? 0, columns: shape[1] ?? 0, values: matrix.values.filter((_, i) => i % matrix.columns === channel) };
  known.set(channel, made);
  return made;
}

function draw(parts: Parts, model: Model, values: FlowValues, { cell, channel }: { readonly cell: Cell | null; readonly channel: number }): void {
  const matrix = shownMatrix(values, channel);
  const colours = coloursOf(values.stats, plainColours(model.place.colours));
  const single = matrix.rows === 1;
  show(parts.canvas, !single);
  show(parts.legend, !single);
  show(parts.channel.element, isMap(values));
  if (isMap(values)) parts.channel.max(values.matrix.columns);
  parts.channel.set(channel);
  const row = isMap(values) ? null : single ? 0 : (cell?.row ?? rowOf(model, values) ?? 0);
  if (!single) {
    const free = parts.figure.clientWidth;
    parts.canvas.style.width = `${String(Math.min(free, Math.max(LEAST, (HEIGHT * matrix.columns) / matrix.rows)))}px`;
    parts.canvas.style.height = `${String(Math.min(HEIGHT, Math.max(40, isMap(values) ? (Math.min(free, Math.max(LEAST, (HEIGHT * matrix.columns) / matrix.rows)) * matrix.rows) / matrix.columns : HEIGHT)))}px`;
    paintMatrix(parts.canvas, matrix, { ...colours, row: isMap(values) ? null : rowOf(model, values), rows: matrix.rows, cell });
  }
  drawRow(parts, model, values, row, cell);
  writeScale(parts, colours, values);
  writeClasses(parts, model, values);
  writeFacts(parts, values);
  setText(parts.axes, single || isMap(values) ? '' : l10n.t('{0} rows: {1}; {2} columns: {3}', integer(matrix.rows), axisTitle(values.axes[0]), integer(matrix.columns), axisTitle(values.axes[1])));
  setText(parts.readout, cell ? readCell(model, values, matrix, cell) : l10n.t('Point at a number to read it; Tab and the arrow keys do so, too.'));
  setAttribute(parts.canvas, 'aria-label', `${parts.title.textContent ?? ''}: ${parts.axes.textContent ?? ''}`);
}

/** The row that is asked about as bars, and as a table while that is open. */
function drawRow(parts: Parts, model: Model, values: FlowValues, row: number | null, cell: Cell | null): void {
  show(parts.bars, row !== null);
  show(parts.barsName, row !== null);
  show(parts.numbers, row !== null);
  if (row === null) return;
  const { columns } = values.matrix;
  const numbers = values.matrix.values.subarray(row * columns, (row + 1) * columns);
  const finite = numbers.filter((value) => !Number.isNaN(value));
  const scale = { low: finite.reduce((a, b) => Math.min(a, b), 0), high: finite.reduce((a, b) => Math.max(a, b), 0) };
  paintBars(parts.bars, numbers, scale, cell?.column ?? null);
  const name = values.matrix.rows === 1 ? '' : `${rowName(model, values, row)}: `;
  setText(parts.barsName, `${name}${significant(scale.low)} … ${significant(scale.high)}${sumWords(values, numbers)}`);
  setAttribute(parts.bars, 'aria-label', parts.barsName.textContent ?? '');
  const key = `${values.box} ${String(row)} ${String(model.flow?.block)} ${String(model.flow?.head)}`;
  if (!(parts.numbers).open || parts.listed.dataset['key'] === key) return;
  parts.listed.dataset['key'] = key;
  const sorted = values.axes[1] === 'class' ? [...numbers.keys()].sort((a, b) => numbers[b]! - numbers[a]!) : [...numbers.keys()];
  const rows = sorted.slice(0, LISTED).map((i) => el('tr', {}, el('th', { scope: 'row' }, columnName(model, values, i)), el('td', {}, significant(numbers[i]!, 5))));
  fill(parts.listed, el('table', { class: 'facts' }, ...rows), numbers.length > LISTED && el('p', { class: 'caption' }, l10n.t('and {0} more', integer(numbers.length - LISTED))));
}

/** The classes that come first, by name. */
function writeClasses(parts: Parts, model: Model, values: FlowValues): void {
  show(parts.classes, values.axes[1] === 'class');
  const key = `${values.box} ${String(values.stats.max)} ${String(values.stats.min)}`;
  if (values.axes[1] !== 'class' || parts.classes.dataset['key'] === key) return;
  parts.classes.dataset['key'] = key;
  const numbers = values.matrix.values;
  const first = [...numbers.keys()].sort((a, b) => numbers[b]! - numbers[a]!).slice(0, NAMED);
  const [low, high] = [Math.min(0, values.stats.min), Math.max(0, values.stats.max)];
  const row = (i: number): HTMLElement => {
    const bar = el('span', { class: 'flow-class-bar', 'aria-hidden': 'true' });
    bar.style.width = `${String((100 * (numbers[i]! - low)) / (high - low || 1))}%`;
    return el('li', {}, el('span', { class: 'flow-class' }, columnName(model, values, i)), bar, el('span', { class: 'flow-class-value' }, values.box === 'probabilities' ? percent(numbers[i]!) : significant(numbers[i]!, 4)));
  };
  fill(parts.classes, ...first.map(row));
}

/** Shares add up to 1: said where they do. */
function sumWords({ box }: FlowValues, numbers: Float32Array): string {
  if (box !== 'attention' && box !== 'probabilities' && box !== 'pool_weights') return '';
  return `, ${l10n.t('sum {0}', fixed(numbers.reduce((a, b) => a + b, 0), 4))}`;
}

function writeScale(parts: Parts, { colours, scale }: FlowColours, { stats }: FlowValues): void {
  setText(parts.low, (stats.min < scale.low ? '≤ ' : '') + significant(scale.low));
  setText(parts.high, (stats.max > scale.high ? '≥ ' : '') + significant(scale.high));
  if (parts.bar.dataset['colours'] !== colours) paintScale(parts.bar, colours);
  parts.bar.dataset['colours'] = colours;
}

function writeFacts(parts: Parts, { shape, stats, matrix, ofHead }: FlowValues): void {
  const key = JSON.stringify([shape, stats]);
  if (parts.facts.dataset['key'] === key) return;
  parts.facts.dataset['key'] = key;
  const rows: readonly (readonly [string, string])[] = [
    [l10n.t('Shape'), shape.map(String).join(' × ') + (ofHead ? ` (${l10n.t('this head: {0}', `${String(matrix.rows)} × ${String(matrix.columns)}`)})` : '')],
    [l10n.t('Smallest, largest'), `${significant(stats.min, 5)}, ${significant(stats.max, 5)}`],
    [l10n.t('Mean, standard deviation'), `${significant(stats.mean, 4)}, ${significant(stats.deviation, 4)}`],
  ];
  fill(parts.facts, ...rows.map(([name, value]) => el('tr', {}, el('th', { scope: 'row' }, name), el('td', {}, value))));
}

function readCell(model: Model, values: FlowValues, matrix: FlowMatrix, { row, column }: Cell): string {
  const value = matrix.values[row * matrix.columns + column] ?? NaN;
  const written = Number.isNaN(value) ? l10n.t('masked') : significant(value, 5);
  if (isMap(values)) return `(${String(row + 1)},${String(column + 1)}): ${written}`;
  const names = values.matrix.rows === 1 ? [columnName(model, values, column)] : [rowName(model, values, row), columnName(model, values, column)];
  return `${names.join(' · ')}: ${written}`;
}

function rowName(model: Model, { axes }: Pick<FlowValues, 'axes'>, row: number): string {
  return nameOn(model, axes[0], row);
}

function columnName(model: Model, { axes }: Pick<FlowValues, 'axes'>, column: number): string {
  return nameOn(model, axes[1], column);
}

function nameOn(model: Model, axis: FlowValues['axes'][number], at: number): string {
  const { bounds, state } = model;
  const prefix = state?.view?.prefix ?? [];
  if (axis === 'token') return tokenName(at, bounds, prefix);
  if (axis === 'patch' || axis === 'pooled token') return tokenName(at + bounds.prefix, bounds, prefix);
  if (axis === 'class') return state?.view?.classes[at] ?? axisName(axis, at);
  return axisName(axis, at);
}

/** The token that a cell tells of: in a square of tokens the one that is looked at. */
function tokenAt({ bounds }: Model, { axes }: FlowValues, { row, column }: Cell): number | null {
  if (axes[1] === 'token') return column;
  if (axes[0] === 'token') return row;
  return axes[0] === 'patch' ? row + bounds.prefix : null;
}

interface Pointed {
  matrix(): FlowMatrix | null;
  values(): FlowValues | null;
  /** The row of the chosen token. */
  row(): number | null;
  cell(): Cell | null;
  point(cell: Cell | null): void;
}

function listen({ canvas, bars }: { readonly canvas: HTMLCanvasElement; readonly bars: HTMLCanvasElement }, session: Session, at: Pointed): void {
  const within = (share: number, count: number): number => Math.min(count - 1, Math.max(0, Math.floor(share * count)));
  const cellUnder = (event: MouseEvent): Cell | null => {
    const matrix = at.matrix();
    return matrix && { row: within(event.offsetY / canvas.clientHeight, matrix.rows), column: within(event.offsetX / canvas.clientWidth, matrix.columns) };
  };
  canvas.addEventListener('pointermove', (event) => at.point(cellUnder(event)));
  canvas.addEventListener('pointerleave', () => at.point(null));
  canvas.addEventListener('click', (event) => {
    const [cell, values] = [cellUnder(event), at.values()];
    if (!cell || !values) return;
    if (values.axes[0] === 'token') session.act({ type: 'query', token: cell.row });
    if (values.axes[0] === 'patch') session.act({ type: 'query', token: cell.row + session.model().bounds.prefix });
  });
  bars.addEventListener('pointermove', (event) => {
    const values = at.values();
    if (values) at.point({ row: values.matrix.rows === 1 ? 0 : (at.row() ?? 0), column: within(event.offsetX / bars.clientWidth, values.matrix.columns) });
  });
  bars.addEventListener('pointerleave', () => at.point(null));
  canvas.addEventListener('blur', () => at.point(null));
  canvas.addEventListener('keydown', (event) => {
    const matrix = at.matrix();
    const move = ({ ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] } as const)[event.key];
    if (!matrix || !move || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation();
    const from = at.cell() ?? { row: at.row() ?? 0, column: 0 };
    at.point({ row: Math.min(matrix.rows - 1, Math.max(0, from.row + move[0])), column: Math.min(matrix.columns - 1, Math.max(0, from.column + move[1])) });
  });
}
