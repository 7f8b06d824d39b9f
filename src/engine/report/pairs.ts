import { bootstrap, differences, percentileInterval, type BootstrappedMetric, type Replicates } from '../metrics/bootstrap';
import { balancedAccuracy, emptyConfusion } from '../metrics/confusion';
import { holm, mcnemarExact, pairedCounts } from '../metrics/paired';
import { randomAt } from '../random';
import type { Difference, Group, Pair, Paired, Predictions, ReportRun } from './material';

export const RESAMPLES = 2000;

export interface Pairs {
  /** One for each run. */
  readonly intervals: readonly ReportRun['intervals'][];
  readonly paired: readonly Paired[];
}

type Predicting = Pick<ReportRun, 'predictions' | 'evaluation'>;

/** Every two of more configurations than that are too many tests: then the first one is what the others are held against. */
const ALL_PAIRS = 4;

/**
 * Which runs are held against which. Configurations are compared seed by seed, since the same seed gave both the same order of
 * images; where they have no seed in common, by the first run of each. Two seeds of one configuration are a question only where there is no
 * other: what lies between them is what another training changes.
 *
 * @param baseline the place of the run that was named as the one to compare with; null where none was
 */
export function pairsOf(groups: readonly Pick<Group, 'runs'>[], seeds: readonly (number | undefined)[], baseline: number | null): readonly Pair[] {
  const center = baseline ?? 0;
  const own = groups.find(({ runs }) => runs.includes(center))?.runs ?? [];
  if (groups.length === 1) return own.filter((run) => run !== center).map((second) => ({ first: center, second }));
  const ordered = [[center, ...own.filter((run) => run !== center)], ...groups.map(({ runs }) => runs).filter((runs) => runs !== own)];
  const firsts = baseline === null && groups.length <= ALL_PAIRS ? ordered : ordered.slice(0, 1);
  return firsts.flatMap((a, i) => ordered.slice(i + 1).flatMap((b) => bySeed(a, b, seeds)));
}

function bySeed(a: readonly number[], b: readonly number[], seeds: readonly (number | undefined)[]): readonly Pair[] {
  const once = (runs: readonly number[]): readonly number[] => runs.filter((run, i) => seeds[run] !== undefined && runs.findIndex((other) => seeds[other] === seeds[run]) === i);
  const pairs = once(a).flatMap((first) => once(b).filter((second) => seeds[second] === seeds[first]).map((second) => ({ first, second })));
  return pairs.length > 0 ? pairs.sort((one, other) => seeds[one.first]! - seeds[other.first]!) : [{ first: a[0]!, second: b[0]! }];
}

/**
 * What the test images tell beside shares: intervals of means over classes, and each pair on the images that both have seen.
 * The images are resampled once for all runs that have the same ones, so that what a resample brings is the same for
 * all of them.
 */
export async function comparePairs(runs: readonly Predicting[], pairs: readonly Pair[], signal: AbortSignal): Promise<Pairs> {
  const replicates = await replicatesOf(runs, signal);
  const tests = pairs.map((pair) => pairOf(runs, replicates, pair));
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

function pairOf(runs: readonly Predicting[], replicates: readonly (Replicates | null)[], pair: Pair): Paired {
  const [first, second] = [runs[pair.first]!.predictions, runs[pair.second]!.predictions];
  const [of, own] = [replicates[pair.first], replicates[pair.second]];
  if (!first || !second || !of || !own) return { ...pair, same: false, why: 'predictions' };
  if (first.images !== second.images) return { ...pair, same: false, why: 'images' };
  const counts = pairedCounts(first.labels, first.guesses, second.guesses);
  const p = mcnemarExact(counts);
  const classes = runs[pair.second]!.evaluation!.classes.length;
  const between = (name: BootstrappedMetric, value: number): Difference => ({ value, interval: percentileInterval(differences(of[name], own[name])) });
  return {
    ...pair, same: true, counts, p, adjusted: p,
    difference: between('top1', (counts.onlySecond - counts.onlyFirst) / first.labels.length),
    balanced: between('balanced_accuracy', balanced(second, classes) - balanced(first, classes)),
  };
}

function balanced({ labels, guesses }: Predictions, classes: number): number {
  const counts = emptyConfusion(classes);
  labels.forEach((label, i) => counts[label]![guesses[i]!]!++);
  return balancedAccuracy(counts);
}
