import type { Side } from './side';

/** A ratio above 1 means that ours is better. */
export interface Result {
  readonly name: string;
  readonly metric: string;
  readonly unit: string;
  readonly peer: string;
  /** Medians. */
  readonly ours: number;
  readonly theirs: number;
  /** Median of the pairs' ratios, and the smallest and largest of them. */
  readonly ratio: number;
  readonly spread: readonly [number, number];
  readonly pairs: number;
  /** What computed, in its own words. */
  readonly engine: string;
}

/** So many pairs a result is made of at least; where a pair takes long, it is not more. */
export const FEWEST_PAIRS = 5;

/** A loop is this long at least: one step of a large network, many of a small one. */
const LOOP_MS = 1500;

/**
 * Loops of the two sides in turn, each after a repetition that nobody counts, as the first one after a pause finds cold
 * caches. Every pair gives a ratio of medians: a machine that is busy slows both of a pair.
 */
export async function alternate(ours: Side, theirs: Side, pairs: number): Promise<Pick<Result, 'ours' | 'theirs' | 'ratio' | 'spread' | 'pairs'>> {
  const counts = [await loopLength(ours), await loopLength(theirs)] as const;
  const [a, b, ratios]: number[][] = [[], [], []];
  for (let pair = 0; pair < pairs; pair++) {
    // Who begins changes, so that neither always follows the other.
    const first = pair % 2 === 0;
    const one = await loop(first ? ours : theirs, counts[first ? 0 : 1]);
    const two = await loop(first ? theirs : ours, counts[first ? 1 : 0]);
    const [own, other] = first ? [one, two] : [two, one];
    a!.push(own);
    b!.push(other);
    ratios!.push(other / own);
  }
  return { ours: median(a!), theirs: median(b!), ratio: median(ratios!), spread: [Math.min(...ratios!), Math.max(...ratios!)], pairs };
}

async function loopLength(side: Side): Promise<number> {
  const [ms = LOOP_MS] = await side.run(1);
  return Math.max(2, Math.min(50, Math.round(LOOP_MS / ms)));
}

async function loop(side: Side, count: number): Promise<number> {
  return median((await side.run(count + 1)).slice(1));
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((x, y) => x - y);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
