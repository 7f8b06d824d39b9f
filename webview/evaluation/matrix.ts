import * as l10n from '@vscode/l10n';
import { colourAt } from '../draw/colormap';
import { el, fill, highContrast, setText } from '../dom';
import { integer, metric, percent, points } from '../numbers';
import type { Norm } from './rows';

/** The confusion matrix: a table whose cells are coloured, so that it is read, heard and walked through as one. */

/** More classes than that are no picture: of them those that are confused most. */
const MOST = 40;
/** Numbers stand in the cells of so many classes. */
const MOST_NUMBERS = 16;

type Counts = readonly (readonly number[])[];

export interface MatrixOptions {
  readonly labels: readonly string[];
  readonly counts: Counts;
  /** Of another run: then the cells are what the other has more. */
  readonly other: Counts | null;
  readonly norm: Norm;
  readonly chosen: readonly [is: number, as: number] | null;
  readonly onChoose: (is: number, as: number) => void;
}

export interface Cell {
  readonly is: number;
  readonly as: number;
  readonly count: number;
  /** What is drawn: a count, or a share of a row or column; of two runs the difference. */
  readonly value: number;
}

/** A cell's value: of the row's images, of the column's, or their number. An empty row or column has shares of 0. */
export function valueOf(counts: Counts, is: number, as: number, norm: Norm): number {
  const count = counts[is]?.[as] ?? 0;
  if (norm === 'counts') return count;
  const whole = norm === 'true' ? (counts[is] ?? []).reduce((a, b) => a + b, 0) : counts.reduce((sum, row) => sum + (row[as] ?? 0), 0);
  return whole === 0 ? 0 : count / whole;
}

/** The classes that are shown, in the dataset's order: where there are too many, those that take part in the most mistakes. */
export function shownClasses(counts: Counts, most = MOST): readonly number[] {
  const all = counts.map((_, k) => k);
  if (all.length <= most) return all;
  const mistakes = all.map((k) => counts.reduce((sum, row, is) => sum + (is === k ? row.reduce((a, b) => a + b, 0) - (row[k] ?? 0) : (row[k] ?? 0)), 0));
  return all.sort((a, b) => mistakes[b]! - mistakes[a]! || a - b).slice(0, most).sort((a, b) => a - b);
}

export function matrixFigure({ labels, counts, other, norm, chosen, onChoose }: MatrixOptions): HTMLElement {
  const shown = shownClasses(counts);
  const cells = shown.map((is) => shown.map((as): Cell => {
    const value = valueOf(counts, is, as, norm);
    return other ? { is, as, count: (other[is]?.[as] ?? 0) - (counts[is]?.[as] ?? 0), value: valueOf(other, is, as, norm) - value } : { is, as, count: counts[is]?.[as] ?? 0, value };
  }));
  const most = Math.max(...cells.flat().map(({ value }) => Math.abs(value)), 1e-9);
  const numbers = shown.length <= MOST_NUMBERS;
  const reading = el('p', { class: 'reading', 'aria-live': 'polite' });
  const name = (k: number): string => labels[k] ?? String(k);
  const words = (cell: Cell): string => sayCell(cell, name(cell.is), name(cell.as), { norm, change: other !== null, of: counts[cell.is] ?? [] });
  const body = el('tbody', {}, ...cells.map((row) => el('tr', {}, el('th', { scope: 'row', title: name(row[0]!.is) }, name(row[0]!.is)), ...row.map((cell) => cellOf(cell, { most, numbers, words, norm, change: other !== null, chosen })))));
  const table = el(
    'table',
    { class: numbers ? 'matrix numbered' : 'matrix' },
    el('caption', {}, l10n.t('Rows: what the images are. Columns: what they were taken for.')),
    el('thead', {}, el('tr', {}, el('th', { class: 'corner' }), ...shown.map((k) => el('th', { scope: 'col', title: name(k) }, el('span', {}, name(k)))))),
    body,
  );
  wire(body, reading, cells, words, onChoose);
  const left = counts.length - shown.length;
  return el('div', {}, el('div', { class: 'scroll' }, table), legend(most, norm, other !== null), reading, left > 0 && el('p', { class: 'words' }, l10n.t('The {0} classes that are confused most, of {1}.', shown.length, counts.length)));
}

interface Look {
  readonly most: number;
  readonly numbers: boolean;
  readonly words: (cell: Cell) => string;
  readonly norm: Norm;
  readonly change: boolean;
  readonly chosen: readonly [number, number] | null;
}

function cellOf(cell: Cell, { most, numbers, words, norm, change, chosen }: Look): HTMLElement {
  const pressed = chosen?.[0] === cell.is && chosen[1] === cell.as;
  const text = numbers && cell.value !== 0 ? (norm === 'counts' ? signed(cell.count, change) : shortShare(cell.value, change)) : '';
  const pad = el('button', { type: 'button', class: 'cell', tabindex: -1, 'aria-label': words(cell), 'aria-pressed': pressed ? 'true' : 'false' }, text);
  const rgb = colourOf(cell.value, most, change);
  pad.style.background = `rgb(${rgb.join(' ')})`;
  pad.style.color = isBright(rgb) ? '#000' : '#fff';
  return el('td', { class: cell.is === cell.as ? 'diagonal-cell' : '' }, pad);
}

function signed(count: number, change: boolean): string {
  return change && count > 0 ? `+${integer(count)}` : integer(count);
}

function shortShare(value: number, change: boolean): string {
  const text = percent(value).replace('%', '').trim();
  return change && value > 0 ? `+${text}` : text;
}

/** Small counts beside large ones would all be black: the root of the share, as the legend says. */
function colourOf(value: number, most: number, change: boolean): readonly number[] {
  if (change) return colourAt('diverging', 0.5 + (0.5 * value) / most);
  return colourAt('cividis', Math.sqrt(value / most));
}

/** Relative luminance against the middle between black and white (WCAG 2.2). */
function isBright([r = 0, g = 0, b = 0]: readonly number[]): boolean {
  const linear = (part: number): number => (part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4);
  return 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b) > 0.179;
}

function sayCell({ is, as, count, value }: Cell, name: string, guess: string, { norm, change, of }: { readonly norm: Norm; readonly change: boolean; readonly of: readonly number[] }): string {
  const pair = is === as ? l10n.t('{0} recognised', name) : l10n.t('{0} taken for {1}', name, guess);
  if (change) return `${pair}: ${norm === 'counts' ? signed(count, true) : l10n.t('{0} points', points(value, 1))}`;
  const whole = of.reduce((a, b) => a + b, 0);
  return l10n.t('{0}: {1} of {2} images ({3})', pair, integer(count), integer(whole), whole === 0 ? '–' : metric('recall', count / whole));
}

/** What the colours mean, in numbers. */
function legend(most: number, norm: Norm, change: boolean): HTMLElement {
  const write = (value: number): string => (norm === 'counts' ? signed(value, change) : change ? l10n.t('{0} points', points(value)) : percent(value));
  const stops = change ? [-most, -most / 2, 0, most / 2, most] : [0, most / 16, most / 4, (most * 9) / 16, most];
  const steps = stops.map((value) => {
    const pad = el('span', { class: 'legend-pad' });
    pad.style.background = `rgb(${colourOf(value, most, change).join(' ')})`;
    return el('span', { class: 'legend-step' }, pad, write(value));
  });
  return el('div', { class: highContrast() ? 'matrix-legend framed' : 'matrix-legend' }, ...steps);
}

/** One Tab stop; arrows walk, Enter and Space choose. */
function wire(body: HTMLElement, reading: HTMLElement, cells: readonly (readonly Cell[])[], words: (cell: Cell) => string, onChoose: (is: number, as: number) => void): void {
  const pads = [...body.children].map((row) => [...row.querySelectorAll<HTMLElement>('.cell')]);
  const place = (target: EventTarget | null): readonly [number, number] | null => {
    const r = pads.findIndex((row) => row.includes(target as HTMLElement));
    return r < 0 ? null : [r, pads[r]!.indexOf(target as HTMLElement)];
  };
  (pads.flat().find((pad) => pad.getAttribute('aria-pressed') === 'true') ?? pads[0]?.[0])?.setAttribute('tabindex', '0');
  const tell = (target: EventTarget | null): void => {
    const at = place(target);
    setText(reading, at ? words(cells[at[0]]![at[1]]!) : '');
  };
  body.addEventListener('pointerover', (event) => tell(event.target));
  body.addEventListener('pointerleave', () => setText(reading, ''));
  body.addEventListener('focusin', (event) => tell(event.target));
  body.addEventListener('click', (event) => {
    const at = place(event.target);
    if (at) onChoose(cells[at[0]]![at[1]]!.is, cells[at[0]]![at[1]]!.as);
  });
  body.addEventListener('keydown', (event) => {
    const at = place(event.target);
    if (!at) return;
    const [r, c] = at;
    const last = cells.length - 1;
    const to = ({ ArrowUp: [r - 1, c], ArrowDown: [r + 1, c], ArrowLeft: [r, c - 1], ArrowRight: [r, c + 1], Home: [r, 0], End: [r, last], PageUp: [0, c], PageDown: [last, c] } as const)[event.key];
    if (!to) return;
    event.preventDefault();
    const next = pads[Math.min(last, Math.max(0, to[0]))]?.[Math.min(last, Math.max(0, to[1]))];
    for (const pad of pads.flat()) pad.tabIndex = pad === next ? 0 : -1;
    next?.focus();
  });
}

/** Puts a matrix in a place, and the focus back on the cell that had it. */
export function drawMatrix(place: HTMLElement, options: MatrixOptions): void {
  const focused = place.contains(document.activeElement) ? document.activeElement?.getAttribute('aria-label') : null;
  fill(place, matrixFigure(options));
  if (focused) [...place.querySelectorAll<HTMLElement>('.cell')].find((pad) => pad.getAttribute('aria-label')?.split(':')[0] === focused.split(':')[0])?.focus();
}
