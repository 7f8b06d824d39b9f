import * as tf from '@tensorflow/tfjs';
import { isWished, type TapWish } from '../compile/executor';
import { conv3x3, maxPool3x3 } from './convolution';
import { attend, attendOpenly, foldNorm, linear, projectConv, projectLinear, scaledGelu, standardise } from './layers';
import type { DeviceNoise, DeviceParams, Forward, Nudges } from './network';
import { gridOf, tokenCount, type ViTSpec } from './spec';

const EPS = 1e-6; // timm's, JAX's and torchvision's for ViT; PyTorch's own default is 1e-5

/**
 * A Vision Transformer (Dosovitskiy et al. 2021) as timm writes it, pre-norm. Images are normalised, [B, H, W, C].
 *
 * Between the parts tokens are rows [T·B, D], the first token of every image first: almost every part works row by
 * row, and heads are taken out of such rows without moving them (`attend`). A sinusoidal position table is given as
 * `pos_embed` in `params` too, as a constant (`fixedPositions`).
 */
export function vitForward(spec: ViTSpec, params: DeviceParams, images: tf.Tensor4D, wish: TapWish = {}, noise: DeviceNoise = {}, nudges: Nudges = {}): Forward {
  const B = images.shape[0];
  const T = tokenCount(spec);
  const D = spec.width;
  const taps: Record<string, tf.Tensor> = {};
  const tapTokens = (i: number, rows: tf.Tensor2D): void => {
    if (isWished(wish.tokens, i)) taps[`tokens.${i}`] = tf.transpose(tf.reshape(rows, [T, B, D]), [1, 0, 2]); // [B, T, D]
  };

  let z = embed(spec, params, images, noise); // [T·B, D]
  tapTokens(0, z);
  for (let i = 0; i < spec.depth; i++) {
    const name = `blocks.${i}`;
    const open = isWished(wish.attention, i);
    const { out, attention } = selfAttention(spec, params, name, z, noise, B, { open, ...(nudges[i] && { nudge: nudges[i] }) });
    if (attention && open) taps[`attention.${i}`] = attention;
    z = tf.add(z, drop(out, noise, `${name}.drop_path1`, B)); // [T·B, D]
    z = tf.add(z, drop(mlp(spec, params, name, z, noise, B), noise, `${name}.drop_path2`, B)); // [T·B, D]
    tapTokens(i + 1, z);
  }
  return { logits: head(spec, params, z, B), taps, buffers: {} };
}

/** Patches → projection → class token → position: [B, H, W, C] → [T·B, D]. */
function embed(spec: ViTSpec, params: DeviceParams, images: tf.Tensor4D, noise: DeviceNoise): tf.Tensor2D {
  const B = images.shape[0];
  const D = spec.width;
  const [rows, columns] = gridOf(spec);
  let z: tf.Tensor3D = tf.reshape(project(spec, params, images), [rows * columns, B, D]); // [N, B, D]
  // Adding to zeros repeats the class token over the batch with a gradient that is one sum; a Tile's is a long loop.
  if (spec.pool === 'token') z = tf.concat([tf.add(tf.zeros([1, B, D]), get<tf.Tensor3D>(params, 'cls_token')), z], 0); // [T, B, D]
  if (spec.posEmbed !== 'none') z = tf.add(z, tf.reshape(get<tf.Tensor3D>(params, 'pos_embed'), [-1, 1, D])); // [T, B, D]
  return drop(tf.reshape(z, [-1, D]), noise, 'pos_drop', B);
}

/** One row for every patch of every image, patch by patch: [B, H, W, C] → [N·B, D]. */
function project(spec: ViTSpec, params: DeviceParams, images: tf.Tensor4D): tf.Tensor2D {
  if (spec.projection === 'conv_stem') return convStem(spec, params, images);
  const linearly = spec.projection === 'conv' ? projectConv : projectLinear;
  return tf.add(linearly(images, get<tf.Tensor4D>(params, 'patch_embed.proj.weight')), get(params, 'patch_embed.proj.bias'));
}

/** Convolution → max-pool → ReLU, a few times (Hassani et al. 2021, section 3.3); pooled first, the ReLU has less to do. */
function convStem(spec: ViTSpec, params: DeviceParams, images: tf.Tensor4D): tf.Tensor2D {
  let x = images;
  for (const i of spec.stem.keys()) x = tf.relu(maxPool3x3(conv3x3(x, get<tf.Tensor4D>(params, `tokenizer.conv_layers.${i}.0.weight`))));
  const [B, rows, columns, D] = x.shape;
  return tf.reshape(tf.transpose(x, [1, 2, 0, 3]), [rows * columns * B, D]);
}

/** Norm → softmax(QKᵀ/√d)V of every head → projection: rows [T·B, D] → [T·B, D], and `open` its weights [B, H, T, T]. */
function selfAttention(spec: ViTSpec, params: DeviceParams, block: string, z: tf.Tensor2D, noise: DeviceNoise, B: number, { open, nudge }: { open: boolean; nudge?: tf.Tensor }): { out: tf.Tensor2D; attention?: tf.Tensor } {
  const D = spec.width;
  const kernels = get<tf.Tensor2D>(params, `${block}.attn.qkv.weight`); // [D, 3D]
  const biases = get<tf.Tensor1D>(params, `${block}.attn.qkv.bias`); // [3D]
  const x = standardise(z, EPS); // [T·B, D]
  const part = (i: number): ReturnType<typeof foldNorm> => {
    const own = { kernel: tf.slice<tf.Rank.R2, tf.Tensor2D>(kernels, [0, i * D], [D, D]), bias: tf.slice<tf.Rank.R1, tf.Tensor1D>(biases, [i * D], [D]) };
    return foldNorm({ ...affine(params, `${block}.norm1`), ...own });
  };
  const [q, k, v] = [part(0), part(1), part(2)];
  // A key's bias adds the same to all scores of a query, which the softmax takes away again: it is left out.
  const rows = [linear(x, q.kernel, q.bias), tf.matMul<tf.Tensor2D>(x, k.kernel), tf.matMul<tf.Tensor2D>(x, v.kernel)] as const; // [T·B, D]
  const opened = open || nudge ? attendOpenly(...rows, spec.heads, B, nudge) : undefined;
  const mixed = opened?.mixed ?? attend(...rows, spec.heads, B); // [T·B, D]
  // The weights of a query add up to 1, so a value's bias comes out as it went in: it is added behind the projection.
  const kernel = get<tf.Tensor2D>(params, `${block}.attn.proj.weight`); // [D, D]
  const bias = tf.add(get<tf.Tensor1D>(params, `${block}.attn.proj.bias`), tf.reshape(tf.matMul(tf.reshape(v.bias, [1, D]), kernel), [D])); // [D]
  const out = drop(linear(mixed, kernel, bias as tf.Tensor1D), noise, `${block}.attn.proj_drop`, B);
  return { out, ...(opened && { attention: opened.weights }) };
}

/** Norm → two linear layers with the activation between: rows [T·B, D] → [T·B, D]. */
function mlp(spec: ViTSpec, params: DeviceParams, block: string, z: tf.Tensor2D, noise: DeviceNoise, B: number): tf.Tensor2D {
  const gelu = spec.activation === 'gelu';
  const scale = <T extends tf.Tensor>(x: T): T => (gelu ? tf.mul<T>(x, Math.SQRT1_2) : x);
  const fc1 = foldNorm({ ...affine(params, `${block}.norm2`), ...dense(params, `${block}.mlp.fc1`) });
  const fc2 = dense(params, `${block}.mlp.fc2`);
  const inner = linear(standardise(z, EPS), scale(fc1.kernel), scale(fc1.bias)); // [T·B, M]
  const hidden = drop(gelu ? scaledGelu(inner) : tf.relu(inner), noise, `${block}.mlp.drop1`, B); // [T·B, M]
  return drop(linear(hidden, scale(fc2.kernel), fc2.bias), noise, `${block}.mlp.drop2`, B); // [T·B, D]
}

/** The class token, or a mean of the patches → norm → head: rows [T·B, D] → [B, K]. */
function head(spec: ViTSpec, params: DeviceParams, z: tf.Tensor2D, B: number): tf.Tensor2D {
  const [rows, D] = z.shape;
  const T = rows / B;
  if (spec.pool === 'seq') return sequencePooling(params, z, B);
  const pooled = spec.pool === 'token' ? tf.slice(z, [0, 0], [B, D]) : tf.mul(tf.sum(tf.reshape(z, [T, B, D]), 0), 1 / T); // [B, D]
  const { kernel, bias } = foldNorm({ ...affine(params, spec.pool === 'token' ? 'norm' : 'fc_norm'), ...dense(params, 'head') });
  return linear(standardise(pooled as tf.Tensor2D, EPS), kernel, bias); // [B, K]
}

/**
 * Norm → mean of the patches with weights softmax(x · w + b) over them → head (Hassani et al. 2021, section 3.2). The weights
 * add up to 1, so the norm's affine part can pass the mean: both layers that read x̂ are of `foldNorm`.
 */
function sequencePooling(params: DeviceParams, z: tf.Tensor2D, B: number): tf.Tensor2D {
  const [rows, D] = z.shape;
  const x = standardise(z, EPS); // [T·B, D]
  const { kernel, bias } = foldNorm({ ...affine(params, 'norm'), ...dense(params, 'attention_pool') }); // [D, 1], [1]
  const scores = tf.reshape(linear(x, kernel, bias), [rows / B, B]); // [T, B]
  const weights = tf.reshape(tf.softmax(tf.transpose(scores)), [B, 1, rows / B]); // over the patches
  const pooled = tf.matMul(weights, tf.transpose(tf.reshape(x, [rows / B, B, D]), [1, 0, 2])); // [B, 1, D]
  const last = foldNorm({ ...affine(params, 'norm'), ...dense(params, 'head') });
  return linear(tf.reshape(pooled, [B, D]), last.kernel, last.bias); // [B, K]
}

function dense(params: DeviceParams, name: string): { kernel: tf.Tensor2D; bias: tf.Tensor1D } {
  return { kernel: get(params, `${name}.weight`), bias: get(params, `${name}.bias`) };
}

function affine(params: DeviceParams, name: string): { gamma: tf.Tensor1D; beta: tf.Tensor1D } {
  return { gamma: get(params, `${name}.weight`), beta: get(params, `${name}.bias`) };
}

/** Multiplies rows [T·B, W] by the mask of this name, where there is one: [B, T, W] or one value an image [B, 1, 1]. */
function drop(rows: tf.Tensor2D, noise: DeviceNoise, name: string, B: number): tf.Tensor2D {
  const mask = noise[name];
  if (!mask) return rows;
  const [count, W] = rows.shape;
  return tf.reshape(tf.mul(tf.reshape(rows, [count / B, B, W]), tf.transpose(mask, [1, 0, 2])), rows.shape);
}

function get<T extends tf.Tensor>(params: DeviceParams, name: string): T {
  const param = params[name];
  if (!param) throw new Error(`The network has no parameter ${name}`);
  return param as T;
}
