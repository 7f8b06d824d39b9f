import { el, setText } from '../dom';
import { paintScale } from '../draw/heatmap';
import type { FlowColours } from './flowPaint';

/** A colour scale with the numbers of its ends. */
export function createScaleBar(): { readonly element: HTMLElement; update(colours: FlowColours, write: (value: number) => string): void } {
  const [low, high] = [el('span', { class: 'legend-number' }), el('span', { class: 'legend-number' })];
  const bar = el('canvas', { class: 'legend-bar', 'aria-hidden': 'true' });
  let painted = '';
  return {
    element: el('div', { class: 'legend' }, low, el('span', { class: 'legend-track' }, bar), high),
    update({ colours, scale }, write) {
      setText(low, write(scale.low));
      setText(high, write(scale.high));
      if (painted !== colours) paintScale(bar, colours);
      painted = colours;
    },
  };
}
