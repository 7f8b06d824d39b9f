import { setImmediate } from 'node:timers/promises';
import type { Interval } from '../../protocol';
import type { Random } from '../random';

/** What is computed of every resample: shares of images, and means over classes. */
export const BOOTSTRAPPED = ['top1', 'balanced_accuracy', 'f1'] as const;
export type BootstrappedMetric = (typeof BOOTSTRAPPED)[number];

/** One value a resample; the same resample has the same place in the replicates of every classifier. */
export type Replicates = Readonly<Record<BootstrappedMetric, Float64Array>>;

export interface BootstrapOptions {
  readonly classes: number;
  readonly resamples: number;
  readonly random: Random;
  readonly signal?: AbortSignal;
}

/** Images between two looks at whether it is to stop. */
const PIECE = 2 ** 20;

/**
 * Resamples the images of a test with replacement (Efron and Tibshirani 1993, chapter 6), and computes each time what each
 * classifier would have reached on them. Pairs stay together: image i brings its label and what every classifier said of it.
 *
 * @param guesses what each classifier said, image by image
 * @returns the replicates of each classifier
 * @throws an abort when the signal says so
 */
export async function bootstrap(labels: Int32Array, guesses: readonly Int32Array[], { classes, resamples, random, signal }: BootstrapOptions): Promise<readonly Replicates[]> {
  const N = labels.length;
  const replicates = guesses.map(() => ({ top1: new Float64Array(resamples), balanced_accuracy: new Float64Array(resamples), f1: new Float64Array(resamples) }));
  const support = new Int32Array(classes);
  const [hits, predicted] = [guesses.map(() => new Int32Array(classes)), guesses.map(() => new Int32Array(classes))];
  for (let r = 0, since = 0; r < resamples; r++, since += N) {
    if (since > PIECE) {
      since = 0;
      await setImmediate();
      signal?.throwIfAborted();
    }
    for (const counts of [support, ...hits, ...predicted]) counts.fill(0);
    for (const image of resample(N, random)) {
      const label = labels[image]!;
      support[label]!++;
      for (let j = 0; j < guesses.length; j++) {
        const guess = guesses[j]![image]!;
        predicted[j]![guess]!++;
        if (guess === label) hits[j]![label]!++;
      }
    }
    replicates.forEach((one, j) => {
      const scores = scoresOf(support, hits[j]!, predicted[j]!, N);
      for (const name of BOOTSTRAPPED) one[name][r] = scores[name];
    });
  }
  return replicates;
}

/** N images of N, with replacement. */
export function resample(N: number, random: Random): Int32Array {
  return Int32Array.from({ length: N }, () => random.int(N));
}

/** As `classificationMetrics` and `balancedAccuracy` define them, from counts that a loop can keep. */
function scoresOf(support: Int32Array, hits: Int32Array, predicted: Int32Array, N: number): Record<BootstrappedMetric, number> {
  let [right, recalls, occurring, f1, seen] = [0, 0, 0, 0, 0];
  for (let k = 0; k < support.length; k++) {
    const [of, hit, said] = [support[k]!, hits[k]!, predicted[k]!];
    right += hit;
    if (of > 0) {
      recalls += hit / of;
      occurring++;
    }
    if (of + said > 0) {
      f1 += (2 * hit) / (of + said);
      seen++;
    }
  }
  return { top1: right / N, balanced_accuracy: occurring === 0 ? 0 : recalls / occurring, f1: seen === 0 ? 0 : f1 / seen };
}

/** The 95 % percentile interval of replicates (Efron and Tibshirani 1993, section 13.3). */
export function percentileInterval(values: Float64Array): Interval {
  const sorted = values.slice().sort();
  return [quantile(sorted, 0.025), quantile(sorted, 0.975)];
}

/** What the second has more than the first, resample by resample. */
export function differences(first: Float64Array, second: Float64Array): Float64Array {
  return second.map((value, r) => value - first[r]!);
}

/** Of sorted values, between neighbours along a line, as NumPy's `quantile`. */
export function quantile(sorted: Float64Array, share: number): number {
  const at = share * (sorted.length - 1);
  const [low, high] = [sorted[Math.floor(at)]!, sorted[Math.ceil(at)]!];
  return low + (high - low) * (at - Math.floor(at));
}
