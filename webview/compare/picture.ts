import { isShare, tickLabels } from '../numbers';
import { axisLabels, axisName, logLabels, logTicks } from './axes';
import { isThin, linesOf, pointsOf, strokeOf, type ChartView, type Line } from './chart';
import type { Drawn } from './repetitions';
import type { Group } from './series';

/** A chart as a picture of its own, for a report: what is on the page, with the names of its lines under it. */

const WIDTH = 800;
const HEIGHT = 420;
const PLACE = { left: 70, right: 16, top: 40, bottom: 52 };
const LEGEND_ROW = 20;
const inner = { width: WIDTH - PLACE.left - PLACE.right, height: HEIGHT - PLACE.top - PLACE.bottom };

export interface Colours {
  readonly background: string;
  readonly text: string;
}

export interface Picture {
  readonly svg: string;
  readonly width: number;
  readonly height: number;
}

/** Draws what a chart shows: the same lines, bands, zoom and scale. It is for a page of paper, whatever the theme. */
export function chartPicture(title: string, group: Group, runs: readonly Drawn[], shown: ChartView, { background, text }: Colours): Picture {
  const view: ChartView = { ...shown, ...shown.paper };
  const [from, to] = view.zoom ?? [0, view.end];
  const lines = linesOf(group, runs, view);
  const points = lines.map((line) => within(pointsOf(line, view), from, to));
  const values = points.flatMap(({ y }) => y.filter(Number.isFinite));
  const y = verticalOf(values, view.log);
  const x = { at: (value: number): number => PLACE.left + ((value - from) / (to - from)) * inner.width, ticks: linearTicks(from, to, 8) };
  const named = lines.filter(({ ghost, edge }) => !ghost && !edge);
  const height = HEIGHT + LEGEND_ROW * named.length + 8;
  const share = isShare(group.name);
  const yNames = view.log ? logLabels(y.ticks, share) : tickLabels(y.ticks, share);
  const place = { x: x.at, y: (value: number): number => PLACE.top + inner.height * (1 - y.at(value)) };
  const parts = [
    `<rect width="${WIDTH}" height="${height}" fill="${background}"/>`,
    `<clipPath id="inside"><rect x="${PLACE.left}" y="${PLACE.top}" width="${inner.width}" height="${inner.height}"/></clipPath>`,
    words(PLACE.left, 24, title, { size: 15, weight: 600, anchor: 'start', fill: text }),
    ...y.ticks.flatMap((tick, i) => [
      `<line x1="${PLACE.left}" x2="${WIDTH - PLACE.right}" y1="${round(place.y(tick))}" y2="${round(place.y(tick))}" stroke="#808080" stroke-opacity="0.25"/>`,
      words(PLACE.left - 8, place.y(tick) + 4, yNames[i] ?? '', { anchor: 'end', fill: text }),
    ]),
    ...axisLabels(view.axis, x.ticks).map((name, i) => words(x.at(x.ticks[i]!), PLACE.top + inner.height + 18, name, { anchor: 'middle', fill: text })),
    words(PLACE.left + inner.width / 2, PLACE.top + inner.height + 40, axisName(view.axis), { anchor: 'middle', fill: text }),
    `<path d="M${PLACE.left} ${PLACE.top}V${PLACE.top + inner.height}H${WIDTH - PLACE.right}" fill="none" stroke="${text}" stroke-opacity="0.6"/>`,
    `<g clip-path="url(#inside)">${drawn(group, lines, points, place, view).join('')}</g>`,
    ...named.flatMap((line, i) => legendRow(line, HEIGHT + 4 + i * LEGEND_ROW, group, view, text)),
  ];
  return { svg: `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="12">${parts.join('')}</svg>`, width: WIDTH, height };
}

interface Points {
  readonly x: readonly number[];
  readonly y: readonly number[];
}

/** The points of a part of the axis, and one beyond each of its ends, to which the line goes on. */
function within({ x, y }: Points, from: number, to: number): Points {
  const first = Math.max(0, x.findIndex((value) => value >= from) - 1);
  const after = x.findIndex((value) => value > to);
  const end = after < 0 ? x.length : after + 1;
  return { x: x.slice(first, end), y: y.slice(first, end) };
}

function drawn(group: Group, lines: readonly Line[], points: readonly Points[], place: { readonly x: (v: number) => number; readonly y: (v: number) => number }, view: ChartView): string[] {
  return lines.map((line, i) => {
    const { colour, dash } = strokeOf(line, view);
    const at = corners(points[i]!, place);
    if (line.edge === 'low' || at.length === 0) return '';
    if (line.edge === 'high') return `<polygon points="${[...at, ...corners(points[i + 1]!, place).reverse()].join(' ')}" fill="${colour}" fill-opacity="0.2"/>`;
    if (at.length === 1) return `<circle cx="${at[0]!.split(',')[0]!}" cy="${at[0]!.split(',')[1]!}" r="3" fill="${colour}"/>`;
    return `<polyline points="${at.join(' ')}" fill="none" stroke="${colour}" stroke-width="${line.ghost || isThin(group, line) ? 1 : 2.5}" stroke-opacity="${line.ghost ? 0.3 : 1}" stroke-dasharray="${dash.join(' ')}"/>`;
  });
}

function corners({ x, y }: Points, place: { readonly x: (v: number) => number; readonly y: (v: number) => number }): string[] {
  return x.flatMap((value, i) => (Number.isFinite(y[i]) ? [`${round(place.x(value))},${round(place.y(y[i]!))}`] : []));
}

function legendRow(line: Line, top: number, group: Group, view: ChartView, text: string): string[] {
  const { colour, dash } = strokeOf(line, view);
  const name = group.metrics.length > 1 ? `${line.metric} · ${line.run.name}` : line.run.name;
  return [
    `<line x1="${PLACE.left}" x2="${PLACE.left + 30}" y1="${top + 8}" y2="${top + 8}" stroke="${colour}" stroke-width="${isThin(group, line) ? 1 : 2.5}" stroke-dasharray="${dash.join(' ')}"/>`,
    words(PLACE.left + 38, top + 12, name, { anchor: 'start', fill: text }),
  ];
}

function verticalOf(values: readonly number[], log: boolean): { readonly at: (value: number) => number; readonly ticks: readonly number[] } {
  const [low, high] = values.length === 0 ? [0, 1] : [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))];
  if (log && low > 0) {
    const [from, to] = low === high ? [low / 1.5, high * 1.5] : [low / 1.05, high * 1.05];
    return { at: (value) => Math.log(value / from) / Math.log(to / from), ticks: logTicks(from, to) };
  }
  const ticks = linearTicks(low, high === low ? low + 1e-3 + Math.abs(low) / 10 : high, 6, true);
  const [from, to] = [ticks[0]!, ticks.at(-1)!];
  return { at: (value) => (value - from) / (to - from), ticks };
}

/** Multiples of 1, 2 or 5 times a power of ten; `around` takes one beyond each end. */
export function linearTicks(low: number, high: number, most: number, around = false): number[] {
  const least = (high - low) / most;
  const power = 10 ** Math.floor(Math.log10(least));
  const step = [1, 2, 5, 10].map((digit) => digit * power).find((one) => one >= least * (1 - 1e-9)) ?? power;
  const [first, last] = around ? [Math.floor(low / step + 1e-9), Math.ceil(high / step - 1e-9)] : [Math.ceil(low / step - 1e-9), Math.floor(high / step + 1e-9)];
  return Array.from({ length: Math.max(0, last - first) + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

function words(x: number, y: number, text: string, { anchor, fill, size = 12, weight = 400 }: { readonly anchor: string; readonly fill: string; readonly size?: number; readonly weight?: number }): string {
  return `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}" fill="${fill}" font-size="${size}" font-weight="${weight}">${escaped(text)}</text>`;
}

/** Names of runs and classes come from strangers. What XML does not take at all is left out. */
function escaped(text: string): string {
  return text.replace(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '').replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

/** What a chart shows as a table: one row for each place of the axis, one column for each line. */
export function chartRows(group: Group, runs: readonly Drawn[], view: ChartView): readonly (readonly (string | number)[])[] {
  const [from, to] = view.zoom ?? [-Infinity, Infinity];
  const lines = linesOf(group, runs, view).filter(({ ghost }) => !ghost);
  const columns = lines.map((line) => {
    const { x, y } = pointsOf(line, view);
    return new Map(x.map((place, i) => [place, y[i]!]));
  });
  const places = [...new Set(columns.flatMap((column) => [...column.keys()]))].filter((place) => place >= from && place <= to).sort((a, b) => a - b);
  const head = lines.map(({ run, metric, edge }) => [metric, run.name, ...(edge ? [edge === 'low' ? '−sd' : '+sd'] : [])].join(' · '));
  return [[view.axis, ...head], ...places.map((place) => [place, ...columns.map((column) => column.get(place) ?? '')])];
}

/** Pixels of a picture, at twice its size. */
export async function pngOf({ svg, width, height }: Picture): Promise<Uint8Array> {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await image.decode();
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [width * 2, height * 2];
  canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height);
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'));
  if (!blob) throw new Error('The picture could not be made.');
  return new Uint8Array(await blob.arrayBuffer());
}

