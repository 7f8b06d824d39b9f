import type { Calibration } from '../../protocol';

/** As in Guo et al. 2017, section 4. */
export const BINS = 15;

/** The bins of a reliability diagram while images are counted: sums, one a bin. */
export interface BinSums {
  readonly count: Float64Array;
  readonly confidence: Float64Array;
  readonly hits: Float64Array;
}

export function emptyBins(): BinSums {
  return { count: new Float64Array(BINS), confidence: new Float64Array(BINS), hits: new Float64Array(BINS) };
}

/** Counts an image by the probability of its predicted class. */
export function addToBins(bins: BinSums, confidence: number, hit: boolean): void {
  const bin = binOf(confidence);
  bins.count[bin]!++;
  bins.confidence[bin]! += confidence;
  bins.hits[bin]! += Number(hit);
}

/** Bin m holds ((m − 1)/M, m/M], counted from 1 as in the paper; here from 0. What is no number falls into the first, and makes its mean none. */
function binOf(confidence: number): number {
  let bin = 0;
  while (bin < BINS - 1 && confidence > (bin + 1) / BINS) bin++;
  return bin;
}

/**
 * The reliability diagram and what it sums up to: ECE = Σ |B_m|/N · |acc(B_m) − conf(B_m)| and MCE, the largest of those
 * differences (Guo et al. 2017, equations 3 and 5; Naeini et al. 2015).
 *
 * @param brier mean over the images of Σ_k (p_k − y_k)², from 0 to 2 (Brier 1950)
 */
export function calibrationOf({ count, confidence, hits }: BinSums, brier: number): Calibration {
  const images = count.reduce((a, b) => a + b, 0);
  const bins = Array.from(count, (n, m) => ({
    count: n,
    confidence: n === 0 ? null : confidence[m]! / n,
    accuracy: n === 0 ? null : hits[m]! / n,
  }));
  const gaps = bins.map((bin) => (bin.confidence === null || bin.accuracy === null ? 0 : Math.abs(bin.accuracy - bin.confidence)));
  return {
    ece: images === 0 ? 0 : gaps.reduce((sum, gap, m) => sum + (count[m]! / images) * gap, 0),
    mce: Math.max(...gaps),
    brier,
    bins,
  };
}
