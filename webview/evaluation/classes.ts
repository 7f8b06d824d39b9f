import * as l10n from '@vscode/l10n';
import type { ClassScores, Interval } from '../../src/protocol';
import { termOfMetric } from '../../src/glossary/glossary';
import { el, setAttribute, show } from '../dom';
import { fixed, integer, metric, points } from '../numbers';
import { rowByKey, sortHeading } from '../tables';
import { arrange, pairColumns, valueOf, type Column, type Shown } from './rows';

export interface ClassTable {
  readonly element: HTMLElement;
  /** @param others the classes of a second run, whose recall stands beside */
  update(classes: readonly ClassScores[], shown: Shown, others: readonly ClassScores[] | null): void;
}

export interface ClassTableEvents {
  readonly onSort: (column: Column) => void;
  readonly onChoose: (index: number) => void;
}

/** One row a class; the chosen one can be reached by Tab, arrow keys choose the next. */
export function createClassTable(events: ClassTableEvents): ClassTable {
  const headings = new Map(pairColumns.map((column) => [column, sortHeading(column, () => columnName(column), () => events.onSort(column), column === 'label' ? undefined : termOfMetric(column)?.id)]));
  const body = el('tbody');
  const element = el('table', { class: 'classes' }, el('thead', {}, el('tr', {}, ...[...headings.values()].map(({ cell }) => cell))), body);
  let drawn: { readonly classes: readonly ClassScores[]; readonly others: readonly ClassScores[] | null; readonly order: string } | null = null;
  body.addEventListener('click', (event) => {
    const row = rowOf(event.target);
    if (row) events.onChoose(Number(row.dataset['class']));
  });
  body.addEventListener('keydown', (event) => move(body, event, events));
  return {
    element,
    update(classes, shown, others) {
      for (const [column, one] of headings) {
        one.update(shown.column === column ? shown.descending : null);
        show(one.cell, others !== null || isOfOne(column));
      }
      const order = `${shown.column} ${String(shown.descending)}`;
      if (drawn?.classes !== classes || drawn.others !== others || drawn.order !== order) body.replaceChildren(...arrange(classes, shown, others).map((k) => makeRow(classes[k], k, others)));
      drawn = { classes, others, order };
      for (const row of body.querySelectorAll<HTMLElement>('tr')) {
        const chosen = Number(row.dataset['class']) === shown.chosen;
        setAttribute(row, 'aria-current', chosen ? 'true' : undefined);
        setAttribute(row, 'tabindex', chosen ? 0 : -1);
      }
    },
  };
}

function isOfOne(column: Column): boolean {
  return column !== 'second' && column !== 'change';
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
    case 'second':
      return l10n.t('Recall, second');
    case 'change':
      return l10n.t('Change of recall, points');
  }
}

function makeRow(one: ClassScores | undefined, k: number, others: readonly ClassScores[] | null): HTMLElement {
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
    ...(others ? besideCells(one, others) : []),
  );
}

/** What the other run makes of the class; a change that the intervals of both do not overlap in says so by its weight. */
function besideCells(one: ClassScores, others: readonly ClassScores[]): readonly HTMLElement[] {
  const interval = others.find(({ label }) => label === one.label)?.recallInterval ?? null;
  const [second, change] = [valueOf(one, 'second', others), valueOf(one, 'change', others)];
  const own = one.recallInterval;
  const apart = own !== null && interval !== null && (own[1] < interval[0] || interval[1] < own[0]);
  return [
    el('td', { class: 'column-second' }, second === null ? '–' : metric('recall', second), interval && el('span', { class: 'between' }, ` ${between(interval)}`)),
    el('td', { class: apart ? 'column-change apart' : 'column-change', title: apart ? l10n.t('The intervals of the two do not overlap.') : undefined }, change === null ? '–' : points(change, 1)),
  ];
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
