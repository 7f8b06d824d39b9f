import type { FloatTensor } from '../tensors';

/** Euclidean length of each token: [1, T, D] → [T]. */
export function tokenNorms({ shape, data }: FloatTensor): Float32Array {
  const D = shape.at(-1)!;
  return Float32Array.from({ length: data.length / D }, (_, token) => {
    let sum = 0;
    for (let d = 0; d < D; d++) sum += data[token * D + d]! ** 2;
    return Math.sqrt(sum);
  });
}

/** Median and spread of some norms, and from where on one is an outlier. */
export interface NormSpread {
  readonly median: number;
  /** Median distance from the median × 1.4826, which of a normal distribution is its standard deviation. */
  readonly spread: number;
  readonly threshold: number;
}

/**
 * The rule for tokens of high norm (Darcet et al. 2024, section 2.1, set a number by hand for each model, 150 for DINOv2-g):
 * more than `factor` robust standard deviations above the median of the patches.
 */
export function normSpread(norms: Float32Array, factor: number): NormSpread {
  const median = medianOf(norms);
  const spread = 1.4826 * medianOf(norms.map((norm) => Math.abs(norm - median)));
  return { median, spread, threshold: median + factor * spread };
}

/** Indices of the norms above the threshold, the largest first. */
export function outliers(norms: Float32Array, { spread, threshold }: NormSpread): readonly number[] {
  // Where half of the tokens are alike, every other one would be an outlier.
  if (spread === 0) return [];
  return [...norms.keys()].filter((i) => norms[i]! > threshold).sort((a, b) => norms[b]! - norms[a]! || a - b);
}

function medianOf(values: Float32Array): number {
  const sorted = values.toSorted();
  const middle = sorted.length >> 1;
  if (sorted.length === 0) return 0;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
