import { colourAt, slot, table, type Colours } from './colormap';

/** The numbers at the two ends of a colour scale. */
export interface Scale {
  readonly low: number;
  readonly high: number;
}

/** A map over the patches, row by row, and how it is coloured. */
export interface HeatMap {
  readonly rows: number;
  readonly columns: number;
  readonly values: Float32Array;
  readonly scale: Scale;
  readonly colours: Colours;
}

/** Where `value` lies on the scale, 0 to 1; 0 on a scale without extent. */
export function positionOn(scale: Scale, value: number): number {
  const extent = scale.high - scale.low;
  return extent > 0 ? Math.min(1, Math.max(0, (value - scale.low) / extent)) : 0;
}

/** Smallest and largest value. */
export function extent(values: Float32Array): Scale {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low <= high ? { low, high } : { low: 0, high: 0 };
}

/** The map as RGBA bytes, one pixel per patch: [rows, columns, 4]. */
export function heatPixels(map: HeatMap): Uint8ClampedArray<ArrayBuffer> {
  const lut = table(map.colours);
  const out = new Uint8ClampedArray(map.rows * map.columns * 4);
  for (let i = 0; i < map.rows * map.columns; i++) {
    const from = slot(positionOn(map.scale, map.values[i] ?? 0)) * 3;
    out[i * 4] = lut[from] ?? 0;
    out[i * 4 + 1] = lut[from + 1] ?? 0;
    out[i * 4 + 2] = lut[from + 2] ?? 0;
    out[i * 4 + 3] = 255;
  }
  return out;
}

/** Paints one pixel per patch; the style sheet enlarges it without smoothing. */
export function paintHeatmap(canvas: HTMLCanvasElement, map: HeatMap): void {
  if (canvas.width !== map.columns) canvas.width = map.columns;
  if (canvas.height !== map.rows) canvas.height = map.rows;
  canvas.getContext('2d')?.putImageData(new ImageData(heatPixels(map), map.columns, map.rows), 0, 0);
}

/** Paints the colour scale from low (left) to high (right). */
export function paintScale(canvas: HTMLCanvasElement, colours: Colours): void {
  canvas.width = 256;
  canvas.height = 1;
  const pixels = new Uint8ClampedArray(256 * 4);
  for (let i = 0; i < 256; i++) pixels.set([...colourAt(colours, i / 255), 255], i * 4);
  canvas.getContext('2d')?.putImageData(new ImageData(pixels, 256, 1), 0, 0);
}
