import type { Interval } from '../../protocol';

/** The 97.5 % quantile of the standard normal distribution. */
const Z = 1.959963984540054;

/**
 * The 95 % interval of a share that was seen as `hits` of `of` (Wilson 1927): the shares that a two-sided test would not
 * reject. Unlike p ± 1.96·√(p(1−p)/n) it stays within 0 and 1, and has a width where all or none were hit.
 *
 * @returns null of nothing
 */
export function wilson(hits: number, of: number): Interval | null {
  if (of === 0) return null;
  const share = hits / of;
  const centre = share + (Z * Z) / (2 * of);
  const half = Z * Math.sqrt((share * (1 - share)) / of + (Z * Z) / (4 * of * of));
  const scale = 1 + (Z * Z) / of;
  // Exact at the ends, where rounding would leave them beside 0 and 1.
  return [hits === 0 ? 0 : (centre - half) / scale, hits === of ? 1 : (centre + half) / scale];
}
