import type { Raster } from '../resample';

/**
 * torchvision's `adjust_hue` of a PIL image, equal to the byte: to Pillow's HSV in 8 bits, the hue turned by
 * `turn` (−0.5…0.5 of the circle), and back (libImaging/Convert.c). A grey image stays as it is.
 */
export function adjustHue(image: Raster, turn: number): Raster {
  if (image.channels === 1) return image;
  const by = Math.trunc(turn * 255);
  const data = new Uint8Array(image.data.length);
  for (let at = 0; at < data.length; at += 3) {
    const [hue, saturation, value] = hsvOf(image.data[at]!, image.data[at + 1]!, image.data[at + 2]!);
    data.set(rgbOf((hue + by) & 255, saturation, value), at);
  }
  return { ...image, data };
}

type Triple = readonly [number, number, number];

/** Pillow's `rgb2hsv`; each variable there is a float of single precision. */
function hsvOf(red: number, green: number, blue: number): Triple {
  const high = Math.max(red, green, blue);
  const range = high - Math.min(red, green, blue);
  if (range === 0) return [0, 0, high];
  const f = Math.fround;
  const [r, g, b] = [f((high - red) / range), f((high - green) / range), f((high - blue) / range)];
  const sector = f(red === high ? f(b - g) : green === high ? 2 + r - b : 4 + g - r);
  const hue = f((sector / 6 + 1) % 1);
  return [Math.trunc(hue * 255), Math.trunc(f(range / high) * 255), high];
}

/** Pillow's `hsv2rgb`. */
function rgbOf(hue: number, saturation: number, value: number): Triple {
  if (saturation === 0) return [value, value, value];
  const f = Math.fround;
  const sector = Math.floor((hue * 6) / 255);
  const rest = f((hue * 6) / 255 - sector);
  const share = f(saturation / 255);
  const p = Math.round(value * (1 - share));
  const q = Math.round(value * (1 - f(share * rest)));
  const t = Math.round(value * (1 - share * (1 - rest)));
  const turns: readonly Triple[] = [[value, t, p], [q, value, p], [p, value, t], [p, q, value], [t, p, value], [value, p, q]];
  return turns[sector % 6]!;
}
