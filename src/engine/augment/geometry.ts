import type { Raster } from '../resample';

/**
 * Operations that move pixels, of uint8 [H, W, C], equal to the byte to torchvision's on PIL images (Pillow 13). Every
 * pixel comes from the nearest one and what lies outside is black: the defaults of torchvision's policies.
 */

/** Where an output pixel's centre (x, y) lies in the input: (a·x + b·y + c, d·x + e·y + f). Pillow's `Transform.AFFINE`. */
type Affine = readonly [a: number, b: number, c: number, d: number, e: number, f: number];

/** torchvision's `ShearX`: row y moves by y times `slope`, the top stays. */
export function shearX(image: Raster, slope: number): Raster {
  return affine(image, [1, tangent(slope), 0, 0, 1, 0]);
}

/** torchvision's `ShearY`: column x moves by x times `slope`, the left side stays. */
export function shearY(image: Raster, slope: number): Raster {
  return affine(image, [1, 0, 0, tangent(slope), 1, 0]);
}

/** The slope by way of an angle in degrees, as torchvision takes it, with its roundings. */
function tangent(slope: number): number {
  return Math.tan(Math.atan(slope) * (180 / Math.PI) * (Math.PI / 180));
}

/** torchvision's `TranslateX` and `TranslateY`: to the right and down by whole pixels; a part of one is cut off. */
export function translate(image: Raster, right: number, down: number): Raster {
  return shifted(image, Math.trunc(right), Math.trunc(down));
}

/** `Image.rotate` about the centre by degrees against the clock, at the image's own size. */
export function rotate(image: Raster, degrees: number): Raster {
  const { width, height } = image;
  const rest = degrees % 360;
  const turned = rest < 0 ? rest + 360 : rest;
  if (turned === 0) return image;
  if (turned === 180) return affine(image, [-1, 0, width, 0, -1, height]);
  // Of a square Pillow swaps rows and columns.
  if (turned === 90 && width === height) return affine(image, [0, -1, width, 1, 0, 0]);
  if (turned === 270 && width === height) return affine(image, [0, 1, 0, -1, 0, height]);
  const angle = -(turned * (Math.PI / 180));
  // Pillow rounds to 15 digits, so that right angles are exact.
  const [cos, sin] = [Number(Math.cos(angle).toFixed(15)), Number(Math.sin(angle).toFixed(15))];
  const [x, y] = [width / 2, height / 2];
  return affine(image, [cos, sin, cos * -x + sin * -y + x, -sin, cos, -sin * -x + cos * -y + y]);
}

/**
 * Pillow's `affine_fixed` (libImaging/Geometry.c): positions are summed up in steps of 1/65536 pixel. Good for images
 * of up to 4096 pixels a side, where Pillow takes this way, too.
 */
function affine(image: Raster, [a, b, c, d, e, f]: Affine): Raster {
  if (a === 1 && b === 0 && d === 0 && e === 1) return shifted(image, -c, -f);
  const { width, height, channels, data: from } = image;
  const fixed = (value: number): number => Math.floor(value * 65536 + 0.5);
  const [stepX, stepY] = [fixed(a), fixed(d)];
  const data = new Uint8Array(from.length);
  let [startX, startY] = [fixed(c + a * 0.5 + b * 0.5), fixed(f + d * 0.5 + e * 0.5)];
  for (let y = 0, out = 0; y < height; y++, startX += fixed(b), startY += fixed(e)) {
    let [inX, inY] = [startX, startY];
    for (let x = 0; x < width; x++, out += channels, inX += stepX, inY += stepY) {
      const [column, row] = [inX >> 16, inY >> 16];
      if (column < 0 || column >= width || row < 0 || row >= height) continue;
      const at = (row * width + column) * channels;
      for (let k = 0; k < channels; k++) data[out + k] = from[at + k]!;
    }
  }
  return { ...image, data };
}

/** The image moved by whole pixels to the right and down; black comes in. */
function shifted(image: Raster, right: number, down: number): Raster {
  const { width, height, channels, data: from } = image;
  const data = new Uint8Array(from.length);
  const left = Math.max(0, right);
  const end = Math.min(width, width + right);
  if (left < end)
    for (let y = Math.max(0, down); y < Math.min(height, height + down); y++) {
      const row = (y - down) * width;
      data.set(from.subarray((row + left - right) * channels, (row + end - right) * channels), (y * width + left) * channels);
    }
  return { ...image, data };
}
