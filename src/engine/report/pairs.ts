import { bootstrap, differences, percentileInterval, type BootstrappedMetric, type Replicates } from '../metrics/bootstrap';
import { balancedAccuracy, emptyConfusion } from '../metrics/confusion';
import { holm, mcnemarExact, pairedCounts } from '../metrics/paired';
import { randomAt } from '../random';
import type { Difference, Paired, Predictions, ReportRun } from './material';

export const RESAMPLES = 2000;

export interface Pairs {
  /** One for each run. */
  readonly intervals: readonly ReportRun['intervals'][];
  readonly paired: readonly Paired[];
}

type Predicting = Pick<ReportRun, 'predictions' | 'evaluation'>;

/**
 * What the test images tell beside shares: intervals of means over classes, and each run against the baseline on the images
 * that both have seen. The images are resampled once for all runs that have the same ones, so that what a resample
 * brings is the same for all of them.
 */
export async function comparePairs(runs: readonly Predicting[], baseline: number, signal: AbortSignal): Promise<Pairs> {
  const replicates = await replicatesOf(runs, signal);
  const tests = runs.map((_, run) => run).filter((run) => run !== baseline).map((run) => pairOf(runs, replicates, baseline, run));
  const adjusted = holm(tests.flatMap((test) => (test.same ? [test.p] : [])));
  let next = 0;
  return {
    intervals: replicates.map((own) => (own ? { top1: percentileInterval(own.top1), balanced_accuracy: percentileInterval(own.balanced_accuracy), f1: percentileInterval(own.f1) } : {})),
    paired: tests.map((test) => (test.same ? { ...test, adjusted: adjusted[next++]! } : test)),
  };
}

async function replicatesOf(runs: readonly Predicting[], signal: AbortSignal): Promise<readonly (Replicates | null)[]> {
  const found = new Array<Replicates | null>(runs.length).fill(null);
  const known = runs.flatMap(({ predictions, evaluation }, run) => (predictions && evaluation ? [{ run, predictions, classes: evaluation.classes.length }] : []));
  for (const images of new Set(known.map(({ predictions }) => predictions.images))) {
    const own = known.filter(({ predictions }) => predictions.images === images);
    const { predictions: { labels }, classes } = own[0]!;
    const values = await bootstrap(labels, own.map(({ predictions }) => predictions.guesses), { classes, resamples: RESAMPLES, random: randomAt(0, 'bootstrap of a report'), signal });
    own.forEach(({ run }, i) => (found[run] = values[i]!));
  }
  return found;
}

function pairOf(runs: readonly Predicting[], replicates: readonly (Replicates | null)[], baseline: number, run: number): Paired {
  const [first, second] = [runs[baseline]!.predictions, runs[run]!.predictions];
  const [of, own] = [replicates[baseline], replicates[run]];
  if (!first || !second || !of || !own) return { run, same: false, why: 'predictions' };
  if (first.images !== second.images) return { run, same: false, why: 'images' };
  const counts = pairedCounts(first.labels, first.guesses, second.guesses);
  const p = mcnemarExact(counts);
  const classes = runs[run]!.evaluation!.classes.length;
  const between = (name: BootstrappedMetric, value: number): Difference => ({ value, interval: percentileInterval(differences(of[name], own[name])) });
  return {
    run, same: true, counts, p, adjusted: p,
    difference: between('top1', (counts.onlySecond - counts.onlyFirst) / first.labels.length),
    balanced: between('balanced_accuracy', balanced(second, classes) - balanced(first, classes)),
  };
}

function balanced({ labels, guesses }: Predictions, classes: number): number {
  const counts = emptyConfusion(classes);
  labels.forEach((label, i) => counts[label]![guesses[i]!]!++);
  return balancedAccuracy(counts);
}
