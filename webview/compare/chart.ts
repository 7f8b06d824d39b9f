import uPlot from 'uplot';
import { termOfMetric } from '../../src/glossary/glossary';
import { el, themeColour } from '../dom';
import { isShare, tickLabels } from '../numbers';
import { termLink } from '../term';
import { axisLabels, CLOCK_STEPS, logLabels, logTicks } from './axes';
import type { Stroke } from './palette';
import type { Drawn } from './repetitions';
import { curveOf, smooth, type Axis, type Curve, type Group } from './series';

export interface ChartView {
  readonly axis: Axis;
  /** A logarithmic vertical axis; what is not above zero has no place on it. */
  readonly log: boolean;
  /** The part of the horizontal axis that is shown. */
  readonly zoom: readonly [from: number, to: number] | null;
  /** 0 to 1. */
  readonly smoothing: number;
  /** The end of the horizontal axis of all charts. */
  readonly end: number;
  readonly stroke: (run: string) => Stroke;
  /** Where the lines of a chart are told apart by their metric, and not by their run. */
  readonly lineStroke?: (metric: string) => Stroke;
  /** The same strokes on white, for a picture that goes into a report. */
  readonly paper?: Pick<ChartView, 'stroke' | 'lineStroke'>;
}

/** One drawn line: a metric of a run. The ghost is the raw curve behind a smoothed one. */
export interface Line {
  readonly run: Drawn;
  readonly metric: string;
  readonly ghost: boolean;
  /** An edge of the band around the mean of several runs. */
  readonly edge?: 'low' | 'high';
}

/** What the cursor is at: one x for all charts. */
export interface Reading {
  readonly x: number;
  readonly entries: readonly { readonly run: Drawn; readonly metric: string; readonly curve: Curve; readonly stroke?: Stroke }[];
  /** Where there are many lines: the height of the cursor, so that only those near it are told. */
  readonly y?: number;
}

export interface Chart {
  readonly element: HTMLElement;
  update(runs: readonly Drawn[], view: ChartView): void;
  destroy(): void;
}

export interface ChartEvents {
  /** `at` is the point that the pointer or the keys are at, in the window. */
  readonly onCursor: (reading: Reading | null, at: DOMRect) => void;
  /** A part of the horizontal axis is wished; null is all of it. */
  readonly onZoom: (zoom: readonly [from: number, to: number] | null) => void;
}

/** The charts share one cursor; only the one that the user moves through may say what is under it. */
let owner: HTMLElement | null = null;

/** What is drawn, explained where the glossary knows it. */
function titleOf({ name }: Group, title: string): HTMLElement | string {
  const found = termOfMetric(name);
  return found ? termLink(found.id, title) : title;
}

/** A small chart of one group of metrics. New points are set into it; it is built anew only when its lines change. */
export function createChart(group: Group, title: string, events: ChartEvents, actions?: HTMLElement): Chart {
  const host = el('div', { class: 'plot', tabindex: 0, role: 'img', 'aria-label': title });
  const element = el('figure', { class: 'chart' }, el('figcaption', {}, el('span', { class: 'chart-title' }, titleOf(group, title)), actions), host);
  let plot: uPlot | null = null;
  let built = '';
  // Read by uPlot at each redraw, so that a longer run needs no new chart.
  const state: ChartState = { end: 1, zoom: null };
  let latest: { runs: readonly Drawn[]; view: ChartView } | null = null;

  const resize = new ResizeObserver(() => {
    if (plot && host.clientWidth > 0) plot.setSize({ width: host.clientWidth, height: heightFor(host) });
  });
  resize.observe(host);
  const leave = (): void => {
    if (owner !== host) return;
    owner = null;
    events.onCursor(null, host.getBoundingClientRect());
  };
  host.addEventListener('pointermove', () => (owner = host));
  host.addEventListener('pointerleave', leave);
  host.addEventListener('keydown', (event) => {
    owner = host;
    if (!plot) return;
    if (!zoomByKeys(plot, event, state, events.onZoom)) moveCursor(plot, event);
  });
  host.addEventListener('blur', () => {
    leave();
    plot?.setCursor({ left: -10, top: -10 });
  });

  const read = (at: uPlot): void => {
    if (owner !== host) return;
    const { left, top } = at.cursor;
    if (!latest || left === undefined || left === null || left < 0) return events.onCursor(null, at.over.getBoundingClientRect());
    const { view } = latest;
    const entries = linesOf(group, latest.runs, { ...view, smoothing: 0 }).flatMap(({ run, metric }) => {
      const curve = curveOf(run, metric, view.axis);
      const stroke = view.lineStroke?.(metric);
      return curve ? [{ run, metric, curve, ...(stroke && { stroke }) }] : [];
    });
    const box = at.over.getBoundingClientRect();
    events.onCursor({ x: at.posToVal(left, 'x'), entries, ...(group.detail && { y: at.posToVal(top ?? 0, 'y') }) }, new DOMRect(box.left + left, box.top + Math.max(0, top ?? 0), 0, 0));
  };

  return {
    element,
    update(runs, view) {
      latest = { runs, view };
      state.end = view.end;
      state.zoom = view.zoom;
      const lines = linesOf(group, runs, view);
      const data = joined(lines, view);
      const key = JSON.stringify([view.axis, view.log, themeColour('--vscode-foreground', ''), lines.map((line) => [line.run.path, line.metric, line.ghost, line.edge, strokeOf(line, view)])]);
      if (plot && key === built) return plot.setData(data);
      plot?.destroy();
      plot = new uPlot(options(group, lines, view, host, { read, state, onZoom: events.onZoom }), data, host);
      built = key;
    },
    destroy() {
      leave();
      resize.disconnect();
      plot?.destroy();
    },
  };
}

export function strokeOf({ run, metric }: Line, view: Pick<ChartView, 'stroke' | 'lineStroke'>): Stroke {
  return view.lineStroke?.(metric) ?? view.stroke(run.path);
}

function heightFor(host: HTMLElement): number {
  return Math.round(Math.max(120, Math.min(220, host.clientWidth * 0.5, window.innerHeight * 0.5)));
}

function moveCursor(plot: uPlot, event: KeyboardEvent): void {
  const by = ({ ArrowLeft: -1, ArrowRight: 1 } as const)[event.key];
  if (!by) return;
  event.preventDefault();
  const width = plot.over.clientWidth;
  const left = plot.cursor.left ?? -1;
  const next = left < 0 ? (by > 0 ? 0 : width) : Math.min(width, Math.max(0, left + (by * width) / 40));
  plot.setCursor({ left: next, top: plot.over.clientHeight / 2 });
}

interface ChartState {
  end: number;
  zoom: ChartView['zoom'];
}

/** Plus and minus zoom around the cursor, 0 shows all again. */
function zoomByKeys(plot: uPlot, event: KeyboardEvent, { end, zoom }: ChartState, onZoom: ChartEvents['onZoom']): boolean {
  const by = ({ '+': 0.5, '=': 0.5, '-': 2, '0': Infinity } as const)[event.key];
  if (by === undefined || event.ctrlKey || event.metaKey || event.altKey) return false;
  event.preventDefault();
  const [from, to] = zoom ?? [0, end];
  const left = plot.cursor.left ?? -1;
  const centre = left < 0 ? (from + to) / 2 : plot.posToVal(left, 'x');
  const width = (to - from) * by;
  const start = Math.max(0, Math.min(centre - width / 2, end - width));
  onZoom(width >= end ? null : [start, start + width]);
  return true;
}

/** Bands, then ghosts, so that the smoothed lines lie over them. */
export function linesOf(group: Group, runs: readonly Drawn[], view: Pick<ChartView, 'smoothing'>): readonly Line[] {
  const lines = runs.flatMap((run) => group.metrics.filter((metric) => run.curves[metric]).map((metric): Line => ({ run, metric, ghost: false })));
  const edges = lines.filter(({ run, metric }) => run.spread?.[metric]).flatMap((line): Line[] => [{ ...line, edge: 'high' }, { ...line, edge: 'low' }]);
  // The raw curve behind a mean would hide its band.
  const ghosts = view.smoothing > 0 ? lines.filter(({ run }) => !run.spread).map((line) => ({ ...line, ghost: true })) : [];
  return [...edges, ...ghosts, ...lines];
}

/** The points that are drawn of a line. */
export function pointsOf(line: Line, view: Pick<ChartView, 'axis' | 'smoothing' | 'log'>): Curve {
  const curve = curveOf(line.run, line.metric, view.axis) ?? { x: [], y: [] };
  const raw = line.edge ? (line.run.spread?.[line.metric]?.[line.edge] ?? []) : curve.y;
  const y = line.ghost ? raw : smooth(raw, view.smoothing);
  return { x: curve.x, y: view.log ? y.map((value) => (value > 0 ? value : NaN)) : y };
}

/** All lines over one common x. Where a line has no point uPlot gets `undefined` and draws through. */
function joined(lines: readonly Line[], view: ChartView): uPlot.AlignedData {
  const tables = lines.map((line): uPlot.AlignedData => {
    const { x, y } = pointsOf(line, view);
    return [[...x], y.map((value) => (Number.isFinite(value) ? value : null))];
  });
  return tables.length > 0 ? uPlot.join(tables) : [[]];
}

interface Wiring {
  readonly read: (at: uPlot) => void;
  readonly state: ChartState;
  readonly onZoom: ChartEvents['onZoom'];
}

function options(group: Group, lines: readonly Line[], view: ChartView, host: HTMLElement, { read, state, onZoom }: Wiring): uPlot.Options {
  const grid = { stroke: 'rgb(128 128 128 / 0.25)', width: 1 };
  const text = { stroke: themeColour('--vscode-descriptionForeground', '#888'), font: '11px sans-serif', ticks: { show: false }, grid };
  const share = isShare(group.name);
  const labels = (ticks: readonly number[]): string[] => [...(view.log ? logLabels(ticks, share) : tickLabels(ticks, share))];
  return {
    width: Math.max(100, host.clientWidth),
    height: heightFor(host),
    legend: { show: false },
    scales: {
      x: { time: false, range: () => [...(state.zoom ?? [0, state.end])] as [number, number] },
      ...(view.log && { y: { distr: 3, range: (_: uPlot, low: number, high: number): [number, number] => logRange(low, high) } }),
    },
    padding: [8, 10, 0, 0],
    axes: [
      { ...text, size: 24, gap: 2, ...(view.axis === 'time' && { incrs: CLOCK_STEPS }), ...(view.axis !== 'epoch' && view.axis !== 'step' && { space: 70 }), values: (_, ticks) => [...axisLabels(view.axis, ticks)] },
      { ...text, size: 48, gap: 4, values: (_, ticks) => labels(ticks), ...(view.log && { splits: (_: uPlot, __: number, low: number, high: number) => logTicks(low, high), filter: (_: uPlot, ticks: number[]) => ticks }) },
    ],
    cursor: {
      sync: { key: 'compare' }, points: { show: false }, y: false,
      drag: { x: true, y: false, setScale: false, dist: 6 },
      bind: { dblclick: () => () => (onZoom(null), null) },
    },
    bands: lines.flatMap((line, i) => (line.edge === 'high' ? [{ series: [i + 1, i + 2] as [number, number], fill: faded(strokeOf(line, view).colour) }] : [])),
    series: [{}, ...lines.map((line) => seriesOf(group, line, view))],
    hooks: { setCursor: [read], setSelect: [(plot) => zoomTo(plot, onZoom)] },
  };
}

/** A dragged part of the axis is what is wished to be seen. */
function zoomTo(plot: uPlot, onZoom: ChartEvents['onZoom']): void {
  const { left, width } = plot.select;
  if (width < 6) return;
  const zoom = [plot.posToVal(left, 'x'), plot.posToVal(left + width, 'x')] as const;
  plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  onZoom(zoom);
}

function logRange(low: number, high: number): [number, number] {
  if (!(low > 0) || !Number.isFinite(high)) return [0.1, 1];
  return low === high ? [low / 1.5, high * 1.5] : [low / 1.05, high * 1.05];
}

/** A colour of the palette, at a fifth of its strength. */
function faded(colour: string): string {
  return `${colour}33`;
}

/** Beside the validation, training is thinner: of one run both have one colour and one pattern. */
export function isThin(group: Group, { metric }: Pick<Line, 'metric'>): boolean {
  return group.metrics.length > 1 && metric.startsWith('train/');
}

function seriesOf(group: Group, line: Line, view: ChartView): uPlot.Series {
  const { colour, dash } = strokeOf(line, view);
  const training = isThin(group, line);
  const curve = curveOf(line.run, line.metric, view.axis);
  if (line.edge) return { label: `${line.run.name} ${line.metric} ${line.edge}`, width: 0, points: { show: false } };
  return {
    label: `${line.run.name} ${line.metric}`,
    stroke: colour,
    width: line.ghost || training || group.detail ? 1 : 2,
    alpha: line.ghost ? 0.3 : training ? 0.75 : 1,
    dash: [...dash],
    // A run of one epoch would else be invisible.
    points: { show: (curve?.x.length ?? 0) < 2 && !line.ghost, size: 6, fill: colour },
  };
}
