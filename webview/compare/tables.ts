import * as l10n from '@vscode/l10n';
import type { Comparison, RunState } from '../../src/protocol';
import { el, type Child } from '../dom';
import { largerIsBetter, metric as writeMetric } from '../numbers';
import { runName } from './legend';
import type { Stroke } from './palette';
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

/** Final and best value of every metric for each run; a click on a heading sorts. */
export function metricTable(comparison: Comparison, sorting: Sorting, stroke: (run: string) => Stroke, onSort: (sorting: Sorting) => void): HTMLElement {
  const metrics = tableMetrics(comparison.runs);
  const heading = (metric: string, kind: 'final' | 'best'): HTMLElement => {
    const chosen = sorting.metric === metric && sorting.kind === kind;
    const next = { metric, kind, descending: chosen ? !sorting.descending : largerIsBetter(metric) };
    const [text, explained] = kind === 'final' ? [l10n.t('last'), l10n.t('The value at the end of the run.')] : [l10n.t('at best epoch'), l10n.t("The value at the epoch of the run's best checkpoint, which another metric may have chosen.")];
    return sortHeading(text, chosen ? sorting.descending : null, () => onSort(next), `${metric} ${kind}`, explained);
  };
  const byName = sorting.metric === null;
  const nameHeading = sortHeading(l10n.t('Run'), byName ? sorting.descending : null, () => onSort({ metric: null, kind: 'final', descending: byName && !sorting.descending }), 'run');
  nameHeading.setAttribute('rowspan', '2');
  return el(
    'table',
    { class: 'grid-table metrics' },
    el('caption', {}, l10n.t('Metrics')),
    el(
      'thead',
      {},
      el('tr', {}, nameHeading, ...metrics.map((metric) => el('th', { scope: 'colgroup', colspan: 2, class: 'group' }, metric))),
      el('tr', {}, ...metrics.flatMap((metric) => [heading(metric, 'final'), heading(metric, 'best')])),
    ),
    el(
      'tbody',
      {},
      ...sortRuns(comparison, sorting).map((run) =>
        el(
          'tr',
          {},
          el('th', { scope: 'row' }, runName(stroke(run.path), run.name), stateMark(run.state)),
          ...metrics.flatMap((metric) => [number(metric, run.final[metric]), number(metric, run.best[metric])]),
        ),
      ),
    ),
  );
}

/** The metrics table for the clipboard, in the order that is shown and with all digits. */
export function metricRows(comparison: Comparison, sorting: Sorting): readonly (readonly (string | number)[])[] {
  const metrics = tableMetrics(comparison.runs);
  return [
    [l10n.t('Run'), ...metrics.flatMap((metric) => [`${metric} ${l10n.t('last')}`, `${metric} ${l10n.t('at best epoch')}`])],
    ...sortRuns(comparison, sorting).map((run) => [run.name, ...metrics.flatMap((metric) => [run.final[metric] ?? '', run.best[metric] ?? ''])]),
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

function number(metric: string, value: number | undefined): HTMLElement {
  return el('td', { class: 'number' }, value === undefined ? '–' : writeMetric(metric, value));
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
    el('caption', {}, l10n.t('What differs in the configuration')),
    el('thead', {}, el('tr', {}, el('th', { scope: 'col' }, l10n.t('Key')), ...comparison.runs.map((run) => el('th', { scope: 'col' }, runName(stroke(run.path), run.name))))),
    el(
      'tbody',
      {},
      ...comparison.differences.map(({ key, values }) =>
        el('tr', {}, el('th', { scope: 'row', class: 'key' }, key), ...values.map((value) => el('td', { title: value }, value))),
      ),
    ),
  );
}
