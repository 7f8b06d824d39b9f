import type * as tf from '@tensorflow/tfjs';
import type { ViTSpec } from './spec';

/**
 * What a block makes on its way, in that order. Tokens are [B, T, D], heads [B, H, T, d].
 *
 * - `norm1`: what attention reads (in parallel blocks, what the whole block reads); only where norms come first
 * - `queries`, `keys`, `values`: per head; queries and keys as they are compared, behind a norm of their own and turned by
 *   rotary positions, and before the learned temperature of locality attention
 * - `scores` [B, H, T, T]: what the softmax reads, QKᵀ/√d and what is added to it: relative positions, the mask of locality attention
 * - `mixed`: softmax(scores)·V of all heads beside each other; `attention_output`: that through the projection, and the layer scale
 * - `middle`: tokens between attention and MLP; not in parallel blocks
 * - `norm2`: what the MLP reads; only where norms come first and blocks are not parallel
 * - `hidden` [B, T, M]: units of the MLP behind the activation; `mlp_output`: what it adds, layer scale included
 */
export const blockTaps = ['norm1', 'queries', 'keys', 'values', 'scores', 'mixed', 'attention_output', 'middle', 'norm2', 'hidden', 'mlp_output'] as const;
export type BlockTap = (typeof blockTaps)[number];

/**
 * Before and behind the blocks.
 *
 * - `stem.i` [B, h, w, C]: what each convolution of a stem makes; `features` [B, h, w, C]: what the ResNet of a hybrid makes
 * - `projected` [B, N, D]: patches through the projection, before positions
 * - `final_norm` [B, T, D]: tokens behind the last norm, those that are pooled; not where the norm comes behind the pooling
 * - `pool_weights` [B, H, T]: with which `seq` (H = 1) and `map` take the mean of the tokens that are pooled
 * - `pooled` [B, n, D]: what the head reads; n is 2 for class and distillation token, and for `token_avg`
 */
export type EndTap = `stem.${number}` | 'features' | 'projected' | 'final_norm' | 'pool_weights' | 'pooled';
export type InsideTap = `${BlockTap}.${number}` | EndTap;

/** Makes a tap where it is wished, and nothing else: what is not wished costs nothing, and changes no graph. */
export type Peek = (name: InsideTap, make: () => tf.Tensor) => void;

/** For whom nothing is of interest. */
export const unseen: Peek = () => undefined;

/** The taps that the blocks of a network have. */
export function blockTapsOf({ normFirst, parallelBlocks }: Pick<ViTSpec, 'normFirst' | 'parallelBlocks'>): readonly BlockTap[] {
  const missing: readonly BlockTap[] = [...(normFirst ? [] : (['norm1', 'norm2'] as const)), ...(parallelBlocks ? (['middle', 'norm2'] as const) : [])];
  return blockTaps.filter((tap) => !missing.includes(tap));
}

/** The taps before and behind the blocks. */
export function endTapsOf({ stem, projection, pool, fcNorm }: Pick<ViTSpec, 'stem' | 'projection' | 'pool' | 'fcNorm'>): readonly EndTap[] {
  return [
    ...stem.map((_, i) => `stem.${i}` as const),
    ...(projection === 'resnetv2' ? (['features'] as const) : []),
    'projected',
    ...(fcNorm ? [] : (['final_norm'] as const)),
    ...(pool === 'seq' || pool === 'map' ? (['pool_weights'] as const) : []),
    'pooled',
  ];
}
