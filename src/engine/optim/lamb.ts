import * as tf from '@tensorflow/tfjs';
import type { Update } from './optimizer';
import { joinParts, splitParts } from './state';

/**
 * LAMB (You et al. 2020) as timm's `Lamb` has it: Adam's step with the decay added to it, of which each parameter that
 * decays is given as much as its own norm, ‖w‖ / ‖step‖; the others take the step as it is. The gradient is clipped before,
 * by `clip_grad`, and not once more.
 */
export const lamb: Update = ({ param, grad, m, v }, { decay, parts }, { lr, correction1, correction2 }, { betas: [beta1, beta2], eps, weight_decay: lambda }) => {
  const m1 = tf.add(tf.mul(m, beta1), tf.mul(grad, 1 - beta1));
  const v1 = tf.add(tf.mul(v!, beta2), tf.mul(tf.square(grad), 1 - beta2));
  const adam = tf.div(tf.mul(m1, correction1), tf.add(tf.mul(tf.sqrt(v1), correction2), eps));
  if (!decay || lambda === 0) return { param: tf.sub(param, tf.mul(adam, lr)), m: m1, v: v1 };
  const step = tf.add(adam, tf.mul(param, lambda));
  const weights = splitParts(param, parts);
  const trusted = splitParts(step, parts).map((part, i) => tf.mul(part, trustRatio(weights[i]!, part)));
  return { param: tf.sub(param, tf.mul(joinParts(trusted), lr)), m: m1, v: v1 };
};

/** ‖w‖ / ‖step‖, and 1 where one of them is zero. */
function trustRatio(weight: tf.Tensor, step: tf.Tensor): tf.Scalar {
  const [w, s] = [weight, step].map((tensor) => tf.sqrt(tf.sum(tf.square(tensor)))) as [tf.Scalar, tf.Scalar];
  const both = tf.mul(tf.cast(tf.greater(w, 0), 'float32'), tf.cast(tf.greater(s, 0), 'float32'));
  // Nothing is divided by zero, where the other branch is taken, either.
  return tf.add(tf.mul(both, tf.div(w, tf.add(s, tf.sub(1, both)))), tf.sub(1, both));
}
