import * as l10n from '@vscode/l10n';
import { el, fill } from '../dom';
import { largerIsBetter, metric as writeMetric } from '../numbers';
import { placeOn } from './axes';
import type { Reading } from './chart';
import type { Stroke } from './palette';
import { pointAt, type Axis } from './series';
import { swatch } from './legend';

/** All runs' values under the cursor, the best on top, never outside the window. */
export function createTooltip(): {
  readonly element: HTMLElement;
  update(reading: Reading | null, at: DOMRect, axis: Axis, stroke: (run: string) => Stroke): void;
} {
  const element = el('div', { class: 'tooltip', role: 'status', hidden: true });
  return {
    element,
    update(reading, at, axis, stroke) {
      const rows = reading ? sortedValues(reading) : [];
      element.hidden = rows.length === 0;
      if (!reading || rows.length === 0) return;
      const many = new Set(rows.map((row) => row.metric)).size > 1;
      const title = placeOn(axis, placeOf(rows, reading.x));
      fill(
        element,
        el('div', { class: 'tooltip-title' }, rows.length < reading.entries.length && reading.y !== undefined ? l10n.t('{0}: {1} of {2} lines, the nearest', title, rows.length, reading.entries.length) : title),
        ...rows.map((row) =>
          el(
            'div',
            { class: 'tooltip-row' },
            swatch(row.stroke ?? stroke(row.path), many && row.metric.startsWith('train/')),
            el('span', { class: 'tooltip-value' }, writeMetric(row.metric, row.value)),
            el('span', { class: 'tooltip-name' }, nameOf(row, many, reading)),
          ),
        ),
      );
      place(element, at);
    },
  };
}

export interface Row {
  readonly path: string;
  readonly name: string;
  readonly metric: string;
  /** Where the point lies that is told: the nearest of its curve to the cursor. */
  readonly x: number;
  readonly value: number;
  readonly stroke?: Stroke;
}

/** So many of many lines are told: those next to the cursor. */
const NEAREST = 8;

function nameOf({ metric, name }: Row, many: boolean, { y, entries }: Reading): string {
  if (y === undefined) return many ? `${metric} · ${name}` : name;
  const part = metric.split('/').slice(2).join('/');
  const [, layer, head] = /^heads\/[^/]+\/(\d+)\.(\d+)$/.exec(metric) ?? [];
  const own = layer === undefined ? part : l10n.t('layer {0}, head {1}', layer, head ?? '');
  return new Set(entries.map(({ run }) => run.path)).size > 1 ? `${own} · ${name}` : own;
}

/** Where the values lie that are told, if that is one place; else where the cursor is. */
export function placeOf(rows: readonly Pick<Row, 'x'>[], cursor: number): number {
  const [first] = rows;
  return first && rows.every(({ x }) => x === first.x) ? first.x : cursor;
}

/** Metric by metric, the better values first; of many lines those next to the cursor, from top to bottom. */
export function sortedValues(reading: Reading): readonly Row[] {
  const rows = reading.entries.flatMap(({ run, metric, curve, stroke }): Row[] => {
    const point = pointAt(curve, reading.x);
    return point === null ? [] : [{ path: run.path, name: run.name, metric, x: point.x, value: point.y, ...(stroke && { stroke }) }];
  });
  const { y } = reading;
  if (y !== undefined) return rows.sort((a, b) => Math.abs(a.value - y) - Math.abs(b.value - y)).slice(0, NEAREST).sort((a, b) => b.value - a.value);
  return rows
    .sort((a, b) => b.metric.localeCompare(a.metric) || (largerIsBetter(a.metric) ? b.value - a.value : a.value - b.value));
}

/** Beside the pointer where there is room, else below or above it; always inside the window. */
function place(element: HTMLElement, at: DOMRect): void {
  const { offsetWidth: width, offsetHeight: height } = element;
  const room = document.documentElement.clientWidth;
  const right = at.left + 12 + width <= room;
  const left = at.left - 12 - width >= 0;
  const x = right ? at.left + 12 : left ? at.left - 12 - width : Math.min(at.left - width / 2, room - width - 4);
  const below = at.top + 20;
  const wished = right || left ? at.top : below + height <= window.innerHeight ? below : at.top - height - 12;
  element.style.left = `${String(Math.max(4, x))}px`;
  element.style.top = `${String(Math.max(4, Math.min(wished, window.innerHeight - height - 4)))}px`;
}
