import type { ImageConfig } from '../config/schema';
import { pairOf, type PatchFit } from '../model/spec';
import { resample, type Raster } from '../resample';

/** The size to which an image is resized, and where it then lies on the canvas: negative is cut off, positive padded. */
export interface Placement {
  readonly width: number;
  readonly height: number;
  readonly x: number;
  readonly y: number;
}

/**
 * How an image of `width` × `height` is brought onto a canvas of [rows, columns].
 * `crop` is torchvision's `Resize` of the shorter side and `CenterCrop`; `pad` is Pillow's `ImageOps.pad` with black.
 */
export function place(width: number, height: number, canvas: readonly [number, number], fit: ImageConfig['fit']): Placement {
  const [rows, columns] = canvas;
  if (fit === 'squash' || width * rows === height * columns) return { width: columns, height: rows, x: 0, y: 0 };
  const wide = width * rows > height * columns;
  const sized =
    (fit === 'crop') === wide
      ? { width: scaled(width, rows / height, fit, columns), height: rows }
      : { width: columns, height: scaled(height, columns / width, fit, rows) };
  const middle = (space: number): number => (space < 0 ? -roundHalfEven(-space / 2) : roundHalfEven(space / 2));
  return { ...sized, x: middle(columns - sized.width), y: middle(rows - sized.height) };
}

/** torchvision cuts the longer side down to whole pixels; Pillow rounds the shorter one. */
function scaled(side: number, scale: number, fit: ImageConfig['fit'], canvas: number): number {
  return fit === 'crop' ? Math.max(canvas, Math.floor(side * scale)) : Math.min(canvas, Math.max(1, roundHalfEven(side * scale)));
}

/** Python's `round`, which both torchvision and Pillow use. */
function roundHalfEven(x: number): number {
  const floor = Math.floor(x);
  if (x - floor !== 0.5) return Math.round(x);
  return floor % 2 === 0 ? floor : floor + 1;
}

/** The network's input: channels, then `fit` to the configured size, then the patch. Shape [to[0], to[1], channels]. */
export function fitRaster(source: Raster, image: ImageConfig, patch: PatchFit): Raster {
  const coloured = source.channels === 3 && image.channels === 1 ? grey(source) : source;
  const canvas = pairOf(image.size);
  const sized = onCanvas(coloured, place(source.width, source.height, canvas, image.fit), canvas, image.interpolation);
  const fitted = fitPatch(sized, image, patch);
  return fitted.channels === 1 && image.channels === 3 ? tripled(fitted) : fitted;
}

function fitPatch(sized: Raster, image: ImageConfig, patch: PatchFit): Raster {
  if (patch.how === 'none') return sized;
  const [height, width] = patch.to;
  if (patch.how === 'resize') return resample(sized, width, height, image.interpolation);
  return onCanvas(sized, { width: sized.width, height: sized.height, x: 0, y: 0 }, patch.to, image.interpolation);
}

/** Resizes to the placement and lays the result on a black canvas of [rows, columns]; only what is seen is computed. */
export function onCanvas(
  source: Raster,
  at: Placement,
  canvas: readonly [number, number],
  filter: ImageConfig['interpolation'],
): Raster {
  const [rows, columns] = canvas;
  const left = Math.max(0, at.x);
  const top = Math.max(0, at.y);
  const width = Math.min(columns, at.x + at.width) - left;
  const height = Math.min(rows, at.y + at.height) - top;
  const seen = resample(source, at.width, at.height, filter, { x: left - at.x, y: top - at.y, width, height });
  if (width === columns && height === rows) return seen;
  const data = new Uint8Array(rows * columns * source.channels);
  const run = width * source.channels;
  for (let y = 0; y < height; y++)
    data.set(seen.data.subarray(y * run, (y + 1) * run), ((top + y) * columns + left) * source.channels);
  return { width: columns, height: rows, channels: source.channels, data };
}

/** Luma of ITU-R 601-2 in the fixed-point form of Pillow's `convert("L")`. */
export function grey(source: Raster): Raster {
  const data = new Uint8Array(source.width * source.height);
  for (let i = 0, at = 0; i < data.length; i++, at += 3)
    data[i] = (source.data[at]! * 19595 + source.data[at + 1]! * 38470 + source.data[at + 2]! * 7471 + 0x8000) >> 16;
  return { width: source.width, height: source.height, channels: 1, data };
}

function tripled(source: Raster): Raster {
  const data = new Uint8Array(source.data.length * 3);
  source.data.forEach((value, i) => data.fill(value, i * 3, i * 3 + 3));
  return { width: source.width, height: source.height, channels: 3, data };
}
