import type { ImageConfig } from '../config/schema';
import { pairOf, type PatchFit } from '../model/spec';
import { resample, type Raster } from '../resample';
import { place, roundHalfEven, type Placement } from './place';

/** The network's input: channels, then `fit` to the configured size, then the patch. Shape [to[0], to[1], channels]. */
export function fitRaster(source: Raster, image: ImageConfig, patch: PatchFit): Raster {
  const coloured = source.channels === 3 && image.channels === 1 ? grey(source) : source;
  const at = place(source.width, source.height, image);
  const sized = onCanvas(coloured, at, pairOf(image.size), image.interpolation, borderOf(image, coloured.channels));
  const fitted = fitPatch(sized, image, patch);
  return fitted.channels === 1 && image.channels === 3 ? tripled(fitted) : fitted;
}

function fitPatch(sized: Raster, image: ImageConfig, patch: PatchFit): Raster {
  if (patch.how === 'none') return sized;
  const [height, width] = patch.to;
  if (patch.how === 'resize') return resample(sized, width, height, image.interpolation);
  return onCanvas(sized, { width: sized.width, height: sized.height, x: 0, y: 0 }, patch.to, image.interpolation);
}

/** What lies beside a padded image, per channel: black, or for `border` the mean colour, as timm has it. */
export function borderOf({ fit, mean }: ImageConfig, channels: number): readonly number[] {
  return Array.from({ length: channels }, (_, c) => (fit === 'border' ? roundHalfEven(255 * mean[mean.length === 1 ? 0 : c]!) : 0));
}

/** Resizes to the placement and lays the result on a canvas of [rows, columns]; only what is seen is computed. */
export function onCanvas(
  source: Raster,
  at: Placement,
  canvas: readonly [number, number],
  filter: ImageConfig['interpolation'],
  border: readonly number[] = [0, 0, 0],
): Raster {
  const [rows, columns] = canvas;
  const left = Math.max(0, at.x);
  const top = Math.max(0, at.y);
  const width = Math.min(columns, at.x + at.width) - left;
  const height = Math.min(rows, at.y + at.height) - top;
  const seen = resample(source, at.width, at.height, filter, { x: left - at.x, y: top - at.y, width, height });
  if (width === columns && height === rows) return seen;
  const { channels } = source;
  const data = new Uint8Array(rows * columns * channels);
  if (border.some((value) => value !== 0)) for (let i = 0; i < data.length; i++) data[i] = border[i % channels]!;
  const run = width * channels;
  for (let y = 0; y < height; y++)
    data.set(seen.data.subarray(y * run, (y + 1) * run), ((top + y) * columns + left) * channels);
  return { width: columns, height: rows, channels, data };
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
