import type { ScoresView } from '../../src/protocol';

/** One query's scores of one head, before and behind the softmax, with the division by √d and without it; all [tokens]. */
export interface Compared {
  readonly scaled: Float32Array;
  readonly weights: Float32Array;
  /** Q·K as it is, and what the softmax would make of it. */
  readonly products: Float32Array;
  readonly unscaledWeights: Float32Array;
}

/** @param query token counted as the network does; @param head counted from 0 */
export function compareSoftmax({ tokens, size, queries, keys, scores }: ScoresView, head: number, query: number): Compared {
  const products = new Float32Array(tokens);
  const from = (head * tokens + query) * size;
  for (let j = 0; j < tokens; j++) {
    let sum = 0;
    for (let d = 0; d < size; d++) sum += (queries[from + d] ?? 0) * (keys[(head * tokens + j) * size + d] ?? 0);
    products[j] = sum;
  }
  const row = (head * tokens + query) * tokens;
  const scaled = scores ? scores.slice(row, row + tokens) : products.map((value) => value / Math.sqrt(size));
  return { scaled, weights: softmax(scaled), products, unscaledWeights: softmax(products) };
}

/** exp(x) / Σ exp(x); the largest is subtracted first. What is −∞ gets nothing. */
export function softmax(values: Float32Array): Float32Array {
  const highest = values.reduce((a, b) => Math.max(a, b), -Infinity);
  const exp = values.map((value) => Math.exp(value - highest));
  const sum = exp.reduce((a, b) => a + b, 0);
  return exp.map((value) => value / sum);
}

/** Entropy in nats. */
export function entropy(weights: Float32Array): number {
  return weights.reduce((sum, p) => (p > 0 ? sum - p * Math.log(p) : sum), 0);
}
