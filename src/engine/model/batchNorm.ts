import * as tf from '@tensorflow/tfjs';

const EPS = 1e-5; // PyTorch's
/** What a batch contributes to the running statistics: PyTorch's momentum. */
const MOMENTUM = 0.1;

/** Per channel, [C]. */
export interface Statistics {
  readonly mean: tf.Tensor1D;
  readonly variance: tf.Tensor1D;
}

interface Affine {
  readonly gamma: tf.Tensor1D;
  readonly beta: tf.Tensor1D;
}

/**
 * BatchNorm (Ioffe & Szegedy 2015) of x [B, H, W, C] as PyTorch computes it. In training the batch's own mean and biased
 * variance normalise, and `next` are the running statistics after it, with the unbiased variance; else the running ones
 * normalise.
 */
export function batchNorm(x: tf.Tensor4D, affine: Affine, running: Statistics, training: boolean): { readonly out: tf.Tensor4D; readonly next?: Statistics } {
  if (!training) {
    const scale = tf.mul(affine.gamma, tf.rsqrt(tf.add(running.variance, EPS))); // [C]
    return { out: tf.add(tf.mul(x, scale), tf.sub(affine.beta, tf.mul(running.mean, scale))) };
  }
  const count = x.size / x.shape[3];
  const mean = tf.mul<tf.Tensor1D>(tf.sum(x, [0, 1, 2]), 1 / count);
  const variance = tf.mul<tf.Tensor1D>(tf.sum(tf.square(tf.sub(x, mean)), [0, 1, 2]), 1 / count);
  const next = {
    mean: moved(running.mean, mean),
    variance: moved(running.variance, tf.mul(variance, count / Math.max(1, count - 1))),
  };
  return { out: normalised(x, affine, { mean, variance }), next };
}

function moved(before: tf.Tensor1D, seen: tf.Tensor1D): tf.Tensor1D {
  return tf.add(tf.mul(before, 1 - MOMENTUM), tf.mul(seen, MOMENTUM));
}

/**
 * (x − mean)/σ · γ + β. The statistics are of x itself, which the gradient knows: with x̂ = (x − mean)/σ and means over
 * the batch, dx = (dy − mean(dy) − x̂ · mean(dy · x̂)) · γ/σ; dγ = Σ dy·x̂; dβ = Σ dy.
 */
function normalised(x: tf.Tensor4D, { gamma, beta }: Affine, { mean, variance }: Statistics): tf.Tensor4D {
  const count = x.size / x.shape[3];
  const normalise = tf.customGrad((...inputs) => {
    const [image, scale, shift, save] = inputs as unknown as [tf.Tensor4D, tf.Tensor1D, tf.Tensor1D, tf.GradSaveFunc];
    const inverse = tf.rsqrt(tf.add(variance, EPS)); // 1/σ [C]
    const factor = tf.mul(inverse, scale); // [C]
    save([image, mean, inverse, factor]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor[] => {
      const [at, centre, inv, slope] = saved as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
      const xhat = tf.mul(tf.sub(at, centre), inv); // [B, H, W, C]
      const dBeta = tf.sum(dy, [0, 1, 2]);
      const dGamma = tf.sum(tf.mul(dy, xhat), [0, 1, 2]);
      const along = tf.add(tf.mul(xhat, tf.mul(dGamma, 1 / count)), tf.mul(dBeta, 1 / count));
      return [tf.mul(tf.sub(dy, along), slope), dGamma, dBeta];
    };
    return { value: tf.add(tf.mul(tf.sub(image, mean), factor), shift), gradFunc };
  });
  return normalise(x, gamma, beta) as tf.Tensor4D;
}
