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
  /** 1 for each patch that is drawn; without one, all are. */
  readonly mask?: Uint8Array | null;
  /** Not of the image that it is laid over: drawn without letting that shine through, so that every colour is one of the scale's. */
  readonly opaque?: boolean;
  /** Drawn out between the centres of the patches, in straight lines. */
  readonly smooth?: boolean;
}

/** Pixels of a patch's side in a map that is drawn out. */
const FINE = 8;

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

/** A map as a picture: RGBA bytes, [height, width, 4]. */
export interface Raster {
  readonly width: number;
  readonly height: number;
  readonly rgba: Uint8ClampedArray<ArrayBuffer>;
}

/** The map as a picture: one pixel per patch, or more where it is drawn out; what the mask leaves out is transparent. */
export function heatPixels(map: HeatMap, alpha: (share: number) => number = () => 1): Raster {
  const fine = map.smooth ? FINE : 1;
  const [width, height] = [map.columns * fine, map.rows * fine];
  const values = map.smooth ? drawnOut(map, fine) : map.values;
  const lut = table(map.colours);
  const rgba = new Uint8ClampedArray(width * height * 4);
  for (let i = 0; i < width * height; i++) {
    const patch = fine === 1 ? i : Math.floor(i / width / fine) * map.columns + Math.floor((i % width) / fine);
    if (map.mask && map.mask[patch] !== 1) continue;
    const share = positionOn(map.scale, values[i] ?? 0);
    const from = slot(share) * 3;
    rgba[i * 4] = lut[from] ?? 0;
    rgba[i * 4 + 1] = lut[from + 1] ?? 0;
    rgba[i * 4 + 2] = lut[from + 2] ?? 0;
    rgba[i * 4 + 3] = 255 * alpha(share);
  }
  return { width, height, rgba };
}

/** Values at the centres of patches, in straight lines between them (bilinear); beyond the outer centres as at them. */
export function drawnOut({ rows, columns, values }: Pick<HeatMap, 'rows' | 'columns' | 'values'>, fine: number): Float32Array {
  const [width, height] = [columns * fine, rows * fine];
  const out = new Float32Array(width * height);
  const clamp = (i: number, n: number): number => Math.min(n - 1, Math.max(0, i));
  for (let y = 0; y < height; y++) {
    const v = (y + 0.5) / fine - 0.5;
    const [top, bottom, down] = [clamp(Math.floor(v), rows) * columns, clamp(Math.floor(v) + 1, rows) * columns, v - Math.floor(v)];
    for (let x = 0; x < width; x++) {
      const u = (x + 0.5) / fine - 0.5;
      const [left, right, across] = [clamp(Math.floor(u), columns), clamp(Math.floor(u) + 1, columns), u - Math.floor(u)];
      const upper = (values[top + left] ?? 0) * (1 - across) + (values[top + right] ?? 0) * across;
      const lower = (values[bottom + left] ?? 0) * (1 - across) + (values[bottom + right] ?? 0) * across;
      out[y * width + x] = upper * (1 - down) + lower * down;
    }
  }
  return out;
}

/** Paints a map at its own size; the style sheet enlarges it. */
export function paintHeatmap(canvas: HTMLCanvasElement, map: HeatMap, alpha?: (share: number) => number): void {
  const { width, height, rgba } = heatPixels(map, alpha);
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  canvas.classList.toggle('smooth', map.smooth === true);
  canvas.getContext('2d')?.putImageData(new ImageData(rgba, width, height), 0, 0);
}

/** A map on a canvas of its own. */
export function heatCanvas(map: HeatMap, alpha?: (share: number) => number): HTMLCanvasElement {
  const { width, height, rgba } = heatPixels(map, alpha);
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  canvas.getContext('2d')?.putImageData(new ImageData(rgba, width, height), 0, 0);
  return canvas;
}

/** Paints the colour scale from low (left) to high (right). */
export function paintScale(canvas: HTMLCanvasElement, colours: Colours): void {
  canvas.width = 256;
  canvas.height = 1;
  const pixels = new Uint8ClampedArray(256 * 4);
  for (let i = 0; i < 256; i++) pixels.set([...colourAt(colours, i / 255), 255], i * 4);
  canvas.getContext('2d')?.putImageData(new ImageData(pixels, 256, 1), 0, 0);
}
