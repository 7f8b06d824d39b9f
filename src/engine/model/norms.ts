import * as tf from '@tensorflow/tfjs';
import { foldNorm, rowMean, standardise } from './layers';
import type { DeviceParams } from './network';
import { affine, type Affine, type Dense } from './read';
import type { ViTSpec } from './spec';

/** Rows that linear layers read, and how such a layer takes up the norm before it. */
export interface Source {
  /** [R, D]; asked for once. */
  rows(): tf.Tensor2D;
  fold(layer: Dense): Dense;
}

type Kind = Pick<ViTSpec, 'norm' | 'normEps'>;

/** x as the linear layers behind a norm read it; nothing else may read the rows (see `standardise`). */
export function normed({ norm, normEps }: Kind, params: DeviceParams, name: string, x: tf.Tensor2D): Source {
  const own = affine(params, name);
  if (norm === 'rmsnorm') return { rows: () => scaleToOne(x, normEps), fold: (layer) => foldScale(own.gamma, layer) };
  return { rows: () => standardise(x, normEps), fold: (layer) => foldNorm({ gamma: own.gamma, beta: own.beta!, ...layer }) };
}

/** x as linear layers read it that have no norm before them. */
export function bare(x: tf.Tensor2D): Source {
  return { rows: () => x, fold: (layer) => layer };
}

/** A whole norm of rows [R, D], whatever reads them. */
export function normalise(kind: Kind, own: Affine, x: tf.Tensor2D): tf.Tensor2D {
  return applied(own, kind.norm === 'rmsnorm' ? scaleToOne(x, kind.normEps) : standardiseFreely(x, kind.normEps));
}

/** x̂ [R, D] with its whole gradient, whatever reads it. */
export function standardised({ norm, normEps }: Kind, x: tf.Tensor2D): tf.Tensor2D {
  return norm === 'rmsnorm' ? scaleToOne(x, normEps) : standardiseFreely(x, normEps);
}

/** The affine part of a norm: x̂⊙γ + β. */
export function applied({ gamma, beta }: Affine, x: tf.Tensor2D): tf.Tensor2D {
  const scaled = tf.mul<tf.Tensor2D>(x, gamma);
  return beta ? tf.add(scaled, beta) : scaled;
}

/** (x̂⊙γ)·W + b = x̂·(γ⊙W) + b */
function foldScale(gamma: tf.Tensor1D, { kernel, bias }: Dense): Dense {
  return { kernel: tf.mul(kernel, tf.reshape(gamma, [-1, 1])), bias };
}

/** `standardise` whose gradient may have a mean: dx = (dy − mean(dy) − x̂ · mean(dy · x̂)) / σ. */
function standardiseFreely(x: tf.Tensor2D, eps: number): tf.Tensor2D {
  return along(x, eps, (input) => tf.sub(input, rowMean(input)), (dy) => tf.sub(dy, rowMean(dy)));
}

/**
 * x / √(mean(x²) + ε) over the last axis of x [R, D]: RMSNorm (Zhang & Sennrich 2019) without its factors.
 * dx = (dy − x̂ · mean(dy · x̂)) / r.
 */
function scaleToOne(x: tf.Tensor2D, eps: number): tf.Tensor2D {
  return along(x, eps, (input) => input, (dy) => dy);
}

type Map2D = (x: tf.Tensor2D) => tf.Tensor2D;

/** Divides centred rows by the root of their mean square + ε; `centreGradient` is the transpose of `centre`. */
function along(x: tf.Tensor2D, eps: number, centre: Map2D, centreGradient: Map2D): tf.Tensor2D {
  const divide = tf.customGrad((input, save) => {
    const centred = centre(input as tf.Tensor2D); // [R, D]
    const inverse = tf.rsqrt(tf.add(rowMean(tf.square(centred)), eps)); // [R, 1]
    const value = tf.mul(centred, inverse); // [R, D]
    (save as tf.GradSaveFunc)([value, inverse]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor => {
      const [xhat, inv] = saved as [tf.Tensor2D, tf.Tensor2D];
      const part = tf.mul(xhat, rowMean(tf.mul(dy as tf.Tensor2D, xhat))); // [R, D]
      return tf.mul(tf.sub(centreGradient(dy as tf.Tensor2D), part), inv); // [R, D]
    };
    return { value, gradFunc };
  });
  return divide(x) as tf.Tensor2D;
}
