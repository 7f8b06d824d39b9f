import * as tf from '@tensorflow/tfjs';
import { isWished, type TapWish } from '../compile/executor';
import { dropped } from './drop';
import { embed } from './embedding';
import { unseen, type BlockTap, type Peek } from './inside';
import { attend, attendOpenly, attentionScores, linear, toHeads } from './layers';
import { sharpened, withoutSelf } from './locality';
import { feedForward } from './mlp';
import { chosenRows, kept } from './patchDrop';
import type { DeviceNoise, DeviceParams, Forward, Nudges } from './network';
import { bare, normalise, normed, type Source } from './norms';
import { head } from './pooling';
import { affine, dense, get, type Dense } from './read';
import { relativeBias } from './relative';
import { relativeTable } from './relativeParams';
import { rotated } from './rope';
import { featureTap, layerTaps } from './summaries';
import { tokenCount, type ViTSpec } from './spec';

/** What a forward pass of a batch reads everywhere. */
interface Pass {
  readonly spec: ViTSpec;
  readonly params: DeviceParams;
  readonly noise: DeviceNoise;
  /** Images. */
  readonly B: number;
  /** Tokens of an image. */
  readonly T: number;
}

/** A pass in one of its blocks. */
interface BlockPass extends Pass {
  /** Name of its parameters. */
  readonly block: string;
  /** Makes one of its taps where it is wished. */
  readonly peek: (tap: BlockTap, make: () => tf.Tensor) => void;
}

/**
 * A Vision Transformer (Dosovitskiy et al. 2021) as timm writes it. Images are normalised, [B, H, W, C].
 *
 * Between the parts tokens are rows [T·B, D], the first token of every image first: almost every part works row by
 * row, and heads are taken out of such rows without moving them (`attend`). Sinusoidal position tables are given in
 * `params` too, as constants (`fixedTables`).
 */
export function vitForward(spec: ViTSpec, params: DeviceParams, images: tf.Tensor4D, wish: TapWish = {}, noise: DeviceNoise = {}, nudges: Nudges = { attention: {}, input: {} }, heads?: tf.Tensor3D): Forward {
  const B = images.shape[0];
  const chosen = chosenRows(spec, noise, B);
  const T = chosen?.count ?? tokenCount(spec);
  const D = spec.width;
  // Where images have other tokens, they turn by the angles of their own.
  const turned = chosen && spec.posEmbed === 'rope' ? Object.fromEntries(['rope.cos', 'rope.sin'].map((name) => [name, chosen.tokens(get<tf.Tensor2D>(params, name))])) : {};
  const pass: Pass = { spec, params: { ...params, ...turned }, noise, B, T };
  const taps: Record<string, tf.Tensor> = {};
  const byImage = (rows: tf.Tensor2D): tf.Tensor => tf.transpose(tf.reshape(rows, [T, B, D]), [1, 0, 2]); // [B, T, D]
  const wanted = new Set<string>(wish.inside);
  const peek: Peek = wanted.size === 0 ? unseen : (name, make) => void (wanted.has(name) && (taps[name] = make()));
  const headOf = (of: ViTSpec, rows: tf.Tensor2D): tf.Tensor2D => head(of, params, rows, B).logits;
  const tapTokens = (i: number, rows: tf.Tensor2D): void => {
    if (isWished(wish.tokens, i)) taps[`tokens.${i}`] = byImage(rows);
    Object.assign(taps, layerTaps(spec, wish, i, rows, { B, head: headOf }));
  };

  let z = embed(spec, params, images, { drop: (rows) => kept(drop(pass, rows, 'pos_drop'), chosen, B), peek }); // [T·B, D]
  tapTokens(0, z);
  for (let i = 0; i < spec.depth; i++) {
    const name = `blocks.${i}`;
    const inBlock: BlockPass = { ...pass, block: name, peek: (tap, make) => peek(`${tap}.${i}`, make) };
    const seen = <R extends tf.Tensor2D>(tap: BlockTap, rows: R): R => {
      inBlock.peek(tap, () => byImage(rows));
      return rows;
    };
    const open = isWished(wish.attention, i);
    const attention = (x: Source): tf.Tensor2D => {
      const { out, weights } = selfAttention(inBlock, x, { open, nudge: nudges.attention[i], factors: heads && factorsOf(spec, heads, i) });
      if (weights && open) taps[`attention.${i}`] = weights; // [B, H, T, T]
      return seen('attention_output', out);
    };
    const perceptron = (x: Source): tf.Tensor2D => seen('mlp_output', mlp(inBlock, x));
    const by = nudges.input[i];
    const nudged = by && { by, tap: (rows: tf.Tensor2D) => void (taps[`attention_input.${i}`] = byImage(rows)) };
    const first = spec.parallelBlocks ? `${name}.in_norm` : `${name}.norm1`;
    if (spec.normFirst) inBlock.peek('norm1', () => byImage(normalise(spec, affine(params, first), z)));
    if (spec.parallelBlocks) {
      z = withResidual(pass, first, z, (x) => drop(pass, both(x, attention, perceptron), `${name}.drop_path1`), nudged); // [T·B, D]
    } else {
      z = withResidual(pass, first, z, (x) => drop(pass, attention(x), `${name}.drop_path1`), nudged); // [T·B, D]
      seen('middle', z);
      if (spec.normFirst) inBlock.peek('norm2', () => byImage(normalise(spec, affine(params, `${name}.norm2`), z)));
      z = withResidual(pass, `${name}.norm2`, z, (x) => drop(pass, perceptron(x), `${name}.drop_path2`)); // [T·B, D]
    }
    tapTokens(i + 1, z);
  }
  Object.assign(taps, featureTap(spec, wish, z, headOf));
  return { ...head(spec, params, z, B, peek), taps, buffers: {} };
}

/** What is added to the rows that a branch reads, and who wants to see them. */
interface Nudged {
  readonly by: tf.Tensor2D;
  readonly tap: (rows: tf.Tensor2D) => void;
}

/** z + f(norm(z)), or norm(z + f(z)) where norms come last (Vaswani et al. 2017): rows [T·B, D] → [T·B, D]. */
function withResidual({ spec, params }: Pass, norm: string, z: tf.Tensor2D, branch: (x: Source) => tf.Tensor2D, nudged?: Nudged): tf.Tensor2D {
  const whole = (): tf.Tensor2D => normalise(spec, affine(params, norm), z);
  if (spec.normFirst) return tf.add(z, branch(nudged ? nudgedRows(whole(), nudged) : spec.plainWeights ? bare(whole()) : normed(spec, params, norm, z)));
  return normalise(spec, affine(params, norm), tf.add(z, branch(nudged ? nudgedRows(z, nudged) : bare(z))));
}

/** Rows with the whole norm in them: its factors, folded into the layers behind it, would be missing from the gradient. */
function nudgedRows(rows: tf.Tensor2D, { by, tap }: Nudged): Source {
  tap(rows);
  return bare(tf.add(rows, by));
}

/** Attention and MLP of the same rows, added up (Dehghani et al. 2023): [T·B, D] → [T·B, D]. */
function both(x: Source, attention: (x: Source) => tf.Tensor2D, perceptron: (x: Source) => tf.Tensor2D): tf.Tensor2D {
  const rows = x.rows();
  const once: Source = { rows: () => rows, fold: (layer) => x.fold(layer) };
  return tf.add(attention(once), perceptron(once));
}

/** How one looks into an attention, and changes it. */
interface Opening {
  readonly open: boolean;
  readonly nudge: tf.Tensor | undefined;
  /** [B, 1, D]: with what the output of each head is multiplied. */
  readonly factors: tf.Tensor | undefined;
}

/** Of a mask [B, L, H], one layer's factor for each channel: [B, 1, D]. */
function factorsOf({ heads: H, width: D }: ViTSpec, mask: tf.Tensor3D, layer: number): tf.Tensor {
  const B = mask.shape[0];
  const one = tf.reshape(tf.slice(mask, [0, layer, 0], [B, 1, H]), [B, H, 1]);
  return tf.reshape(tf.mul(one, tf.ones([1, 1, D / H])), [B, 1, D]);
}

/** softmax(QKᵀ/√d)V of every head → projection: rows [T·B, D] → [T·B, D], and `open` its weights [B, H, T, T]. */
function selfAttention(pass: BlockPass, source: Source, { open, nudge, factors }: Opening): { out: tf.Tensor2D; weights?: tf.Tensor } {
  const { spec, params, B, block } = pass;
  const D = spec.width;
  const layers = layersOf(pass);
  const x = source.rows(); // [T·B, D]
  const part = (i: number): Dense => source.fold({ kernel: tf.slice(layers.qkv.kernel, [0, i * D], [D, D]), bias: layers.qkv.bias && tf.slice(layers.qkv.bias, [i * D], [D]) });
  const [q, k, v] = [sharpened(spec, params, block, part(0)), part(1), part(2)];
  // The weights of a query add up to 1, so a value's bias comes out as it went in: it is added behind the projection. The
  // gradient of a weight by itself, whatever the others do, has it in it, and so has the output of a head.
  const whole = Boolean(spec.plainWeights ?? nudge ?? factors);
  const values = whole ? linear(x, v.kernel, v.bias) : tf.matMul<tf.Tensor2D>(x, v.kernel);
  const rows = [query(pass, layers.norms, x, q), key(pass, layers.norms, x, k), values] as const; // [T·B, D]
  const bias = scoreBias(pass); // [H, T, T]
  tapHeads(pass, layers.norms, x, { q, plainQuery: () => part(0), k, v, bias });
  const opened = open || nudge ? attendOpenly(...rows, spec.heads, B, { nudge, bias }) : undefined;
  const mixed = dropped(opened?.mixed ?? attend(...rows, spec.heads, B, bias), factors, B); // [T·B, D]
  pass.peek('mixed', () => byImageOf(pass, carryValues(mixed, whole ? undefined : v.bias)));
  const projection = scaled(pass, layers.scales[0], carrying(whole ? undefined : v.bias, layers.proj));
  const out = drop(pass, scaledRows(pass, layers.scales[0], linear(mixed, projection.kernel, projection.bias)), `${block}.attn.proj_drop`);
  return { out, ...(opened && { weights: opened.weights }) };
}

/** The layers of a block wherever they stand, and the names of its norms for heads and of its layer scales. */
interface BlockLayers {
  readonly qkv: Dense;
  readonly proj: Dense;
  readonly fc1: () => Dense;
  readonly fc2: Dense;
  readonly norms: string;
  readonly scales: readonly [attention: string, mlp: string];
}

/** In parallel blocks the layers that read the same rows are one: first the MLP's, then queries, keys and values. */
function layersOf({ spec, params, block }: BlockPass): BlockLayers {
  const layer = (name: string): Dense => dense(params, `${block}.${name}`);
  if (!spec.parallelBlocks)
    return { qkv: layer('attn.qkv'), proj: layer('attn.proj'), fc1: () => layer('mlp.fc1'), fc2: layer('mlp.fc2'), norms: `${block}.attn`, scales: [`${block}.ls1`, `${block}.ls2`] };
  const { kernel, bias } = layer('in_proj'); // [D, M + 3D]
  const { width: D, mlpWidth: M } = spec;
  const cut = (from: number, size: number): Dense => ({ kernel: tf.slice(kernel, [0, from], [D, size]), bias: bias && tf.slice(bias, [from], [size]) });
  const fc1 = (): Dense => (bias ? cut(0, M) : { ...cut(0, M), bias: get(params, `${block}.mlp_bias`) });
  return { qkv: cut(M, 3 * D), proj: layer('attn_out_proj'), fc1, fc2: layer('mlp_out_proj'), norms: block, scales: [`${block}.ls`, `${block}.ls`] };
}

/** What is added to the scores of all images, [H, T, T]: relative positions, and what keeps a token from itself. */
function scoreBias({ spec, params, T, block }: BlockPass): tf.Tensor | undefined {
  const positions = spec.posEmbed === 'relative' ? relativeBias(spec, get(params, relativeTable(block))) : undefined;
  const others = withoutSelf(spec, T);
  return positions && others ? tf.add(positions, others) : (positions ?? others);
}

/** Queries as rows [T·B, D]. */
function query(pass: Pass, norms: string, x: tf.Tensor2D, { kernel, bias }: Dense): tf.Tensor2D {
  return placed(pass, `${norms}.q_norm`, linear(x, kernel, bias));
}

/** Keys as rows. A bias adds the same to all scores of a query, which the softmax takes away again, where nothing comes between. */
function key(pass: Pass, norms: string, x: tf.Tensor2D, { kernel, bias }: Dense): tf.Tensor2D {
  const between = pass.spec.qkNorm || pass.spec.posEmbed === 'rope';
  return placed(pass, `${norms}.k_norm`, linear(x, kernel, between ? bias : undefined));
}

/** Queries or keys as they are compared: through their norm, and turned by their place. */
function placed({ spec, params }: Pass, norm: string, rows: tf.Tensor2D): tf.Tensor2D {
  const own = spec.qkNorm ? normedHeads(spec, params, norm, rows) : rows;
  return spec.posEmbed === 'rope' ? rotated(own, { cos: get(params, 'rope.cos'), sin: get(params, 'rope.sin') }) : own;
}

/** A norm over the channels of each head (Dehghani et al. 2023): rows [T·B, D] → [T·B, D]. */
function normedHeads(spec: ViTSpec, params: DeviceParams, name: string, rows: tf.Tensor2D): tf.Tensor2D {
  const heads = tf.reshape<tf.Rank.R2>(rows, [-1, spec.width / spec.heads]); // [T·B·H, d]
  return tf.reshape(normalise(spec, affine(params, name), heads), rows.shape);
}

/** A layer with its bias moved by what a bias before it comes to. */
function carrying(before: tf.Tensor1D | undefined, { kernel, bias }: Dense): Dense {
  if (!before) return { kernel, bias };
  const [I, O] = kernel.shape;
  const carried = tf.reshape<tf.Rank.R1>(tf.matMul(tf.reshape(before, [1, I]), kernel), [O]); // [O]
  return { kernel, bias: bias ? tf.add<tf.Tensor1D>(bias, carried) : carried };
}

/** A layer with its outputs multiplied by the layer scale γ (Touvron et al. 2021, CaiT), where there is one. */
function scaled({ spec, params }: Pass, name: string, { kernel, bias }: Dense): Dense {
  if (spec.initValues === 0 || spec.plainWeights) return { kernel, bias };
  const gamma = get<tf.Tensor1D>(params, `${name}.gamma`);
  return { kernel: tf.mul(kernel, gamma), bias: bias && tf.mul(bias, gamma) };
}

/** What `scaled` leaves to the outputs of a layer, [R, D]. */
function scaledRows({ spec, params }: Pass, name: string, rows: tf.Tensor2D): tf.Tensor2D {
  return spec.initValues !== 0 && spec.plainWeights ? tf.mul(rows, get<tf.Tensor1D>(params, `${name}.gamma`)) : rows;
}

/** Two linear layers with the activation between: rows [T·B, D] → [T·B, D]. */
function mlp(pass: BlockPass, source: Source): tf.Tensor2D {
  const { block } = pass;
  const layers = layersOf(pass);
  const fc1 = layers.fc1();
  const fc2 = scaled(pass, layers.scales[1], layers.fc2);
  const out = feedForward(pass.spec, source, { fc1, fc2, drop: (hidden) => drop(pass, hidden, `${block}.mlp.drop1`), seen: (hidden) => pass.peek('hidden', () => byImageOf(pass, hidden())) });
  return drop(pass, scaledRows(pass, layers.scales[1], out), `${block}.mlp.drop2`);
}

/** Queries, keys and values of each head, and the scores that the softmax reads, where they are wished: with all their biases. */
function tapHeads(pass: BlockPass, norms: string, x: tf.Tensor2D, { q, plainQuery, k, v, bias }: { readonly q: Dense; readonly plainQuery: () => Dense; readonly k: Dense; readonly v: Dense; readonly bias: tf.Tensor | undefined }): void {
  const { spec: { heads: H }, B } = pass;
  const keys = (): tf.Tensor2D => placed(pass, `${norms}.k_norm`, linear(x, k.kernel, k.bias));
  pass.peek('queries', () => toHeads(query(pass, norms, x, plainQuery()), H, B));
  pass.peek('keys', () => toHeads(keys(), H, B));
  pass.peek('values', () => toHeads(linear(x, v.kernel, v.bias), H, B));
  pass.peek('scores', () => attentionScores(query(pass, norms, x, q), keys(), H, B, bias));
}

/** Rows [T·B, W] image by image: [B, T, W]. */
function byImageOf({ T, B }: Pass, rows: tf.Tensor2D): tf.Tensor {
  return tf.transpose(tf.reshape(rows, [T, B, -1]), [1, 0, 2]);
}

function carryValues(mixed: tf.Tensor2D, bias: tf.Tensor1D | undefined): tf.Tensor2D {
  return bias ? tf.add(mixed, bias) : mixed;
}

/** Dropout or drop path of this name, where there is one. */
function drop({ noise, B }: Pass, rows: tf.Tensor2D, name: string): tf.Tensor2D {
  return dropped(rows, noise[name], B);
}
