import type { FloatTensor } from './tensors';

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

/**
 * Top-1 accuracy and macro precision, recall and F1 from a confusion table, as scikit-learn's
 * `precision_recall_fscore_support(average='macro', zero_division=0)` defines them: the mean over the classes that
 * occur or are predicted, where a ratio 0/0 is 0.
 *
 * @param counts rows are true classes, columns predicted ones
 */
export function classificationMetrics(counts: readonly (readonly number[])[]): ClassificationMetrics {
  const trues = counts.map(sum);
  const predicted = counts.map((_, k) => sum(counts.map((row) => row[k]!)));
  const hits = counts.map((row, k) => row[k]!);
  const seen = counts.flatMap((_, k) => (trues[k]! + predicted[k]! > 0 ? [k] : []));
  const macro = (of: (k: number) => number): number => ratio(sum(seen.map(of)), seen.length);
  return {
    top1: ratio(sum(hits), sum(trues)),
    precision: macro((k) => ratio(hits[k]!, predicted[k]!)),
    recall: macro((k) => ratio(hits[k]!, trues[k]!)),
    f1: macro((k) => ratio(2 * hits[k]!, trues[k]! + predicted[k]!)),
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}

function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}

/** Index of the largest value of each row of [B, K]; the first of equals. */
export function argmaxRows({ shape, data }: FloatTensor): Int32Array {
  const K = shape[1]!;
  return Int32Array.from({ length: shape[0]! }, (_, row) => {
    let best = 0;
    for (let k = 1; k < K; k++) if (data[row * K + k]! > data[row * K + best]!) best = k;
    return best;
  });
}

/** Sum over the rows of −log softmax(logits)[label], in double precision: logits [B, K]. */
export function crossEntropySum({ shape, data }: FloatTensor, labels: Int32Array): number {
  const K = shape[1]!;
  let total = 0;
  for (let row = 0; row < labels.length; row++) {
    const logits = data.subarray(row * K, (row + 1) * K);
    const largest = logits.reduce((a, b) => Math.max(a, b), -Infinity);
    const logSum = Math.log(logits.reduce((acc, logit) => acc + Math.exp(logit - largest), 0)) + largest;
    total += logSum - logits[labels[row]!]!;
  }
  return total;
}
