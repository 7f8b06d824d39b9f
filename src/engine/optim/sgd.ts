import * as tf from '@tensorflow/tfjs';
import type { Update } from './optimizer';

/**
 * Gradient descent with momentum as `torch.optim.SGD` has it, Nesterov's or the classical one; the decay λ · w is added to
 * the gradient and so goes through the momentum.
 */
export const sgd: Update = ({ param, grad, m }, { decay }, { lr }, { momentum, nesterov, weight_decay: lambda }) => {
  const pulled = decay && lambda > 0 ? tf.add(grad, tf.mul(param, lambda)) : grad;
  const m1 = tf.add(tf.mul(m, momentum), pulled);
  const update = nesterov ? tf.add(pulled, tf.mul(m1, momentum)) : m1;
  return { param: tf.sub(param, tf.mul(update, lr)), m: m1 };
};
