import * as l10n from '@vscode/l10n';
import type { AttentionView } from '../../protocol';
import type { Checkpoint } from '../checkpoint';
import type { FloatTensor } from '../tensors';
import { UserError } from '../userError';
import type { PatchGrid } from './patches';

/** @throws UserError for a network that has none: of convolutions, or a Mixer */
export function refuseWithoutAttention({ spec, path: file }: Pick<Checkpoint, 'spec' | 'path'>): void {
  if (spec.architecture === 'mixer') throw new UserError(l10n.t('The network of {0} is an MLP-Mixer: it has no attention and no position embedding.', file), { file });
  if (spec.architecture === 'resnet') throw new UserError(l10n.t('The network of {0} is a ResNet: it has no tokens, no attention and no position embedding.', file), { file });
}

/** @throws UserError for a network of convolutions alone */
export function refuseWithoutTokens(checkpoint: Pick<Checkpoint, 'spec' | 'path'>): void {
  if (checkpoint.spec.architecture === 'resnet') refuseWithoutAttention(checkpoint);
}

/** @throws UserError when a network has not what is wished: a Mixer has tokens, and no attention */
export function refuseTaps(checkpoint: Pick<Checkpoint, 'spec' | 'path'>, taps: readonly string[]): void {
  if (taps.includes('attention') || (taps.length > 0 && checkpoint.spec.depth === 0)) refuseWithoutAttention(checkpoint);
}

/**
 * What one query token attends to: the row of every layer and head, and two numbers that sum each up.
 *
 * @param layers attention after the softmax, one [1, H, N, N] per block
 */
export function attentionView(layers: readonly FloatTensor[], grid: PatchGrid, query: number): AttentionView {
  const heads = layers[0]?.shape[1] ?? 0;
  const weights = attentionRows(layers, query);
  return {
    query,
    layers: layers.length,
    heads,
    tokens: grid.tokens,
    weights,
    entropy: rowEntropy(weights, grid.tokens),
    distance: attentionDistance(layers, grid),
  };
}

/** The query's row of every layer and head, [layers, heads, tokens]; each row sums to 1. */
export function attentionRows(layers: readonly FloatTensor[], query: number): Float32Array {
  const [, heads = 0, , tokens = 0] = layers[0]?.shape ?? [];
  const rows = new Float32Array(layers.length * heads * tokens);
  layers.forEach(({ data }, layer) => {
    for (let head = 0; head < heads; head++) {
      const from = (head * tokens + query) * tokens;
      rows.set(data.subarray(from, from + tokens), (layer * heads + head) * tokens);
    }
  });
  return rows;
}

/** Entropy −Σ p ln p of each row in nats: 0 looks at one token, ln N at all alike. */
export function rowEntropy(rows: Float32Array, tokens: number): Float32Array {
  const entropy = new Float32Array(rows.length / tokens);
  for (let row = 0; row < entropy.length; row++) {
    let sum = 0;
    for (let j = 0; j < tokens; j++) {
      const p = rows[row * tokens + j]!;
      if (p > 0) sum -= p * Math.log(p);
    }
    entropy[row] = sum;
  }
  return entropy;
}

/**
 * Mean attention distance in pixels of the network's input, [layers, heads] (Dosovitskiy et al. 2021, Fig. 7 right
 * and appendix D.7): for each patch query the distance to the other patches' centres weighted by attention, averaged
 * over the queries.
 *
 * Prefix rows and columns are dropped and the rows that remain are **renormalised** to 1, so that a head that mostly
 * looks at the class token is not taken for a local one. (The Keras notebook does not renormalise.)
 */
export function attentionDistance(layers: readonly FloatTensor[], grid: PatchGrid): Float32Array {
  const heads = layers[0]?.shape[1] ?? 0;
  const pixels = patchDistances(grid);
  const result = new Float32Array(layers.length * heads);
  layers.forEach(({ data }, layer) => {
    for (let head = 0; head < heads; head++) {
      const matrix = data.subarray(head * grid.tokens ** 2, (head + 1) * grid.tokens ** 2);
      result[layer * heads + head] = headDistance(matrix, pixels, grid);
    }
  });
  return result;
}

function headDistance(matrix: Float32Array, pixels: Float64Array, grid: PatchGrid): number {
  const prefix = grid.prefix.length;
  const patches = grid.tokens - prefix;
  let total = 0;
  for (let i = 0; i < patches; i++) {
    const row = (i + prefix) * grid.tokens + prefix;
    let weight = 0;
    let sum = 0;
    for (let j = 0; j < patches; j++) {
      const a = matrix[row + j]!;
      weight += a;
      sum += a * pixels[i * patches + j]!;
    }
    if (weight > 0) total += sum / weight;
  }
  return total / patches;
}

/** Distances between the centres of all pairs of patches, [patches, patches]. */
function patchDistances({ rows, columns, patch }: PatchGrid): Float64Array {
  const n = rows * columns;
  const distance = new Float64Array(n * n);
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) {
      const down = Math.floor(i / columns) - Math.floor(j / columns);
      const across = (i % columns) - (j % columns);
      distance[i * n + j] = Math.hypot(down * patch[0], across * patch[1]);
    }
  return distance;
}
