import type { Prediction } from '../../protocol';

/** Probabilities of one row of logits; the largest is subtracted first, so that nothing overflows. */
export function softmax(logits: Float32Array): Float64Array {
  const largest = logits.reduce((a, b) => Math.max(a, b), -Infinity);
  const exp = Float64Array.from(logits, (value) => Math.exp(value - largest));
  const sum = exp.reduce((a, b) => a + b, 0);
  return exp.map((value) => value / sum);
}

/** The k most probable classes of one row of logits, most probable first; equal ones in the order of the labels. None of a network without a head. */
export function topK(logits: Float32Array, labels: readonly string[], k: number): readonly Prediction[] {
  if (labels.length === 0) return [];
  const probability = softmax(logits);
  return [...probability.keys()]
    .sort((a, b) => probability[b]! - probability[a]! || a - b)
    .slice(0, Math.max(0, k))
    .map((index) => ({ label: labels[index] ?? String(index), probability: probability[index]! }));
}
