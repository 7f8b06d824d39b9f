import * as tf from '@tensorflow/tfjs';

const EPS = 1e-5; // PyTorch's
const GROUPS = 32;

interface Affine {
  readonly gamma: tf.Tensor1D;
  readonly beta: tf.Tensor1D;
}

/**
 * GroupNorm (Wu & He 2018) of x [B, H, W, C] in 32 groups of channels, as PyTorch computes it: mean and biased variance of
 * each image's group. With x̂ = (x − mean)/σ and means over the group, dx = (dx̂ − mean(dx̂) − x̂ · mean(dx̂ · x̂))/σ.
 */
export function groupNorm(x: tf.Tensor4D, { gamma, beta }: Affine): tf.Tensor4D {
  const [B, H, W, C] = x.shape;
  const grouped: [number, number, number, number] = [B, H * W, GROUPS, C / GROUPS];
  const count = grouped[1] * grouped[3];
  const mean = (of: tf.Tensor): tf.Tensor => tf.mul(tf.sum(of, [1, 3], true), 1 / count); // [B, 1, G, 1]
  const normalise = tf.customGrad((input, save) => {
    const centred = tf.sub(input as tf.Tensor, mean(input as tf.Tensor)); // [B, HW, G, c]
    const inverse = tf.rsqrt(tf.add(mean(tf.square(centred)), EPS)); // 1/σ [B, 1, G, 1]
    const value = tf.mul(centred, inverse);
    (save as tf.GradSaveFunc)([value, inverse]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor => {
      const [xhat, inv] = saved as [tf.Tensor, tf.Tensor];
      const along = tf.mul(xhat, mean(tf.mul(dy, xhat)));
      return tf.mul(tf.sub(tf.sub(dy, mean(dy)), along), inv);
    };
    return { value, gradFunc };
  });
  const xhat = tf.reshape(normalise(tf.reshape(x, grouped)), x.shape);
  return tf.add(tf.mul(xhat, gamma), beta);
}
