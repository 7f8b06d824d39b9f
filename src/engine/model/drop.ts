import * as tf from '@tensorflow/tfjs';

/** Multiplies rows [T·B, W] by a mask, where there is one: [B, T, W], or one value an image [B, 1, 1]. */
export function dropped(rows: tf.Tensor2D, mask: tf.Tensor | undefined, B: number): tf.Tensor2D {
  if (!mask) return rows;
  const [count, W] = rows.shape;
  return tf.reshape(tf.mul(tf.reshape(rows, [count / B, B, W]), tf.transpose(mask, [1, 0, 2])), rows.shape);
}
