import * as tf from '@tensorflow/tfjs';
import type { Tensors } from './state';

/** The running average of the weights after a step: decay · average + (1 − decay) · weights (Polyak & Juditsky 1992). */
export function averaged(average: Tensors, params: Tensors, decay: tf.Scalar): Tensors {
  const rest = tf.sub(1, decay);
  return Object.fromEntries(Object.entries(average).map(([name, before]) => [name, tf.add(tf.mul(before, decay), tf.mul(params[name]!, rest))]));
}
