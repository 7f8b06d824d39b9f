import * as l10n from '@vscode/l10n';
import { button, enable } from '../button';
import { el, freshId, setAttribute, show } from '../dom';

/** What can be taken out of the panel; each may fail, and tells then. */
export interface Exports {
  png(): void;
  svg(): void;
  copy(): void;
  csv(): void;
  npy(): void;
  /** All attention of the image. */
  stack(): void;
  page(): void;
}

/** One menu by the ARIA pattern: arrow keys move, Escape closes, and the focus goes back to its button. */
export function createExportMenu(exports: Exports): { readonly element: HTMLElement; enable(on: boolean): void; setPages(on: boolean): void } {
  const id = freshId('menu');
  const item = (label: string, act: () => void): HTMLElement =>
    el('button', { type: 'button', class: 'menu-item', role: 'menuitem', tabindex: -1, onclick: () => (close(), act()) }, label);
  const line = (): HTMLElement => el('div', { class: 'menu-line', role: 'separator' });
  const items = [
    item(l10n.t('Picture as PNG…'), exports.png),
    item(l10n.t('Picture as SVG…'), exports.svg),
    item(l10n.t('Copy Picture'), exports.copy),
    item(l10n.t('Numbers of This Picture as CSV…'), exports.csv),
    item(l10n.t('Numbers of This Picture as .npy…'), exports.npy),
    item(l10n.t('All Attention as .npy…'), exports.stack),
  ];
  // A page that was saved cannot be saved again: its browser does that.
  const page = item(l10n.t('Panel as a Web Page…'), exports.page);
  const pageLine = line();
  const list = el('div', { id, class: 'menu-list', role: 'menu', 'aria-label': l10n.t('Export') }, ...items.slice(0, 3), line(), ...items.slice(3), pageLine, page);
  const opener = button(l10n.t('Export'), () => (list.hidden ? open() : close()));
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
    const all = [...items, ...(page.hidden ? [] : [page])];
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
  const setPages = (on: boolean): void => [page, pageLine].forEach((part) => show(part, on));
  return { element, enable: (on) => enable(opener, on), setPages };
}
