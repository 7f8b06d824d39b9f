import { principalComponents, project, type Components } from './components';

/** Which patches are kept by their place along the first component: those above a threshold, those below it, or all. */
export type Foreground = 'all' | 'above' | 'below';

export interface FeatureColours {
  /** The first component of all patches, by which they are kept or left out: [n]. */
  readonly first: Float32Array;
  /** 1 for the patches that have colours. */
  readonly kept: Uint8Array;
  /** Up to three components of those that are kept, [n, count]; the rest are 0. */
  readonly scores: Float32Array;
  readonly count: number;
  /** Their shares of the variance. */
  readonly variance: Float32Array;
}

/**
 * Features as colours (Oquab et al. 2024, DINOv2, section 7.5 and figure 1): the first principal component tells what stands
 * before the background, and three components of what is left become red, green and blue.
 *
 * @param rows of the patches, [n, width]
 * @param threshold on the first component, from its smallest value (0) to its largest (1)
 */
export function featureColours(rows: Float32Array, width: number, foreground: Foreground, threshold: number): FeatureColours {
  const n = rows.length / width;
  const all = principalComponents(rows, width, 3);
  const places = project(rows, all);
  const axes = all.variance.length;
  const first = Float32Array.from({ length: n }, (_, i) => (axes > 0 ? places[i * axes]! : 0));
  const kept = keptOf(first, foreground, threshold);
  if (foreground === 'all') return { first, kept, scores: places, count: axes, variance: shares(all) };
  const chosen = [...kept.keys()].filter((i) => kept[i] === 1);
  const part = new Float32Array(chosen.length * width);
  chosen.forEach((from, to) => part.set(rows.subarray(from * width, (from + 1) * width), to * width));
  const own = chosen.length > 1 ? principalComponents(part, width, 3) : { ...all, axes: new Float64Array(0), variance: new Float64Array(0) };
  const count = own.variance.length;
  const inside = project(part, own);
  const scores = new Float32Array(n * count);
  chosen.forEach((to, from) => scores.set(inside.subarray(from * count, (from + 1) * count), to * count));
  return { first, kept, scores, count, variance: shares(own) };
}

function keptOf(first: Float32Array, foreground: Foreground, threshold: number): Uint8Array {
  const [low, high] = [first.reduce((a, b) => Math.min(a, b), Infinity), first.reduce((a, b) => Math.max(a, b), -Infinity)];
  const at = low + threshold * (high - low);
  return Uint8Array.from(first, (value) => Number(foreground === 'all' || (foreground === 'above' ? value >= at : value <= at)));
}

function shares({ variance, total }: Components): Float32Array {
  return Float32Array.from(variance, (one) => (total > 0 ? one / total : 0));
}
