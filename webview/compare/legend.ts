import { el } from '../dom';
import type { Stroke } from './palette';

const namespace = 'http://www.w3.org/2000/svg';

/** A piece of the run's line; thin where the line is. */
export function swatch(stroke: Stroke, thin = false): SVGElement {
  const svg = document.createElementNS(namespace, 'svg');
  svg.setAttribute('viewBox', '0 0 26 8');
  svg.setAttribute('class', 'swatch');
  svg.setAttribute('aria-hidden', 'true');
  const line = document.createElementNS(namespace, 'line');
  for (const [name, value] of Object.entries({ x1: 0, x2: 26, y1: 4, y2: 4, 'stroke-width': thin ? 1 : 2.5, stroke: stroke.colour, 'stroke-dasharray': stroke.dash.join(' ') }))
    line.setAttribute(name, String(value));
  svg.append(line);
  return svg;
}

/** A run's line and name. */
export function runName(stroke: Stroke, name: string): HTMLElement {
  return el('span', { class: 'run-name', title: name }, swatch(stroke), el('span', { class: 'run-text' }, name));
}
