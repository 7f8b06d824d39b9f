import * as l10n from '@vscode/l10n';
import type { SweepResults, SweepRow, SweepSpread } from '../../src/protocol';
import { termOfMetric } from '../../src/glossary/glossary';
import { el, fill, setAttribute } from '../dom';
import { compact, integer, metric, metricSpread } from '../numbers';
import { rowByKey, sortHeading } from '../tables';
import { arrange, columnsOf, type Column, type Shown } from './rows';

export interface SweepTable {
  readonly element: HTMLElement;
  update(results: SweepResults, shown: Shown): void;
}

/** One row a combination; Tab reaches the chosen one, arrow keys choose the next. */
export function createSweepTable(onSort: (column: Column) => void, onChoose: (setting: number) => void): SweepTable {
  const head = el('tr');
  const body = el('tbody');
  const element = el('table', { class: 'combinations' }, el('thead', {}, head), body);
  let headings = new Map<Column, ReturnType<typeof sortHeading>>();
  let made = '';
  body.addEventListener('click', (event) => {
    const row = rowOf(event.target);
    if (row) onChoose(Number(row.dataset['setting']));
  });
  body.addEventListener('keydown', (event) => {
    const row = rowOf(event.target);
    const next = row && rowByKey(event, row, body.children);
    if (!next) return;
    onChoose(Number(next.dataset['setting']));
    body.querySelector<HTMLElement>(`tr[data-setting="${next.dataset['setting'] ?? ''}"]`)?.focus();
  });
  return {
    element,
    update(results, shown) {
      const key = JSON.stringify([results.axes, results.sweep.monitor]);
      if (key !== made) {
        headings = new Map(columnsOf(results).map((column) => [column, sortHeading(column.replace(':', '-'), () => columnName(column, results), () => onSort(column), termOfColumn(column, results))]));
        fill(head, ...[...headings.values()].map(({ cell }) => cell));
      }
      made = key;
      for (const [column, one] of headings) one.update(shown.column === column ? shown.descending : null);
      const focused = rowOf(document.activeElement)?.dataset['setting'];
      fill(body, ...arrange(results.rows, shown).map((row) => makeRow(row, results)));
      const [first] = body.children;
      for (const row of body.querySelectorAll<HTMLElement>('tr')) {
        const chosen = Number(row.dataset['setting']) === shown.chosen;
        setAttribute(row, 'aria-current', chosen ? 'true' : undefined);
        setAttribute(row, 'tabindex', chosen || (shown.chosen === null && row === first) ? 0 : -1);
        if (row.dataset['setting'] === focused) row.focus();
      }
    },
  };
}

/** The term that a column's heading is explained by. */
export function termOfColumn(column: Column, { axes, sweep }: SweepResults): string | undefined {
  if (column.startsWith('axis:')) return termOfMetric(axes[Number(column.slice(5))]?.name ?? '')?.id;
  const names: Readonly<Record<string, string>> = { val: sweep.monitor, test: 'test/top1', finished: 'seeds', epochs: 'epochs', tokens: 'tokens', omegaMsa: 'omegaMsa', params: 'params', macs: 'macs' };
  return termOfMetric(names[column] ?? '')?.id;
}

export function columnName(column: Column, { axes, sweep }: SweepResults): string {
  if (column.startsWith('axis:')) return axes[Number(column.slice(5))]?.name ?? '';
  switch (column) {
    case 'val':
      return sweep.monitor;
    case 'test':
      return 'test/top1';
    case 'finished':
      return l10n.t('Ended');
    case 'epochs':
      return l10n.t('Epochs');
    case 'tokens':
      return l10n.t('Tokens N');
    case 'omegaMsa':
      return 'Ω(MSA)';
    case 'params':
      return l10n.t('Parameters');
    case 'macs':
      return l10n.t('Multiply-adds');
    default:
      return l10n.t('Seconds');
  }
}

/** "46.7% ± 4.7%" */
export function spreadText(name: string, spread: SweepSpread | undefined): string {
  if (!spread) return '–';
  return spread.n > 1 ? metricSpread(name, spread.mean, spread.sd) : metric(name, spread.mean);
}

function makeRow(row: SweepRow, { sweep }: SweepResults): HTMLElement {
  const [first, ...others] = row.values;
  return el(
    'tr',
    { 'data-setting': row.setting },
    el('th', { scope: 'row', class: 'key', title: first }, first ?? ''),
    ...others.map((value) => el('td', { class: 'key', title: value }, value)),
    el('td', {}, spreadText(sweep.monitor, row.val)),
    el('td', {}, spreadText('test/top1', row.test)),
    el('td', {}, `${integer(row.finished)}/${integer(row.of)}`),
    el('td', {}, integer(row.epochs)),
    el('td', {}, row.patches > 0 ? integer(row.patches) : '–'),
    el('td', {}, compact(row.omegaMsa)),
    el('td', {}, compact(row.params)),
    el('td', {}, compact(row.macs)),
    el('td', {}, row.seconds ? compact(Number(row.seconds.mean.toPrecision(3))) : '–'),
  );
}

function rowOf(target: EventTarget | null): HTMLElement | null {
  return target instanceof Element ? target.closest<HTMLElement>('tr[data-setting]') : null;
}
