import * as l10n from '@vscode/l10n';
import type { SweepResults } from '../../src/protocol';
import { colourAt } from '../draw/colormap';
import { el, setText } from '../dom';
import { svg } from '../draw/svg';
import { largerIsBetter, metric } from '../numbers';
import { LETTER, scaled, walkByKeys, written } from './plot';
import { cellOf, hasFailed, type Shown } from './rows';

const SIZE = { width: 460, height: 300, left: 74, right: 14, top: 10, bottom: 46 };

/** A combination where a key was drawn from a range: a dot of so many pixels. */
const DOT = 15;

type SweepAxis = SweepResults['axes'][number];

/** Where the values of a key stand on an axis. */
interface Along {
  readonly at: (value: string) => number;
  /** What a value takes up of the axis. */
  readonly size: number;
  readonly ticks: readonly { readonly text: string; readonly at: number; readonly room: number }[];
}

/** Those of a list stand side by side; what was drawn from a range stands where its number is. A label takes `label(text)` of the axis. */
function along({ values, scale }: SweepAxis, from: number, length: number, label: (text: string) => number): Along {
  if (!scale) {
    const size = length / values.length;
    const at = (value: string): number => from + (values.indexOf(value) + 0.5) * size;
    return { at, size, ticks: values.map((text) => ({ text, at: at(text), room: size })) };
  }
  const place = scaled(scale, values.map(Number), from, length);
  let last = -Infinity;
  const ticks = values.flatMap((text) => {
    const at = place(Number(text));
    if (at - label(text) / 2 < last) return [];
    last = at + label(text) / 2;
    return [{ text, at, room: Infinity }];
  });
  return { at: (value) => place(Number(value)), size: DOT, ticks };
}

function flipped({ at, size, ticks }: Along, ends: number): Along {
  return { at: (value) => ends - at(value), size, ticks: ticks.map((tick) => ({ ...tick, at: ends - tick.at })) };
}

/** What was reached by two keys: the brighter the better. */
export function heatMap(results: SweepResults, name: string, shown: Shown, onChoose: (setting: number) => void): HTMLElement {
  const [down, across] = [results.axes[shown.down], results.axes[shown.across]];
  if (!down || !across) return el('div');
  const cells = down.values.flatMap((y) => across.values.map((x) => ({ x, y, ...cellOf(results, shown.metric, [shown.down, shown.across], [y, x]) })));
  const means = cells.flatMap(({ mean }) => (Number.isFinite(mean) ? [mean] : []));
  const [least, most] = [Math.min(...means), Math.max(...means)];
  // Names need more room than numbers; to the left of them stands the name of their key.
  const left = Math.max(SIZE.left, Math.min(170, 32 + LETTER * Math.max(...down.values.map((text) => text.length))));
  const drawn = isDrawn(down, across);
  const x = along(across, left, SIZE.width - left - SIZE.right, (text) => LETTER * (text.length + 2));
  const rising = along(down, SIZE.top, SIZE.height - SIZE.top - SIZE.bottom, () => 16);
  // Numbers of a scale rise; a list is read from above.
  const y = down.scale ? flipped(rising, SIZE.top + SIZE.height - SIZE.bottom) : rising;
  const [w, h] = drawn ? [DOT, DOT] : [x.size, y.size];
  const reading = el('p', { class: 'reading', 'aria-live': 'polite' }, '');
  const elements = cells.flatMap((cell) => {
    const place = { x: x.at(cell.x) - w / 2 + 1, y: y.at(cell.y) - h / 2 + 1, width: Math.max(1, w - 2), height: Math.max(1, h - 2), ...(drawn && { rx: DOT / 2 }) };
    if (cell.rows.length === 0) return drawn ? [] : [emptyCell(place, hasFailed(results, [shown.down, shown.across], [cell.y, cell.x]))];
    const share = most > least ? (cell.mean - least) / (most - least) : 1;
    const label = `${down.name} ${cell.y}, ${across.name} ${cell.x}: ${spreadWords(name, cell, shown.metric)}`;
    return [cellElement({ place, good: largerIsBetter(name) ? share : 1 - share, text: w > 64 ? metric(name, cell.mean) : '', label, chosen: cell.rows.some(({ setting }) => setting === shown.chosen) }, (text) => setText(reading, text), () => onChoose(cell.rows[0]!.setting))];
  });
  const picture = svg(
    'svg',
    { viewBox: `0 0 ${String(SIZE.width)} ${String(SIZE.height)}`, role: 'group', class: 'plot', 'aria-label': l10n.t('{0} by {1} and {2}', name, down.name, across.name) },
    ...(drawn ? [svg('path', { class: 'frame', d: `M${String(left)} ${String(SIZE.top)}V${String(SIZE.height - SIZE.bottom)}H${String(SIZE.width - SIZE.right)}` })] : []),
    ...elements,
    ...x.ticks.map(({ text, at, room }) => written(text, { x: at, y: SIZE.height - SIZE.bottom + 16, 'text-anchor': 'middle' }, room)),
    ...y.ticks.map(({ text, at }) => written(text, { x: left - 6, y: at + 4, 'text-anchor': 'end' }, left - 28)),
    svg('text', { class: 'axis-name', x: (left + SIZE.width - SIZE.right) / 2, y: SIZE.height - 8, 'text-anchor': 'middle' }, across.name),
    svg('text', { class: 'axis-name', x: 0, y: 0, 'text-anchor': 'middle', transform: `translate(11 ${String((SIZE.top + SIZE.height - SIZE.bottom) / 2)}) rotate(-90)` }, down.name),
  );
  walkByKeys(picture);
  return el('div', { class: 'plot-place' }, picture, means.length > 0 && rampElement(name, least, most), reading);
}

/** What the darkest and the brightest stand for. */
function rampElement(name: string, least: number, most: number): HTMLElement {
  const [worst, best] = largerIsBetter(name) ? [least, most] : [most, least];
  return el('p', { class: 'ramp' }, metric(name, worst), el('span', { class: 'ramp-colours', 'aria-hidden': 'true' }), metric(name, best));
}

/** A combination without a result: it waits, or it has failed. */
function emptyCell(place: Cell['place'], failed: boolean): SVGElement {
  const cell = svg('g', {}, svg('rect', { class: 'cell empty-cell', ...place }));
  if (failed) cell.append(svg('text', { class: 'failed-cell', x: place.x + place.width / 2, y: place.y + place.height / 2 + 4, 'text-anchor': 'middle' }, '×'), svg('title', {}, l10n.t('failed')));
  return cell;
}

/** Whether a key was drawn from a range, so that there are dots where their numbers are, and no cells. */
export function isDrawn(...axes: readonly (SweepAxis | undefined)[]): boolean {
  return axes.some((axis) => axis?.scale !== undefined);
}

function spreadWords(name: string, { rows, mean }: ReturnType<typeof cellOf>, which: Shown['metric']): string {
  const spread = rows.length === 1 ? rows[0]?.[which] : undefined;
  return metric(name, mean) + (spread && spread.n > 1 ? ` ± ${metric(name, spread.sd)}` : rows.length > 1 ? ` (${l10n.t('mean of {0} combinations', rows.length)})` : '');
}

interface Cell {
  readonly place: Readonly<Record<'x' | 'y' | 'width' | 'height', number> & { rx?: number }>;
  /** From 0, the worst, to 1. */
  readonly good: number;
  readonly text: string;
  readonly label: string;
  readonly chosen: boolean;
}

function cellElement({ place, good, text, label, chosen }: Cell, tell: (text: string) => void, press: () => void): SVGElement {
  const [r, g, b] = colourAt('viridis', good);
  const cell = svg(
    'g',
    { role: 'button', tabindex: -1, 'aria-label': label, x: place.x, y: place.y, class: chosen ? 'cell chosen' : 'cell' },
    svg('rect', { ...place, fill: `rgb(${String(r)} ${String(g)} ${String(b)})` }),
    svg('text', { x: place.x + place.width / 2, y: place.y + place.height / 2 + 4, 'text-anchor': 'middle', fill: good > 0.6 ? '#111' : '#fff' }, text),
    svg('title', {}, label),
  );
  cell.addEventListener('click', press);
  cell.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' && event.key !== ' ') return;
    event.preventDefault();
    press();
  });
  for (const on of ['pointerenter', 'focus']) cell.addEventListener(on, () => tell(label));
  for (const off of ['pointerleave', 'blur']) cell.addEventListener(off, () => tell(''));
  return cell;
}
