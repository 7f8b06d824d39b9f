import * as l10n from '@vscode/l10n';
import type { ComparedRun, Comparison } from '../../src/protocol';
import { svg } from '../draw/svg';
import { el, fill, setText, show } from '../dom';
import { choice, segments } from '../inspector/controls';
import { compact, metric as writeMetric, significant } from '../numbers';
import { clock } from './axes';
import type { Stroke } from './palette';
import { placesApart } from './places';
import { apart, scaleOf, type Scale } from './scale';
import { tableMetrics } from './series';
import type { Settings } from './settings';
import { scatter, type Point } from './scatter';
import { walkByKeys } from '../sweep/plot';

/** What was reached against what it was trained with, and against what it cost. */

const SIZE = { width: 760, height: 300, left: 30, right: 60, top: 34, bottom: 26 };
/** A line of words needs so many pixels. */
const LINE = 13;
/** More axes than that cannot be told apart. */
const MOST_AXES = 8;

export interface Hyperparameters {
  readonly element: HTMLElement;
  update(comparison: Comparison, settings: Settings, stroke: (run: string) => Stroke): void;
}

export function createHyperparameters(set: (change: Partial<Settings>) => void): Hyperparameters {
  const metric = choices(l10n.t('Metric'), (value) => set({ metric: value }));
  const key = choices(l10n.t('Configuration key'), (value) => set({ key: value }));
  const cost = segments(l10n.t('Cost'), [['params', l10n.t('Parameters')], ['macs', l10n.t('Multiply-adds')], ['seconds', l10n.t('Training time')]], (value) => set({ cost: value }));
  const [parallel, against, costly] = [el('div'), el('div'), el('div')];
  const parallelFigure = el('figure', { class: 'figure wide-figure' }, el('figcaption', {}, l10n.t('All that differs')), el('p', { class: 'words' }, l10n.t('One line for each run, through its value on every axis.')), parallel);
  const againstFigure = el('figure', { class: 'figure' }, el('figcaption', {}, l10n.t('Metric against one key')), key.element, against);
  const costFigure = el('figure', { class: 'figure' }, el('figcaption', {}, l10n.t('Metric against cost')), cost.element, costly);
  const element = el('details', { class: 'more hyper' }, el('summary', {}, l10n.t('Hyperparameters and cost')), metric.element, el('div', { class: 'hyper-figures' }, parallelFigure, againstFigure, costFigure));
  let redraw = (): void => undefined;
  element.addEventListener('toggle', () => redraw());
  const update = (comparison: Comparison, settings: Settings, stroke: (run: string) => Stroke): void => {
    const { runs, differences } = comparison;
    show(element, runs.length > 1);
    redraw = () => update(comparison, settings, stroke);
    if (!element.open || runs.length < 2) return;
    const metrics = tableMetrics(runs);
    const chosen = metrics.find((name) => name === settings.metric) ?? preferred(metrics);
    const keys = differences.map((row) => row.key);
    const chosenKey = keys.find((name) => name === settings.key) ?? keys[0];
    metric.update(metrics, chosen ?? '');
    key.update(keys, chosenKey ?? '');
    cost.set(settings.cost);
    show(parallelFigure, keys.length > 0);
    show(againstFigure, keys.length > 0);
    if (chosen === undefined) return;
    const signature = JSON.stringify([runs.map(({ path, name, final, cost: own, intervals }) => [path, name, final, own, intervals, stroke(path)]), differences, chosen, chosenKey, settings.cost]);
    // While a run trains the page is drawn each second: the focus stays on what is read.
    if (element.dataset['drawn'] === signature) return;
    element.dataset['drawn'] = signature;
    if (keys.length > 0) fill(parallel, parallelCoordinates(comparison, chosen, stroke));
    const row = differences.find((one) => one.key === chosenKey);
    if (row) fill(against, scatter({ name: l10n.t('{0} against {1}', chosen, row.key), xName: row.key, yName: chosen, x: scaleOf(placesApart(row.values), (value) => significant(value, 4)), points: pointsOf(runs, chosen, (_, i) => placesApart(row.values)[i] ?? '', stroke) }));
    fill(costly, scatter({ name: l10n.t('{0} against cost', chosen), xName: costName(settings.cost), yName: chosen, x: scaleOf(runs.map((run) => costOf(run, settings.cost)), writeCost(settings.cost)), points: pointsOf(runs, chosen, (run) => costOf(run, settings.cost), stroke) }));
  };
  return { element, update };
}

/** A list whose entries come and go with the runs. */
function choices(label: string, onChange: (value: string) => void) {
  const control = choice(label, [], onChange);
  const select = control.element.querySelector('select');
  let drawn = '';
  return {
    element: control.element,
    update: (names: readonly string[], chosen: string): void => {
      if (select && drawn !== names.join('\n')) fill(select, ...names.map((name) => el('option', { value: name }, name)));
      drawn = names.join('\n');
      control.set(chosen);
    },
  };
}

function preferred(metrics: readonly string[]): string | undefined {
  return ['test/top1', 'val/top1'].find((name) => metrics.includes(name)) ?? metrics[0];
}

function costName(cost: Settings['cost']): string {
  return { params: l10n.t('Parameters'), macs: l10n.t('Multiply-adds of one image'), seconds: l10n.t('Training time') }[cost];
}

function writeCost(cost: Settings['cost']): (value: number) => string {
  return cost === 'seconds' ? clock : compact;
}

function costOf({ cost }: ComparedRun, which: Settings['cost']): string {
  const value = cost[which];
  return value === null ? '' : String(value);
}

function pointsOf(runs: readonly ComparedRun[], metric: string, x: (run: ComparedRun, i: number) => string, stroke: (run: string) => Stroke): readonly Point[] {
  return runs.flatMap((run, i): Point[] => {
    const y = run.final[metric];
    if (y === undefined || !Number.isFinite(y)) return [];
    const interval = run.intervals.final[metric];
    return [{ name: run.name, x: x(run, i), y, stroke: stroke(run.path), ...(interval && { interval }) }];
  });
}

/** One vertical axis for each key that differs, and the metric at the end (Inselberg 1985). */
function parallelCoordinates({ runs, differences }: Comparison, metric: string, stroke: (run: string) => Stroke): HTMLElement {
  // What was varied comes before where it lay.
  const isPlace = ({ key }: { readonly key: string }): boolean => key.endsWith('.path') || key.endsWith('.from');
  const rows = [...differences.filter((row) => !isPlace(row)), ...differences.filter(isPlace)].slice(0, MOST_AXES).map(({ key, values }) => ({ key, values: placesApart(values) }));
  const finals = runs.map((run) => (Number.isFinite(run.final[metric]) ? String(run.final[metric]) : ''));
  const axes = [...rows.map(({ key, values }) => ({ name: key, values, scale: scaleOf(values, (value) => significant(value, 4)) })), { name: metric, values: finals, scale: scaleOf(finals, (value) => writeMetric(metric, value)) }];
  const x = (i: number): number => SIZE.left + (axes.length === 1 ? 0.5 : i / (axes.length - 1)) * (SIZE.width - SIZE.left - SIZE.right);
  const y = (share: number): number => SIZE.top + (1 - share) * (SIZE.height - SIZE.top - SIZE.bottom);
  const reading = el('p', { class: 'reading', 'aria-live': 'polite' });
  const room = (SIZE.width - SIZE.left - SIZE.right) / Math.max(1, axes.length - 1);
  const picture = svg(
    'svg',
    { viewBox: `0 0 ${String(SIZE.width)} ${String(SIZE.height)}`, role: 'group', 'aria-label': l10n.t('Parallel coordinates of {0} runs', runs.length), class: 'diagram parallel' },
    ...axes.map((_, i) => svg('line', { class: 'frame', x1: x(i), x2: x(i), y1: y(0), y2: y(1) })),
    ...runs.map((run, k) => lineOf(run, axes.map(({ values, scale }, i) => [x(i), scale.at(values[k] ?? '')] as const), y, stroke(run.path), () => describe(run, k, axes, metric), reading)),
    // Over the lines, which would else strike the words through.
    ...axes.flatMap(({ name, scale }, i) => wordsOf(name, scale, x(i), y, i === axes.length - 1 ? SIZE.right + room / 2 : room, i === axes.length - 1)),
  );
  walkByKeys(picture);
  const left = differences.length - rows.length;
  return el('div', { class: 'scroll' }, picture, reading, left > 0 && el('p', { class: 'words' }, l10n.t('{0} more keys differ; the table below has them.', left)));
}

function wordsOf(name: string, scale: Scale, x: number, y: (share: number) => number, room: number, last: boolean): SVGElement[] {
  const fit = Math.max(4, Math.floor(room / 6.5));
  const cut = (text: string, most = fit): string => (text.length > most ? `${text.slice(0, most - 1)}…` : text);
  const title = svg('text', { class: 'axis-name', x: last ? x + SIZE.right - 4 : x, y: 14, 'text-anchor': last ? 'end' : x < 60 ? 'start' : 'middle' }, last ? name : cut(name.split('.').at(-1) ?? name));
  title.append(svg('title', {}, scale.kind === 'log' ? l10n.t('{0} (logarithmic)', name) : name));
  return [
    title,
    ...apart(scale.ticks, LINE / (SIZE.height - SIZE.top - SIZE.bottom)).map(({ at, text }) => svg('text', { x: x + 5, y: y(at) + 4, class: 'tick' }, cut(text, Math.max(4, Math.floor((room - 10) / 6.5))))),
  ];
}

function lineOf(run: ComparedRun, places: readonly (readonly [x: number, share: number | null])[], y: (share: number) => number, { colour, dash }: Stroke, words: () => string, reading: HTMLElement): SVGElement {
  const points = places.flatMap(([x, share]) => (share === null ? [] : [`${x.toFixed(1)},${y(share).toFixed(1)}`]));
  const end = places.at(-1);
  const line = svg('polyline', { class: 'series-line', points: points.join(' '), 'stroke-dasharray': dash.join(' ') });
  const hit = svg('polyline', { class: 'hit', points: points.join(' ') });
  const group = svg('g', { role: 'button', tabindex: -1, 'aria-label': words(), class: 'run-line', x: end?.[0] ?? 0, y: y(end?.[1] ?? 0) }, hit, line, svg('title', {}, run.name));
  group.style.setProperty('--point', colour);
  for (const on of ['pointerenter', 'focus']) group.addEventListener(on, () => setText(reading, words()));
  for (const off of ['pointerleave', 'blur']) group.addEventListener(off, () => setText(reading, ''));
  return group;
}

function describe(run: ComparedRun, k: number, axes: readonly { readonly name: string; readonly values: readonly string[] }[], metric: string): string {
  const value = run.final[metric];
  const keys = axes.slice(0, -1).map(({ name, values }) => `${name} ${values[k] ?? ''}`);
  return `${run.name}: ${[...keys, value === undefined ? '–' : `${metric} ${writeMetric(metric, value)}`].join(', ')}`;
}

