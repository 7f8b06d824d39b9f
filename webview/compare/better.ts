import type { ComparedRun } from '../../src/protocol';
import { largerIsBetter } from '../numbers';

/**
 * The runs whose value of a metric is the best one beyond chance: its interval overlaps that of no other run. Without
 * intervals nothing is said. Overlapping ones may be equally good; that is what the paired test is for.
 *
 * @returns the path of the one, or null
 */
export function clearlyBest(runs: readonly ComparedRun[], metric: string, kind: 'final' | 'best'): string | null {
  const known = runs.flatMap((run) => {
    const interval = run.intervals[kind][metric];
    return interval && run[kind][metric] !== undefined ? [{ run: run.path, interval }] : [];
  });
  // One without an interval might be better than all.
  if (known.length < 2 || runs.some((run) => run[kind][metric] !== undefined && !run.intervals[kind][metric])) return null;
  const larger = largerIsBetter(metric);
  const best = known.find(({ interval: [low, high] }, i) => known.every((other, j) => i === j || (larger ? low > other.interval[1] : high < other.interval[0])));
  return best?.run ?? null;
}

