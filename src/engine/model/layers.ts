import * as tf from '@tensorflow/tfjs';

/**
 * The layers of a Vision Transformer in plain TensorFlow.js ops. Kernels are [in, out] here. Where TensorFlow.js would
 * derive a long backward pass, the short analytic one is given by `customGrad`; nothing here knows the backend.
 */

/** x·W + b over the last axis: x [R, I], kernel [I, O], bias [O] → [R, O]. */
export function linear(x: tf.Tensor2D, kernel: tf.Tensor2D, bias?: tf.Tensor1D): tf.Tensor2D {
  const product = tf.matMul<tf.Tensor2D>(x, kernel);
  return bias ? tf.add(product, bias) : product; // [R, O]
}

/** What LayerNorm scales and shifts by, and the linear layer that reads it. */
export interface NormLinear {
  /** γ and β of the norm, [D]. */
  readonly gamma: tf.Tensor1D;
  readonly beta: tf.Tensor1D;
  /** W [D, O] and b [O] of the linear layer; it may have no b. */
  readonly kernel: tf.Tensor2D;
  readonly bias?: tf.Tensor1D | undefined;
}

/**
 * LayerNorm's affine part and the linear layer behind it as one linear layer on x̂:
 * (x̂⊙γ + β)·W + b = x̂·(γ⊙W) + (β·W + b). The products are of weights only, so that a step does not pass over the
 * activations for γ and β, neither forward nor backward. The columns of γ⊙W are centred, which changes nothing, because
 * x̂ has no mean; it lets `standardise` leave one term out of its gradient.
 */
export function foldNorm({ gamma, beta, kernel, bias }: NormLinear): { readonly kernel: tf.Tensor2D; readonly bias: tf.Tensor1D } {
  const D = kernel.shape[0];
  const scaled = tf.mul(kernel, tf.reshape(gamma, [D, 1])); // [D, O]
  const mean = tf.mul(tf.sum(scaled, 0, true), 1 / D); // [1, O]
  const shift = tf.reshape(tf.matMul(tf.reshape(beta, [1, D]), kernel), [-1]); // [O]
  return { kernel: tf.sub(scaled, mean), bias: bias ? tf.add(shift, bias) : (shift as tf.Tensor1D) };
}

/**
 * x̂ = (x − E[x]) / √(Var[x] + ε) over the last axis of x [R, D], with the biased variance: LayerNorm (Ba et al. 2016)
 * without its affine part. Whatever reads x̂ must be a linear layer of `foldNorm`: its gradient dy has no mean over D
 * then, and dx = (dy − x̂ · mean(dy · x̂)) / σ.
 */
export function standardise(x: tf.Tensor2D, eps: number): tf.Tensor2D {
  const normalise = tf.customGrad((input, save) => {
    const x2 = input as tf.Tensor2D;
    const centred = tf.sub<tf.Tensor2D>(x2, rowMean(x2)); // [R, D]
    const inverse = tf.rsqrt(tf.add(rowMean(tf.square(centred)), eps)); // [R, 1]
    const value = tf.mul(centred, inverse); // [R, D]
    (save as tf.GradSaveFunc)([value, inverse]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor => {
      const [xhat, inv] = saved as [tf.Tensor2D, tf.Tensor2D];
      const along = tf.mul(xhat, rowMean(tf.mul(dy as tf.Tensor2D, xhat))); // [R, D]
      return tf.mul(tf.sub(dy, along), inv); // [R, D]
    };
    return { value, gradFunc };
  });
  return normalise(x) as tf.Tensor2D;
}

/** Mean over the last axis, kept: [R, D] → [R, 1]. A sum and a scale, whose gradient is a broadcast and not a Tile. */
export function rowMean(x: tf.Tensor): tf.Tensor2D {
  return tf.mul(tf.sum(x, 1, true), 1 / x.shape[1]!);
}

/**
 * Twice the exact GELU of √2·s, over √2: s·(1 + erf s). With u = √2·s, GELU(u) = u·Φ(u) = s·(1 + erf s)/√2 (Hendrycks &
 * Gimpel 2016), so the layer before it is scaled by 1/√2, and the one behind it too, instead of every activation.
 * Its derivative is 1 + erf s + 2s·exp(−s²)/√π.
 */
export function scaledGelu(s: tf.Tensor2D): tf.Tensor2D {
  const activate = tf.customGrad((input, save) => {
    const x2 = input as tf.Tensor2D;
    const weight = tf.add(tf.erf(x2), 1); // 1 + erf s [R, M]
    (save as tf.GradSaveFunc)([x2, weight]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor => {
      const [at, once] = saved as [tf.Tensor2D, tf.Tensor2D];
      // The factor 2/√π goes into the exponent, where it costs nothing.
      const slope = tf.exp(tf.sub(Math.log(2 / Math.sqrt(Math.PI)), tf.square(at))); // [R, M]
      return tf.mul(dy, tf.add(once, tf.mul(at, slope))); // [R, M]
    };
    return { value: tf.mul(x2, weight), gradFunc };
  });
  return activate(s) as tf.Tensor2D;
}

/** Sizes of an attention: tokens, images, heads, channels of a head. */
interface HeadSizes {
  readonly T: number;
  readonly B: number;
  readonly H: number;
  readonly d: number;
}

/** Rows [T·B, D], token by token → heads [B, H, T, d]. */
export function toHeads(x: tf.Tensor2D, H: number, B: number): tf.Tensor4D {
  return splitHeads(x, headSizes(x, H, B));
}

function splitHeads(x: tf.Tensor, { T, B, H, d }: HeadSizes): tf.Tensor4D {
  return tf.transpose(tf.reshape(x, [T, B, H, d]), [1, 2, 0, 3]);
}

/** Heads [B, H, T, d] → rows [T·B, D]. */
function fromHeads(x: tf.Tensor, { T, B, H, d }: HeadSizes): tf.Tensor2D {
  return tf.reshape(tf.transpose(x, [2, 0, 1, 3]), [T * B, H * d]);
}

/** softmax(QKᵀ/√d + bias) and what it is made of, per head: q [B, H, T, d] (scaled), k, v, P [B, H, T, T]; a bias is [H, T, T]. */
function attentionWeights(rows: readonly tf.Tensor2D[], sizes: HeadSizes, bias?: tf.Tensor): [q: tf.Tensor4D, k: tf.Tensor4D, v: tf.Tensor4D, P: tf.Tensor4D] {
  const [queries, k, v] = rows.map((x) => splitHeads(x, sizes)) as [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D];
  const q = scaledQueries(queries, sizes); // [B, H, T, d]
  return [q, k, v, tf.softmax(scoresOf(q, k, bias))];
}

function scaledQueries(queries: tf.Tensor4D, { d }: HeadSizes): tf.Tensor4D {
  return tf.mul<tf.Tensor4D>(queries, d ** -0.5);
}

/** [B, H, T, T] of scaled queries and keys [B, H, T, d]. */
function scoresOf(q: tf.Tensor4D, k: tf.Tensor4D, bias: tf.Tensor | undefined): tf.Tensor4D {
  const scores = tf.matMul<tf.Tensor4D>(q, k, false, true);
  return bias ? tf.add(scores, bias) : scores;
}

/** What the softmax of an attention reads, QKᵀ/√d + bias: rows q, k [T·B, D] → [B, H, T, T]. */
export function attentionScores(q: tf.Tensor2D, k: tf.Tensor2D, H: number, B: number, bias?: tf.Tensor): tf.Tensor4D {
  return scoresOf(scaledQueries(toHeads(q, H, B), headSizes(q, H, B)), toHeads(k, H, B), bias);
}

function headSizes({ shape: [rows, D] }: tf.Tensor2D, H: number, B: number): HeadSizes {
  return { T: rows / B, B, H, d: D / H };
}

/**
 * Scaled dot-product attention of H heads, softmax(QKᵀ/√d)V (Vaswani et al. 2017, section 3.2.1), on rows q, k, v
 * [T·B, D], token by token → [T·B, D]. Backward, the softmax's Σ P·dP over the keys is Σ dO·O over the head's channels
 * (Dao et al. 2022, section B.2), which are fewer. A bias [H, T, T] is added to the scores.
 */
export function attend(q: tf.Tensor2D, k: tf.Tensor2D, v: tf.Tensor2D, H: number, B: number, bias?: tf.Tensor): tf.Tensor2D {
  const sizes = headSizes(q, H, B);
  const attention = tf.customGrad((...inputs) => {
    const save = inputs.pop() as unknown as tf.GradSaveFunc;
    const parts = attentionWeights(inputs.slice(0, 3) as tf.Tensor2D[], sizes, inputs[3] as tf.Tensor | undefined);
    const value = fromHeads(tf.matMul(parts[3], parts[2]), sizes); // [T·B, D]
    save([...parts, value]);
    return { value, gradFunc: (dO, saved) => attentionGradients(dO as tf.Tensor2D, saved, sizes, bias !== undefined) };
  });
  return attention(...(bias ? [q, k, v, bias] : [q, k, v])) as tf.Tensor2D;
}

/** Gradients for q, k, v as rows [T·B, D], and for a bias, from that of the output and what the forward pass saved. */
function attentionGradients(dO: tf.Tensor2D, saved: readonly tf.Tensor[], sizes: HeadSizes, biased: boolean): tf.Tensor[] {
  const [q, k, v, P, out] = saved as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor2D];
  const { T, B, H, d } = sizes;
  const dOut = splitHeads(dO, sizes); // [B, H, T, d]
  const dP = tf.matMul(dOut, v, false, true); // [B, H, T, T]
  const mean = tf.sum(tf.reshape(tf.mul(dO, out), [T, B, H, d]), 3, true); // [T, B, H, 1]
  const dS = tf.mul(tf.sub(dP, tf.transpose(mean, [1, 2, 0, 3])), P); // [B, H, T, T]
  const dq = tf.mul(tf.matMul(dS, k), d ** -0.5); // [B, H, T, d]
  // q is scaled already, and so is dk.
  const rows = [dq, tf.matMul(dS, q, true, false), tf.matMul(P, dOut, true, false)].map((grad) => fromHeads(grad, sizes));
  return biased ? [...rows, tf.sum(dS, 0)] : rows;
}

/**
 * `attend` that shows its weights [B, H, T, T], with TensorFlow.js's own gradients. `nudge` [B, H, T, T] is added to
 * them: with zeros, its gradient is that of the weights.
 */
export function attendOpenly(q: tf.Tensor2D, k: tf.Tensor2D, v: tf.Tensor2D, H: number, B: number, { nudge, bias }: { readonly nudge?: tf.Tensor | undefined; readonly bias?: tf.Tensor | undefined } = {}): { readonly mixed: tf.Tensor2D; readonly weights: tf.Tensor4D } {
  const sizes = headSizes(q, H, B);
  const [, , values, P] = attentionWeights([q, k, v], sizes, bias);
  const weights = nudge ? tf.add<tf.Tensor4D>(P, nudge) : P; // [B, H, T, T]
  return { mixed: fromHeads(tf.matMul(weights, values), sizes), weights };
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

/** Patch projection as a linear layer: images [B, H, W, C], kernel [P₁, P₂, C, D] → [N·B, D], patch by patch. */
export function projectLinear(images: tf.Tensor4D, kernel: tf.Tensor4D): tf.Tensor2D {
  const [P1, P2, C, D] = kernel.shape;
  const B = images.shape[0];
  const patches = patchify(images, [P1, P2]); // [B·N, P₁P₂C]
  return tf.matMul(swapMajor(patches, B), tf.reshape(kernel, [P1 * P2 * C, D])); // [N·B, D]
}

/** Rows [A·B, W] in the order [B·A, W]. */
export function swapMajor(rows: tf.Tensor2D, A: number): tf.Tensor2D {
  const [count, W] = rows.shape;
  return tf.reshape(tf.transpose(tf.reshape(rows, [A, count / A, W]), [1, 0, 2]), [count, W]);
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
  return swapMajor(convolve(images, kernel) as tf.Tensor2D, images.shape[0]); // [N·B, D]
}
