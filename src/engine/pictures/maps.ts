import type { Pixels } from '../../protocol';

/** A map of the patches over an image. */

/** Smallest and largest value, and where a value stands between them. */
export function scaled(values: Float32Array): { low: number; high: number; share: (value: number) => number } {
  const low = values.reduce((a, b) => Math.min(a, b), Infinity);
  const high = values.reduce((a, b) => Math.max(a, b), -Infinity);
  return { low, high, share: (value) => (high > low ? (value - low) / (high - low) : 0.5) };
}

/** Without colour, so that the colours of a map laid over it can be read. */
export function grey({ width, height, rgba }: Pixels): Pixels {
  const out = new Uint8Array(rgba.length);
  for (let at = 0; at < rgba.length; at += 4) {
    const light = 0.299 * rgba[at]! + 0.587 * rgba[at + 1]! + 0.114 * rgba[at + 2]!;
    out.set([light, light, light, 255], at);
  }
  return { width, height, rgba: out };
}

/** Values at patch centres, drawn out to pixels in straight lines between them. */
export function bilinear(values: Float32Array, { rows, columns }: { readonly rows: number; readonly columns: number }, width: number, height: number): Float32Array {
  const out = new Float32Array(width * height);
  const clamp = (i: number, n: number): number => Math.min(n - 1, Math.max(0, i));
  for (let y = 0; y < height; y++) {
    const v = ((y + 0.5) * rows) / height - 0.5;
    const [top, bottom] = [clamp(Math.floor(v), rows), clamp(Math.floor(v) + 1, rows)];
    for (let x = 0; x < width; x++) {
      const u = ((x + 0.5) * columns) / width - 0.5;
      const [left, right] = [clamp(Math.floor(u), columns), clamp(Math.floor(u) + 1, columns)];
      const part = u - Math.floor(u);
      const mix = (row: number): number => values[row * columns + left]! * (1 - part) + values[row * columns + right]! * part;
      out[y * width + x] = mix(top) * (1 - (v - Math.floor(v))) + mix(bottom) * (v - Math.floor(v));
    }
  }
  return out;
}
