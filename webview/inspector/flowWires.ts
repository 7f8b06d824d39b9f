import type { FlowBox } from '../../src/protocol';
import { svg } from '../draw/svg';
import type { Wire } from './flowGraph';

/** The lines between the boxes, wherever the width of the panel has put them. */

interface Place {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  /** Centre. */
  readonly x: number;
  readonly y: number;
}

/** Distances from a line of boxes to the two lanes below it: of wires, and of residual connections. */
const LANE = 8;
const RESIDUAL_LANE = 15;
/** How far from the middle of a box residual connections leave and reach it, so that they run over no other wire. */
const ASIDE = 16;

/** Draws all wires of a part over its boxes; positions are those in `frame`. */
export function drawWires(layer: SVGElement, frame: HTMLElement, boxes: ReadonlyMap<FlowBox, HTMLElement>, wires: readonly Wire[]): void {
  const origin = frame.getBoundingClientRect();
  const places = new Map<FlowBox, Place>();
  for (const [box, element] of boxes) {
    const at = element.getBoundingClientRect();
    if (at.width > 0) places.set(box, placed(at, origin));
  }
  layer.setAttribute('viewBox', `0 0 ${String(Math.round(origin.width))} ${String(Math.round(origin.height))}`);
  layer.setAttribute('width', String(Math.round(origin.width)));
  layer.setAttribute('height', String(Math.round(origin.height)));
  const all = [...places.values()];
  layer.replaceChildren(
    arrowHead(),
    ...wires.flatMap(({ from, to, residual }) => {
      const [a, b] = [places.get(from), places.get(to)];
      if (!a || !b) return [];
      return [svg('path', { class: residual ? 'wire residual' : 'wire', d: residual ? lane(aside(a, -ASIDE), aside(b, ASIDE), all, RESIDUAL_LANE) : direct(a, b, all), 'marker-end': 'url(#flow-arrow)' })];
    }),
  );
}

function arrowHead(): SVGElement {
  return svg('defs', {}, svg('marker', { id: 'flow-arrow', viewBox: '0 0 6 6', refX: 5, refY: 3, markerWidth: 6, markerHeight: 6, orient: 'auto' }, svg('path', { class: 'wire-head', d: 'M 0 0 L 6 3 L 0 6 z' })));
}

function placed({ left, right, top, bottom }: DOMRect, origin: DOMRect): Place {
  const at = { left: left - origin.left, right: right - origin.left, top: top - origin.top, bottom: bottom - origin.top };
  return { ...at, x: (at.left + at.right) / 2, y: (at.top + at.bottom) / 2 };
}

function aside(place: Place, by: number): Place {
  return { ...place, x: place.x + by };
}

/** From side to side where the second stands behind the first, else by the lane between their lines. */
function direct(a: Place, b: Place, all: readonly Place[]): string {
  // Past what stands between, from a box that stands lower: on, and up into the second.
  const between = all.some((one) => one.left > a.right && one.right < b.left && one.top < b.bottom && b.top < one.bottom);
  if (between && a.y > b.bottom) return path`M ${a.right} ${a.y} L ${b.x - ASIDE} ${a.y} L ${b.x - ASIDE} ${b.bottom + 1}`;
  if (b.left >= a.right - 1 && sameLine(a, b, all)) {
    const half = Math.max(6, (b.left - a.right) / 2);
    return path`M ${a.right} ${a.y} C ${a.right + half} ${a.y} ${b.left - half} ${b.y} ${b.left - 1} ${b.y}`;
  }
  if (Math.abs(a.x - b.x) < 4) return path`M ${a.x} ${a.bottom} L ${b.x} ${b.top - 1}`;
  return lane(a, b, all, LANE);
}

/** Down into the lane below the first box's line, along it, and into the second from above, or from below on the same line. */
function lane(a: Place, b: Place, all: readonly Place[], distance: number): string {
  const floor = Math.max(...lineOf(a, all).map(({ bottom }) => bottom)) + distance;
  if (sameLine(a, b, all)) return path`M ${a.x} ${a.bottom} L ${a.x} ${floor} L ${b.x} ${floor} L ${b.x} ${b.bottom + 1}`;
  const ceiling = Math.min(...lineOf(b, all).map(({ top }) => top)) - LANE;
  if (ceiling - floor < 3 * LANE) return path`M ${a.x} ${a.bottom} L ${a.x} ${floor} L ${b.x} ${floor} L ${b.x} ${b.top - 1}`;
  // Other lines lie between: past them along the edge.
  return path`M ${a.x} ${a.bottom} L ${a.x} ${floor} L ${3} ${floor} L ${3} ${ceiling} L ${b.x} ${ceiling} L ${b.x} ${b.top - 1}`;
}

/** All boxes of the line in which a box stands; those above each other are one of it together, and so the tallest tell. */
function lineOf(a: Place, all: readonly Place[]): readonly Place[] {
  let [top, bottom, count] = [a.top, a.bottom, 0];
  let line: readonly Place[] = [];
  do {
    count = line.length;
    line = all.filter((one) => one.top < bottom && top < one.bottom);
    [top, bottom] = [Math.min(...line.map((one) => one.top)), Math.max(...line.map((one) => one.bottom))];
  } while (line.length > count);
  return line;
}

function sameLine(a: Place, b: Place, all: readonly Place[]): boolean {
  return lineOf(a, all).some((one) => one.left === b.left && one.top === b.top);
}

function path(strings: TemplateStringsArray, ...numbers: readonly number[]): string {
  return strings.map((text, i) => text + (i < numbers.length ? String(Math.round((numbers[i] ?? 0) * 10) / 10) : '')).join('');
}
