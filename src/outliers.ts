/** Which tokens are outliers by their norm, for the terminal and the page. */

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
  return [...norms.keys()].filter((i) => (norms[i] ?? 0) > threshold).sort((a, b) => (norms[b] ?? 0) - (norms[a] ?? 0) || a - b);
}

/** The middle value, or the mean of the two; 0 of none. */
export function medianOf(values: Float32Array): number {
  const sorted = values.slice().sort();
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}
