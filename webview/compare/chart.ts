import uPlot from 'uplot';
import type { ComparedRun } from '../../src/protocol';
import { el, themeColour } from '../dom';
import { isShare, tickLabels } from '../numbers';
import type { Stroke } from './palette';
import { curveOf, smooth, type Curve, type Group } from './series';

export interface ChartView {
  readonly axis: 'epoch' | 'step';
  /** 0 to 1. */
  readonly smoothing: number;
  /** The end of the horizontal axis of all charts. */
  readonly end: number;
  readonly stroke: (run: string) => Stroke;
  /** Where the lines of a chart are told apart by their metric, and not by their run. */
  readonly lineStroke?: (metric: string) => Stroke;
}

/** One drawn line: a metric of a run. The ghost is the raw curve behind a smoothed one. */
interface Line {
  readonly run: ComparedRun;
  readonly metric: string;
  readonly ghost: boolean;
}

/** What the cursor is at: one x for all charts. */
export interface Reading {
  readonly x: number;
  readonly entries: readonly { readonly run: ComparedRun; readonly metric: string; readonly curve: Curve; readonly stroke?: Stroke }[];
  /** Where there are many lines: the height of the cursor, so that only those near it are told. */
  readonly y?: number;
}

export interface Chart {
  readonly element: HTMLElement;
  update(runs: readonly ComparedRun[], view: ChartView): void;
  destroy(): void;
}

export interface ChartEvents {
  /** `at` is the point that the pointer or the keys are at, in the window. */
  readonly onCursor: (reading: Reading | null, at: DOMRect) => void;
}

/** The charts share one cursor; only the one that the user moves through may say what is under it. */
let owner: HTMLElement | null = null;

/** A small chart of one group of metrics. New points are set into it; it is built anew only when its lines change. */
export function createChart(group: Group, title: string, events: ChartEvents): Chart {
  const host = el('div', { class: 'plot', tabindex: 0, role: 'img', 'aria-label': title });
  const element = el('figure', { class: 'chart' }, el('figcaption', {}, title), host);
  let plot: uPlot | null = null;
  let built = '';
  // Read by uPlot at each redraw, so that a longer run needs no new chart.
  const state = { end: 1 };
  let latest: { runs: readonly ComparedRun[]; view: ChartView } | null = null;

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
    if (plot) moveCursor(plot, event);
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
      const lines = linesOf(group, runs, view);
      const data = joined(lines, view);
      const key = JSON.stringify([view.axis, themeColour('--vscode-foreground', ''), lines.map((line) => [line.run.path, line.metric, line.ghost, strokeOf(line, view)])]);
      if (plot && key === built) return plot.setData(data);
      plot?.destroy();
      plot = new uPlot(options(group, lines, view, host, read, state), data, host);
      built = key;
    },
    destroy() {
      leave();
      resize.disconnect();
      plot?.destroy();
    },
  };
}

function strokeOf({ run, metric }: Line, view: ChartView): Stroke {
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

/** Ghosts first, so that the smoothed lines lie over them. */
function linesOf(group: Group, runs: readonly ComparedRun[], view: ChartView): readonly Line[] {
  const lines = runs.flatMap((run) => group.metrics.filter((metric) => run.curves[metric]).map((metric) => ({ run, metric, ghost: false })));
  return view.smoothing > 0 ? [...lines.map((line) => ({ ...line, ghost: true })), ...lines] : lines;
}

/** All lines over one common x. Where a line has no point uPlot gets `undefined` and draws through. */
function joined(lines: readonly Line[], view: ChartView): uPlot.AlignedData {
  const tables = lines.map((line): uPlot.AlignedData => {
    const curve = curveOf(line.run, line.metric, view.axis) ?? { x: [], y: [] };
    const y = line.ghost ? curve.y : smooth(curve.y, view.smoothing);
    return [[...curve.x], y.map((value) => (Number.isFinite(value) ? value : null))];
  });
  return tables.length > 0 ? uPlot.join(tables) : [[]];
}

function options(group: Group, lines: readonly Line[], view: ChartView, host: HTMLElement, read: (at: uPlot) => void, state: { readonly end: number }): uPlot.Options {
  const grid = { stroke: 'rgb(128 128 128 / 0.25)', width: 1 };
  const text = { stroke: themeColour('--vscode-descriptionForeground', '#888'), font: '11px sans-serif', ticks: { show: false }, grid };
  const share = isShare(group.name);
  return {
    width: Math.max(100, host.clientWidth),
    height: heightFor(host),
    legend: { show: false },
    scales: { x: { time: false, range: () => [0, state.end] } },
    padding: [8, 10, 0, 0],
    axes: [
      { ...text, size: 24, gap: 2 },
      { ...text, size: 48, gap: 4, values: (_, ticks) => [...tickLabels(ticks, share)] },
    ],
    cursor: { sync: { key: 'compare' }, points: { show: false }, drag: { x: false, y: false }, y: false },
    series: [{}, ...lines.map((line) => seriesOf(group, line, view))],
    hooks: { setCursor: [read] },
  };
}

function seriesOf(group: Group, line: Line, view: ChartView): uPlot.Series {
  const { colour, dash } = strokeOf(line, view);
  const training = group.metrics.length > 1 && line.metric.startsWith('train/');
  const curve = curveOf(line.run, line.metric, view.axis);
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
