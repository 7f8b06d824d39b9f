import * as tf from '@tensorflow/tfjs';
import type { Update } from './optimizer';

/**
 * AdamW (Loshchilov & Hutter 2019) as `torch.optim.AdamW` orders it: decay the weights by lr · λ, then step by
 * lr · m̂ / (√v̂ + ε).
 */
export const adamW: Update = ({ param, grad, m, v }, { decay }, { keep, rate, correction2 }, { betas: [beta1, beta2], eps }) => {
  const m1 = tf.add(tf.mul(m, beta1), tf.mul(grad, 1 - beta1));
  const v1 = tf.add(tf.mul(v!, beta2), tf.mul(tf.square(grad), 1 - beta2));
  const update = tf.div(tf.mul(m1, rate), tf.add(tf.mul(tf.sqrt(v1), correction2), eps));
  return { param: tf.sub(decay ? tf.mul(param, keep) : param, update), m: m1, v: v1 };
};
