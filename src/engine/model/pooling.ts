import * as tf from '@tensorflow/tfjs';
import { unseen, type Peek } from './inside';
import { linear } from './layers';
import { feedForward } from './mlp';
import type { DeviceParams } from './network';
import { applied, bare, normalise, normed, standardised, type Source } from './norms';
import { affine, dense, get, type Dense } from './read';
import { prefixCount, type ViTSpec } from './spec';

/**
 * The last norm, pooling and the head, in the network's order: rows [T·B, D] → logits [B, K]. Without a head (K = 0) what
 * it would read, [B, D], or [B, 2D] with `token_avg`.
 */
export function head(spec: ViTSpec, params: DeviceParams, z: tf.Tensor2D, B: number, peek: Peek = unseen): Headed {
  if (!spec.fcNorm) peek('final_norm', () => byImage(normalise(spec, affine(params, 'norm'), z), B));
  tapToken(spec, params, z, B, peek);
  if (spec.pool === 'token' && spec.distilled) return twoTokens(spec, params, z, B);
  return { logits: oneHead(spec, params, z, B, peek) };
}

/** What the head reads, [B, n, D], for those who look: on the way to the logits, the norm's factors are in the head. */
function tapToken(spec: ViTSpec, params: DeviceParams, z: tf.Tensor2D, B: number, peek: Peek): void {
  const normedRows = (rows: tf.Tensor2D): tf.Tensor2D => normalise(spec, affine(params, normName(spec)), rows);
  const tokens = (...rows: readonly tf.Tensor2D[]): tf.Tensor => tf.stack(rows.slice(), 1); // [B, n, D]
  const average = (rows: tf.Tensor2D): tf.Tensor2D => mean(poolable(spec, rows, B), B);
  if (spec.pool === 'token') peek('pooled', () => tokens(...(spec.distilled ? [0, 1] : [0]).map((i) => normedRows(token(z, B, i)))));
  if (spec.pool === 'avg') peek('pooled', () => tokens(spec.fcNorm ? normedRows(average(z)) : average(normedRows(z))));
  if (spec.pool === 'token_avg') peek('pooled', () => tokens(normedRows(token(z, B, 0)), average(normedRows(z))));
}

/** Rows [T·B, D] → [B, T, D]. */
function byImage(rows: tf.Tensor2D, B: number): tf.Tensor {
  return tf.transpose(tf.reshape(rows, [-1, B, rows.shape[1]]), [1, 0, 2]);
}

/** What a network says. */
export interface Headed {
  /** [B, K] */
  readonly logits: tf.Tensor2D;
  /** With a distillation token, the logits of the class token and of that one, [B, K] each, whose mean those are. */
  readonly heads?: readonly [ofClass: tf.Tensor2D, ofTeacher: tf.Tensor2D];
}

function oneHead(spec: ViTSpec, params: DeviceParams, z: tf.Tensor2D, B: number, peek: Peek): tf.Tensor2D {
  switch (spec.pool) {
    case 'seq':
      return sequencePooling(spec, params, z, B, peek);
    case 'map':
      return attentionPooling(spec, params, z, B, peek);
    case 'token_avg':
      return tokenAndMean(spec, params, z, B);
    case 'avg':
      return spec.fcNorm ? classify(spec, params, mean(poolable(spec, z, B), B)) : meanOfNormed(spec, params, z, B);
    case 'token':
      return classify(spec, params, token(z, B, 0));
  }
}

/** Rows of one token [B, D]. */
function token(rows: tf.Tensor2D, B: number, i: number): tf.Tensor2D {
  return tf.slice(rows, [i * B, 0], [B, rows.shape[1]]);
}

/** The rows that a pooling takes: those of the patches, or all. */
function poolable(spec: ViTSpec, rows: tf.Tensor2D, B: number): tf.Tensor2D {
  const skipped = spec.poolIncludePrefix ? 0 : prefixCount(spec) * B;
  return skipped === 0 ? rows : tf.slice(rows, [skipped, 0], [rows.shape[0] - skipped, rows.shape[1]]);
}

/** Mean over the tokens: [T·B, D] → [B, D]. */
function mean(rows: tf.Tensor2D, B: number): tf.Tensor2D {
  const T = rows.shape[0] / B;
  return tf.mul(tf.sum(tf.reshape(rows, [T, B, rows.shape[1]]), 0), 1 / T);
}

function normName({ fcNorm }: ViTSpec): string {
  return fcNorm ? 'fc_norm' : 'norm';
}

/** Pooled rows [B, D] → norm → head. */
function classify(spec: ViTSpec, params: DeviceParams, pooled: tf.Tensor2D, name = 'head'): tf.Tensor2D {
  if (spec.classes === 0) return normalise(spec, affine(params, normName(spec)), pooled);
  const source = spec.plainWeights ? bare(normalise(spec, affine(params, normName(spec)), pooled)) : normed(spec, params, normName(spec), pooled);
  const { kernel, bias } = source.fold(dense(params, name));
  return linear(source.rows(), kernel, bias); // [B, K]
}

/** The mean of the logits of class and distillation token (Touvron et al. 2021). */
function twoTokens(spec: ViTSpec, params: DeviceParams, z: tf.Tensor2D, B: number): Headed {
  const ofClass = classify(spec, params, token(z, B, 0));
  const ofTeacher = classify(spec, params, token(z, B, 1), 'head_dist');
  return { logits: tf.mul(tf.add(ofClass, ofTeacher), 0.5), heads: [ofClass, ofTeacher] };
}

/**
 * All tokens behind the last norm. Weights that add up to 1 may mix its rows before linear layers read them. A network
 * without a head gives out the rows themselves, and their whole gradient is needed.
 */
function normedTokens(spec: ViTSpec, params: DeviceParams, z: tf.Tensor2D): { readonly rows: tf.Tensor2D; readonly fold: Source['fold'] } {
  const source = normed(spec, params, normName(spec), z);
  return { rows: spec.classes === 0 ? standardised(spec, z) : source.rows(), fold: (layer) => source.fold(layer) };
}

/** Mixed rows x̂, of B · D numbers, through the affine part of the last norm, and through the head where there is one. */
function classifyMixed(spec: ViTSpec, params: DeviceParams, mixed: tf.Tensor, fold: Source['fold'], layer: () => Dense): tf.Tensor2D {
  const rows = (): tf.Tensor2D => tf.reshape(mixed, [-1, spec.width]); // [B, D]
  if (spec.classes === 0) return applied(affine(params, normName(spec)), rows());
  const { kernel, bias } = fold(layer());
  return linear(rows(), kernel, bias);
}

/** Norm → mean → head. */
function meanOfNormed(spec: ViTSpec, params: DeviceParams, z: tf.Tensor2D, B: number): tf.Tensor2D {
  const { rows, fold } = normedTokens(spec, params, poolable(spec, z, B));
  return classifyMixed(spec, params, mean(rows, B), fold, () => dense(params, 'head'));
}

/** Norm → the class token beside the mean of the patches → head, as Hugging Face classifies with DINOv2. */
function tokenAndMean(spec: ViTSpec, params: DeviceParams, z: tf.Tensor2D, B: number): tf.Tensor2D {
  const { rows, fold } = normedTokens(spec, params, z);
  const D = spec.width;
  const part = (i: number): Dense => {
    const { kernel, bias } = dense(params, 'head'); // [2D, K]
    return { kernel: tf.slice(kernel, [i * D, 0], [D, spec.classes]), bias: i === 0 ? bias : undefined };
  };
  const ofClass = classifyMixed(spec, params, token(rows, B, 0), fold, () => part(0));
  const ofPatches = classifyMixed(spec, params, mean(poolable(spec, rows, B), B), fold, () => part(1));
  return spec.classes === 0 ? tf.concat([ofClass, ofPatches], 1) : tf.add(ofClass, ofPatches);
}

/** Norm → mean of the patches with weights softmax(x · w + b) over them → head (Hassani et al. 2021, section 3.2). */
function sequencePooling(spec: ViTSpec, params: DeviceParams, z: tf.Tensor2D, B: number, peek: Peek): tf.Tensor2D {
  const { rows: x, fold } = normedTokens(spec, params, poolable(spec, z, B)); // [T·B, D]
  const [rows, D] = x.shape;
  const { kernel, bias } = fold(dense(params, 'attention_pool')); // [D, 1], [1]
  const scores = tf.reshape(linear(x, kernel, bias), [rows / B, B]); // [T, B]
  const weights = tf.reshape(tf.softmax(tf.transpose(scores)), [B, 1, rows / B]); // over the patches
  const pooled = tf.matMul(weights, tf.transpose(tf.reshape(x, [rows / B, B, D]), [1, 0, 2])); // [B, 1, D]
  peek('pool_weights', () => weights);
  peek('pooled', () => tf.reshape(applied(affine(params, normName(spec)), tf.reshape(pooled, [B, D])), [B, 1, D]));
  return classifyMixed(spec, params, pooled, fold, () => dense(params, 'head')); // [B, K]
}

/**
 * Norm → what a learned query attends to → an MLP beside it → head: the MAP head (Zhai et al. 2022, section 3.2), as timm's
 * `AttentionPoolLatent`. The query is the same for every image, so its product with the keys' layer is one of weights.
 */
function attentionPooling(spec: ViTSpec, params: DeviceParams, z: tf.Tensor2D, B: number, peek: Peek): tf.Tensor2D {
  const source = normed(spec, params, normName(spec), poolable(spec, z, B));
  const x = source.rows(); // [T·B, D]
  const [rows, D] = x.shape;
  const [H, T] = [spec.heads, rows / B];
  const [d, kv] = [D / H, dense(params, 'attn_pool.kv')];
  const half = (i: number): Dense => source.fold({ kernel: tf.slice(kv.kernel, [0, i * D], [D, D]), bias: kv.bias && tf.slice(kv.bias, [i * D], [D]) });
  const [keys, values] = [half(0), half(1)];
  const asked = dense(params, 'attn_pool.q');
  const query = tf.mul<tf.Tensor2D>(linear(tf.reshape<tf.Rank.R2>(get<tf.Tensor3D>(params, 'attn_pool.latent'), [1, D]), asked.kernel, asked.bias), d ** -0.5); // [1, D]
  // A key's bias adds the same to all scores, which the softmax takes away again.
  const perHead = tf.sum<tf.Tensor2D>(tf.reshape(tf.mul(keys.kernel, query), [D, H, d]), 2); // [D, H]
  const scores = tf.transpose(tf.reshape(tf.matMul(x, perHead), [T, B, H]), [1, 2, 0]); // [B, H, T]
  const weights = tf.reshape(tf.softmax(scores), [B * H, 1, T]);
  const seen = tf.reshape(tf.transpose(tf.reshape(tf.matMul(x, values.kernel), [T, B, H, d]), [1, 2, 0, 3]), [B * H, T, d]);
  const mixed: tf.Tensor2D = tf.reshape(tf.matMul(weights, seen), [B, D]);
  // The weights add up to 1, so a value's bias comes out as it went in.
  const shifted = values.bias ? tf.add<tf.Tensor2D>(mixed, values.bias) : mixed;
  const proj = dense(params, 'attn_pool.proj');
  const pooled = linear(shifted, proj.kernel, proj.bias); // [B, D]
  const parts = { fc1: dense(params, 'attn_pool.mlp.fc1'), fc2: dense(params, 'attn_pool.mlp.fc2') };
  const out = tf.add<tf.Tensor2D>(pooled, feedForward({ mlp: 'mlp', activation: spec.activation }, normed(spec, params, 'attn_pool.norm', pooled), parts));
  peek('pool_weights', () => tf.reshape(weights, [B, H, T]));
  peek('pooled', () => tf.reshape(out, [B, 1, D]));
  if (spec.classes === 0) return out;
  const last = dense(params, 'head');
  return linear(out, last.kernel, last.bias); // [B, K]
}
