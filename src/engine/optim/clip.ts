import * as tf from '@tensorflow/tfjs';
import type { TrainConfig } from '../config/schema';
import { joinParts, splitParts, type Part, type Tensors, type Treatment } from './state';

/** Global norm √Σ‖g‖² over all gradients, as a scalar. */
export function globalNorm(grads: Tensors): tf.Scalar {
  const squares = Object.values(grads).map((grad) => tf.sum(tf.square(grad)));
  return tf.sqrt(tf.sum(tf.stack(squares)));
}

/**
 * Clips gradients; `clip_grad` 0 leaves them as they are.
 *
 * - `norm`: all are scaled by min(1, max / (norm + 1e-6)), as `torch.nn.utils.clip_grad_norm_`
 * - `value`: each number is cut to ±max, as `clip_grad_value_`
 * - `agc`: adaptively, see `adaptively`
 */
export function clip(grads: Tensors, norm: tf.Scalar, params: Tensors, { clip_grad: max, clip_mode: mode }: Pick<TrainConfig, 'clip_grad' | 'clip_mode'>, treatment: (name: string) => Treatment): Tensors {
  if (max === 0) return grads;
  if (mode === 'norm') {
    const coefficient = tf.minimum(1, tf.div(max, tf.add(norm, 1e-6)));
    return each(grads, (grad) => tf.mul(grad, coefficient));
  }
  if (mode === 'value') return each(grads, (grad) => tf.maximum(tf.minimum(grad, max), -max));
  return each(grads, (grad, name) => adaptively(grad, params[name]!, treatment(name).parts, max));
}

function each(grads: Tensors, change: (grad: tf.Tensor, name: string) => tf.Tensor): Tensors {
  return Object.fromEntries(Object.entries(grads).map(([name, grad]) => [name, change(grad, name)]));
}

/** Of a weight that is near zero, as if it were this. */
const LEAST_NORM = 1e-3;
const LEAST_GRADIENT = 1e-6;

/**
 * Adaptive gradient clipping (Brock et al. 2021, section 4.1; timm's `adaptive_clip_grad`): the gradient of each unit, the
 * weights of one output, has at most `factor` times their norm. The classifier is left out, as in the paper and in timm.
 */
function adaptively(grad: tf.Tensor, param: tf.Tensor, parts: readonly Part[], factor: number): tf.Tensor {
  const weights = splitParts(param, parts);
  return joinParts(splitParts(grad, parts).map((g, i) => (isHead(parts[i]!) ? g : clipUnits(g, weights[i]!, parts[i]!.shape, factor))));
}

function isHead({ name }: Part): boolean {
  return /^(head|head_dist|fc)\./.test(name);
}

function clipUnits(grad: tf.Tensor, param: tf.Tensor, shape: readonly number[], factor: number): tf.Tensor {
  const [g, w] = [grad, param].map((tensor) => tf.reshape(tensor, [...shape])) as [tf.Tensor, tf.Tensor];
  const most = tf.mul(tf.maximum(unitNorm(w), LEAST_NORM), factor);
  const norm = unitNorm(g);
  const scale = tf.div(most, tf.maximum(norm, LEAST_GRADIENT));
  const over = tf.cast(tf.greaterEqual(norm, most), 'float32');
  // 1 where it is below.
  return tf.reshape(tf.mul(g, tf.add(tf.mul(scale, over), tf.sub(1, over))), grad.shape);
}

/** Outputs are the last axis of a kernel; what is no kernel (tokens, positions) is one unit, as its first axis in PyTorch has length 1. */
function unitNorm(tensor: tf.Tensor): tf.Tensor {
  const axes = tensor.rank === 2 || tensor.rank === 4 ? Array.from({ length: tensor.rank - 1 }, (_, axis) => axis) : undefined;
  return tf.sqrt(tf.sum(tf.square(tensor), axes, axes !== undefined));
}
