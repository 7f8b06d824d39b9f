import * as tf from '@tensorflow/tfjs';
import type { Update } from './optimizer';

/**
 * Lion (Chen et al. 2023, algorithm 2): the sign of a mean of momentum (β₁) and gradient is the step; the momentum then
 * follows with β₂. Weights decay by lr · λ, as with AdamW.
 */
export const lion: Update = ({ param, grad, m }, { decay }, { keep, lr }, { betas: [beta1, beta2] }) => {
  const mean = tf.add(tf.mul(m, beta1), tf.mul(grad, 1 - beta1));
  // No backend but some has a kernel for the sign.
  const sign = tf.sub(tf.cast(tf.greater(mean, 0), 'float32'), tf.cast(tf.less(mean, 0), 'float32'));
  return { param: tf.sub(decay ? tf.mul(param, keep) : param, tf.mul(sign, lr)), m: tf.add(tf.mul(m, beta2), tf.mul(grad, 1 - beta2)) };
};
