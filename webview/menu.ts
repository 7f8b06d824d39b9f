import { button, enable } from './button';
import { el, freshId, setAttribute, show } from './dom';

/** What a menu offers; a line stands between two groups. */
export type MenuGroup = readonly (readonly [label: string, act: () => void])[];

export interface Menu {
  readonly element: HTMLElement;
  enable(on: boolean): void;
  /** Shows a group, or hides it with the line before it. */
  setGroup(group: number, on: boolean): void;
}

/** One menu by the ARIA pattern: arrow keys move, Escape closes, and the focus goes back to its button. */
export function createMenu(label: string, groups: readonly MenuGroup[]): Menu {
  const id = freshId('menu');
  const parts = groups.map((group, i) => ({
    line: i === 0 ? null : el('div', { class: 'menu-line', role: 'separator' }),
    items: group.map(([text, act]) => el('button', { type: 'button', class: 'menu-item', role: 'menuitem', tabindex: -1, onclick: () => (close(), act()) }, text)),
  }));
  const items = parts.flatMap((part) => part.items);
  const list = el('div', { id, class: 'menu-list', role: 'menu', 'aria-label': label }, ...parts.flatMap((part) => [part.line, ...part.items]));
  const opener = button(label, () => (list.hidden ? open() : close()));
  setAttribute(opener, 'aria-haspopup', 'menu');
  setAttribute(opener, 'aria-controls', id);
  const element = el('div', { class: 'menu' }, opener, list);
  const open = (): void => {
    show(list, true);
    setAttribute(opener, 'aria-expanded', 'true');
    items[0]?.focus();
  };
  const close = (): void => {
    const inside = list.contains(document.activeElement);
    show(list, false);
    setAttribute(opener, 'aria-expanded', 'false');
    if (inside) opener.focus();
  };
  close();
  list.addEventListener('keydown', (event) => {
    const all = items.filter((item) => !item.hidden);
    const at = all.findIndex((one) => one === document.activeElement);
    const to = ({ ArrowUp: at - 1, ArrowDown: at + 1, Home: 0, End: all.length - 1 } as const)[event.key];
    if (to !== undefined) all[(to + all.length) % all.length]?.focus();
    else if (event.key === 'Escape' || event.key === 'Tab') close();
    else if (event.key !== 'Enter' && event.key !== ' ') return;
    if (event.key !== 'Enter' && event.key !== ' ' && event.key !== 'Tab') event.preventDefault();
    // The keys of the panel are not for whoever is in the menu.
    event.stopPropagation();
  });
  element.addEventListener('focusout', (event) => {
    if (!(event.relatedTarget instanceof Node) || !element.contains(event.relatedTarget)) close();
  });
  const setGroup = (group: number, on: boolean): void => {
    const { line = null, items: own = [] } = parts[group] ?? {};
    for (const part of [...own, ...(line ? [line] : [])]) show(part, on);
  };
  return { element, enable: (on) => enable(opener, on), setGroup };
}
