import * as l10n from '@vscode/l10n';
import { el, setAttribute, setText } from '../dom';
import { paintScale, positionOn } from '../draw/heatmap';
import type { Part } from './hero';
import { patchOf } from './place';
import { shown } from './shown';
import type { Model, Session } from './session';

/** The colour scale in numbers, with a mark at the value under the pointer, and the switch between two scales. */
export function createLegend(session: Session): Part {
  const low = el('span', { class: 'legend-number' });
  const high = el('span', { class: 'legend-number' });
  const bar = el('canvas', { class: 'legend-bar', 'aria-hidden': 'true' });
  const mark = el('span', { class: 'legend-mark', 'aria-hidden': 'true' });
  const shared = el('button', { class: 'switch', type: 'button', role: 'switch', onclick: () => toggle(session) });
  const element = el('div', { class: 'legend' }, low, el('span', { class: 'legend-track' }, bar, mark), high, shared);
  let painted = '';

  const update = (model: Model): void => {
    const now = shown(model);
    element.classList.toggle('invisible', !now);
    setAttribute(shared, 'aria-checked', String(model.place.scale === 'shared'));
    setText(shared, model.place.scale === 'shared' ? sharedName(model) : l10n.t('Scale: this map'));
    if (!now) return;
    setText(low, now.write(now.map.scale.low));
    setText(high, now.write(now.map.scale.high));
    if (painted !== now.map.colours) paintScale(bar, now.map.colours);
    painted = now.map.colours;
    const patch = model.hover.token === null ? null : patchOf(model.hover.token, model.bounds);
    mark.classList.toggle('invisible', patch === null);
    mark.style.left = `${String(positionOn(now.map.scale, now.map.values[patch ?? 0] ?? 0) * 100)}%`;
  };
  return { element, update };
}

function toggle(session: Session): void {
  const scale = session.model().place.scale === 'shared' ? 'map' : 'shared';
  session.act({ type: 'set', change: { scale } });
}

function sharedName(model: Model): string {
  return model.place.tab === 'position' ? l10n.t('Scale: −1 to 1') : l10n.t('Scale: shared by all maps');
}
