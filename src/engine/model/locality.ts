import * as tf from '@tensorflow/tfjs';
import type { DeviceParams } from './network';
import { get, type Dense } from './read';
import { tokenCount, type ViTSpec } from './spec';

/**
 * The two parts of Locality Self-Attention (Lee et al. 2021, section 3.2), softmax(mask(QKᵀ)·s)V: both make the softmax
 * sharper, which over few and similar patches is too even.
 */

/** Added to a score, leaves nothing of it behind the softmax; also in half precision, which ends at 65504. */
const NEVER = -6e4;

/**
 * The layer of the queries [D, D] with the factor s [H] of each head, learned in place of 1/√d, which the attention itself
 * multiplies by and which is taken out here: products of weights only.
 */
export function sharpened(spec: ViTSpec, params: DeviceParams, block: string, { kernel, bias }: Dense): Dense {
  if (spec.attention !== 'locality') return { kernel, bias };
  const { heads: H, width: D } = spec;
  const factor = tf.mul<tf.Tensor2D>(tf.reshape<tf.Rank.R2>(get(params, `${block}.attn.scale`), [H, 1]), Math.sqrt(D / H)); // [H, 1]
  const columns = tf.reshape<tf.Rank.R1>(tf.mul(tf.ones([H, D / H]), factor), [D]); // [D]
  return { kernel: tf.mul(kernel, columns), bias: bias && tf.mul(bias, columns) };
}

/** What is added to the scores so that no token attends to itself, [H, T, T]. */
export function withoutSelf(spec: ViTSpec, T = tokenCount(spec)): tf.Tensor3D | undefined {
  if (spec.attention !== 'locality') return undefined;
  return tf.mul(tf.ones([spec.heads, 1, 1]), tf.mul(tf.eye(T), NEVER));
}
