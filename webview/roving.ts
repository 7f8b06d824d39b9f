import { setAttribute } from './dom';

/** Keeps one child of a list within reach of Tab; the focus goes along while it is in the list. */
export function rove(list: HTMLElement, index: number): void {
  const next = list.children[index];
  const current = list.querySelector(':scope > [tabindex="0"]');
  if (!(next instanceof HTMLElement) || next === current) return;
  if (current) setAttribute(current, 'tabindex', -1);
  setAttribute(next, 'tabindex', 0);
  if (list.contains(document.activeElement)) next.focus({ preventScroll: true });
}

/** Where a key leads in a sequence of `count`; null when it is not one of its keys. */
export function stepInSequence(event: KeyboardEvent, at: number, count: number): number | null {
  if (event.ctrlKey || event.altKey || event.metaKey) return null;
  const to = ({ ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: count - 1 } as const)[event.key];
  return to === undefined ? null : Math.min(count - 1, Math.max(0, to));
}
