import type { ImageConfig } from '../config/schema';
import { pairOf } from '../model/spec';

/** The size to which an image is resized, and where it then lies on the canvas: negative is cut off, positive padded. */
export interface Placement {
  readonly width: number;
  readonly height: number;
  readonly x: number;
  readonly y: number;
}

type Size = readonly [rows: number, columns: number];

/** What of `image` decides where a picture lies. */
export type Placing = Pick<ImageConfig, 'size' | 'fit' | 'crop_pct' | 'crop_rounding'>;

/**
 * How an image of `width` × `height` pixels is brought onto the canvas of `image.size`. Each way is somebody's, to the
 * pixel:
 * - `crop`: torchvision's `Resize` of the shorter side and `CenterCrop`; for an oblong canvas timm's `ResizeKeepRatio`
 * - `squash`: both sides resized, then `CenterCrop`
 * - `pad`: Pillow's `ImageOps.pad`, then `CenterCrop`
 * - `border`: timm's `ResizeKeepRatio` of the longer side and `CenterCropOrPad`
 *
 * Sources: timm `data/transforms_factory.py` (`transforms_imagenet_eval`), torchvision `transforms/functional.py`.
 */
export function place(width: number, height: number, image: Placing): Placement {
  const canvas = pairOf(image.size);
  const scale = scaleSize(canvas, image.crop_pct);
  const sized = resized([height, width], scale, image.fit);
  const offset = (axis: 0 | 1): number => {
    if (image.fit === 'pad') return roundHalfEven((scale[axis] - sized[axis]) / 2) - cut(scale[axis] - canvas[axis], image);
    const space = canvas[axis] - sized[axis];
    return space > 0 ? Math.floor(space / 2) : 0 - cut(-space, image);
  };
  return { width: sized[1], height: sized[0], x: offset(1), y: offset(0) };
}

/** The size that is resized to before the centre is cut out: `crop_pct` is the share of it that is kept. */
export function scaleSize([rows, columns]: Size, cropPct: number): Size {
  return [Math.floor(rows / cropPct), Math.floor(columns / cropPct)];
}

function resized(size: Size, scale: Size, fit: ImageConfig['fit']): Size {
  if (fit === 'squash') return scale;
  if (fit === 'pad') return contained(size, scale);
  return fit === 'crop' && scale[0] === scale[1] ? shorterSideTo(size, scale[0]) : keptRatio(size, scale, fit);
}

/** torchvision's `_compute_resized_output_size`: the longer side is cut down to whole pixels. */
function shorterSideTo([rows, columns]: Size, side: number): Size {
  return rows < columns ? [side, Math.floor((side * columns) / rows)] : [Math.floor((side * rows) / columns), side];
}

/** timm's `ResizeKeepRatio`: the image just covers the scale, or with `border` just lies within it. */
function keptRatio([rows, columns]: Size, scale: Size, fit: 'crop' | 'border'): Size {
  const ratio = Math[fit === 'border' ? 'max' : 'min'](rows / scale[0], columns / scale[1]);
  return [Math.max(1, roundHalfEven(rows / ratio)), Math.max(1, roundHalfEven(columns / ratio))];
}

/** Pillow's `ImageOps.contain`. */
function contained([rows, columns]: Size, scale: Size): Size {
  const [ratio, wanted] = [columns / rows, scale[1] / scale[0]];
  if (ratio > wanted) return [Math.max(1, roundHalfEven((rows / columns) * scale[1])), scale[1]];
  if (ratio < wanted) return [scale[0], Math.max(1, roundHalfEven((columns / rows) * scale[0]))];
  return scale;
}

/** What is cut off before the first row or column that is kept, of `space` pixels too many. */
function cut(space: number, { crop_rounding: rounding }: Placing): number {
  return rounding === 'floor' ? Math.floor(space / 2) : roundHalfEven(space / 2);
}

/** Python's `round`, which torchvision, timm and Pillow use. */
export function roundHalfEven(x: number): number {
  const floor = Math.floor(x);
  if (x - floor !== 0.5) return Math.round(x);
  return floor % 2 === 0 ? floor : floor + 1;
}
