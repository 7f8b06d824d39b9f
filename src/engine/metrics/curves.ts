import type { ClassCurves } from '../../protocol';

/** More points than that no diagram shows. */
const POINTS = 200;

/**
 * What is taken for a class when ever lower scores are: cumulative counts of wrong and right images, from (0, 0) on, one
 * point for each distinct score. ROC and precision–recall curves are two views of it.
 */
export interface Sweep {
  readonly fp: Uint32Array;
  readonly tp: Uint32Array;
}

/** @param positives scores of the images of the class, @param negatives those of all others; none is NaN */
export function sweep(positives: Float32Array, negatives: Float32Array): Sweep {
  // Sorting numbers is many times faster than sorting indices by them.
  const [right, wrong] = [positives.slice().sort().reverse(), negatives.slice().sort().reverse()];
  const fp = new Uint32Array(right.length + wrong.length + 1);
  const tp = new Uint32Array(fp.length);
  let [p, n, points] = [0, 0, 0];
  while (p < right.length || n < wrong.length) {
    const score = Math.max(right[p] ?? -Infinity, wrong[n] ?? -Infinity);
    while (right[p] === score) p++;
    while (wrong[n] === score) n++;
    points++;
    fp[points] = n;
    tp[points] = p;
  }
  return { fp: fp.subarray(0, points + 1), tp: tp.subarray(0, points + 1) };
}

/**
 * Area under the ROC curve: the share of pairs of an image of the class and another one in which the former has the
 * higher score, where equal scores count half (Fawcett 2006). null without either.
 */
export function rocAuc({ fp, tp }: Sweep): number | null {
  const [P, N] = [tp.at(-1)!, fp.at(-1)!];
  if (P === 0 || N === 0) return null;
  let twice = 0;
  for (let i = 1; i < fp.length; i++) twice += (fp[i]! - fp[i - 1]!) * (tp[i]! + tp[i - 1]!);
  return twice / 2 / P / N;
}

/** Average precision, Σ (R_i − R_{i−1}) · P_i, as scikit-learn's `average_precision_score`. null without an image of the class. */
export function averagePrecision({ fp, tp }: Sweep): number | null {
  const P = tp.at(-1)!;
  if (P === 0) return null;
  let total = 0;
  for (let i = 1; i < fp.length; i++) total += ((tp[i]! - tp[i - 1]!) * tp[i]!) / (tp[i]! + fp[i]!);
  return total / P;
}

/** Both curves with at most 200 points each; null for a class without an image of its own, or without another. */
export function curvesOf(full: Sweep): ClassCurves | null {
  const [fpr, tpr] = rocPoints(full);
  const [recall, precision] = precisionRecallPoints(full);
  if (full.tp.at(-1) === 0 || full.fp.at(-1) === 0) return null;
  const [roc, pr] = [thinned(fpr, tpr), thinned(recall, precision)];
  return { roc: { fpr: roc[0], tpr: roc[1] }, pr: { recall: pr[0], precision: pr[1] } };
}

type Line = readonly [x: number[], y: number[]];

export function rocPoints({ fp, tp }: Sweep): Line {
  const [P, N] = [tp.at(-1)!, fp.at(-1)!];
  return [Array.from(fp, (n) => n / N), Array.from(tp, (p) => p / P)];
}

/** Begins at (0, 1), where nothing is taken for the class yet, as scikit-learn's `precision_recall_curve` ends there. */
export function precisionRecallPoints({ fp, tp }: Sweep): Line {
  const P = tp.at(-1)!;
  return [Array.from(tp, (p) => p / P), Array.from(tp, (p, i) => (i === 0 ? 1 : p / (p + fp[i]!)))];
}

/** Keeps the ends, and between them a point wherever the curve has gone on far enough since the last one. */
export function thinned(x: readonly number[], y: readonly number[], most = POINTS): Line {
  const last = x.length - 1;
  const step = (i: number): number => Math.hypot(x[i]! - x[i - 1]!, y[i]! - y[i - 1]!);
  let length = 0;
  for (let i = 1; i <= last; i++) length += step(i);
  const far = x.length <= most ? 0 : length / (most - 2);
  const kept: number[] = [0];
  let gone = 0;
  for (let i = 1; i < last; i++) {
    gone += step(i);
    if (gone < far) continue;
    kept.push(i);
    gone = 0;
  }
  if (last > 0) kept.push(last);
  return [kept.map((i) => rounded(x[i]!)), kept.map((i) => rounded(y[i]!))];
}

/** Finer than a screen shows; more digits would only fill the file. */
function rounded(share: number): number {
  return Math.round(share * 1e5) / 1e5;
}
