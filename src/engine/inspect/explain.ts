import type { FloatTensor } from '../tensors';
import { hasClassToken, type PatchGrid } from './patches';
import { identity, multiply, patchesOf, rolledOut } from './rollout';

/**
 * Maps that say which patches speak for a class. `layers` is the attention after the softmax, one [1, H, N, N] per block,
 * `gradients` that of the class's logit for it. Every map is [rows · columns], read from the class token's row, or from the
 * mean of the patches' rows in a network that has none.
 */

/** Mean of the heads of the last block: what the class token reads at the end. It knows nothing of the class. */
export function lastAttention(layers: readonly FloatTensor[], grid: PatchGrid): Float32Array {
  return read(meanOfHeads(layers.at(-1)!, (a) => a), grid);
}

/** Attention × gradient of the last block, negatives set to zero, mean of the heads: the last factor of Chefer's rule. */
export function attentionTimesGradient(layers: readonly FloatTensor[], gradients: readonly FloatTensor[], grid: PatchGrid): Float32Array {
  return read(meanOfHeads(layers.at(-1)!, positiveProduct(gradients.at(-1)!)), grid);
}

/**
 * Gradient rollout (Gildenblat, vit-explain, `VITAttentionGradRollout`): rollout with every weight multiplied by its gradient
 * and negative means set to zero. Rows are brought to 1 here; the library divides columns.
 */
export function gradientRollout(layers: readonly FloatTensor[], gradients: readonly FloatTensor[], grid: PatchGrid, discard: number): Float32Array {
  const fused = layers.map((layer, i) => meanOfHeads(layer, (a, at) => a * gradients[i]!.data[at]!).map((x) => Math.max(0, x)));
  return read(rolledOut(fused, grid.tokens, { discard, classToken: hasClassToken(grid) }), grid);
}

/**
 * The rule for self-attention of Chefer et al. 2021 (Generic Attention-model Explainability, equations 5 and 6): R = I; for each
 * block Ā = mean over the heads of (∇A ⊙ A)⁺, R ← R + Ā R.
 *
 * @returns [N, N]
 */
export function cheferRelevance(layers: readonly FloatTensor[], gradients: readonly FloatTensor[]): Float64Array {
  const tokens = layers[0]?.shape[3] ?? 0;
  return layers.reduce((relevance, layer, i) => {
    const added = multiply(meanOfHeads(layer, positiveProduct(gradients[i]!)), relevance, tokens);
    return relevance.map((value, at) => value + added[at]!);
  }, identity(tokens));
}

/** Chefer's relevance of each patch. A patch's own 1 on the diagonal is left out of the mean of the patches' rows. */
export function cheferMap(layers: readonly FloatTensor[], gradients: readonly FloatTensor[], grid: PatchGrid): Float32Array {
  const relevance = cheferRelevance(layers, gradients);
  if (!hasClassToken(grid)) for (let i = 0; i < grid.tokens; i++) relevance[i * grid.tokens + i]! -= 1;
  return read(relevance, grid);
}

/**
 * Grad-CAM (Selvaraju et al. 2017) on what the last block's attention reads, as pytorch-grad-cam has it for ViTs: channels weighed
 * with the mean of their gradient over the patches, negatives set to zero. Behind that layer the patches of a network with a class
 * token have no gradient.
 *
 * @param values, gradient [1, N, D]
 */
export function gradCam(values: FloatTensor, gradient: FloatTensor, grid: PatchGrid): Float32Array {
  const D = values.shape[2] ?? 0;
  const first = grid.prefix.length;
  const patches = grid.tokens - first;
  const weights = new Float64Array(D);
  for (let i = first; i < grid.tokens; i++) for (let d = 0; d < D; d++) weights[d]! += gradient.data[i * D + d]! / patches;
  return Float32Array.from({ length: patches }, (_, patch) => {
    let sum = 0;
    for (let d = 0; d < D; d++) sum += weights[d]! * values.data[(first + patch) * D + d]!;
    return Math.max(0, sum);
  });
}

function positiveProduct({ data }: FloatTensor): (a: number, at: number) => number {
  return (a, at) => Math.max(0, a * data[at]!);
}

/** [1, H, N, N] → [N, N] */
function meanOfHeads({ shape, data }: FloatTensor, change: (a: number, at: number) => number): Float64Array {
  const [, heads = 1, tokens = 0] = shape;
  const size = tokens * tokens;
  const mean = new Float64Array(size);
  for (let head = 0; head < heads; head++) for (let i = 0; i < size; i++) mean[i]! += change(data[head * size + i]!, head * size + i) / heads;
  return mean;
}

function read(matrix: Float64Array, grid: PatchGrid): Float32Array {
  return patchesOf(matrix, grid, hasClassToken(grid) ? 0 : undefined);
}
