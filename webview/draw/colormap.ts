/** Colour scales: a number from 0 to 1 becomes a colour. */

export type Rgb = readonly [red: number, green: number, blue: number];
export type Colours = 'viridis' | 'cividis' | 'grey' | 'diverging' | 'black';

/**
 * Equally spaced stops. viridis and cividis: matplotlib (van der Walt and Smith 2015; Nuñez et al. 2018), perceptually
 * uniform and readable by the colour-blind. diverging: ColorBrewer RdBu, blue below and red above the middle.
 */
const stops: Readonly<Record<Colours, string>> = {
  viridis: '440154 482475 414487 355f8d 2a788e 21908d 22a884 42be71 7ad151 bddf26 fde725',
  cividis: '00204d 00336f 39486b 575c6d 707173 8a8779 a69d75 c4b56c e4cf5b ffea46',
  grey: '000000 ffffff',
  // What lies over a picture by its opacity alone.
  black: '000000 000000',
  diverging: '053061 2166ac 4393c3 92c5de d1e5f0 f7f7f7 fddbc7 f4a582 d6604d b2182b 67001f',
};

const tables = new Map<Colours, Uint8ClampedArray>();

/** The scale as 256 RGB triples. */
export function table(colours: Colours): Uint8ClampedArray {
  const known = tables.get(colours);
  if (known) return known;
  const points = stops[colours].split(' ').map(parse);
  const made = new Uint8ClampedArray(256 * 3);
  for (let i = 0; i < 256; i++) made.set(between(points, i / 255), i * 3);
  tables.set(colours, made);
  return made;
}

/** The colour at `t`; below 0 and above 1 the ends, NaN is the low end. */
export function colourAt(colours: Colours, t: number): Rgb {
  const lut = table(colours);
  const i = slot(t) * 3;
  return [lut[i] ?? 0, lut[i + 1] ?? 0, lut[i + 2] ?? 0];
}

/** Row of the 256-row table for `t`. */
export function slot(t: number): number {
  return t >= 1 ? 255 : t > 0 ? Math.round(t * 255) : 0;
}

function parse(hex: string): Rgb {
  const value = Number.parseInt(hex, 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

function between(points: readonly Rgb[], t: number): Rgb {
  const at = t * (points.length - 1);
  const low = Math.min(points.length - 2, Math.floor(at));
  const a = points[low] ?? [0, 0, 0];
  const b = points[low + 1] ?? a;
  const mix = (i: 0 | 1 | 2): number => a[i] + (b[i] - a[i]) * (at - low);
  return [mix(0), mix(1), mix(2)];
}
