import type { Analysis, ClassScores, Interval } from '../../protocol';
import type { FloatTensor } from '../tensors';
import { addToBins, calibrationOf, emptyBins } from './calibration';
import { balancedAccuracy, classCounts, classificationMetrics, emptyConfusion, f1Of, mean, mostConfused, precisionOf, recallOf, weightedMetrics } from './confusion';
import { averagePrecision, curvesOf, rocAuc, sweep } from './curves';
import { wilson } from './interval';
import { argmax, crossEntropySum, exponentials, logOdds, rankOf, rowOf } from './logits';

/** A type and not an interface, so that it can be read as `Metrics`. */
export type EvaluationMetrics = {
  /** Mean cross-entropy in nats, without label smoothing: the negative log-likelihood. */
  readonly loss: number;
  readonly top1: number;
  /** Where there are more than five classes. */
  readonly top5?: number;
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  readonly balanced_accuracy: number;
  readonly ece: number;
};

export interface Tally {
  /** Counts a batch: logits [B, K]. */
  add(logits: FloatTensor, labels: Int32Array): void;
  metrics(): EvaluationMetrics;
  /** Mean cross-entropy of the images of each class; NaN of one without. */
  classLosses(): readonly number[];
  readonly counts: readonly (readonly number[])[];
  /** @param labels names of the classes */
  analysis(labels: readonly string[]): Analysis;
}

const TOP = 5;
const CONFUSED = 20;
/** Scores of all images and classes, in single precision: above that the curves are left out. */
const MOST_BYTES = 64 * 1024 ** 2;

/**
 * Counts batch by batch what an evaluation tells. Memory: K × K counts; for the curves, when `curves` are wished, also one
 * number for each of N images and K classes.
 */
export function startTally(K: number, N: number, { curves = false, mostBytes = MOST_BYTES } = {}): Tally {
  const counts = emptyConfusion(K);
  const bins = emptyBins();
  const scores = curves && N * K * Float32Array.BYTES_PER_ELEMENT <= mostBytes ? new Float32Array(N * K) : null;
  const labelsSeen = new Int32Array(scores ? N : 0);
  const weights = new Float64Array(K);
  const losses = new Float64Array(K);
  const total = { images: 0, loss: 0, top5: 0, brier: 0 };

  const addRow = (logits: Float32Array, label: number): void => {
    const guess = argmax(logits);
    counts[label]![guess]!++;
    total.top5 += Number(rankOf(logits, label) < TOP);
    const sum = exponentials(logits, weights);
    losses[label]! += Math.log(sum) + logits[guess]! - logits[label]!;
    addToBins(bins, weights[guess]! / sum, guess === label);
    for (let k = 0; k < K; k++) total.brier += (weights[k]! / sum - Number(k === label)) ** 2;
    if (scores) {
      logOdds(logits, scores.subarray(total.images * K, (total.images + 1) * K));
      labelsSeen[total.images] = label;
    }
    total.images++;
  };
  const calibration = () => calibrationOf(bins, total.images === 0 ? 0 : total.brier / total.images);
  const metrics = (): EvaluationMetrics => {
    const { top1, ...macro } = classificationMetrics(counts);
    const share = (sum: number): number => (total.images === 0 ? 0 : sum / total.images);
    return { loss: share(total.loss), top1, ...(K > TOP && { top5: share(total.top5) }), ...macro, balanced_accuracy: balancedAccuracy(counts), ece: calibration().ece };
  };

  return {
    counts,
    classLosses: () => counts.map((row, k) => losses[k]! / row.reduce((a, b) => a + b, 0)),
    metrics,
    add(logits, labels) {
      total.loss += crossEntropySum(logits, labels);
      labels.forEach((label, row) => addRow(rowOf(logits, row), label));
    },
    analysis(labels) {
      const hits = classCounts(counts).reduce((sum, one) => sum + one.hits, 0);
      const shares = { top1: wilson(hits, total.images), ...(K > TOP && { top5: wilson(total.top5, total.images) }) };
      const nan = Number.isNaN(total.brier);
      const usable = scores && !nan ? { scores: scores.subarray(0, total.images * K), labels: labelsSeen } : null;
      const classes = classScores(counts, labels, usable);
      return {
        images: total.images,
        metrics: metrics(),
        intervals: Object.fromEntries(Object.entries(shares).filter((entry): entry is [string, Interval] => entry[1] !== null)),
        weighted: weightedMetrics(counts),
        macro: { auc: meanOrNull(classes.map(({ auc }) => auc)), ap: meanOrNull(classes.map(({ ap }) => ap)) },
        classes,
        confused: mostConfused(counts, CONFUSED),
        calibration: calibration(),
        ...(!usable && { omitted: nan ? ('nan' as const) : ('memory' as const) }),
      };
    },
  };
}

interface Scored {
  /** [N, K] */
  readonly scores: Float32Array;
  /** [N] */
  readonly labels: Int32Array;
}

function classScores(counts: readonly (readonly number[])[], names: readonly string[], scored: Scored | null): readonly ClassScores[] {
  return classCounts(counts).map((one, k) => {
    const { support, predicted, hits } = one;
    const full = scored && sweep(...oneAgainstRest(scored, counts.length, k, support));
    return {
      label: names[k] ?? String(k),
      support,
      predicted,
      precision: precisionOf(one),
      precisionInterval: wilson(hits, predicted),
      recall: recallOf(one),
      recallInterval: wilson(hits, support),
      f1: f1Of(one),
      auc: full && rocAuc(full),
      ap: full && averagePrecision(full),
      curves: full && curvesOf(full),
    };
  });
}

/** The scores for class `k` of its own images and of all others. */
function oneAgainstRest({ scores, labels }: Scored, K: number, k: number, support: number): [Float32Array, Float32Array] {
  const N = scores.length / K;
  const [own, rest] = [new Float32Array(support), new Float32Array(N - support)];
  let seen = 0;
  for (let row = 0; row < N; row++) {
    const score = scores[row * K + k]!;
    if (labels[row] === k) own[seen++] = score;
    else rest[row - seen] = score;
  }
  return [own, rest];
}

function meanOrNull(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : mean(known);
}
