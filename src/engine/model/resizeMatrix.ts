import type { PositionRule } from '../weights/schemes/scheme';

/** One axis as a matrix [to, from]. */
export type Matrix = readonly Float64Array[];

/** Keys' cubic (1981): a = −0.5 where it is antialiased (PIL's too), −0.75 elsewhere in PyTorch. */
function cubic(x: number, a: number): number {
  const t = Math.abs(x);
  if (t <= 1) return (a + 2) * t ** 3 - (a + 3) * t ** 2 + 1;
  return t < 2 ? a * t ** 3 - 5 * a * t ** 2 + 8 * a * t - 4 * a : 0;
}

/** The weights by which `to` positions are made of `from`. */
export function resizeMatrix(from: number, to: number, rule: PositionRule): Matrix {
  return Array.from({ length: to }, (_, i) => (rule === 'timm' ? antialiased(from, to, i) : interpolated(from, placeOf(from, to, i, rule), rule)));
}

/** Support 2 · max(scale, 1); weights outside of the table are left out and the rest scaled to 1. */
function antialiased(from: number, to: number, i: number): Float64Array {
  const scale = from / to;
  const stretch = Math.max(scale, 1);
  const centre = (i + 0.5) * scale;
  const first = Math.max(0, Math.trunc(centre - 2 * stretch + 0.5));
  const last = Math.min(from, Math.trunc(centre + 2 * stretch + 0.5));
  const row = new Float64Array(from);
  let sum = 0;
  for (let j = first; j < last; j++) sum += row[j] = cubic((j + 0.5 - centre) / stretch, -0.5);
  return row.map((weight) => weight / sum);
}

function placeOf(from: number, to: number, i: number, rule: Exclude<PositionRule, 'timm'>): number {
  if (rule === 'torchvision' || rule === 'google') return to === 1 ? 0 : (i * (from - 1)) / (to - 1);
  const scale = rule === 'dino' ? (to + 0.1) / from : to / from;
  return (i + 0.5) / scale - 0.5;
}

/** Four taps, or two; those outside of the table are taken from its edge. */
function interpolated(from: number, place: number, rule: PositionRule): Float64Array {
  const row = new Float64Array(from);
  const base = Math.floor(place);
  const taps = rule === 'google' ? [0, 1] : [-1, 0, 1, 2];
  for (const tap of taps) {
    const distance = place - (base + tap);
    const weight = rule === 'google' ? 1 - Math.abs(distance) : cubic(distance, -0.75);
    const at = Math.min(from - 1, Math.max(0, base + tap));
    row[at] = row[at]! + weight;
  }
  return row;
}

/**
 * By which the patches of a grid, row by row, are made of those of another: [to, from], timm's rule along rows and columns
 * (`resample_abs_pos_embed`: bicubic, antialiased).
 */
export function gridMatrix(from: readonly [rows: number, columns: number], to: readonly [rows: number, columns: number]): Matrix {
  const [down, across] = [resizeMatrix(from[0], to[0], 'timm'), resizeMatrix(from[1], to[1], 'timm')];
  return down.flatMap((rows) => across.map((columns) => Float64Array.from({ length: rows.length * columns.length }, (_, at) => rows[Math.floor(at / columns.length)]! * columns[at % columns.length]!)));
}
