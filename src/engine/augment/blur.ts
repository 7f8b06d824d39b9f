import type { Raster } from '../resample';

/** Box blurs that stand for a Gaussian, as in Pillow. */
const PASSES = 3;

/**
 * `ImageFilter.GaussianBlur(radius)` of uint8 [H, W, C], equal to the byte to Pillow 13 (libImaging/BoxBlur.c): three
 * box blurs across, then three down, whose sides are not whole (Gwosdek et al. 2011). `radius` is σ in pixels.
 */
export function gaussianBlur(image: Raster, radius: number): Raster {
  if (radius === 0) return image;
  const box = boxRadius(radius);
  const { width, height, channels } = image;
  let [data, spare] = [Uint8Array.from(image.data), new Uint8Array(image.data.length)];
  const lines = (count: number, from: (line: number) => number, step: number, length: number): void => {
    for (let pass = 0; pass < PASSES; pass++) {
      for (let line = 0; line < count; line++) blurLine(data, spare, from(line), step, length, box);
      [data, spare] = [spare, data];
    }
  };
  const row = width * channels;
  lines(height * channels, (line) => Math.floor(line / channels) * row + (line % channels), channels, width);
  lines(row, (line) => line, row, height);
  return { ...image, data };
}

/** The side of the boxes, (side − 1) / 2, that together are as wide as the Gaussian; in single precision as there. */
function boxRadius(radius: number): number {
  const f = Math.fround;
  const sigma = f(radius);
  const variance = f(f(sigma * sigma) / PASSES);
  const length = f(Math.sqrt(12 * variance + 1));
  const whole = Math.floor((length - 1) / 2);
  const above = f(f(2 * whole + 1) * f(f(whole * f(whole + 1)) - f(3 * variance)));
  const below = f(6 * f(variance - f((whole + 1) * (whole + 1))));
  return f(whole + f(above / below));
}

/** One line of `length` values, `step` apart: the mean over the box, its two ends counted in part, the border repeated. */
function blurLine(data: Uint8Array, out: Uint8Array, from: number, step: number, length: number, box: number): void {
  const reach = Math.trunc(box);
  // Weights in units of 2⁻²⁴.
  const whole = Math.trunc(Math.fround(2 ** 24 / Math.fround(Math.fround(box * 2) + 1)));
  const part = Math.floor((2 ** 24 - (reach * 2 + 1) * whole) / 2);
  const at = (x: number): number => data[from + Math.max(0, Math.min(length - 1, x)) * step]!;
  let sum = 0;
  for (let x = -reach - 1; x < reach; x++) sum += at(x);
  for (let x = 0; x < length; x++) {
    sum += at(x + reach) - at(x - reach - 1);
    const value = sum * whole + (at(x - reach - 1) + at(x + reach + 1)) * part;
    out[from + x * step] = (value + 2 ** 23) / 2 ** 24;
  }
}
