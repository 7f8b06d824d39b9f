import * as l10n from '@vscode/l10n';
import type { ClassScores, Interval } from '../../src/protocol';
import { el, setAttribute, setText } from '../dom';
import { fixed, integer, metric } from '../numbers';
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
  const headings = new Map(columns.map((column) => [column, heading(column, events)]));
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

function heading(column: Column, events: ClassTableEvents) {
  const button = el('button', { type: 'button', class: 'sort', onclick: () => events.onSort(column) });
  const cell = el('th', { scope: 'col', class: `column-${column}` }, button);
  const update = (descending: boolean | null): void => {
    setAttribute(cell, 'aria-sort', descending === null ? 'none' : descending ? 'descending' : 'ascending');
    setText(button, columnName(column) + (descending === null ? '' : descending ? ' ↓' : ' ↑'));
  };
  return { cell, update };
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
  const rows = body.children;
  const at = [...rows].indexOf(row);
  const to = ({ ArrowUp: at - 1, ArrowDown: at + 1, Home: 0, End: rows.length - 1, PageUp: at - 20, PageDown: at + 20 } as const)[event.key];
  if (to === undefined) return;
  event.preventDefault();
  const next = rows[Math.min(rows.length - 1, Math.max(0, to))];
  if (!(next instanceof HTMLElement)) return;
  events.onChoose(Number(next.dataset['class']));
  next.focus();
}
