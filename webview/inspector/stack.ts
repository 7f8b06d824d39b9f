import { fromHalf } from '../../src/half';
import type { AttentionDirection, AttentionStack, AttentionView } from '../../src/protocol';

/** What the engine would answer about one token, read out of the stack that the page has: no question, so that it is there at once. */
export function viewOf(stack: AttentionStack, query: number, direction: AttentionDirection): AttentionView {
  const { layers, heads, tokens, distance } = stack;
  const weights = weightsOf(stack, query, direction);
  const received = new Float32Array(layers * heads);
  const entropy = new Float32Array(layers * heads);
  for (let row = 0; row < layers * heads; row++) {
    let sum = 0;
    for (let t = 0; t < tokens; t++) sum += weights[row * tokens + t] ?? 0;
    received[row] = sum;
    entropy[row] = entropyOf(weights, row * tokens, tokens, direction === 'from' ? 1 : sum);
  }
  return { query, direction, layers, heads, tokens, weights, entropy, received, distance };
}

/** The token's row, or its column, of every layer and head: [layers, heads, tokens]. */
function weightsOf({ layers, heads, tokens, weights }: AttentionStack, query: number, direction: AttentionDirection): Float32Array {
  const out = new Float32Array(layers * heads * tokens);
  const half = weights instanceof Uint16Array;
  const [first, step] = direction === 'from' ? [query * tokens, 1] : [query, tokens];
  for (let row = 0; row < layers * heads; row++) {
    const from = row * tokens * tokens + first;
    for (let t = 0; t < tokens; t++) {
      const value = weights[from + t * step] ?? 0;
      out[row * tokens + t] = half ? fromHalf(value) : value;
    }
  }
  return out;
}

function entropyOf(weights: Float32Array, from: number, tokens: number, sum: number): number {
  let entropy = 0;
  for (let t = 0; t < tokens; t++) {
    const p = (weights[from + t] ?? 0) / sum;
    if (p > 0) entropy -= p * Math.log(p);
  }
  return entropy;
}
