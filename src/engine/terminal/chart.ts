import { INK, PALE, type Canvas, type Colour } from './canvas';

/** Told apart without colour vision (Okabe and Ito). */
export const LINES: readonly Colour[] = [[0, 114, 178], [213, 94, 0], [0, 158, 115], [204, 121, 167], [86, 180, 233], [230, 159, 0]];
const GRID: Colour = [208, 215, 222];

export interface ChartOptions {
  readonly low: number;
  readonly high: number;
  /** Below each point. */
  readonly names: readonly string[];
  readonly lines: readonly { readonly values: ArrayLike<number>; readonly low?: ArrayLike<number>; readonly high?: ArrayLike<number>; readonly name?: string }[];
  /** Below the names. */
  readonly axis: string;
}

/** Lines over points at equal distances, with the numbers of the vertical axis left of the box. */
export function chart(canvas: Canvas, box: { readonly x: number; readonly y: number; readonly width: number; readonly height: number }, { low, high, names, lines, axis }: ChartOptions): void {
  const n = names.length;
  const toX = (i: number): number => box.x + (n > 1 ? (i / (n - 1)) * box.width : box.width / 2);
  const toY = (value: number): number => box.y + box.height * (1 - (value - low) / (high - low || 1));
  for (let k = 0; k <= 4; k++) {
    const value = low + ((high - low) * k) / 4;
    canvas.fill(box.x, toY(value), box.width, 1, GRID);
    canvas.text(value.toFixed(2), box.x - 8, toY(value) + 4, { size: 11, colour: PALE, anchor: 'end' });
  }
  const every = Math.ceil(n / (box.width / 44));
  names.forEach((name, i) => {
    if (i % every === 0 || i === n - 1) canvas.text(name, toX(i), box.y + box.height + 17, { size: 11, colour: PALE, anchor: 'middle' });
  });
  if (axis !== '') canvas.text(axis, box.x + box.width / 2, box.y + box.height + 36, { size: 12, colour: INK, anchor: 'middle' });
  lines.forEach(({ values, low: from, high: to }, k) => {
    const colour = LINES[k % LINES.length]!;
    for (let x = box.x; x <= box.x + box.width; x++) {
      const at = (values_: ArrayLike<number>): number => between(values_, n > 1 ? ((x - box.x) / box.width) * (n - 1) : 0);
      if (from && to) canvas.fill(x, toY(at(to)), 1, Math.max(1, toY(at(from)) - toY(at(to))), colour, 0.18);
    }
    for (let i = 1; i < n; i++) stroke(canvas, [toX(i - 1), toY(values[i - 1]!)], [toX(i), toY(values[i]!)], colour);
    for (let i = 0; i < n; i++) canvas.fill(toX(i) - 2.5, toY(values[i]!) - 2.5, 5, 5, colour);
  });
}

function between(values: ArrayLike<number>, at: number): number {
  const [a, b] = [values[Math.floor(at)]!, values[Math.min(values.length - 1, Math.ceil(at))]!];
  return a + (b - a) * (at - Math.floor(at));
}

function stroke(canvas: Canvas, [x0, y0]: readonly [number, number], [x1, y1]: readonly [number, number], colour: Colour): void {
  const steps = Math.ceil(Math.hypot(x1 - x0, y1 - y0));
  for (let i = 0; i <= steps; i++) canvas.fill(x0 + ((x1 - x0) * i) / Math.max(1, steps) - 1, y0 + ((y1 - y0) * i) / Math.max(1, steps) - 1, 2, 2, colour);
}
