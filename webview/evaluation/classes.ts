import * as l10n from '@vscode/l10n';
import type { ClassScores, Interval } from '../../src/protocol';
import { termOfMetric } from '../../src/glossary/glossary';
import { el, setAttribute } from '../dom';
import { fixed, integer, metric } from '../numbers';
import { rowByKey, sortHeading } from '../tables';
import { arrange, columns, valueOf, type Column, type Shown } from './rows';

export interface ClassTable {
  readonly element: HTMLElement;
  update(classes: readonly ClassScores[], shown: Shown): void;
}

export interface ClassTableEvents {
  readonly onSort: (column: Column) => void;
  readonly onChoose: (index: number) => void;
}

/** One row a class; the chosen one can be reached by Tab, arrow keys choose the next. */
export function createClassTable(events: ClassTableEvents): ClassTable {
  const headings = new Map(columns.map((column) => [column, sortHeading(column, () => columnName(column), () => events.onSort(column), column === 'label' ? undefined : termOfMetric(column)?.id)]));
  const body = el('tbody');
  const element = el('table', { class: 'classes' }, el('thead', {}, el('tr', {}, ...[...headings.values()].map(({ cell }) => cell))), body);
  let drawn: { readonly classes: readonly ClassScores[]; readonly order: string } | null = null;
  body.addEventListener('click', (event) => {
    const row = rowOf(event.target);
    if (row) events.onChoose(Number(row.dataset['class']));
  });
  body.addEventListener('keydown', (event) => move(body, event, events));
  return {
    element,
    update(classes, shown) {
      for (const [column, one] of headings) one.update(shown.column === column ? shown.descending : null);
      const order = `${shown.column} ${String(shown.descending)}`;
      if (drawn?.classes !== classes || drawn.order !== order) body.replaceChildren(...arrange(classes, shown).map((k) => makeRow(classes[k], k)));
      drawn = { classes, order };
      for (const row of body.querySelectorAll<HTMLElement>('tr')) {
        const chosen = Number(row.dataset['class']) === shown.chosen;
        setAttribute(row, 'aria-current', chosen ? 'true' : undefined);
        setAttribute(row, 'tabindex', chosen ? 0 : -1);
      }
    },
  };
}

function columnName(column: Column): string {
  switch (column) {
    case 'label':
      return l10n.t('Class');
    case 'support':
      return l10n.t('Images');
    case 'precision':
      return l10n.t('Precision');
    case 'recall':
      return l10n.t('Recall');
    case 'f1':
      return 'F1';
    case 'auc':
      return 'AUC';
    case 'ap':
      return 'AP';
  }
}

function makeRow(one: ClassScores | undefined, k: number): HTMLElement {
  if (!one) return el('tr');
  const share = (column: 'precision' | 'recall' | 'f1', interval: Interval | null): HTMLElement => {
    const value = valueOf(one, column);
    return el('td', { class: `column-${column}` }, value === null ? '–' : metric(column, value), interval && el('span', { class: 'between' }, ` ${between(interval)}`));
  };
  const area = (value: number | null): HTMLElement => el('td', {}, value === null ? '–' : fixed(value, 4));
  return el(
    'tr',
    { tabindex: -1, 'data-class': k },
    el('th', { scope: 'row', title: one.label }, one.label),
    el('td', {}, integer(one.support)),
    share('precision', one.precisionInterval),
    share('recall', one.recallInterval),
    share('f1', null),
    area(one.auc),
    area(one.ap),
  );
}

/** "93.7–98.8%" */
export function between([low, high]: Interval): string {
  return `${fixed(low * 100, 1)}–${metric('recall', high)}`;
}

function rowOf(target: EventTarget | null): HTMLElement | null {
  return target instanceof Element ? target.closest<HTMLElement>('tr[data-class]') : null;
}

/** Arrows, Home, End and the pages choose a row. */
function move(body: HTMLElement, event: KeyboardEvent, events: ClassTableEvents): void {
  const row = rowOf(event.target);
  if (!row) return;
  const next = rowByKey(event, row, body.children);
  if (!next) return;
  events.onChoose(Number(next.dataset['class']));
  next.focus();
}
