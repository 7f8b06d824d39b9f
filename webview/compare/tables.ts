import * as l10n from '@vscode/l10n';
import type { ComparedRun, Comparison, RunState } from '../../src/protocol';
import { sharedName } from '../../src/sharedName';
import { el, type Child } from '../dom';
import { compact, fixed, largerIsBetter, metric as writeMetric, metricSpread } from '../numbers';
import { clock } from './axes';
import { clearlyBest } from './better';
import { metricLink, termLink } from '../term';
import { runName } from './legend';
import { placesApart } from './places';
import type { Stroke } from './palette';
import { meanAndDeviation, repetitions } from './repetitions';
import { tableMetrics } from './series';

/** By which column the table is sorted: a metric's final or best value, or the name. */
export interface Sorting {
  readonly metric: string | null;
  readonly kind: 'final' | 'best';
  readonly descending: boolean;
}

/** Runs in the order of a column; runs without a value come last. */
export function sortRuns(comparison: Comparison, sorting: Sorting): Comparison['runs'] {
  const sign = sorting.descending ? -1 : 1;
  return [...comparison.runs].sort((a, b) => {
    if (sorting.metric === null) return sign * a.name.localeCompare(b.name);
    const [x, y] = [a[sorting.kind][sorting.metric], b[sorting.kind][sorting.metric]];
    if (x === undefined || y === undefined) return x === y ? 0 : x === undefined ? 1 : -1;
    return sign * (x - y);
  });
}

/** The columns of a metric: no run has a test's value at its best epoch. */
function kindsOf({ runs }: Comparison, metric: string): readonly Sorting['kind'][] {
  return (['final', 'best'] as const).filter((kind) => runs.some((run) => run[kind][metric] !== undefined));
}

/** What a column of a metric holds, and what that is. */
function kindWords(metric: string, kind: Sorting['kind']): readonly [text: string, explained: string] {
  if (kind === 'best') return [l10n.t('at best epoch'), l10n.t("The value at the epoch of the run's best checkpoint, which another metric may have chosen.")];
  if (metric.startsWith('test/')) return [l10n.t('best checkpoint'), l10n.t('Measured once, when the run had ended, with its best checkpoint.')];
  return [l10n.t('last'), l10n.t('The value at the end of the run.')];
}

/** Final and best value of every metric for each run; a click on a heading sorts. */
export function metricTable(comparison: Comparison, sorting: Sorting, stroke: (run: string) => Stroke, onSort: (sorting: Sorting) => void): HTMLElement {
  const metrics = tableMetrics(comparison.runs);
  const heading = (metric: string, kind: 'final' | 'best'): HTMLElement => {
    const chosen = sorting.metric === metric && sorting.kind === kind;
    const next = { metric, kind, descending: chosen ? !sorting.descending : largerIsBetter(metric) };
    const [text, explained] = kindWords(metric, kind);
    return sortHeading(text, chosen ? sorting.descending : null, () => onSort(next), `${metric} ${kind}`, explained);
  };
  const byName = sorting.metric === null;
  const best = new Map(metrics.flatMap((metric) => (['final', 'best'] as const).map((kind) => [`${metric} ${kind}`, clearlyBest(comparison.runs, metric, kind)] as const)));
  const cell = (run: ComparedRun, metric: string, kind: 'final' | 'best'): HTMLElement => number(metric, run[kind][metric], run.intervals[kind][metric], best.get(`${metric} ${kind}`) === run.path);
  const nameHeading = sortHeading(l10n.t('Run'), byName ? sorting.descending : null, () => onSort({ metric: null, kind: 'final', descending: byName && !sorting.descending }), 'run');
  nameHeading.setAttribute('rowspan', '2');
  return el(
    'table',
    { class: 'grid-table metrics' },
    caption(l10n.t('Metrics')),
    el(
      'thead',
      {},
      el('tr', {}, nameHeading, ...metrics.map((metric) => el('th', { scope: 'colgroup', colspan: kindsOf(comparison, metric).length, class: 'group' }, metricLink(metric)))),
      el('tr', {}, ...metrics.flatMap((metric) => kindsOf(comparison, metric).map((kind) => heading(metric, kind)))),
    ),
    el(
      'tbody',
      {},
      ...sortRuns(comparison, sorting).map((run) =>
        el(
          'tr',
          {},
          el('th', { scope: 'row' }, runName(stroke(run.path), run.name), stateMark(run.state)),
          ...metrics.flatMap((metric) => kindsOf(comparison, metric).map((kind) => cell(run, metric, kind))),
        ),
      ),
    ),
  );
}

/** The metrics table for the clipboard, in the order that is shown and with all digits. */
export function metricRows(comparison: Comparison, sorting: Sorting): readonly (readonly (string | number)[])[] {
  const columns = tableMetrics(comparison.runs).flatMap((metric) => kindsOf(comparison, metric).map((kind) => [metric, kind] as const));
  return [
    [l10n.t('Run'), ...columns.map(([metric, kind]) => `${metric} ${kindWords(metric, kind)[0]}`)],
    ...sortRuns(comparison, sorting).map((run) => [run.name, ...columns.map(([metric, kind]) => run[kind][metric] ?? '')]),
  ];
}

function sortHeading(text: string, descending: boolean | null, onClick: () => void, key: string, explained?: string): HTMLElement {
  const arrow = descending === null ? '' : descending ? ' ↓' : ' ↑';
  return el(
    'th',
    { scope: 'col', 'aria-sort': descending === null ? 'none' : descending ? 'descending' : 'ascending' },
    el('button', { type: 'button', class: 'sort', onclick: onClick, 'data-sort': key, title: explained }, text + arrow),
  );
}

/** The interval under the value; a mark where it is better than all others by more than chance. */
function number(metric: string, value: number | undefined, interval?: readonly [number, number], best = false): HTMLElement {
  const between = interval && el('span', { class: 'between' }, `${fixed(interval[0] * 100, 1)}–${writeMetric(metric, interval[1])}`);
  const mark = best && el('span', { class: 'best-mark', title: l10n.t('Better than every other: the intervals do not overlap.') }, '▲', el('span', { class: 'visually-hidden' }, l10n.t('clearly best')));
  return el('td', { class: best ? 'number best' : 'number' }, mark, value === undefined ? '–' : writeMetric(metric, value), between);
}

/** In a narrow page it wraps, and stays where the table scrolls. */
function caption(text: string): HTMLElement {
  return el('caption', {}, el('span', { class: 'table-name' }, text));
}

function stateMark(state: RunState): Child {
  const name = { running: l10n.t('running'), finished: '', stopped: l10n.t('stopped'), failed: l10n.t('failed'), interrupted: l10n.t('interrupted') }[state];
  return name === '' ? null : el('span', { class: 'state' }, name);
}

/** The keys of the configuration whose values differ. */
export function differenceTable(comparison: Comparison, stroke: (run: string) => Stroke): HTMLElement {
  return el(
    'table',
    { class: 'grid-table' },
    caption(l10n.t('What differs in the configuration')),
    el('thead', {}, el('tr', {}, el('th', { scope: 'col' }, l10n.t('Key')), ...comparison.runs.map((run) => el('th', { scope: 'col' }, runName(stroke(run.path), run.name))))),
    el(
      'tbody',
      {},
      ...comparison.differences.map(({ key, values }) =>
        el('tr', {}, el('th', { scope: 'row', class: 'key' }, key), ...placesApart(values).map((text, i) => el('td', { title: values[i] }, text))),
      ),
    ),
  );
}

/** What each run cost, beside what it reached. */
export function costTable({ runs }: Comparison, stroke: (run: string) => Stroke): HTMLElement {
  const metric = ['test/top1', 'val/top1'].find((name) => runs.some(({ final }) => final[name] !== undefined));
  const heads = [l10n.t('Run'), termLink('parameters', l10n.t('Parameters')), termLink('multiply-adds', l10n.t('Multiply-adds of one image')), l10n.t('Training time'), ...(metric === undefined ? [] : [metricLink(metric)])];
  const cell = (value: number | null, write: (value: number) => string): HTMLElement => el('td', { class: 'number' }, value === null ? '–' : write(value));
  return el(
    'table',
    { class: 'grid-table cost' },
    caption(l10n.t('Cost')),
    el('thead', {}, el('tr', {}, ...heads.map((head) => el('th', { scope: 'col' }, head)))),
    el(
      'tbody',
      {},
      ...runs.map(({ path, name, cost, final, intervals }) =>
        el('tr', {}, el('th', { scope: 'row' }, runName(stroke(path), name)), cell(cost.params, compact), cell(cost.macs, compact), cell(cost.seconds, clock), metric !== undefined && number(metric, final[metric], intervals.final[metric])),
      ),
    ),
  );
}

/** Mean and deviation of each recipe that was trained several times; null where none was. */
export function repetitionTable(comparison: Comparison, stroke: (run: string) => Stroke): HTMLElement | null {
  // What still trains has no last value yet.
  const groups = repetitions(comparison.runs.filter(({ state }) => state === 'finished')).filter((group) => group.length > 1);
  if (groups.length === 0) return null;
  const metrics = tableMetrics(groups.flat());
  const spread = (group: readonly ComparedRun[], metric: string): HTMLElement => {
    const values = group.flatMap(({ final }) => (Number.isFinite(final[metric]) ? [final[metric]!] : []));
    if (values.length < 2) return el('td', { class: 'number' }, '–');
    const { mean, sd } = meanAndDeviation(values);
    return el('td', { class: 'number' }, metricSpread(metric, mean, sd), values.length < group.length && el('span', { class: 'between' }, ` (${String(values.length)})`));
  };
  return el(
    'table',
    { class: 'grid-table' },
    caption(l10n.t('Repetitions: mean ± standard deviation over seeds')),
    el('thead', {}, el('tr', {}, el('th', { scope: 'col' }, l10n.t('Run')), el('th', { scope: 'col' }, termLink('seed', l10n.t('Seeds'))), ...metrics.map((metric) => el('th', { scope: 'col', class: 'group' }, metricLink(metric))))),
    el(
      'tbody',
      {},
      ...groups.map((group) => el('tr', {}, el('th', { scope: 'row', title: group.map(({ name }) => name).join('\n') }, runName(stroke(group[0]!.path), sharedName(group.map(({ name }) => name)))), el('td', { class: 'number' }, String(group.length)), ...metrics.map((metric) => spread(group, metric)))),
    ),
  );
}
