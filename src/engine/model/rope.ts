import * as tf from '@tensorflow/tfjs';

/**
 * Turns each pair of channels of each head by the angle of its token (`ropeTables`): rows [T·B, D] → [T·B, D].
 *
 * @param cos a row for each token [T, d], or, where images have other tokens, for each row [T·B, d]; and `sin`
 */
export function rotated(rows: tf.Tensor2D, { cos, sin }: { readonly cos: tf.Tensor2D; readonly sin: tf.Tensor2D }): tf.Tensor2D {
  const [T, d] = cos.shape;
  const [count, D] = rows.shape;
  const byToken = (x: tf.Tensor): tf.Tensor => tf.reshape(x, [T, (count * D) / (T * d), d]);
  const swapped = tf.reverse(tf.reshape(rows, [(count * D) / 2, 2]), 1); // the other of its pair
  const turned = tf.add(tf.mul(byToken(rows), tf.reshape(cos, [T, 1, d])), tf.mul(byToken(swapped), tf.reshape(sin, [T, 1, d])));
  return tf.reshape(turned, [count, D]);
}
