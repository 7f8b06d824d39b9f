/** What a confusion table tells: rows are true classes, columns predicted ones. */
export type Counts = readonly (readonly number[])[];

export interface ClassificationMetrics {
  readonly top1: number;
  /** Macro means: every class counts alike. */
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
}

/** An empty K × K table; rows are true classes, columns predicted ones. */
export function emptyConfusion(K: number): number[][] {
  return Array.from({ length: K }, () => new Array<number>(K).fill(0));
}

/** Images of a class, images that were taken for it, and those that were both. */
export interface ClassCounts {
  readonly support: number;
  readonly predicted: number;
  readonly hits: number;
}

export function classCounts(counts: Counts): readonly ClassCounts[] {
  const predicted = counts.map(() => 0);
  for (const row of counts) row.forEach((count, k) => (predicted[k]! += count));
  return counts.map((row, k) => ({ support: sum(row), predicted: predicted[k]!, hits: row[k]! }));
}

/** hits / predicted; a ratio 0/0 is 0. */
export function precisionOf({ hits, predicted }: ClassCounts): number {
  return ratio(hits, predicted);
}

/** hits / support; a ratio 0/0 is 0. */
export function recallOf({ hits, support }: ClassCounts): number {
  return ratio(hits, support);
}

/** Harmonic mean of precision and recall; a ratio 0/0 is 0. */
export function f1Of({ hits, support, predicted }: ClassCounts): number {
  return ratio(2 * hits, support + predicted);
}

/**
 * Top-1 accuracy and macro precision, recall and F1 from a confusion table, as scikit-learn's
 * `precision_recall_fscore_support(average='macro', zero_division=0)` defines them: the mean over the classes that
 * occur or are predicted, where a ratio 0/0 is 0.
 */
export function classificationMetrics(counts: Counts): ClassificationMetrics {
  const classes = classCounts(counts);
  const seen = classes.filter(({ support, predicted }) => support + predicted > 0);
  return {
    top1: ratio(sum(classes.map(({ hits }) => hits)), sum(classes.map(({ support }) => support))),
    precision: mean(seen.map(precisionOf)),
    recall: mean(seen.map(recallOf)),
    f1: mean(seen.map(f1Of)),
  };
}

/** Mean recall of the classes that occur (scikit-learn's `balanced_accuracy_score`). */
export function balancedAccuracy(counts: Counts): number {
  return mean(classCounts(counts).filter(({ support }) => support > 0).map(recallOf));
}

/** Means over the classes, each weighted by its images (scikit-learn's `average='weighted'`); the recall is the accuracy. */
export function weightedMetrics(counts: Counts): Omit<ClassificationMetrics, 'top1'> {
  const classes = classCounts(counts);
  const images = sum(classes.map(({ support }) => support));
  const weighted = (of: (one: ClassCounts) => number): number => ratio(sum(classes.map((one) => one.support * of(one))), images);
  return { precision: weighted(precisionOf), recall: weighted(recallOf), f1: weighted(f1Of) };
}

/** Images of the class `is` that were taken for `as`; both are indices. */
export interface Confused {
  readonly is: number;
  readonly as: number;
  readonly count: number;
}

/** The pairs that were confused most often, most first. */
export function mostConfused(counts: Counts, most: number): readonly Confused[] {
  return counts
    .flatMap((row, is) => row.flatMap((count, as) => (count > 0 && is !== as ? [{ is, as, count }] : [])))
    .sort((a, b) => b.count - a.count)
    .slice(0, most);
}

/** 0 for none. */
export function mean(values: readonly number[]): number {
  return ratio(sum(values), values.length);
}

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}

function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}
