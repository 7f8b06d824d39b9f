import * as l10n from '@vscode/l10n';
import { el, setText, show } from '../dom';
import { scaleEnds } from '../numbers';
import { extent, paintScale, positionOn } from '../draw/heatmap';
import type { Part } from './hero';
import { patchOf } from './place';
import { shown } from './shown';
import type { Model } from './session';

/** The colour scale in numbers, with a mark at the value under the pointer. */
export function createLegend(): Part {
  const low = el('span', { class: 'legend-number' });
  const high = el('span', { class: 'legend-number' });
  const bar = el('canvas', { class: 'legend-bar', 'aria-hidden': 'true' });
  const mark = el('span', { class: 'legend-mark', 'aria-hidden': 'true' });
  const kept = el('span', { class: 'caption legend-kept' });
  const element = el('div', { class: 'legend' }, low, el('span', { class: 'legend-track' }, bar, mark), high, kept);
  let painted = '';

  const update = (model: Model): void => {
    const now = shown(model);
    element.classList.toggle('invisible', !now);
    if (!now) return;
    const [least, most] = scaleEnds(now.map.scale, now.write);
    setText(low, least);
    // A fixed scale may end below the largest value, which then has the colour of its end.
    setText(high, (extent(now.map.values).high > now.map.scale.high * (1 + 1e-6) ? '≥ ' : '') + most);
    const mask = now.map.mask;
    show(kept, Boolean(mask));
    if (mask) setText(kept, l10n.t('{0} of {1} patches', mask.reduce((sum, one) => sum + one, 0), mask.length));
    if (painted !== now.map.colours) paintScale(bar, now.map.colours);
    painted = now.map.colours;
    const patch = model.hover.token === null ? null : patchOf(model.hover.token, model.bounds);
    mark.classList.toggle('invisible', patch === null);
    mark.style.left = `${String(positionOn(now.map.scale, now.map.values[patch ?? 0] ?? 0) * 100)}%`;
  };
  return { element, update };
}
