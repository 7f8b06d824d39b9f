import * as l10n from '@vscode/l10n';
import type { AttentionDirection, AttentionStack, AttentionView } from '../../protocol';
import { halfOf } from '../../half';
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
 * What one token attends to, or what attends to it: its row or its column of every layer and head, and numbers that sum it up.
 *
 * @param layers attention after the softmax, one [1, H, N, N] per block
 */
export function attentionView(layers: readonly FloatTensor[], grid: PatchGrid, query: number, direction: AttentionDirection = 'from'): AttentionView {
  const heads = layers[0]?.shape[1] ?? 0;
  const weights = direction === 'from' ? attentionRows(layers, query) : attentionColumns(layers, query);
  const received = rowSums(weights, grid.tokens);
  return {
    query,
    direction,
    layers: layers.length,
    heads,
    tokens: grid.tokens,
    weights,
    entropy: rowEntropy(direction === 'from' ? weights : broughtToOne(weights, received, grid.tokens), grid.tokens),
    received,
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

/** The key's column of every layer and head, [layers, heads, tokens]: how strongly each token looks at it. */
export function attentionColumns(layers: readonly FloatTensor[], key: number): Float32Array {
  const [, heads = 0, , tokens = 0] = layers[0]?.shape ?? [];
  const columns = new Float32Array(layers.length * heads * tokens);
  layers.forEach(({ data }, layer) => {
    for (let head = 0; head < heads; head++)
      for (let i = 0; i < tokens; i++) columns[(layer * heads + head) * tokens + i] = data[(head * tokens + i) * tokens + key]!;
  });
  return columns;
}

function rowSums(rows: Float32Array, tokens: number): Float32Array {
  return Float32Array.from({ length: rows.length / tokens }, (_, row) => {
    let sum = 0;
    for (let j = 0; j < tokens; j++) sum += rows[row * tokens + j]!;
    return sum;
  });
}

function broughtToOne(rows: Float32Array, sums: Float32Array, tokens: number): Float32Array {
  return rows.map((value, i) => (sums[Math.floor(i / tokens)]! > 0 ? value / sums[Math.floor(i / tokens)]! : 0));
}

/**
 * All layers as one array, [layers, heads, tokens, tokens], for whoever wants to read every row and column.
 *
 * @param most bytes that the array may take: what is larger in float32 comes in float16 (relative error up to 2⁻¹¹), and
 * what is larger even so not at all
 */
export function attentionStack(layers: readonly FloatTensor[], grid: PatchGrid, most: number): AttentionStack | null {
  const heads = layers[0]?.shape[1] ?? 0;
  const size = heads * grid.tokens ** 2;
  const count = layers.length * size;
  if (count * 2 > most) return null;
  const weights = count * 4 <= most ? new Float32Array(count) : new Uint16Array(count);
  layers.forEach(({ data }, layer) => {
    if (weights instanceof Float32Array) weights.set(data, layer * size);
    else for (let i = 0; i < size; i++) weights[layer * size + i] = halfOf(data[i]!);
  });
  return { layers: layers.length, heads, tokens: grid.tokens, weights, distance: attentionDistance(layers, grid) };
}

/** Mean over all queries of the entropy of their rows, in nats, [layers, heads]. */
export function meanEntropy(layers: readonly FloatTensor[]): Float32Array {
  const [, heads = 0, , tokens = 0] = layers[0]?.shape ?? [];
  return Float32Array.from({ length: layers.length * heads }, (_, at) => {
    const head = at % heads;
    const matrix = layers[Math.floor(at / heads)]!.data.subarray(head * tokens ** 2, (head + 1) * tokens ** 2);
    return rowEntropy(matrix, tokens).reduce((sum, value) => sum + value, 0) / tokens;
  });
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

/** Those of a grid are the same for every image. */
const known = new WeakMap<PatchGrid, Float64Array>();

/** Distances between the centres of all pairs of patches, [patches, patches]. */
function patchDistances(grid: PatchGrid): Float64Array {
  const { rows, columns, patch } = grid;
  const before = known.get(grid);
  if (before) return before;
  const n = rows * columns;
  const distance = new Float64Array(n * n);
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) {
      const down = Math.floor(i / columns) - Math.floor(j / columns);
      const across = (i % columns) - (j % columns);
      distance[i * n + j] = Math.hypot(down * patch[0], across * patch[1]);
    }
  known.set(grid, distance);
  return distance;
}
