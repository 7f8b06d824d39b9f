/** Values sorted into buckets of equal width, as `tf.summary.histogram` does it. */
export interface Histogram {
  readonly min: number;
  readonly max: number;
  readonly num: number;
  readonly sum: number;
  readonly sumSquares: number;
  /** Upper ends of the buckets; the last is `max`. */
  readonly limits: readonly number[];
  readonly counts: readonly number[];
}

const BUCKETS = 30;

/** Null without a value that is a number. What is none is left out. */
export function histogramOf(values: Float32Array): Histogram | null {
  let [min, max, num, sum, sumSquares] = [Infinity, -Infinity, 0, 0, 0];
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    num++;
    sum += value;
    sumSquares += value * value;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  if (num === 0) return null;
  if (min === max) return { min, max, num, sum, sumSquares, limits: [max], counts: [num] };
  const counts = new Array<number>(BUCKETS).fill(0);
  const width = (max - min) / BUCKETS;
  for (const value of values) if (Number.isFinite(value)) counts[Math.min(BUCKETS - 1, Math.floor((value - min) / width))]!++;
  return { min, max, num, sum, sumSquares, limits: counts.map((_, i) => (i === BUCKETS - 1 ? max : min + (i + 1) * width)), counts };
}
