import * as l10n from '@vscode/l10n';
import type { Prediction } from '../../protocol';
import { UserError } from '../userError';

/** Probabilities of one row of logits; the largest is subtracted first, so that nothing overflows. */
export function softmax(logits: Float32Array): Float64Array {
  const largest = logits.reduce((a, b) => Math.max(a, b), -Infinity);
  const exp = Float64Array.from(logits, (value) => Math.exp(value - largest));
  const sum = exp.reduce((a, b) => a + b, 0);
  return exp.map((value) => value / sum);
}

/** Entropy −Σ p ln p in nats of values that are brought to sum 1: 0 is one alone, ln K all alike. Without any mass it is 0. */
export function entropyOf(values: ArrayLike<number>): number {
  const total = Array.from(values).reduce((sum, value) => sum + Math.max(0, value), 0);
  let entropy = 0;
  for (let k = 0; k < values.length; k++) {
    const p = Math.max(0, values[k]!) / total;
    if (p > 0) entropy -= p * Math.log(p);
  }
  return entropy;
}

/**
 * The k most probable classes of one row of logits, most probable first; equal ones in the order of the labels. None of a network without a head.
 *
 * @throws UserError when the network gives no numbers
 */
export function topK(logits: Float32Array, labels: readonly string[], k: number): readonly Prediction[] {
  if (labels.length === 0) return [];
  if (!logits.every(Number.isFinite)) throw new UserError(noNumbers());
  const probability = softmax(logits);
  return [...probability.keys()]
    .sort((a, b) => probability[b]! - probability[a]! || a - b)
    .slice(0, Math.max(0, k))
    .map((index) => ({ label: labels[index] ?? String(index), probability: probability[index]! }));
}

/** Said where logits are NaN or infinite. */
export function noNumbers(): string {
  return l10n.t('The network gives no numbers (NaN or infinite): its weights are so large that what is computed with them overflows.');
}
