import type { FloatTensor } from '../tensors';

/** Row of [B, K] without a copy. */
export function rowOf({ shape, data }: FloatTensor, row: number): Float32Array {
  const K = shape[1]!;
  return data.subarray(row * K, (row + 1) * K);
}

/** Index of the largest value of each row of [B, K]; the first of equals. */
export function argmaxRows(logits: FloatTensor): Int32Array {
  return Int32Array.from({ length: logits.shape[0]! }, (_, row) => argmax(rowOf(logits, row)));
}

/** Index of the largest value; the first of equals. */
export function argmax(values: ArrayLike<number>): number {
  let best = 0;
  for (let k = 1; k < values.length; k++) if (values[k]! > values[best]!) best = k;
  return best;
}

/**
 * How many classes stand before `label` when they are sorted by falling logit: 0 for the first. Of equal ones the first
 * counts as the larger, as for the best; in which order `torch.topk` and so timm's `accuracy` gives equal ones is left open there.
 */
export function rankOf(logits: Float32Array, label: number): number {
  const own = logits[label]!;
  let before = 0;
  for (let k = 0; k < logits.length; k++) if (logits[k]! > own || (logits[k] === own && k < label)) before++;
  return before;
}

/** Sum over the rows of −log softmax(logits)[label], in double precision: logits [B, K]. */
export function crossEntropySum(logits: FloatTensor, labels: Int32Array): number {
  let total = 0;
  for (let row = 0; row < labels.length; row++) {
    const values = rowOf(logits, row);
    const largest = values.reduce((a, b) => Math.max(a, b), -Infinity);
    const logSum = Math.log(values.reduce((acc, logit) => acc + Math.exp(logit - largest), 0)) + largest;
    total += logSum - values[labels[row]!]!;
  }
  return total;
}

/** exp(logit − largest) of each class into `out`, K values in double precision; returns their sum. */
export function exponentials(logits: Float32Array, out: Float64Array): number {
  const largest = logits[argmax(logits)]!;
  let sum = 0;
  for (let k = 0; k < logits.length; k++) sum += out[k] = Math.exp(logits[k]! - largest);
  return sum;
}

/**
 * log(p / (1 − p)) of each class's softmax probability, into `out`: they order images as the probabilities do, and do not
 * run together near 0 and 1 when they are kept in single precision.
 */
export function logOdds(logits: Float32Array, out: Float32Array): void {
  const best = argmax(logits);
  let others = 0;
  for (let k = 0; k < logits.length; k++) if (k !== best) others += Math.exp(logits[k]! - logits[best]!);
  for (let k = 0; k < logits.length; k++) {
    const own = logits[k]! - logits[best]!;
    // For the best class, 1 + others − 1 would lose the digits of a small rest.
    out[k] = own - Math.log(k === best ? others : 1 + others - Math.exp(own));
  }
}
