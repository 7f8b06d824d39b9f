import { px } from '../../svg';
import { axes, below, grid, legend, scaleOf, strokeOf, svg, WIDTH, write } from './frame';

/** A line over x; `spread` is the standard deviation of each value, where there are several trainings. */
export interface Curve {
  readonly series: number;
  readonly x: readonly number[];
  readonly y: readonly number[];
  readonly spread?: readonly number[] | undefined;
}

export interface Plot {
  readonly title: string;
  readonly curves: readonly Curve[];
  /** Written as shares in per cent. */
  readonly shares?: boolean;
}

const GAP = 40;
const HEIGHT = 150;

/**
 * Plots of one kind side by side, two in a row, over the same x-axis; a series looks alike in all of them.
 *
 * @param names of the series; a single one needs no legend
 */
export function curvesChart(plots: readonly Plot[], names: readonly string[], xLabel: string): string {
  const drawn = new Set(plots.flatMap(({ curves }) => curves.flatMap((curve) => (finite(curve).x.length > 0 ? [curve.series] : []))));
  const key = legend(names.length > 1 ? names.map((name, i) => (drawn.has(i) ? name : null)) : [], 0, 10, WIDTH);
  const columns = Math.min(2, plots.length);
  const width = (WIDTH - GAP * (columns - 1)) / columns;
  const row = HEIGHT + 76;
  const parts = plots.flatMap((plot, i) => onePlot(plot, { x: (i % columns) * (width + GAP), y: key.height + 12 + Math.floor(i / columns) * row, width }, xLabel));
  return svg(WIDTH, key.height + 8 + Math.ceil(plots.length / columns) * row, [...key.parts, ...parts]);
}

function onePlot({ title, curves, shares }: Plot, { x: x0, y: y0, width }: { readonly x: number; readonly y: number; readonly width: number }, xLabel: string): string[] {
  const [left, right, top] = [x0 + 48, x0 + width - 8, y0 + 26];
  const bottom = top + HEIGHT;
  const known = curves.map((curve) => finite(curve)).filter(({ x }) => x.length > 0);
  const ends = known.flatMap(({ y, spread }) => y.flatMap((value, i) => [value - (spread?.[i] ?? 0), value + (spread?.[i] ?? 0)]));
  const xs = known.flatMap(({ x }) => x);
  const heading = write(title, x0, y0 + 10, { bold: true });
  if (ends.length === 0) return [heading, axes(left, top, right, bottom), write('–', (left + right) / 2, (top + bottom) / 2, { anchor: 'middle', pale: true })];
  const vertical = scaleOf(Math.min(...ends), Math.max(...ends), bottom, top);
  const across = scaleOf(Math.min(...xs), Math.max(...xs), left, right, 6, 1);
  const words = shares ? (value: number): string => `${Number((100 * value).toFixed(vertical.step < 0.01 ? 1 : 0))} %` : undefined;
  return [
    heading,
    ...grid(vertical, left, right, words),
    axes(left, top, right, bottom),
    ...below(across, bottom),
    write(xLabel, (left + right) / 2, bottom + 32, { anchor: 'middle', size: 11, pale: true }),
    ...known.map((curve) => line(curve, across.at, vertical.at)),
  ];
}

/** What was no number is no point of a line. */
function finite({ series, x, y, spread }: Curve): Curve {
  const good = y.flatMap((value, i) => (Number.isFinite(value) && Number.isFinite(x[i]) ? [i] : []));
  const of = (values: readonly number[]): number[] => good.map((i) => values[i]!);
  return { series, x: of(x), y: of(y), spread: spread && of(spread) };
}

function line({ series, x, y, spread }: Curve, across: (value: number) => number, up: (value: number) => number): string {
  const { colour, dash } = strokeOf(series);
  const points = (values: readonly number[]): string[] => values.map((value, i) => `${px(across(x[i]!))},${px(up(value))}`);
  const band = spread?.some((value) => value > 0)
    ? `<polygon points="${[...points(y.map((value, i) => value + spread[i]!)), ...points(y.map((value, i) => value - spread[i]!)).reverse()].join(' ')}" fill="${colour}" fill-opacity="0.18"/>`
    : '';
  const dots = y.length <= 12 ? y.map((value, i) => `<circle cx="${px(across(x[i]!))}" cy="${px(up(value))}" r="2.4" fill="${colour}"/>`).join('') : '';
  return `${band}<polyline points="${points(y).join(' ')}" fill="none" stroke="${colour}" stroke-width="1.8" stroke-dasharray="${dash || 'none'}"/>${dots}`;
}
