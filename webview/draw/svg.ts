import { tickLabels } from '../numbers';

const NAMESPACE = 'http://www.w3.org/2000/svg';

/** Makes an element of a drawing. */
export function svg(tag: string, attributes: Readonly<Record<string, string | number>> = {}, ...children: readonly (Element | string)[]): SVGElement {
  const element = document.createElementNS(NAMESPACE, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, typeof value === 'number' ? String(Math.round(value * 100) / 100) : value);
  element.append(...children);
  return element;
}

/** The square of a diagram of shares, and where a share lies in it. */
export const SIZE = 320;
const LEFT = 40;
const TOP = 8;
export const SIDE = 260;
export const toX = (share: number): number => LEFT + share * SIDE;
export const toY = (share: number): number => TOP + (1 - share) * SIDE;
/** The inverse of `toX`, for a place in the drawing's own units. */
export const shareAt = (x: number): number => Math.min(1, Math.max(0, (x - LEFT) / SIDE));

/** Frame, grid and the numbers of both axes from 0 to 1. */
export function axes(horizontal: string, vertical: string): SVGElement {
  const ticks = [0, 0.2, 0.4, 0.6, 0.8, 1];
  const names = tickLabels(ticks, false);
  const lines = ticks.flatMap((tick, i) => [
    svg('line', { class: 'grid', x1: toX(tick), x2: toX(tick), y1: toY(0), y2: toY(1) }),
    svg('line', { class: 'grid', x1: toX(0), x2: toX(1), y1: toY(tick), y2: toY(tick) }),
    svg('text', { x: toX(tick), y: toY(0) + 14, 'text-anchor': 'middle' }, names[i] ?? ''),
    svg('text', { x: toX(0) - 5, y: toY(tick) + 4, 'text-anchor': 'end' }, names[i] ?? ''),
  ]);
  return svg(
    'g',
    { class: 'axes' },
    ...lines,
    svg('text', { class: 'axis-name', x: toX(0.5), y: toY(0) + 32, 'text-anchor': 'middle' }, horizontal),
    svg('text', { class: 'axis-name', x: 0, y: 0, 'text-anchor': 'middle', transform: `translate(11 ${String(toY(0.5))}) rotate(-90)` }, vertical),
  );
}

/** A drawing with its name for those who do not see it. */
export function drawing(name: string, ...children: readonly Element[]): SVGElement {
  return svg('svg', { viewBox: `0 0 ${String(SIZE)} ${String(SIZE - 10)}`, role: 'img', 'aria-label': name, class: 'diagram' }, ...children);
}
