import * as l10n from '@vscode/l10n';
import type { Classified } from '../../src/protocol';
import { el, setAttribute } from '../dom';
import { baseName } from '../inspector/words';
import { percent } from '../numbers';
import { rowByKey, sortHeading } from '../tables';
import { columns, folderName, reasonOf, type Column, type Order } from './rows';

export interface TableEvents {
  readonly onSort: (column: Column) => void;
  readonly onOpen: (file: string) => void;
  readonly onInspect: (file: string) => void;
}

export interface Table {
  readonly element: HTMLElement;
  /** `folders`: whether the folders are called like classes, so that their column says something. */
  update(rows: readonly Classified[], order: Order, folder: string, folders: boolean): void;
}

/** The results; one row can be reached by Tab, the arrow keys go on from there. */
export function createTable(events: TableEvents): Table {
  const headings = new Map(columns.map((column) => [column, sortHeading(column, () => columnName(column), () => events.onSort(column))]));
  const actions = el('th', { scope: 'col' }, el('span', { class: 'visually-hidden' }, l10n.t('Actions')));
  const body = el('tbody');
  const element = el('table', { class: 'results' }, el('thead', {}, el('tr', {}, ...[...headings.values()].map((one) => one.cell), actions)), body);
  const made = new Map<Classified, readonly HTMLElement[]>();
  let key: readonly unknown[] = [];
  body.addEventListener('keydown', (event) => moveRow(body, event, events));
  body.addEventListener('focusin', (event) => rove(body, event.target));
  body.addEventListener('click', (event) => press(event, events));
  body.addEventListener('dblclick', (event) => {
    const file = fileOf(event.target);
    if (file !== null) events.onInspect(file);
  });
  return {
    element,
    update(rows, order, folder, folders) {
      element.classList.toggle('with-folders', folders);
      const prefix = folders ? null : folder;
      for (const [column, one] of headings) one.update(order.column === column ? order.descending : null);
      // The same rows in the same order need no work: a long table is drawn when it changes, not at each message.
      if (key.length === rows.length + 1 && key[0] === prefix && rows.every((row, i) => row === key[i + 1])) return;
      key = [prefix, ...rows];
      body.replaceChildren(...rows.flatMap((row) => rowsOf(made, row, prefix)));
      const [stop, ...others] = body.querySelectorAll('tr[tabindex="0"]');
      for (const other of others) setTab(other, -1);
      if (!stop) setTab(body.firstElementChild, 0);
    },
  };
}

function columnName(column: Column): string {
  switch (column) {
    case 'file':
      return l10n.t('File');
    case 'folder':
      return l10n.t('Folder');
    case 'label':
      return l10n.t('Label');
    case 'probability':
      return l10n.t('Probability');
    case 'runnerUp':
      return l10n.t('Runner-up');
    case 'error':
      return l10n.t('Problem');
  }
}

/** `folder` is what all paths share and need not be read; null where the folder has a column of its own. */
function rowsOf(made: Map<Classified, readonly HTMLElement[]>, row: Classified, folder: string | null): readonly HTMLElement[] {
  const known = made.get(row);
  if (known && known[0]!.dataset['folder'] === (folder ?? undefined)) return known;
  const element = makeRow(row, folder);
  if (folder !== null) element.dataset['folder'] = folder;
  const elements = row.error === undefined ? [element] : [element, reasonRow(element, row.error, row.file)];
  made.set(row, elements);
  return elements;
}

function makeRow(row: Classified, folder: string | null): HTMLElement {
  const [first, second] = row.predictions;
  const bar = el('span', { class: 'bar-fill' });
  bar.style.width = `${String((first?.probability ?? 0) * 100)}%`;
  const shown = folder === null ? baseName(row.file) : row.file.startsWith(folder) ? row.file.slice(folder.length) : row.file;
  return el(
    'tr',
    { tabindex: -1, 'data-file': row.file },
    el('td', { class: 'column-file', title: row.file }, shown),
    el('td', { class: first && first.label !== folderName(row.file) ? 'column-folder differs' : 'column-folder', title: folderName(row.file) }, folderName(row.file)),
    el('td', { class: 'column-label', title: first?.label }, first?.label ?? '–'),
    el('td', { class: 'column-probability' }, first ? percent(first.probability) : '', el('span', { class: 'bar', 'aria-hidden': 'true' }, bar)),
    el('td', { class: 'column-runnerUp', title: second?.label }, second ? `${percent(second.probability)} ${second.label}` : ''),
    el('td', { class: 'column-error' }, row.error === undefined ? '' : l10n.t('unreadable')),
    el(
      'td',
      { class: 'column-actions' },
      el('button', { type: 'button', class: 'link', tabindex: -1, 'data-do': 'inspect' }, l10n.t('Inspect')),
      el('button', { type: 'button', class: 'link', tabindex: -1, 'data-do': 'open' }, l10n.t('Open')),
    ),
  );
}

let reasons = 0;

/** Why there is no answer: a sentence, which no column has the width for, and which is no label. */
function reasonRow(of: HTMLElement, error: string, file: string): HTMLElement {
  const id = `reason-${String(++reasons)}`;
  of.classList.add('with-reason');
  of.setAttribute('aria-describedby', id);
  return el('tr', { class: 'reason' }, el('td', { id, colspan: columns.length + 1, title: error }, reasonOf(error, file)));
}

function fileOf(target: EventTarget | null): string | null {
  const row = target instanceof Element ? target.closest<HTMLElement>('tr[data-file]') : null;
  return row?.dataset['file'] ?? null;
}

function press(event: MouseEvent, events: TableEvents): void {
  const button = event.target instanceof Element ? event.target.closest<HTMLElement>('[data-do]') : null;
  const file = fileOf(event.target);
  if (!button || file === null) return;
  if (button.dataset['do'] === 'inspect') events.onInspect(file);
  else events.onOpen(file);
}

function setTab(row: Element | null, tabindex: number): void {
  if (row) setAttribute(row, 'tabindex', tabindex);
}

function rove(body: HTMLElement, target: EventTarget | null): void {
  const row = target instanceof Element ? target.closest('tr[data-file]') : null;
  const before = body.querySelector('tr[tabindex="0"]');
  if (!row || row === before) return;
  setTab(before, -1);
  setTab(row, 0);
}

/** Arrows, Home, End and the pages move; Enter looks inside, Ctrl+Enter opens the picture. */
function moveRow(body: HTMLElement, event: KeyboardEvent, events: TableEvents): void {
  const row = event.target instanceof Element ? event.target.closest<HTMLElement>('tr[data-file]') : null;
  if (!row) return;
  if (event.key === 'Enter' && event.target === row) {
    if (event.ctrlKey || event.metaKey) events.onOpen(row.dataset['file'] ?? '');
    else events.onInspect(row.dataset['file'] ?? '');
    return;
  }
  rowByKey(event, row, body.querySelectorAll('tr[data-file]'))?.focus();
}
