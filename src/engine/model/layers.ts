import * as tf from '@tensorflow/tfjs';

/**
 * The layers of a Vision Transformer in plain TensorFlow.js ops. Kernels are [in, out] here. Where TensorFlow.js would
 * derive a long backward pass, the short analytic one is given by `customGrad`; nothing here knows the backend.
 */

/** x·W + b over the last axis: x [R, I], kernel [I, O], bias [O] → [R, O]. */
export function linear(x: tf.Tensor2D, kernel: tf.Tensor2D, bias: tf.Tensor1D): tf.Tensor2D {
  return tf.add(tf.matMul(x, kernel), bias); // [R, O]
}

/** (x − E[x]) / √(Var[x] + ε) · γ + β over the last axis of x [R, D], with the biased variance (Ba et al. 2016). */
export function layerNorm(x: tf.Tensor2D, gamma: tf.Tensor1D, beta: tf.Tensor1D, eps: number): tf.Tensor2D {
  return tf.add(tf.mul(standardise(x, eps), gamma), beta); // [R, D]
}

/** LayerNorm without its affine part; its gradient is (dy − mean(dy) − x̂ · mean(dy · x̂)) / σ. */
function standardise(x: tf.Tensor2D, eps: number): tf.Tensor2D {
  const normalise = tf.customGrad((input, save) => {
    const x2 = input as tf.Tensor2D;
    const centred = tf.sub<tf.Tensor2D>(x2, rowMean(x2)); // [R, D]
    const inverse = tf.rsqrt(tf.add(rowMean(tf.square(centred)), eps)); // [R, 1]
    const value = tf.mul(centred, inverse); // [R, D]
    (save as tf.GradSaveFunc)([value, inverse]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor => {
      const [xhat, inv] = saved as [tf.Tensor2D, tf.Tensor2D];
      const along = tf.mul(xhat, rowMean(tf.mul(dy as tf.Tensor2D, xhat))); // [R, D]
      return tf.mul(tf.sub(tf.sub(dy, rowMean(dy)), along), inv); // [R, D]
    };
    return { value, gradFunc };
  });
  return normalise(x) as tf.Tensor2D;
}

/** Mean over the last axis, kept: [R, D] → [R, 1]. A sum and a scale, whose gradient is a broadcast and not a Tile. */
function rowMean(x: tf.Tensor): tf.Tensor2D {
  return tf.mul(tf.sum(x, 1, true), 1 / x.shape[1]!);
}

/** Exact GELU, x·Φ(x) with the error function (Hendrycks & Gimpel 2016); its derivative is Φ(x) + x·φ(x). */
export function gelu(x: tf.Tensor2D): tf.Tensor2D {
  const activate = tf.customGrad((input, save) => {
    const x2 = input as tf.Tensor2D;
    const cdf = tf.mul(tf.add(tf.erf(tf.mul(x2, Math.SQRT1_2)), 1), 0.5); // Φ(x) [R, M]
    (save as tf.GradSaveFunc)([x2, cdf]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor => {
      const [at, phi] = saved as [tf.Tensor2D, tf.Tensor2D];
      const density = tf.mul(tf.exp(tf.mul(tf.square(at), -0.5)), 1 / Math.sqrt(2 * Math.PI)); // φ(x) [R, M]
      return tf.mul(dy, tf.add(phi, tf.mul(at, density))); // [R, M]
    };
    return { value: tf.mul(x2, cdf), gradFunc };
  });
  return activate(x) as tf.Tensor2D;
}

/** Cuts images [B, H, W, C] into flattened patches [B·N, P₁·P₂·C], row by row. */
export function patchify(images: tf.Tensor4D, [P1, P2]: readonly [number, number]): tf.Tensor2D {
  const [B, H, W, C] = images.shape;
  const rows = tf.reshape(images, [B * (H / P1), P1, W / P2, P2 * C]);
  return tf.reshape(tf.transpose(rows, [0, 2, 1, 3]), [-1, P1 * P2 * C]); // [B·N, P₁P₂C]
}

/** Puts patches [B·N, P₁·P₂·C] back together: the inverse, and so the gradient, of `patchify`. */
function unpatchify(patches: tf.Tensor2D, shape: readonly [number, number, number, number], patch: readonly [number, number]): tf.Tensor4D {
  const [B, H, W, C] = shape;
  const [P1, P2] = patch;
  const rows = tf.reshape(patches, [B * (H / P1), W / P2, P1, P2 * C]);
  return tf.reshape(tf.transpose(rows, [0, 2, 1, 3]), [B, H, W, C]);
}

/** Patch projection as a linear layer: images [B, H, W, C], kernel [P₁, P₂, C, D] → [B·N, D]. */
export function projectLinear(images: tf.Tensor4D, kernel: tf.Tensor4D): tf.Tensor2D {
  const [P1, P2, C, D] = kernel.shape;
  return tf.matMul(patchify(images, [P1, P2]), tf.reshape(kernel, [P1 * P2 * C, D])); // [B·N, D]
}

/**
 * Patch projection as a convolution with stride P: the same numbers as `projectLinear` from the same kernel. As the
 * patches do not overlap, both gradients are matrix products; the general convolution's filter gradient is missing on
 * the wasm backend.
 */
export function projectConv(images: tf.Tensor4D, kernel: tf.Tensor4D): tf.Tensor2D {
  const [P1, P2, C, D] = kernel.shape;
  const convolve = tf.customGrad((...inputs) => {
    const [x, w, save] = inputs as unknown as [tf.Tensor4D, tf.Tensor4D, tf.GradSaveFunc];
    save([x, w]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor[] => {
      const [image, filter] = saved as [tf.Tensor4D, tf.Tensor4D];
      const dPatches = tf.matMul(dy, tf.reshape(filter, [P1 * P2 * C, D]), false, true); // [B·N, P₁P₂C]
      const dKernel = tf.matMul(patchify(image, [P1, P2]), dy, true, false); // [P₁P₂C, D]
      return [unpatchify(dPatches as tf.Tensor2D, image.shape, [P1, P2]), tf.reshape(dKernel, filter.shape)];
    };
    return { value: tf.reshape(tf.conv2d(x, w, [P1, P2], 'valid'), [-1, D]), gradFunc };
  });
  return convolve(images, kernel) as tf.Tensor2D;
}

/** Mean over the batch of −Σ targets · log softmax(logits): logits and targets [B, K] → scalar. */
export function crossEntropy(logits: tf.Tensor2D, targets: tf.Tensor2D): tf.Scalar {
  const B = logits.shape[0];
  const entropy = tf.customGrad((input, save) => {
    const logProbability = tf.logSoftmax(input as tf.Tensor2D); // [B, K]
    (save as tf.GradSaveFunc)([logProbability]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor => {
      const [logP] = saved as [tf.Tensor2D];
      const mass = tf.sum(targets, 1, true); // [B, 1], 1 for a distribution
      return tf.mul(tf.sub(tf.mul(tf.exp(logP), mass), targets), tf.mul(dy, 1 / B)); // [B, K]
    };
    return { value: tf.mul(tf.sum(tf.mul(logProbability, targets)), -1 / B), gradFunc };
  });
  return entropy(logits) as tf.Scalar;
}
