import type { AttentionView } from '../../src/protocol';
import { extent, type Scale } from '../draw/heatmap';
import type { Head } from './place';

/** Weights of one layer and head over all tokens, prefix first; `mean` is the mean of the heads. */
export function tokenWeights(view: AttentionView, layer: number, head: Head): Float32Array {
  const at = (h: number): number => (layer * view.heads + h) * view.tokens;
  if (head !== 'mean') return view.weights.subarray(at(head), at(head) + view.tokens);
  const mean = new Float32Array(view.tokens);
  for (let h = 0; h < view.heads; h++)
    for (let t = 0; t < view.tokens; t++) mean[t] = (mean[t] ?? 0) + (view.weights[at(h) + t] ?? 0) / view.heads;
  return mean;
}

/** The same without the prefix tokens: one weight per patch. */
export function patchWeights(view: AttentionView, layer: number, head: Head, prefix: number): Float32Array {
  return tokenWeights(view, layer, head).subarray(prefix);
}

/** Zero to the largest patch weight of any layer and head: the scale that makes maps comparable. */
export function sharedScale(view: AttentionView, prefix: number): Scale {
  let high = 0;
  for (let row = 0; row < view.layers * view.heads; row++)
    for (let t = prefix; t < view.tokens; t++) high = Math.max(high, view.weights[row * view.tokens + t] ?? 0);
  return { low: 0, high };
}

/** A number of one layer and head, or the mean over the layer's heads. `values` is [layers, heads]. */
export function headNumber(values: Float32Array, heads: number, layer: number, head: Head): number {
  if (head !== 'mean') return values[layer * heads + head] ?? Number.NaN;
  let sum = 0;
  for (let h = 0; h < heads; h++) sum += values[layer * heads + h] ?? Number.NaN;
  return sum / heads;
}

export interface Ranked {
  readonly token: number;
  readonly weight: number;
}

/** The `count` largest weights, largest first; equal ones in token order. */
export function largest(weights: Float32Array, count: number): readonly Ranked[] {
  return Array.from(weights, (weight, token) => ({ token, weight }))
    .sort((a, b) => b.weight - a.weight || a.token - b.token)
    .slice(0, count);
}

/** Row of a similarity matrix. */
export function similarityRow(similarity: Float32Array, patches: number, patch: number): Float32Array {
  return similarity.subarray(patch * patches, (patch + 1) * patches);
}

/**
 * A scale with zero in the middle. The patch itself (always 1) is left out, else it would hide the rest of the map.
 */
export function similarityScale(row: Float32Array, patch: number): Scale {
  const others = row.filter((_, i) => i !== patch);
  const { low, high } = extent(others);
  const reach = Math.max(Math.abs(low), Math.abs(high), 1e-6);
  return { low: -reach, high: reach };
}
