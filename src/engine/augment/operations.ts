import { grey } from '../pictures/fit';
import type { Raster } from '../resample';

/**
 * Operations on the colours of an image, uint8 [H, W, C] with C 1 (PIL's mode L) or 3 (RGB), equal to the byte to
 * Pillow 13: `ImageOps` and `ImageEnhance`, as torchvision's policies use them. None changes the image that it is given.
 */

/** `ImageOps.invert`. */
export function invert(image: Raster): Raster {
  return mapped(image, table((value) => 255 - value));
}

/** `ImageOps.posterize`: keeps the highest `bits` (1…8) of every value. */
export function posterize(image: Raster, bits: number): Raster {
  const mask = 256 - 2 ** (8 - bits);
  return mapped(image, table((value) => value & mask));
}

/** `ImageOps.solarize`: inverts the values at and above the threshold, which need not be whole. */
export function solarize(image: Raster, threshold: number): Raster {
  return mapped(image, table((value) => (value < threshold ? value : 255 - value)));
}

/** timm's `solarize_add`: adds to the values below the threshold. */
export function solarizeAdd(image: Raster, add: number, threshold = 128): Raster {
  return mapped(image, table((value) => (value < threshold ? Math.min(255, value + add) : value)));
}

/** `ImageOps.autocontrast`: stretches each channel so that its darkest value becomes 0 and its lightest 255. */
export function autoContrast(image: Raster): Raster {
  return mapped(image, ...histograms(image).map((counts) => {
    const low = counts.findIndex((count) => count > 0);
    const high = counts.findLastIndex((count) => count > 0);
    if (high <= low) return table((value) => value);
    const scale = 255 / (high - low);
    const offset = -low * scale;
    return table((value) => Math.trunc(value * scale + offset));
  }));
}

/** `ImageOps.equalize`: flattens the histogram of each channel. */
export function equalize(image: Raster): Raster {
  return mapped(image, ...histograms(image).map((counts) => {
    const last = counts.findLast((count) => count > 0) ?? 0;
    const step = Math.floor((counts.reduce((sum, count) => sum + count, 0) - last) / 255);
    if (step === 0) return table((value) => value);
    let n = Math.floor(step / 2);
    return table((value) => {
      const level = Math.floor(n / step);
      n += counts[value]!;
      return level;
    });
  }));
}

/** `ImageEnhance.Brightness`: 0 is black, 1 the image. */
export function brightness(image: Raster, factor: number): Raster {
  return blend({ ...image, data: new Uint8Array(image.data.length) }, image, factor);
}

/** `ImageEnhance.Contrast`: 0 is one grey, the mean of the image's luma, 1 the image. */
export function contrast(image: Raster, factor: number): Raster {
  const luma = image.channels === 1 ? image.data : grey(image).data;
  let sum = 0;
  for (const value of luma) sum += value;
  const mean = Math.trunc(sum / luma.length + 0.5);
  return blend({ ...image, data: new Uint8Array(image.data.length).fill(mean) }, image, factor);
}

/** `ImageEnhance.Color`, torchvision's saturation: 0 is grey, 1 the image. A grey image stays as it is. */
export function color(image: Raster, factor: number): Raster {
  return image.channels === 1 ? image : blend(desaturate(image), image, factor);
}

/** The image without colour, in as many channels as it has. */
export function desaturate(image: Raster): Raster {
  if (image.channels === 1) return image;
  const luma = grey(image).data;
  const data = new Uint8Array(image.data.length);
  for (let i = 0, at = 0; i < luma.length; i++, at += 3) data[at] = data[at + 1] = data[at + 2] = luma[i]!;
  return { ...image, data };
}

/** `ImageEnhance.Sharpness`: 0 is smoothed, 1 the image, 2 sharpened. */
export function sharpness(image: Raster, factor: number): Raster {
  return blend(smooth(image), image, factor);
}

/** Weights of `ImageFilter.SMOOTH`, 1 and 5 of 13, in single precision as in libImaging/Filter.c. */
const SIDE = Math.fround(1 / 13);
const MIDDLE = Math.fround(5 / 13);

/** `Image.filter(ImageFilter.SMOOTH)`: 3 × 3, summed in single precision row by row from below; the border stays. */
function smooth(image: Raster): Raster {
  const { width, height, channels, data: from } = image;
  const data = Uint8Array.from(from);
  const f = Math.fround;
  const row = width * channels;
  // Every product is rounded to single precision by itself; a table of them costs less than rounding again and again.
  const side = Float32Array.from({ length: 256 }, (_, value) => value * SIDE);
  const middle = Float32Array.from({ length: 256 }, (_, value) => value * MIDDLE);
  const across = (at: number, centre: Float32Array): number =>
    f(f(side[from[at - channels]!]! + centre[from[at]!]!) + side[from[at + channels]!]!);
  for (let y = 1; y < height - 1; y++)
    for (let at = y * row + channels; at < (y + 1) * row - channels; at++) {
      const sum = f(f(f(0.5 + across(at + row, side)) + across(at, middle)) + across(at - row, side));
      data[at] = Math.min(255, sum);
    }
  return { ...image, data };
}

/** `Image.blend`: from · (1 − α) + to · α, in single precision, clipped and cut to whole values (libImaging/Blend.c). */
export function blend(from: Raster, to: Raster, alpha: number): Raster {
  if (alpha === 1) return to;
  const a = Math.fround(alpha);
  const data = new Uint8Array(to.data.length);
  // Typed loops over every sample, here and below: a callback for each is ten times as slow.
  for (let i = 0; i < data.length; i++) {
    const start = from.data[i]!;
    data[i] = Math.max(0, Math.min(255, Math.fround(start + Math.fround(a * (to.data[i]! - start)))));
  }
  return { ...to, data };
}

/** What each of the 256 values becomes; asked in order, clipped to 0…255 as Pillow's `point` does. */
function table(becomes: (value: number) => number): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, value) => Math.max(0, Math.min(255, becomes(value))));
}

/** Looks every value up: in the table of its channel, or in the one of all. */
function mapped(image: Raster, ...tables: readonly Uint8Array[]): Raster {
  const data = new Uint8Array(image.data.length);
  for (const [first, becomes] of tables.entries())
    for (let i = first; i < data.length; i += tables.length) data[i] = becomes[image.data[i]!]!;
  return { ...image, data };
}

/** How often each of the 256 values occurs, for every channel. */
function histograms({ channels, data }: Raster): number[][] {
  return Array.from({ length: channels }, (_, channel) => {
    const counts = new Array<number>(256).fill(0);
    for (let i = channel; i < data.length; i += channels) counts[data[i]!]!++;
    return counts;
  });
}
