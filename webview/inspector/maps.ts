import type { AttentionView } from '../../src/protocol';
import { extent, type Scale } from '../draw/heatmap';
import type { Head } from './place';

/** Weights of one layer and head over all tokens, prefix first; or of its heads joined. */
export function tokenWeights(view: AttentionView, layer: number, head: Head): Float32Array {
  const at = (h: number): number => (layer * view.heads + h) * view.tokens;
  if (typeof head === 'number') return view.weights.subarray(at(head), at(head) + view.tokens);
  const joined = view.weights.slice(at(0), at(0) + view.tokens);
  for (let h = 1; h < view.heads; h++)
    for (let t = 0; t < view.tokens; t++) joined[t] = join(head, joined[t] ?? 0, view.weights[at(h) + t] ?? 0);
  return head === 'mean' ? joined.map((sum) => sum / view.heads) : joined;
}

function join(how: Exclude<Head, number>, a: number, b: number): number {
  return how === 'mean' ? a + b : how === 'max' ? Math.max(a, b) : Math.min(a, b);
}

/** The same without the prefix tokens: one weight per patch. */
export function patchWeights(view: AttentionView, layer: number, head: Head, prefix: number): Float32Array {
  return tokenWeights(view, layer, head).subarray(prefix);
}

const highest = new WeakMap<AttentionView, number>();

/** Zero to the largest patch weight of any layer and head: the scale that makes maps comparable. */
export function sharedScale(view: AttentionView, prefix: number): Scale {
  const known = highest.get(view);
  if (known !== undefined) return { low: 0, high: known };
  let high = 0;
  for (let row = 0; row < view.layers * view.heads; row++)
    for (let t = prefix; t < view.tokens; t++) high = Math.max(high, view.weights[row * view.tokens + t] ?? 0);
  highest.set(view, high);
  return { low: 0, high };
}

const furthest = new WeakMap<AttentionView, WeakMap<AttentionView, number>>();

/** The largest difference of any patch weight of the layers and heads that both have. */
export function sharedReach(a: AttentionView, b: AttentionView, prefixA: number, prefixB: number): number {
  const known = furthest.get(a)?.get(b);
  if (known !== undefined) return known;
  let reach = 0;
  const patches = Math.min(a.tokens - prefixA, b.tokens - prefixB);
  for (let layer = 0; layer < Math.min(a.layers, b.layers); layer++)
    for (let head = 0; head < Math.min(a.heads, b.heads); head++) {
      const [fromA, fromB] = [(layer * a.heads + head) * a.tokens + prefixA, (layer * b.heads + head) * b.tokens + prefixB];
      for (let p = 0; p < patches; p++) reach = Math.max(reach, Math.abs((b.weights[fromB + p] ?? 0) - (a.weights[fromA + p] ?? 0)));
    }
  const of = furthest.get(a) ?? new WeakMap<AttentionView, number>();
  furthest.set(a, of.set(b, reach));
  return reach;
}

/**
 * Which patches hold the given share of a map's mass, the largest first (the mask of DINO, Caron et al. 2021: what is left when
 * the smallest are dropped as long as they sum to no more than the rest). Null where all are kept; values below zero have no mass.
 */
export function massMask(values: Float32Array, share: number): Uint8Array | null {
  if (share >= 1) return null;
  const sorted = values.slice().sort();
  const total = sorted.reduce((sum, value) => sum + Math.max(0, value), 0);
  let dropped = 0;
  let first = 0;
  while (first < sorted.length - 1 && dropped + Math.max(0, sorted[first] ?? 0) <= (1 - share) * total) dropped += Math.max(0, sorted[first++] ?? 0);
  const least = sorted[first] ?? 0;
  // Of equal ones as many are kept as there is mass for, in reading order.
  let equal = sorted.subarray(first).reduce((count, value) => count + Number(value === least), 0);
  return Uint8Array.from(values, (value) => Number(value > least || (value === least && equal-- > 0)));
}

/** A number of one layer and head; of joined heads the mean over them. `values` is [layers, heads]. */
export function headNumber(values: Float32Array, heads: number, layer: number, head: Head): number {
  if (typeof head === 'number') return values[layer * heads + head] ?? Number.NaN;
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

/** From the least to the most alike patch. The patch itself (always 1) is left out, else it would hide the rest of the map. */
export function similarityScale(row: Float32Array, patch: number): Scale {
  const { low, high } = extent(row.filter((_, i) => i !== patch));
  return { low, high: Math.max(high, low + 1e-6) };
}
