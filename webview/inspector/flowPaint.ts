import type { FlowMatrix, FlowStats } from '../../src/protocol';
import { themeColour } from '../dom';
import type { Colours } from '../draw/colormap';
import { heatPixels, type Scale } from '../draw/heatmap';

/** Where colours end, in standard deviations from the mean. */
const DEVIATIONS = 3;

/** How a matrix is coloured: what has both signs around zero, the rest from zero on. */
export interface FlowColours {
  readonly colours: Colours;
  readonly scale: Scale;
}

export function coloursOf({ min, max, mean, deviation }: Pick<FlowStats, 'min' | 'max'> & Partial<FlowStats>, plain: Colours): FlowColours {
  if (min >= 0) return { colours: plain, scale: { low: 0, high: max } };
  const reach = Math.max(Math.abs(min), Math.abs(max), 1e-12);
  // A few dimensions of a trained network are far larger than the rest, which would all be pale beside them.
  const most = mean === undefined || deviation === undefined ? reach : Math.min(reach, Math.abs(mean) + DEVIATIONS * deviation);
  return { colours: 'diverging', scale: { low: -most, high: most } };
}

export interface PaintOptions extends FlowColours {
  /** The row that is framed by an unbroken line, and the cell under the pointer; counted in the whole matrix. */
  readonly row: number | null;
  readonly cell: { readonly row: number; readonly column: number } | null;
  /** Rows of the whole matrix, of which the picture may have some only. */
  readonly rows: number;
  /** Least height of the frame of a row, in pixels of the screen. */
  readonly least?: number;
}

/** Paints a matrix over a whole canvas, a block for each number; what is masked is hatched. */
export function paintMatrix(canvas: HTMLCanvasElement, matrix: FlowMatrix, { colours, scale, row, cell, rows, least = 3 }: PaintOptions): void {
  const ratio = window.devicePixelRatio || 1;
  const width = Math.max(1, Math.round(canvas.clientWidth * ratio));
  const height = Math.max(1, Math.round(canvas.clientHeight * ratio));
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  const context = canvas.getContext('2d');
  if (!context || matrix.rows === 0 || matrix.columns === 0) return;
  context.imageSmoothingEnabled = false;
  context.clearRect(0, 0, width, height);
  context.drawImage(matrixCanvas(matrix, colours, scale), 0, 0, width, height);
  const line = Math.max(1, Math.round(ratio));
  if (row !== null && rows > 1) frame(context, { x: 0, y: (row / rows) * height, width, height: height / rows }, { line, dashed: false, least });
  if (cell) frame(context, { x: (cell.column / matrix.columns) * width, y: (cell.row / matrix.rows) * height, width: width / matrix.columns, height: height / matrix.rows }, { line, dashed: true, least });
}

const kept = new WeakMap<FlowMatrix, { readonly key: string; readonly canvas: HTMLCanvasElement }>();

/** One pixel for each number, made once for each colouring. */
export function matrixCanvas(matrix: FlowMatrix, colours: Colours, scale: Scale): HTMLCanvasElement {
  const key = `${colours} ${String(scale.low)} ${String(scale.high)}`;
  const known = kept.get(matrix);
  if (known?.key === key) return known.canvas;
  const canvas = document.createElement('canvas');
  canvas.width = matrix.columns;
  canvas.height = matrix.rows;
  const { rgba: pixels } = heatPixels({ ...matrix, scale, colours });
  // What is masked has no colour of the scale.
  matrix.values.forEach((value, i) => {
    if (Number.isNaN(value)) pixels.set([128, 128, 128, 90], i * 4);
  });
  canvas.getContext('2d')?.putImageData(new ImageData(pixels, matrix.columns, matrix.rows), 0, 0);
  kept.set(matrix, { key, canvas });
  return canvas;
}

/** White within black, of some height, so that one row of hundreds is seen. */
function frame(context: CanvasRenderingContext2D, box: { x: number; y: number; width: number; height: number }, { line, dashed, least }: { line: number; dashed: boolean; least: number }): void {
  const [width, height] = [Math.max(box.width, least * line), Math.max(box.height, least * line)];
  const x = Math.min(Math.max(0, box.x - (width - box.width) / 2), context.canvas.width - width);
  const y = Math.min(Math.max(0, box.y - (height - box.height) / 2), context.canvas.height - height);
  context.save();
  context.lineWidth = 3 * line;
  context.strokeStyle = '#000';
  context.strokeRect(x, y, width, height);
  context.lineWidth = line;
  context.strokeStyle = '#fff';
  if (dashed) context.setLineDash([3 * line, 2 * line]);
  context.strokeRect(x, y, width, height);
  context.restore();
}

export function barColour(): string {
  return themeColour('--vscode-charts-blue', themeColour('--vscode-foreground', '#888'));
}

/** One row of numbers as bars around zero, or from zero on. */
export function paintBars(canvas: HTMLCanvasElement, values: Float32Array, scale: Scale, hot: number | null): void {
  const ratio = window.devicePixelRatio || 1;
  const width = Math.max(1, Math.round(canvas.clientWidth * ratio));
  const height = Math.max(1, Math.round(canvas.clientHeight * ratio));
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  const context = canvas.getContext('2d');
  if (!context || values.length === 0) return;
  context.clearRect(0, 0, width, height);
  const extent = scale.high - scale.low || 1;
  const y = (value: number): number => height - ((value - scale.low) / extent) * height;
  const step = width / values.length;
  const gap = step > 4 * ratio ? Math.round(ratio) : 0;
  context.fillStyle = barColour();
  values.forEach((value, i) => {
    if (Number.isNaN(value)) return;
    const left = Math.round(i * step);
    const [top, bottom] = [Math.min(y(value), y(0)), Math.max(y(value), y(0))];
    context.fillRect(left, top, Math.max(1, Math.round((i + 1) * step) - left - gap), Math.max(ratio, bottom - top));
  });
  context.fillStyle = themeColour('--vscode-foreground', '#888');
  context.fillRect(0, Math.min(height - ratio, Math.round(y(0))), width, Math.max(1, Math.round(ratio / 2)));
  if (hot !== null) context.fillRect(Math.round((hot + 0.5) * step), 0, Math.max(1, ratio), height);
}
