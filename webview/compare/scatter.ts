import * as l10n from '@vscode/l10n';
import { svg } from '../draw/svg';
import { el, setText } from '../dom';
import { isShare, metric as writeMetric, tickLabels } from '../numbers';
import { LETTER, walkByKeys, written } from '../sweep/plot';
import type { Stroke } from './palette';
import { linearTicks } from './picture';
import type { Scale } from './scale';

const SIZE = { width: 460, height: 290, left: 56, right: 18, top: 12, bottom: 46 };
const inner = { width: SIZE.width - SIZE.left - SIZE.right, height: SIZE.height - SIZE.top - SIZE.bottom };
/** Names beside more points than that would lie on each other. */
const MOST_NAMES = 12;

export interface Point {
  readonly name: string;
  readonly x: string;
  readonly y: number;
  readonly interval?: readonly [low: number, high: number];
  readonly stroke: Stroke;
}

export interface ScatterOptions {
  readonly name: string;
  readonly xName: string;
  readonly yName: string;
  readonly x: Scale;
  readonly points: readonly Point[];
}

/** A point for each run, with its interval; named beside it, as colours alone tell nobody which it is. */
export function scatter({ name, xName, yName, x, points }: ScatterOptions): HTMLElement {
  const placed = points.flatMap((point) => {
    const at = x.at(point.x);
    return at === null ? [] : [{ ...point, at: SIZE.left + (0.06 + 0.88 * at) * inner.width }];
  });
  if (placed.length === 0) return el('p', { class: 'words' }, l10n.t('No run has both values.'));
  const ends = placed.flatMap(({ y, interval }) => [y, ...(interval ?? [])]);
  const [low, high] = [Math.min(...ends), Math.max(...ends)];
  const ticks = linearTicks(low, high === low ? low + Math.max(1e-3, Math.abs(low) / 10) : high, 5, true);
  const [from, to] = [ticks[0] ?? low, ticks.at(-1) ?? high];
  const y = (value: number): number => SIZE.top + inner.height * (1 - (value - from) / (to - from));
  const names = tickLabels(ticks, isShare(yName));
  const reading = el('p', { class: 'reading', 'aria-live': 'polite' });
  const room = (0.88 * inner.width) / Math.max(1, x.ticks.length - 1);
  const picture = svg(
    'svg',
    { viewBox: `0 0 ${String(SIZE.width)} ${String(SIZE.height)}`, role: 'group', 'aria-label': name, class: 'diagram scatter' },
    ...ticks.flatMap((tick, i) => [
      svg('line', { class: 'grid', x1: SIZE.left, x2: SIZE.left + inner.width, y1: y(tick), y2: y(tick) }),
      svg('text', { x: SIZE.left - 6, y: y(tick) + 4, 'text-anchor': 'end' }, names[i] ?? ''),
    ]),
    ...sparse(x.ticks.map((tick) => ({ ...tick, x: SIZE.left + (0.06 + 0.88 * tick.at) * inner.width }))).map(({ x: at, text }) => written(text, { x: at, y: SIZE.height - SIZE.bottom + 16, 'text-anchor': 'middle' }, Math.max(40, room))),
    svg('path', { class: 'frame', d: `M${String(SIZE.left)} ${String(SIZE.top)}V${String(SIZE.top + inner.height)}H${String(SIZE.left + inner.width)}` }),
    svg('text', { class: 'axis-name', x: SIZE.left + inner.width / 2, y: SIZE.height - 8, 'text-anchor': 'middle' }, x.kind === 'log' ? l10n.t('{0} (logarithmic)', xName) : xName),
    ...placed.map((point) => mark(point, yName, y, reading, placed.length <= MOST_NAMES)),
  );
  walkByKeys(picture);
  return el('div', {}, picture, reading);
}

/** Ticks that would lie on each other are left out. */
function sparse<T extends { readonly x: number; readonly text: string }>(ticks: readonly T[]): readonly T[] {
  let end = -Infinity;
  return ticks.filter(({ x, text }) => {
    const half = Math.min(40, (text.length * LETTER) / 2);
    if (x - half < end) return false;
    end = x + half + 4;
    return true;
  });
}

function mark(point: Point & { readonly at: number }, yName: string, y: (value: number) => number, reading: HTMLElement, named: boolean): SVGElement {
  const { at, interval, name, stroke } = point;
  const words = `${name}: ${point.x}, ${yName} ${writeMetric(yName, point.y)}${interval ? ` (${writeMetric(yName, interval[0])} – ${writeMetric(yName, interval[1])})` : ''}`;
  const left = at > SIZE.left + inner.width * 0.6;
  const room = left ? at - SIZE.left - 8 : SIZE.width - at - 8;
  const fit = Math.max(3, Math.floor(room / 6));
  const group = svg(
    'g',
    { role: 'button', tabindex: -1, 'aria-label': words, class: 'run-point', x: at, y: y(point.y) },
    ...(interval ? [svg('line', { class: 'sd', x1: at, x2: at, y1: y(interval[0]), y2: y(interval[1]) })] : []),
    svg('circle', { class: 'dot', cx: at, cy: y(point.y), r: 4.5 }),
    ...(named ? [svg('text', { class: 'point-name', x: left ? at - 8 : at + 8, y: Math.min(y(point.y) + 4, SIZE.top + inner.height - 4), 'text-anchor': left ? 'end' : 'start' }, name.length > fit ? `${name.slice(0, fit - 1)}…` : name)] : []),
    svg('title', {}, words),
  );
  group.style.setProperty('--point', stroke.colour);
  for (const on of ['pointerenter', 'focus']) group.addEventListener(on, () => setText(reading, words));
  for (const off of ['pointerleave', 'blur']) group.addEventListener(off, () => setText(reading, ''));
  return group;
}
