import { svg } from '../draw/svg';
import { strokeOf } from '../compare/palette';
import { el, isLight, setText } from '../dom';
import { tickLabels } from '../numbers';

/** A scatter of what was reached: every training a dot, every combination its mean with its deviation. */

const SIZE = { width: 460, height: 300, left: 56, right: 14, top: 10, bottom: 46 };
const inner = { width: SIZE.width - SIZE.left - SIZE.right, height: SIZE.height - SIZE.top - SIZE.bottom };

/** A combination at a place of the horizontal axis. */
export interface Mark {
  readonly setting: number;
  /** A number of the axis, or the place of a name. */
  readonly x: number;
  /** Its place among so many of the same `x`, which stand side by side. */
  readonly among?: readonly [place: number, of: number];
  readonly mean: number;
  readonly sd: number;
  /** Ended in an earlier round of successive halving, after fewer epochs than others. */
  readonly early?: boolean;
  /** Which of the lines it is a point of. */
  readonly series?: number;
  readonly label: string;
  readonly dots: readonly { readonly y: number; readonly run: string | undefined; readonly label: string }[];
}

export interface PlotOptions {
  readonly name: string;
  readonly xName: string;
  readonly yName: string;
  /** Whether the metric is a share of 1. */
  readonly share: boolean;
  readonly marks: readonly Mark[];
  /** Names side by side; or the numbers of an axis. */
  readonly x: { readonly kind: 'names'; readonly names: readonly string[] } | { readonly kind: 'linear' | 'log'; readonly write: (value: number) => string };
  /** Names of what has a colour of its own. */
  readonly series?: readonly string[];
  /** Lines through the means of each series, or one through the mean of each place of the axis. */
  readonly lines?: 'series' | 'mean';
  readonly chosen: number | null;
  readonly onChoose: (setting: number) => void;
  readonly onRun: (run: string) => void;
}

export interface Plot {
  readonly element: HTMLElement;
}

export function plot(options: PlotOptions): Plot {
  const { marks, share, name } = options;
  const y = verticalScale(marks, share);
  const x = horizontalScale(options);
  const reading = el('p', { class: 'reading', 'aria-live': 'polite' }, '');
  const tell = (text: string): void => setText(reading, text);
  const across = (mark: Mark): number => x.at(mark.x) + besides(mark, x.room);
  const points = marks.map((mark) => coloured(svg('g', {}, ...markOf(mark, across(mark), y.at, options, tell)), mark.series));
  const lines = options.lines === 'mean' ? [meanLine(marks, x.at, y.at)] : options.lines === 'series' ? (options.series ?? []).map((_, i) => seriesLine(i, marks.filter(({ series }) => series === i), across, y.at)) : [];
  const picture = svg(
    'svg',
    { viewBox: `0 0 ${String(SIZE.width)} ${String(SIZE.height)}`, role: 'group', 'aria-label': name, class: 'plot' },
    ...y.ticks.flatMap((tick, i) => [
      svg('line', { class: 'grid', x1: SIZE.left, x2: SIZE.left + inner.width, y1: y.at(tick), y2: y.at(tick) }),
      svg('text', { x: SIZE.left - 6, y: y.at(tick) + 4, 'text-anchor': 'end' }, tickLabels(y.ticks, share)[i] ?? ''),
    ]),
    ...(marks.some(({ among: [, of] = [0, 1] }) => of > 1) ? x.borders : []).map((at) => svg('line', { class: 'grid border', x1: at, x2: at, y1: SIZE.top, y2: SIZE.top + inner.height })),
    ...x.ticks.map(tickText),
    svg('path', { class: 'frame', d: `M${String(SIZE.left)} ${String(SIZE.top)}V${String(SIZE.top + inner.height)}H${String(SIZE.left + inner.width)}` }),
    svg('text', { class: 'axis-name', x: SIZE.left + inner.width / 2, y: SIZE.height - 8, 'text-anchor': 'middle' }, options.xName),
    ...lines,
    ...points,
  );
  walkByKeys(picture);
  return { element: el('div', { class: 'plot-place' }, picture, options.series && legendOf(options.series), reading) };
}

function seriesLine(index: number, marks: readonly Mark[], x: (mark: Mark) => number, y: (value: number) => number): SVGElement {
  const { dash } = strokeOf(index, isLight());
  const points = [...marks].sort((a, b) => a.x - b.x).map((mark) => `${x(mark).toFixed(1)},${y(mark.mean).toFixed(1)}`);
  return coloured(svg('polyline', { class: 'series-line', points: points.join(' '), 'stroke-dasharray': dash.join(' ') }), index);
}

function legendOf(names: readonly string[]): HTMLElement {
  return el('ul', { class: 'series' }, ...names.map((name, i) => {
    const stroke = svg('line', { class: 'series-line', x1: 1, x2: 27, y1: 5, y2: 5, 'stroke-dasharray': strokeOf(i, isLight()).dash.join(' ') });
    return el('li', {}, coloured(svg('svg', { width: 28, height: 10, 'aria-hidden': 'true' }, stroke), i), name);
  }));
}

/** The page's policy lets no style be written as an attribute. */
function coloured(element: SVGElement, series: number | undefined): SVGElement {
  if (series !== undefined) element.style.setProperty('--point', strokeOf(series, isLight()).colour);
  return element;
}

function tickText({ at, text, room }: Horizontal['ticks'][number]): SVGElement {
  return written(text, { x: at, y: SIZE.height - SIZE.bottom + 16, 'text-anchor': 'middle' }, room);
}

/** A letter is about so many pixels wide. */
export const LETTER = 6.5;

/** A name that is too long for its room is cut, and whole in its title. */
export function written(text: string, place: Readonly<Record<'x' | 'y', number>> & { readonly 'text-anchor': 'middle' | 'end' }, room: number): SVGElement {
  const fit = Math.max(2, Math.floor((room - 4) / LETTER));
  const element = svg('text', place, text.length > fit ? `${text.slice(0, fit - 1)}…` : text);
  if (text.length > fit) element.append(svg('title', {}, text));
  return element;
}

/** Combinations of one value side by side: on top of each other none could be pressed. */
function besides({ among: [place, of] = [0, 1] }: Mark, room: number): number {
  return (place - (of - 1) / 2) * Math.min(34, (0.75 * room) / of);
}

function markOf(mark: Mark, x: number, y: (value: number) => number, options: PlotOptions, tell: (text: string) => void): SVGElement[] {
  const chosen = options.chosen === mark.setting;
  const state = chosen ? ' chosen' : options.chosen === null ? '' : ' other';
  const deviation = mark.dots.length > 1 ? [svg('line', { class: `sd${state}`, x1: x, x2: x, y1: y(mark.mean - mark.sd), y2: y(mark.mean + mark.sd) })] : [];
  // The seeds stand side by side, in their order, so that equal ones do not hide each other.
  const apart = Math.min(7, 24 / mark.dots.length);
  const dots = mark.dots.map((dot, i) => pressable(svg('circle', { class: `run${state}${mark.early ? ' early' : ''}`, cx: x + (i - (mark.dots.length - 1) / 2) * apart, cy: y(dot.y), r: 4 }), dot.label, tell, () => dot.run !== undefined && options.onRun(dot.run)));
  const mean = pressable(svg('rect', { class: `mean${state}`, x: x - 11, y: y(mark.mean) - 1.5, width: 22, height: 3, rx: 1 }), mark.label, tell, () => options.onChoose(mark.setting));
  // A single dot lies on its mean and is seen in front of it; of several, the mean is what stands out.
  return mark.dots.length > 1 ? [...deviation, ...dots, mean] : [mean, ...dots];
}

/** A point that the pointer, Enter and Space press. Tab reaches one of a picture, arrows the others. */
function pressable(element: SVGElement, label: string, tell: (text: string) => void, press: () => void): SVGElement {
  element.setAttribute('role', 'button');
  element.setAttribute('tabindex', '-1');
  element.setAttribute('aria-label', label);
  element.append(svg('title', {}, label));
  element.addEventListener('click', press);
  element.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' && event.key !== ' ') return;
    event.preventDefault();
    press();
  });
  for (const on of ['pointerenter', 'focus']) element.addEventListener(on, () => tell(label));
  for (const off of ['pointerleave', 'blur']) element.addEventListener(off, () => tell(''));
  return element;
}

/** Arrows go from point to point, from left to right and from bottom to top. */
export function walkByKeys(picture: SVGElement): void {
  const all = [...picture.querySelectorAll<SVGElement>('[role="button"]')];
  const place = (element: SVGElement, axis: 'x' | 'y'): number => Number(element.getAttribute(`c${axis}`) ?? element.getAttribute(axis));
  all.sort((a, b) => place(a, 'x') - place(b, 'x') || place(b, 'y') - place(a, 'y'));
  all[0]?.setAttribute('tabindex', '0');
  picture.addEventListener('keydown', (event) => {
    const at = all.indexOf(event.target as SVGElement);
    const to = ({ ArrowRight: at + 1, ArrowUp: at + 1, ArrowLeft: at - 1, ArrowDown: at - 1, Home: 0, End: all.length - 1 } as const)[event.key];
    if (to === undefined || at < 0) return;
    event.preventDefault();
    const next = all[Math.min(all.length - 1, Math.max(0, to))];
    for (const element of all) element.setAttribute('tabindex', element === next ? '0' : '-1');
    next?.focus();
  });
}

function meanLine(marks: readonly Mark[], x: (value: number) => number, y: (value: number) => number): SVGElement {
  const places = [...new Set(marks.map((mark) => mark.x))].sort((a, b) => a - b);
  const points = places.map((place) => {
    const own = marks.filter((mark) => mark.x === place);
    return `${x(place).toFixed(1)},${y(own.reduce((sum, { mean }) => sum + mean, 0) / own.length).toFixed(1)}`;
  });
  return svg('polyline', { class: 'mean-line', points: points.join(' ') });
}

function verticalScale(marks: readonly Mark[], share: boolean): { readonly at: (value: number) => number; readonly ticks: readonly number[] } {
  const ends = marks.flatMap(({ mean, sd, dots }) => [mean - sd, mean + sd, ...dots.map(({ y }) => y)]);
  const [low, high] = [Math.min(...ends), Math.max(...ends)];
  // A hundredth of a per cent is no difference that a few images could show.
  const step = roundStep(Math.max(share ? 2e-3 : 1e-4, (high - low) / 4));
  const [from, to] = [Math.floor(low / step + 1e-9) * step, Math.ceil(high / step - 1e-9) * step];
  const top = to > from ? to : from + step;
  const ticks = Array.from({ length: Math.round((top - from) / step) + 1 }, (_, i) => from + i * step);
  return { at: (value) => SIZE.top + inner.height * (1 - (value - from) / (top - from)), ticks };
}

/** 1, 2 or 5 times a power of ten, at least as large. */
function roundStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= least * (1 - 1e-9)) ?? power;
}

interface Horizontal {
  readonly at: (value: number) => number;
  /** Between two names. */
  readonly room: number;
  /** Where one name's place ends and the next one's begins. */
  readonly borders: readonly number[];
  /** `room` in pixels is what a text may take before it is cut. */
  readonly ticks: readonly { readonly at: number; readonly text: string; readonly room: number }[];
}

function horizontalScale({ x, marks }: PlotOptions): Horizontal {
  if (x.kind === 'names') {
    const at = (place: number): number => SIZE.left + ((place + 0.5) / x.names.length) * inner.width;
    const every = Math.ceil(x.names.length / 8);
    return { at, room: inner.width / x.names.length, borders: x.names.slice(1).map((_, i) => at(i + 0.5)), ticks: x.names.flatMap((text, i) => (i % every === 0 ? [{ at: at(i), text, room: (every * inner.width) / x.names.length }] : [])) };
  }
  const values = marks.map((mark) => mark.x);
  const at = scaled(x.kind, values, SIZE.left, inner.width);
  let last = -Infinity;
  const ticks = [...new Set(values)].sort((a, b) => a - b).flatMap((value) => {
    const text = x.write(value);
    const half = (LETTER * text.length) / 2;
    if (at(value) - half < last) return [];
    last = at(value) + half + 2 * LETTER;
    return [{ at: at(value), text, room: Infinity }];
  });
  return { at, room: 0, borders: [], ticks };
}

/** Where numbers stand on an axis of `length` that begins at `from`, with some room at both ends. */
export function scaled(kind: 'linear' | 'log', values: readonly number[], from: number, length: number): (value: number) => number {
  const place = (value: number): number => (kind === 'log' ? Math.log10(Math.max(1e-12, value)) : value);
  const places = values.map(place);
  const [low, high] = [Math.min(...places), Math.max(...places)];
  const room = high > low ? 0.08 * (high - low) : 1;
  return (value) => from + ((place(value) - low + room) / (high - low + 2 * room)) * length;
}
