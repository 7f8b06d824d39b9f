import * as tf from '@tensorflow/tfjs';
import { scaledGelu } from './layers';
import type { ViTSpec } from './spec';

/**
 * An activation f between two linear layers, as after · g(before · x): the factors go into the weights, and what is
 * computed for every activation is g alone.
 */
export interface Activation {
  readonly before: number;
  readonly after: number;
  readonly apply: (x: tf.Tensor2D) => tf.Tensor2D;
}

/** Of the sigmoid in CLIP's approximation of GELU. */
const QUICK = 1.702;

/** By timm's names; `gelu` is exact. */
export const activations: Readonly<Record<ViTSpec['activation'], Activation>> = {
  gelu: { before: Math.SQRT1_2, after: Math.SQRT1_2, apply: scaledGelu },
  gelu_tanh: { before: 1, after: 1, apply: tanhGelu },
  // u·σ(1.702u) = silu(1.702u) / 1.702 (Hendrycks & Gimpel 2016)
  quick_gelu: { before: QUICK, after: 1 / QUICK, apply: silu },
  relu: { before: 1, after: 1, apply: (x) => tf.relu(x) },
  silu: { before: 1, after: 1, apply: silu },
};

/** x·σ(x); its derivative is σ(x)·(1 + x·(1 − σ(x))). */
export function silu(x: tf.Tensor2D): tf.Tensor2D {
  return gated(x, (at) => tf.sigmoid(at), (at, gate) => tf.add(1, tf.mul(at, tf.sub(1, gate))));
}

/**
 * GELU as JAX approximates it, x·½(1 + tanh y) = x·σ(2y) with y = √(2/π)(x + 0.044715x³); its derivative is
 * σ(2y)·(1 + x·(1 − σ(2y))·2y′).
 */
function tanhGelu(x: tf.Tensor2D): tf.Tensor2D {
  const scale = 2 * Math.sqrt(2 / Math.PI);
  const inner = (at: tf.Tensor): tf.Tensor => tf.mul(tf.mul(at, scale), tf.add(1, tf.mul(tf.square(at), 0.044715))); // 2y
  const slope = (at: tf.Tensor): tf.Tensor => tf.add(scale, tf.mul(tf.square(at), scale * 3 * 0.044715)); // 2y′
  return gated(x, (at) => tf.sigmoid(inner(at)), (at, gate) => tf.add(1, tf.mul(tf.mul(at, slope(at)), tf.sub(1, gate))));
}

/** x·gate(x), whose derivative is gate(x)·slope(x, gate(x)). */
function gated(x: tf.Tensor2D, gateOf: (x: tf.Tensor) => tf.Tensor, slope: (x: tf.Tensor, gate: tf.Tensor) => tf.Tensor): tf.Tensor2D {
  const activate = tf.customGrad((input, save) => {
    const at = input as tf.Tensor2D;
    const gate = gateOf(at);
    (save as tf.GradSaveFunc)([at, gate]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor => {
      const [before, open] = saved as [tf.Tensor, tf.Tensor];
      return tf.mul(dy, tf.mul(open, slope(before, open)));
    };
    return { value: tf.mul(at, gate), gradFunc };
  });
  return activate(x) as tf.Tensor2D;
}
