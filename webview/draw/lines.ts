import { strokeOf } from '../compare/palette';
import { swatch } from '../compare/legend';
import { el, isLight } from '../dom';
import { svg } from './svg';
import { tickLabels } from '../numbers';

export interface Line {
  readonly name: string;
  /** One for each name of the axis. */
  readonly values: ArrayLike<number>;
  /** A band around it. */
  readonly low?: ArrayLike<number>;
  readonly high?: ArrayLike<number>;
}

export interface LinesOptions {
  /** For those who do not see it. */
  readonly name: string;
  /** Below each point. */
  readonly points: readonly string[];
  readonly xName: string;
  readonly yName: string;
  readonly lines: readonly Line[];
  /** Ends of the vertical axis; without them those of the values. */
  readonly range?: readonly [low: number, high: number];
  readonly share?: boolean;
  /** CSS pixels. */
  readonly width: number;
  /** The point that is chosen. */
  readonly at?: number | undefined;
  /** What a click on a point does. */
  readonly onPick?: (point: number) => void;
  readonly write: (value: number) => string;
}

const HEIGHT = 200;
const TOP = 8;
const BOTTOM = 42;
const RIGHT = 12;

/** Lines over points at equal distances, told apart by colour and by dashes, with their names and what they are at the chosen point. */
export function lines(options: LinesOptions): HTMLElement {
  const { points, width, range = extentOf(options.lines), at, onPick } = options;
  const light = isLight();
  const [low, high] = range[0] < range[1] ? range : [range[0] - 0.5, range[0] + 0.5];
  const ticks = ticksOf(low, high);
  const labels = tickLabels(ticks, options.share ?? false);
  const left = 30 + Math.max(...labels.map((label) => label.length)) * 6.5;
  const [inner, tall] = [width - left - RIGHT, HEIGHT - TOP - BOTTOM];
  const toX = (i: number): number => left + (points.length > 1 ? (i / (points.length - 1)) * inner : inner / 2);
  const toY = (value: number): number => TOP + tall * (1 - (value - low) / (high - low));
  const every = Math.max(1, Math.ceil((points.length * Math.max(...points.map((one) => one.length)) * 7 + 8) / inner));
  const named = points.map((_, i) => i % every === 0 && (i === points.length - 1 || points.length - 1 - i >= every));
  named[points.length - 1] = true;
  const drawn = options.lines.flatMap((line, k) => drawLine(line, { ...strokeOf(k, light), toX, toY }));
  const picture = svg(
    'svg',
    { viewBox: `0 0 ${String(width)} ${String(HEIGHT)}`, width, height: HEIGHT, role: 'img', 'aria-label': options.name, class: onPick ? 'lines pickable' : 'lines' },
    ...ticks.flatMap((tick, i) => [
      svg('line', { class: 'grid', x1: left, x2: width - RIGHT, y1: toY(tick), y2: toY(tick) }),
      svg('text', { x: left - 6, y: toY(tick) + 4, 'text-anchor': 'end' }, labels[i] ?? ''),
    ]),
    ...points.flatMap((name, i) => (named[i] ? [svg('text', { x: toX(i), y: HEIGHT - BOTTOM + 16, 'text-anchor': i === points.length - 1 && points.length > 1 ? 'end' : 'middle' }, name)] : [])),
    svg('text', { class: 'axis-name', x: left + inner / 2, y: HEIGHT - 6, 'text-anchor': 'middle' }, options.xName),
    svg('text', { class: 'axis-name', x: 0, y: 0, 'text-anchor': 'middle', transform: `translate(11 ${String(TOP + tall / 2)}) rotate(-90)` }, options.yName),
    ...(at === undefined ? [] : [svg('line', { class: 'lines-at', x1: toX(at), x2: toX(at), y1: TOP, y2: TOP + tall })]),
    ...drawn,
  );
  if (onPick) picture.addEventListener('click', (event) => {
    const box = picture.getBoundingClientRect();
    const share = (((event.clientX - box.left) / box.width) * width - left) / inner;
    onPick(Math.min(points.length - 1, Math.max(0, Math.round(share * (points.length - 1)))));
  });
  const legend = el('ul', { class: 'lines-legend' }, ...options.lines.map((line, k) => el('li', {}, swatch(strokeOf(k, light)), el('span', { class: 'lines-name' }, line.name), at === undefined ? null : el('span', { class: 'lines-value' }, options.write(line.values[at] ?? Number.NaN)))));
  return el('figure', { class: 'lines-figure' }, picture as unknown as HTMLElement, legend);
}

/** Round numbers within a range, about five. */
function ticksOf(low: number, high: number): readonly number[] {
  const power = 10 ** Math.floor(Math.log10((high - low) / 5));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((one) => (high - low) / one <= 6) ?? 10 * power;
  const first = Math.ceil(low / step - 1e-9);
  return Array.from({ length: Math.floor(high / step + 1e-9) - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

interface Drawing {
  readonly colour: string;
  readonly dash: readonly number[];
  readonly toX: (i: number) => number;
  readonly toY: (value: number) => number;
}

function drawLine({ values, low, high }: Line, { colour, dash, toX, toY }: Drawing): readonly SVGElement[] {
  const place = (of: ArrayLike<number>) => (_: unknown, i: number): string => `${toX(i).toFixed(1)},${toY(of[i] ?? 0).toFixed(1)}`;
  const all = Array.from(values);
  const band = low && high ? [svg('polygon', { points: [...all.map(place(high)), ...all.map(place(low)).reverse()].join(' '), fill: colour, 'fill-opacity': 0.18 })] : [];
  return [
    ...band,
    svg('polyline', { points: all.map(place(values)).join(' '), class: 'lines-line', stroke: colour, 'stroke-dasharray': dash.join(' ') }),
    // More of them would be a band.
    ...(all.length > 40 ? [] : all).map((value, i) => svg('circle', { cx: toX(i), cy: toY(value), r: 2.5, fill: colour })),
  ];
}

function extentOf(all: readonly Line[]): readonly [number, number] {
  const values = all.flatMap(({ values: own, low, high }) => [...Array.from(own), ...Array.from(low ?? []), ...Array.from(high ?? [])]).filter(Number.isFinite);
  return values.length === 0 ? [0, 1] : [Math.min(...values), Math.max(...values)];
}
