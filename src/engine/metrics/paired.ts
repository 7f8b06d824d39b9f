/**
 * Two classifiers on the same images. What both get right, or both wrong, says nothing of which is better; only the images
 * on which one is right and the other wrong do.
 */

/** Images by which of two classifiers is right. */
export interface PairedCounts {
  readonly both: number;
  readonly onlyFirst: number;
  readonly onlySecond: number;
  readonly neither: number;
}

/** @param labels true classes, and what each classifier said, image by image */
export function pairedCounts(labels: Int32Array, first: Int32Array, second: Int32Array): PairedCounts {
  const counts = { both: 0, onlyFirst: 0, onlySecond: 0, neither: 0 };
  labels.forEach((label, i) => {
    const [a, b] = [first[i] === label, second[i] === label];
    counts[a ? (b ? 'both' : 'onlyFirst') : b ? 'onlySecond' : 'neither']++;
  });
  return counts;
}

/**
 * McNemar's test (1947) in its exact form: were both equally good, each of the n images on which they differ would be a fair
 * coin, so that the number of either side follows Binomial(n, ½). The two-sided p-value, as
 * `scipy.stats.binomtest(onlyFirst, n).pvalue`.
 *
 * @returns 1 where they never differ
 */
export function mcnemarExact({ onlyFirst, onlySecond }: Pick<PairedCounts, 'onlyFirst' | 'onlySecond'>): number {
  const n = onlyFirst + onlySecond;
  const least = Math.min(onlyFirst, onlySecond);
  if (onlyFirst === onlySecond) return 1;
  // C(n, least) / 2ⁿ by its logarithm, and from there down by ratios of neighbours: nothing overflows, and small p stay exact.
  let log = -n * Math.LN2;
  for (let i = 1; i <= least; i++) log += Math.log((n - least + i) / i);
  let sum = 1;
  for (let k = least, term = 1; k > 0 && term > 1e-20 * sum; k--) sum += term *= k / (n - k + 1);
  return Math.min(1, 2 * Math.exp(log) * sum);
}

/**
 * Holm's adjusted p-values (1979), in the order given: with a bound on each of them, the probability that any of the tests
 * speaks where there is nothing keeps to that bound.
 */
export function holm(pValues: readonly number[]): readonly number[] {
  const order = pValues.map((_, i) => i).sort((a, b) => pValues[a]! - pValues[b]!);
  const adjusted = new Array<number>(pValues.length);
  let most = 0;
  order.forEach((test, rank) => {
    most = Math.max(most, Math.min(1, (pValues.length - rank) * pValues[test]!));
    adjusted[test] = most;
  });
  return adjusted;
}
