import type { RolloutOptions, RolloutView } from '../../protocol';
import type { FloatTensor } from '../tensors';
import { hasClassToken, type PatchGrid } from './patches';

/**
 * Attention rollout (Abnar and Zuidema 2020, section 3): R_l = A_l R_{l−1} with A_l the heads' fused attention plus the
 * identity, its rows brought back to 1. Row i says how much each input token flows into token i at the output. It knows
 * nothing of the MLPs, the values or the class.
 *
 * @param layers attention after the softmax, one [1, H, N, N] per block
 * @returns [N, N], rows sum to 1
 */
export function rollout(layers: readonly FloatTensor[], options: RolloutOptions & { readonly classToken: boolean }): Float64Array {
  return rolledOut(layers.map((layer) => fuseHeads(layer, options.fusion)), layers[0]?.shape[3] ?? 0, options);
}

/**
 * The product of the layers' matrices [N, N], the identity added to each and its rows brought back to 1.
 *
 * @returns [N, N], rows sum to 1
 */
export function rolledOut(layers: readonly Float64Array[], tokens: number, { discard, classToken }: { readonly discard: number; readonly classToken: boolean }): Float64Array {
  return layers.reduce((flow, layer) => multiply(withSkip(discardSmallest(layer, discard, classToken), tokens), flow, tokens), identity(tokens));
}

/**
 * The map that is shown: a query token's row over the patches; without a query that of the class token, or the mean of
 * the patches' rows where there is none. Registers and other tokens before the patches are left out. `map` is [rows, columns].
 */
export function rolloutView(layers: readonly FloatTensor[], grid: PatchGrid, options: RolloutOptions, query?: number): RolloutView {
  const prefix = grid.prefix.length;
  const classToken = hasClassToken(grid);
  const token = query ?? (classToken ? 0 : undefined);
  const map = patchesOf(rollout(layers, { ...options, classToken }), grid, token);
  const from = token === undefined ? 'mean of patches' : token >= prefix ? 'patch' : token === 0 && classToken ? 'class token' : 'other token';
  return { map, fusion: options.fusion, from };
}

/** What a matrix [N, N] says of the patches, [rows · columns]: the row of a token, or the mean of the patches' rows. */
export function patchesOf(matrix: Float64Array, grid: PatchGrid, token: number | undefined): Float32Array {
  const row = token === undefined ? meanRow(matrix, grid) : matrix.subarray(token * grid.tokens, (token + 1) * grid.tokens);
  return Float32Array.from(row.subarray(grid.prefix.length));
}

/** One matrix [N, N] from the heads' [1, H, N, N]. */
function fuseHeads({ shape, data }: FloatTensor, fusion: RolloutOptions['fusion']): Float64Array {
  const [, heads = 0, tokens = 0] = shape;
  const size = tokens * tokens;
  const fused = Float64Array.from(data.subarray(0, size));
  for (let head = 1; head < heads; head++)
    for (let i = 0; i < size; i++) {
      const a = data[head * size + i]!;
      fused[i] = fusion === 'mean' ? fused[i]! + a : fusion === 'max' ? Math.max(fused[i]!, a) : Math.min(fused[i]!, a);
    }
  if (fusion === 'mean') for (let i = 0; i < size; i++) fused[i]! /= heads;
  return fused;
}

/** Sets the given share of the smallest weights to zero; the class token's own weight, entry (0, 0), always stays. */
function discardSmallest(matrix: Float64Array, share: number, keepFirst: boolean): Float64Array {
  const count = Math.floor(matrix.length * share);
  if (count <= 0) return matrix;
  const order = Uint32Array.from(matrix.keys()).sort((a, b) => matrix[a]! - matrix[b]!);
  for (const index of order.subarray(0, count)) if (!(keepFirst && index === 0)) matrix[index] = 0;
  return matrix;
}

/** Adds the identity, for the skip connection, and brings every row back to 1. */
function withSkip(matrix: Float64Array, tokens: number): Float64Array {
  for (let i = 0; i < tokens; i++) {
    const row = matrix.subarray(i * tokens, (i + 1) * tokens);
    row[i]! += 1;
    let sum = 0;
    for (const value of row) sum += value;
    for (let j = 0; j < tokens; j++) row[j]! /= sum;
  }
  return matrix;
}

/** Mean of the patches' rows. */
function meanRow(matrix: Float64Array, { tokens, prefix: { length: first } }: PatchGrid): Float64Array {
  const mean = new Float64Array(tokens);
  for (let i = first; i < tokens; i++) for (let j = 0; j < tokens; j++) mean[j]! += matrix[i * tokens + j]! / (tokens - first);
  return mean;
}

export function identity(n: number): Float64Array {
  const matrix = new Float64Array(n * n);
  for (let i = 0; i < n; i++) matrix[i * n + i] = 1;
  return matrix;
}

export function multiply(a: Float64Array, b: Float64Array, n: number): Float64Array {
  const out = new Float64Array(n * n);
  for (let i = 0; i < n; i++)
    for (let k = 0; k < n; k++) {
      const factor = a[i * n + k]!;
      if (factor === 0) continue;
      for (let j = 0; j < n; j++) out[i * n + j]! += factor * b[k * n + j]!;
    }
  return out;
}
