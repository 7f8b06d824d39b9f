import * as l10n from '@vscode/l10n';
import { el, freshId, setAttribute, show } from '../dom';
import type { Part } from './hero';
import { hasMap, tabs, type Tab } from './place';
import { attends, type Model, type Session } from './session';
import { tabName } from './words';

/** In a narrow panel not all tabs have room: the list scrolls, and the page does not. */
function bringIntoSight(list: HTMLElement, button: HTMLElement): void {
  const [left, right] = [button.offsetLeft - list.offsetLeft, button.offsetLeft - list.offsetLeft + button.offsetWidth];
  if (left < list.scrollLeft) list.scrollLeft = left;
  else if (right > list.scrollLeft + list.clientWidth) list.scrollLeft = right - list.clientWidth;
}

/** Tabs by the ARIA pattern: arrow keys choose, only the chosen one can be reached by Tab. Closed tabs do no work. */
export function createTabs(session: Session, parts: Readonly<Record<Tab, Part>>): Part {
  const open = (tab: Tab): void => session.act({ type: 'set', change: { tab } });
  const made = tabs.map((tab) => {
    const id = freshId('tab');
    const button = el('button', { type: 'button', role: 'tab', id, class: 'tab', onclick: () => open(tab) }, tabName(tab));
    const panel = el('div', { role: 'tabpanel', class: 'panel', 'aria-labelledby': id }, parts[tab].element);
    return { tab, button, panel };
  });
  const without = el('p', { class: 'without' });
  const ofResNet = l10n.t('This network is a ResNet: it has convolutions, and no tokens, attention or position embedding. What it takes the image for stands above; its sizes are under Patches.');
  const ofMixer = l10n.t('This network is an MLP-Mixer: an MLP over the patches takes the place of attention, and there is no position embedding. What it takes the image for stands above; its sizes are under Patches.');
  const alone = el('p', { class: 'caption alone' }, l10n.t('This tab is of A alone. B stands beside it in Attention, Rollout and Explain.'));
  const list = el('div', { role: 'tablist', class: 'tablist' }, ...made.map((one) => one.button));
  list.addEventListener('keydown', (event) => {
    const at = tabs.indexOf(session.model().place.tab);
    const to = ({ ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: tabs.length - 1 } as const)[event.key];
    if (to === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    const next = made[(to + tabs.length) % tabs.length];
    if (!next) return;
    open(next.tab);
    next.button.focus();
  });
  // What has no room fades out, so that a word that is cut off says that there is more.
  const fade = (): void => {
    list.classList.toggle('more-left', list.scrollLeft > 1);
    list.classList.toggle('more-right', list.scrollLeft + list.clientWidth < list.scrollWidth - 1);
  };
  list.addEventListener('scroll', fade, { passive: true });
  new ResizeObserver(fade).observe(list);
  let shownTab: Tab | null = null;
  const update = (model: Model): void => {
    const view = model.state?.view;
    for (const { tab, button, panel } of made) {
      const chosen = tab === model.place.tab;
      setAttribute(button, 'aria-selected', String(chosen));
      setAttribute(button, 'tabindex', chosen ? 0 : -1);
      // These tell something of any network.
      const nothing = Boolean(view && !attends(view)) && !['patches', 'flow', 'features'].includes(tab);
      show(panel, chosen && !nothing);
      if (chosen) show(without, nothing);
      if (chosen && nothing) without.textContent = view?.model.architecture === 'mixer' ? ofMixer : ofResNet;
      if (chosen && !nothing) parts[tab].update(model);
      if (chosen && tab !== shownTab) bringIntoSight(list, button);
    }
    show(alone, model.other !== null && !hasMap(model.place.tab));
    shownTab = model.place.tab;
  };
  return { element: el('div', { class: 'tabs' }, list, alone, without, ...made.map((one) => one.panel)), update };
}
