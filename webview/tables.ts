import { el, setAttribute, setText } from './dom';
import { termMark } from './term';

/** The heading of a column that sorts, with the arrow of its direction; `term` is explained by a mark beside it. */
export function sortHeading(column: string, name: () => string, onSort: () => void, term?: string): { readonly cell: HTMLElement; readonly update: (descending: boolean | null) => void } {
  const button = el('button', { type: 'button', class: 'sort', onclick: onSort });
  const cell = el('th', { scope: 'col', class: `column-${column}` }, button, termMark(term));
  const update = (descending: boolean | null): void => {
    setAttribute(cell, 'aria-sort', descending === null ? 'none' : descending ? 'descending' : 'ascending');
    setText(button, name() + (descending === null ? '' : descending ? ' ↓' : ' ↑'));
  };
  return { cell, update };
}

/** The row to which arrows, Home, End and the pages lead from another one; the key is then taken. Nothing for other keys. */
export function rowByKey(event: KeyboardEvent, row: HTMLElement, rows: ArrayLike<Element>): HTMLElement | null {
  const at = Array.from(rows).indexOf(row);
  const to = ({ ArrowUp: at - 1, ArrowDown: at + 1, Home: 0, End: rows.length - 1, PageUp: at - 20, PageDown: at + 20 } as const)[event.key];
  if (to === undefined) return null;
  event.preventDefault();
  const next = rows[Math.min(rows.length - 1, Math.max(0, to))];
  return next instanceof HTMLElement ? next : null;
}
