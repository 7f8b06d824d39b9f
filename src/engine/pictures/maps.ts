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

/** A patch's value in all of its pixels: between the patches the network knows nothing. */
export function perPatch(values: Float32Array, { rows, columns }: { readonly rows: number; readonly columns: number }, width: number, height: number): Float32Array {
  const out = new Float32Array(width * height);
  for (let y = 0; y < height; y++) {
    const row = Math.floor((y * rows) / height) * columns;
    for (let x = 0; x < width; x++) out[y * width + x] = values[row + Math.floor((x * columns) / width)]!;
  }
  return out;
}
