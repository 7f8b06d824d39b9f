import * as tf from '@tensorflow/tfjs';
import { isWished, type TapWish } from '../compile/executor';
import { activations } from './activations';
import { dropped } from './drop';
import { linear, projectConv, projectLinear } from './layers';
import { feedForward } from './mlp';
import type { DeviceNoise, DeviceParams, Forward } from './network';
import { normalise, normed } from './norms';
import { affine, dense, get } from './read';
import { tokenCount, type ViTSpec } from './spec';
import { featureTap, layerTaps } from './summaries';

/**
 * An MLP-Mixer (Tolstikhin et al. 2021) as timm writes it: what a block of a ViT does by attention, an MLP over the patches
 * does here, the same for every channel. Images are normalised, [B, H, W, C].
 *
 * Between the parts tokens are rows [T·B, D] as in `vitForward`. Seen as [T, B·D] they have the patches first, so that the
 * MLP over them is a product from the left, and nothing is transposed.
 */
export function mixerForward(spec: ViTSpec, params: DeviceParams, images: tf.Tensor4D, wish: TapWish = {}, noise: DeviceNoise = {}): Forward {
  const B = images.shape[0];
  const [T, D] = [tokenCount(spec), spec.width];
  const taps: Record<string, tf.Tensor> = {};
  const drop = (rows: tf.Tensor2D, name: string): tf.Tensor2D => dropped(rows, noise[name], B);
  const headOf = (of: ViTSpec, rows: tf.Tensor2D): tf.Tensor2D => head(of, params, rows, B);
  const tapTokens = (i: number, rows: tf.Tensor2D): void => {
    if (isWished(wish.tokens, i)) taps[`tokens.${i}`] = tf.transpose(tf.reshape(rows, [T, B, D]), [1, 0, 2]); // [B, T, D]
    Object.assign(taps, layerTaps(spec, wish, i, rows, { B, head: headOf }));
  };

  const project = spec.projection === 'conv' ? projectConv : projectLinear;
  let z = tf.add<tf.Tensor2D>(project(images, get<tf.Tensor4D>(params, 'stem.proj.weight')), get(params, 'stem.proj.bias')); // [T·B, D]
  tapTokens(0, z);
  for (let i = 0; i < spec.depth; i++) {
    const name = `blocks.${i}`;
    const mixed = mixTokens(spec, params, name, normalise(spec, affine(params, `${name}.norm1`), z), drop);
    z = tf.add(z, drop(mixed, `${name}.drop_path1`)); // [T·B, D]
    const parts = { fc1: dense(params, `${name}.mlp_channels.fc1`), fc2: dense(params, `${name}.mlp_channels.fc2`), drop: (hidden: tf.Tensor2D) => drop(hidden, `${name}.mlp_channels.drop1`) };
    const out = drop(feedForward({ mlp: 'mlp', activation: spec.activation }, normed(spec, params, `${name}.norm2`, z), parts), `${name}.mlp_channels.drop2`);
    z = tf.add(z, drop(out, `${name}.drop_path2`)); // [T·B, D]
    tapTokens(i + 1, z);
  }
  return { logits: head(spec, params, z, B), taps: { ...taps, ...featureTap(spec, wish, z, headOf) }, buffers: {} };
}

type Drop = (rows: tf.Tensor2D, name: string) => tf.Tensor2D;

/** The MLP over the patches: rows [T·B, D] → [T·B, D]. */
function mixTokens(spec: ViTSpec, params: DeviceParams, block: string, x: tf.Tensor2D, drop: Drop): tf.Tensor2D {
  const { before, after, apply } = activations[spec.activation];
  const D = spec.width;
  const [fc1, fc2] = [dense(params, `${block}.mlp_tokens.fc1`), dense(params, `${block}.mlp_tokens.fc2`)]; // [T, M], [M, T]
  const side = (bias: tf.Tensor1D): tf.Tensor2D => tf.reshape(bias, [-1, 1]);
  const [T, M] = fc1.kernel.shape;
  const tokens = tf.reshape<tf.Rank.R2>(x, [T, -1]); // [T, B·D]
  const inner = tf.add<tf.Tensor2D>(tf.matMul(tf.mul(fc1.kernel, before), tokens, true, false), side(tf.mul(fc1.bias!, before))); // [M, B·D]
  const hidden = drop(tf.reshape(apply(inner), [-1, D]), `${block}.mlp_tokens.drop1`); // [M·B, D]
  const out = tf.add<tf.Tensor2D>(tf.matMul(tf.mul(fc2.kernel, after), tf.reshape<tf.Rank.R2>(hidden, [M, -1]), true, false), side(fc2.bias!)); // [T, B·D]
  return drop(tf.reshape(out, [-1, D]), `${block}.mlp_tokens.drop2`);
}

/** Norm → mean over the patches → head: rows [T·B, D] → [B, K], or without a head [B, D]. */
function head(spec: ViTSpec, params: DeviceParams, z: tf.Tensor2D, B: number): tf.Tensor2D {
  const [rows, D] = z.shape;
  const mean = (x: tf.Tensor2D): tf.Tensor2D => tf.mul(tf.sum(tf.reshape(x, [rows / B, B, D]), 0), B / rows); // [B, D]
  if (spec.classes === 0) return mean(normalise(spec, affine(params, 'norm'), z));
  const source = normed(spec, params, 'norm', z);
  const { kernel, bias } = source.fold(dense(params, 'head'));
  return linear(mean(source.rows()), kernel, bias); // [B, K]
}
