import * as tf from '@tensorflow/tfjs';
import type { TapWish } from '../compile/executor';
import { gelu, layerNorm, linear, projectConv, projectLinear } from './layers';
import { gridOf, tokenCount, type ViTSpec } from './spec';

/** Parameters on the device, by timm's names, as kernels: linear [in, out], patch projection [P, P, C, D]. */
export type DeviceParams = Readonly<Record<string, tf.Tensor>>;

/** Dropout and drop path masks of a training step, by the names of `noiseSpecs`. Without one, nothing is dropped. */
export type DeviceNoise = Readonly<Record<string, tf.Tensor>>;

export interface Forward {
  /** [B, K] */
  readonly logits: tf.Tensor2D;
  /** `attention.i` [B, H, T, T] and `tokens.i` [B, T, D], as wished. */
  readonly taps: Readonly<Record<string, tf.Tensor>>;
}

const EPS = 1e-6; // timm's, JAX's and torchvision's for ViT; PyTorch's own default is 1e-5

/**
 * A Vision Transformer (Dosovitskiy et al. 2021) as timm writes it, pre-norm. Images are normalised, [B, H, W, C].
 *
 * Tokens are kept as rows [B·T, D] between the parts, because almost every part works row by row. A sinusoidal
 * position table is given as `pos_embed` in `params` too, as a constant (`fixedPositions`).
 */
export function forward(spec: ViTSpec, params: DeviceParams, images: tf.Tensor4D, wish: TapWish = {}, noise: DeviceNoise = {}): Forward {
  const B = images.shape[0];
  const T = tokenCount(spec);
  const D = spec.width;
  const taps: Record<string, tf.Tensor> = {};
  const tapTokens = (i: number, rows: tf.Tensor2D): void => {
    if (wish.tokens) taps[`tokens.${i}`] = tf.reshape(rows, [B, T, D]);
  };

  let z = embed(spec, params, images, noise); // [B·T, D]
  tapTokens(0, z);
  for (let i = 0; i < spec.depth; i++) {
    const name = `blocks.${i}`;
    const { out, attention } = selfAttention(spec, params, name, norm(params, `${name}.norm1`, z), noise, B);
    if (wish.attention) taps[`attention.${i}`] = attention;
    z = tf.add(z, drop(out, noise, `${name}.drop_path1`, [B, T, D])); // [B·T, D]
    const hidden = mlp(spec, params, name, norm(params, `${name}.norm2`, z), noise, B);
    z = tf.add(z, drop(hidden, noise, `${name}.drop_path2`, [B, T, D])); // [B·T, D]
    tapTokens(i + 1, z);
  }
  return { logits: dense(params, 'head', pool(spec, params, tf.reshape(z, [B, T, D]))), taps };
}

/** Patches → projection → class token → position: [B, H, W, C] → [B·T, D]. */
function embed(spec: ViTSpec, params: DeviceParams, images: tf.Tensor4D, noise: DeviceNoise): tf.Tensor2D {
  const B = images.shape[0];
  const D = spec.width;
  const [rows, columns] = gridOf(spec);
  const project = spec.projection === 'conv' ? projectConv : projectLinear;
  const patches = tf.add(project(images, get<tf.Tensor4D>(params, 'patch_embed.proj.weight')), get(params, 'patch_embed.proj.bias')); // [B·N, D]
  let z: tf.Tensor3D = tf.reshape(patches, [B, rows * columns, D]); // [B, N, D]
  // Adding to zeros repeats the class token over the batch with a gradient that is one sum; a Tile's is a long loop.
  if (spec.pool === 'token') z = tf.concat([tf.add(tf.zeros([B, 1, D]), get<tf.Tensor3D>(params, 'cls_token')), z], 1); // [B, T, D]
  if (spec.posEmbed !== 'none') z = tf.add(z, get<tf.Tensor3D>(params, 'pos_embed')); // [B, T, D]
  return drop(tf.reshape(z, [-1, D]), noise, 'pos_drop', z.shape);
}

/** softmax(QKᵀ/√d)V of every head, concatenated and projected: rows [B·T, D] → [B·T, D], attention [B, H, T, T]. */
function selfAttention(spec: ViTSpec, params: DeviceParams, block: string, x: tf.Tensor2D, noise: DeviceNoise, B: number): { out: tf.Tensor2D; attention: tf.Tensor } {
  const { heads: H, width: D } = spec;
  const T = tokenCount(spec);
  const kernel = get<tf.Tensor2D>(params, `${block}.attn.qkv.weight`); // [D, 3D]
  const bias = get<tf.Tensor1D>(params, `${block}.attn.qkv.bias`); // [3D]
  // Three products and 4-D transposes: one product and a 5-D transpose would cost the wasm backend ten times as much.
  const [q, k, v] = [0, 1, 2].map((part) => {
    const rows = linear(x, tf.slice(kernel, [0, part * D], [D, D]), tf.slice(bias, [part * D], [D])); // [B·T, D]
    return tf.transpose(tf.reshape(rows, [B, T, H, D / H]), [0, 2, 1, 3]); // [B, H, T, d]
  }) as [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D];
  const scores = tf.matMul(tf.mul(q, (D / H) ** -0.5), k, false, true); // [B, H, T, T]
  const attention = tf.softmax(scores); // [B, H, T, T]
  const heads = tf.transpose(tf.matMul(attention, v), [0, 2, 1, 3]); // [B, T, H, d]
  const out = dense(params, `${block}.attn.proj`, tf.reshape(heads, [B * T, D])); // [B·T, D]
  return { out: drop(out, noise, `${block}.attn.proj_drop`, [B, T, D]), attention };
}

/** Two linear layers with the activation between: rows [B·T, D] → [B·T, D]. */
function mlp(spec: ViTSpec, params: DeviceParams, block: string, x: tf.Tensor2D, noise: DeviceNoise, B: number): tf.Tensor2D {
  const { width: D, mlpWidth: M } = spec;
  const T = tokenCount(spec);
  const activate = spec.activation === 'gelu' ? gelu : (rows: tf.Tensor2D) => tf.relu(rows);
  const hidden = activate(dense(params, `${block}.mlp.fc1`, x)); // [B·T, M]
  const out = dense(params, `${block}.mlp.fc2`, drop(hidden, noise, `${block}.mlp.drop1`, [B, T, M])); // [B·T, D]
  return drop(out, noise, `${block}.mlp.drop2`, [B, T, D]);
}

/** What the head reads: the class token after the norm, or the norm of the patches' mean: [B, T, D] → [B, D]. */
function pool(spec: ViTSpec, params: DeviceParams, z: tf.Tensor3D): tf.Tensor2D {
  const [B, T, D] = z.shape;
  if (spec.pool === 'token') return norm(params, 'norm', tf.reshape(tf.slice(z, [0, 0, 0], [B, 1, D]), [B, D])); // [B, D]
  return norm(params, 'fc_norm', tf.mul(tf.sum(z, 1), 1 / T)); // [B, D]
}

function dense(params: DeviceParams, name: string, x: tf.Tensor2D): tf.Tensor2D {
  return linear(x, get(params, `${name}.weight`), get(params, `${name}.bias`));
}

function norm(params: DeviceParams, name: string, x: tf.Tensor2D): tf.Tensor2D {
  return layerNorm(x, get(params, `${name}.weight`), get(params, `${name}.bias`), EPS);
}

/** Multiplies rows [B·T, W] by the mask of this name, where there is one; the mask broadcasts against [B, T, W]. */
function drop(rows: tf.Tensor2D, noise: DeviceNoise, name: string, shape: readonly [number, number, number]): tf.Tensor2D {
  const mask = noise[name];
  return mask ? tf.reshape(tf.mul(tf.reshape(rows, [...shape]), mask), rows.shape) : rows;
}

function get<T extends tf.Tensor>(params: DeviceParams, name: string): T {
  const param = params[name];
  if (!param) throw new Error(`The network has no parameter ${name}`);
  return param as T;
}
