import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import type { TapWish } from '../../../src/engine/compile/executor';
import { sizeOf, type Graph } from '../../../src/engine/compile/graph';
import { groupsOf, pack, unpack } from '../../../src/engine/compile/groups';
import { fromKernels, toKernels } from '../../../src/engine/compile/layout';
import { optimise } from '../../../src/engine/compile/passes/pipeline';
import { traceForward, traceStep } from '../../../src/engine/compile/programs';
import { gradients, look } from '../../../src/engine/compile/step';
import { configSchema } from '../../../src/engine/config/schema';
import { blockTapsOf, endTapsOf, type InsideTap } from '../../../src/engine/model/inside';
import { drawMask, noiseSpecs } from '../../../src/engine/model/noise';
import { initParams, isBuffer } from '../../../src/engine/model/params';
import { fixedTables } from '../../../src/engine/model/positions';
import { hasAttention, outputWidth, vitSpec, type ViTSpec } from '../../../src/engine/model/spec';
import { randomAt, type Random } from '../../../src/engine/random';
import type { FloatTensor, TensorMap } from '../../../src/engine/tensors';
import { relativeError } from '../../fixtures/golden';
import type { Given, Result } from './onnx/run';

/** What two float32 implementations that sum in another order may be apart: the project's bound for compiled gradients. */
export const TOLERANCE = 2e-5;

/** A small network with the parts that a test asks for, for images of 12 × 12 and 5 classes. */
export function smallNetwork(parts: object): { readonly spec: ViTSpec; readonly params: TensorMap } {
  const model = { embed_dim: 16, depth: 2, num_heads: 2, patch_size: 4, ...parts };
  const config = configSchema.parse({ dataset: { format: 'shapes' }, image: { size: 12 }, model });
  const spec = vitSpec(config.image, config.model, 5);
  // Beginnings of zero and one would hide what is added to them or multiplied by them.
  const params = new Map([...initParams(spec, 1)].map(([name, { shape, data }], i) => [name, { shape, data: data.map((x, k) => x + 0.1 * Math.sin(k + i)) }]));
  return { spec, params };
}

/** What a property draws; small, so that a counterexample can be read. */
export interface Drawn {
  readonly image: { readonly size: readonly number[]; readonly channels: number };
  readonly model: object;
  readonly classes: number;
  readonly batch: number;
  readonly seed: number;
}

const common = { channels: fc.constantFrom(1, 3), classes: fc.integer({ min: 2, max: 6 }), seed: fc.integer({ min: 0, max: 1000 }) };

/** The parts in which networks of the family differ from the paper's. */
const parts = fc.record({
  reg_tokens: fc.integer({ min: 0, max: 2 }),
  class_token: fc.boolean(),
  distilled: fc.boolean(),
  no_embed_class: fc.boolean(),
  pre_norm: fc.boolean(),
  pool_include_prefix: fc.boolean(),
  fc_norm: fc.boolean(),
  mlp_layer: fc.constantFrom('mlp', 'swiglu'),
  norm_layer: fc.constantFrom('layernorm', 'rmsnorm'),
  norm_eps: fc.constantFrom(1e-6, 1e-3),
  norm_first: fc.boolean(),
  parallel_blocks: fc.boolean(),
  qk_norm: fc.boolean(),
  qkv_bias: fc.boolean(),
  proj_bias: fc.boolean(),
  init_values: fc.constantFrom(0, 0.5),
});

/** What does not go together with a pooling is left out. */
function fitting(given: { class_token: boolean; distilled: boolean; fc_norm: boolean; reg_tokens: number; parallel_blocks: boolean; mlp_layer: string; norm_first: boolean }, { global_pool: pool, pos_embed: positions }: { global_pool: string; pos_embed: string }): object {
  const distilled = given.distilled && pool === 'token' && positions !== 'relative';
  const token = pool === 'token' || pool === 'token_avg';
  const parallel = given.parallel_blocks && given.mlp_layer === 'mlp' && given.norm_first && positions !== 'relative';
  return { ...given, parallel_blocks: parallel, distilled, class_token: token || given.class_token, fc_norm: given.fc_norm && (pool === 'token' || pool === 'avg'), reg_tokens: distilled || positions === 'relative' ? 0 : given.reg_tokens };
}

const transformers = fc
  .record({
    ...common,
    batch: fc.integer({ min: 1, max: 5 }),
    grid: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
    side: fc.integer({ min: 1, max: 4 }),
    heads: fc.integer({ min: 1, max: 3 }),
    headWidth: fc.constantFrom(2, 4, 8),
    model: fc.record({
      depth: fc.integer({ min: 1, max: 3 }),
      mlp_ratio: fc.constantFrom(1, 2, 4),
      act_layer: fc.constantFrom('gelu', 'relu', 'gelu_tanh', 'quick_gelu', 'silu'),
      global_pool: fc.constantFrom('token', 'avg', 'seq', 'map', 'token_avg'),
      pos_embed: fc.constantFrom('learned', 'sincos1d', 'sincos2d', 'none', 'rope', 'relative'),
      projection: fc.constantFrom('linear', 'conv', 'conv_stem', 'shifted_patches'),
      attention: fc.constantFrom('global', 'global', 'locality'),
      stem_dim: fc.constantFrom(3, 16),
      drop_rate: fc.constantFrom(0, 0.2),
      drop_path_rate: fc.constantFrom(0, 0.3),
      patch_drop_rate: fc.constantFrom(0, 0.5),
    }),
    // Half of the networks are plain; the others have parts of the family.
    parts: fc.option(parts),
  })
  .map(({ grid, side, heads, headWidth, channels, model, parts: given, ...rest }): Drawn => {
    // A stem of convolutions halves the image: its patches are powers of 2.
    const patch = model.projection === 'conv_stem' ? 2 ** (side % 3) * 2 : model.projection === 'shifted_patches' ? side + 1 : side;
    // sincos2d needs a width that four divides, rotary positions a head's.
    const width = heads * headWidth * (headWidth === 2 ? 2 : 1);
    return { ...rest, image: { size: grid.map((count) => count * patch), channels }, model: { ...model, ...(given && fitting(given, model)), ...(model.pos_embed === 'relative' && { patch_drop_rate: 0 }), ...(model.attention === 'locality' && { qk_norm: false, parallel_blocks: false }), patch_size: patch, num_heads: heads, embed_dim: width } };
  });

/**
 * Of 9 to 12 pixels, so that the last stage has 2 × 2 positions, and of 4 images and more: BatchNorm divides by a deviation
 * over 16 numbers at least. Over two or three it may be near zero, and what is divided by it is rounding. And of 6 channels
 * and more: the next norm takes away what a bias adds to its channel, but for the edges, and where all of two channels are so,
 * what is left is rounding, too (up to 2e-5 with 2 channels, 4e-6 with 8). So it is with the head's bias and two classes, where
 * what is too much for some images is too little for others.
 */
const resnets = fc
  .record({ ...common, classes: fc.integer({ min: 4, max: 6 }), batch: fc.integer({ min: 4, max: 5 }), size: fc.tuple(fc.integer({ min: 9, max: 12 }), fc.integer({ min: 9, max: 12 })), width: fc.integer({ min: 6, max: 8 }), layout: fc.constantFrom({}, { block: 'bottleneck', layers: [1, 1, 1] }, { stem_type: 'imagenet', layers: [2] }) })
  .map(({ size, width, layout, channels, ...rest }): Drawn => ({ ...rest, image: { size, channels }, model: { architecture: 'resnet', embed_dim: width, ...layout } }));

/** A ResNet before the blocks normalises over 16 numbers at least, as the networks above. */
const hybrids = fc
  .record({ ...common, batch: fc.integer({ min: 1, max: 3 }), layers: fc.constantFrom([], [1], [2]), patch: fc.constantFrom(4, 8), global_pool: fc.constantFrom('token', 'avg'), pre_norm: fc.boolean() })
  .map(({ layers, patch, global_pool, pre_norm, channels, ...rest }): Drawn => ({ ...rest, image: { size: [16, 24], channels }, model: { projection: 'resnetv2', stem_dim: 32, layers, patch_size: patch, depth: 1, num_heads: 2, embed_dim: 8, global_pool, pre_norm } }));

const mixers = fc
  .record({
    ...common,
    batch: fc.integer({ min: 1, max: 5 }),
    grid: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
    model: fc.record({
      patch_size: fc.integer({ min: 1, max: 4 }), embed_dim: fc.constantFrom(4, 7, 16), depth: fc.integer({ min: 1, max: 3 }), mlp_ratio: fc.constantFrom(1, 2), token_mlp_ratio: fc.constantFrom(0.5, 1.5),
      act_layer: fc.constantFrom('gelu', 'relu', 'silu'), norm_layer: fc.constantFrom('layernorm', 'rmsnorm'), projection: fc.constantFrom('linear', 'conv'), drop_rate: fc.constantFrom(0, 0.2), drop_path_rate: fc.constantFrom(0, 0.3),
    }),
  })
  .map(({ grid, model, channels, ...rest }): Drawn => ({ ...rest, image: { size: grid.map((count) => count * model.patch_size), channels }, model: { architecture: 'mixer', ...model } }));

/** Networks of every kind that the configuration allows, small enough to compute with plain JavaScript. */
export const networks: fc.Arbitrary<Drawn> = fc.oneof({ weight: 6, arbitrary: transformers }, { weight: 2, arbitrary: resnets }, { weight: 1, arbitrary: hybrids }, { weight: 2, arbitrary: mixers });

/** One image of one patch: all rows are single ones, which runtimes take for biases. */
export const single: Drawn = { image: { size: [1, 1], channels: 1 }, model: { depth: 1, num_heads: 1, embed_dim: 4, patch_size: 1, global_pool: 'seq' }, classes: 4, batch: 1, seed: 411 };

/** A network with weights, and a batch for it. */
export interface Network {
  readonly spec: ViTSpec;
  readonly params: TensorMap;
  readonly images: FloatTensor;
  readonly targets: FloatTensor;
  readonly noise: Readonly<Record<string, FloatTensor>>;
  /** Of the logits, for the gradients with respect to the attention. */
  readonly cotangent: FloatTensor;
}

export function networkOf({ image, model, classes, batch, seed }: Drawn): Network {
  const config = configSchema.parse({ image, model });
  const spec = vitSpec(config.image, config.model, classes);
  const random = randomAt(seed, 'property');
  const draw = (shape: readonly number[]): FloatTensor => ({ shape, data: Float32Array.from({ length: sizeOf(shape) }, () => random.normal()) });
  const params = new Map([...initParams(spec, seed)].map(([name, tensor]) => [name, moved(name, tensor, random)]));
  const targets = { shape: [batch, classes], data: Float32Array.from({ length: batch * classes }, (_, i) => Number(i % (classes + 1) === 0)) };
  const noise = Object.fromEntries(noiseSpecs(spec, batch).map((mask) => [mask.name, drawMask(mask, seed, 1)]));
  return { spec, params, images: draw([batch, ...spec.imageSize, image.channels]), targets, noise, cotangent: draw([batch, outputWidth(spec)]) };
}

/** Fresh weights are small, and biases zero, which would hide what is multiplied by them. A variance stays above zero. */
function moved(name: string, { shape, data }: FloatTensor, random: Random): FloatTensor {
  return { shape, data: data.map((x) => (name.endsWith('running_var') ? x * Math.exp(0.2 * random.normal()) : x + 0.2 * random.normal())) };
}

/** The same network with one weight, the largest of its head, off by 1 %: what a comparison has to see. */
export function withWeightOff(network: Network): Network {
  const [name, { shape, data }] = [...network.params].find(([one]) => one === 'head.weight' || one === 'fc.weight')!;
  const largest = data.reduce((at, x, i) => (Math.abs(x) > Math.abs(data[at]!) ? i : at), 0);
  return { ...network, params: new Map([...network.params, [name, { shape, data: data.map((x, i) => (i === largest ? x * 1.01 : x)) }]]) };
}

/** A compiler's back end: the passes for it, and its runtime. */
export interface Emitter {
  readonly target: 'onnx' | 'tensorflow';
  run(graph: Graph, feeds: Readonly<Record<string, Given>>): Readonly<Record<string, Result>> | Promise<Readonly<Record<string, Result>>>;
}

const fed = ({ shape, data }: FloatTensor): Given => ({ dtype: 'float32', shape, data: [...data], constant: false });
const eager = ({ shape, data }: FloatTensor): tf.Tensor => tf.tensor(data, [...shape]);
const each = <T>(tensors: Iterable<readonly [string, FloatTensor]>, make: (tensor: FloatTensor) => T, prefix = ''): Record<string, T> =>
  Object.fromEntries([...tensors].map(([name, tensor]) => [`${prefix}${name}`, make(tensor)]));

/**
 * The gradient of every parameter by the compiled graph, and the running statistics after the batch. With no gradient so
 * far and a share of 1, the part `add` of a step gives them as they are.
 */
export async function compiledGradients({ spec, params, images, targets, noise }: Network, { target, run }: Emitter, change = (graph: Graph): Graph => graph): Promise<TensorMap> {
  const packed = pack(spec, params);
  const trained = groupsOf(spec).filter((group) => group.trained);
  const zeros = trained.map(({ name, size }) => [name, { shape: [size], data: new Float32Array(size) }] as const);
  const graph = change(optimise(traceStep(spec, configSchema.parse({}).train, { batch: images.shape[0]!, part: 'add' }), target));
  // Not a state, which TensorFlow would keep in a variable: outputs like any other.
  const outputs = graph.outputs.map(({ name, value }) => ({ name: name.replace('.next', '.sum'), value }));
  const given = { ...each(packed, fed, 'p.'), ...each(zeros, fed, 'g.'), ...each(Object.entries(noise), fed, 'noise.') };
  const results = await run({ ...graph, outputs }, { images: fed(images), targets: fed(targets), share: fed({ shape: [], data: Float32Array.of(1) }), ...given });
  return unpack(spec, new Map(groupsOf(spec).map((group) => [group.name, { shape: [group.size], data: Float32Array.from(results[`${group.trained ? 'g' : 'p'}.${group.name}.sum`]!.data) }])));
}

/** The same by TensorFlow.js, op by op on the backend that is set. */
export function eagerGradients({ spec, params, images, targets, noise }: Network): TensorMap {
  const input = { images: eager(images) as tf.Tensor4D, targets: eager(targets) as tf.Tensor2D, noise: each(Object.entries(noise), eager) };
  const { grads, buffers } = gradients(spec, each(toKernels(params), eager), constantsOf(spec), input);
  const read = (tensor: tf.Tensor): FloatTensor => ({ shape: tensor.shape, data: tensor.dataSync() as Float32Array });
  return fromKernels(new Map([...Object.entries(grads), ...Object.entries(buffers)].map(([name, tensor]) => [name, read(tensor)])));
}

/** All that a network has inside and around its blocks. */
export const insideOf = (spec: ViTSpec): InsideTap[] => [...endTapsOf(spec), ...blockTapsOf(spec).flatMap((tap) => Array.from({ length: spec.depth }, (_, i): InsideTap => `${tap}.${i}`))];

/** All taps that a network has. */
const tapsOf = (spec: ViTSpec): TapWish => ({
  features: true,
  summaries: true,
  ...(spec.depth > 0 && { tokens: true, lens: true }),
  ...(hasAttention(spec) && { attention: true, attentionGradients: true, attentionInputs: [spec.depth - 1], inside: insideOf(spec), headMask: true }),
});

/** Another factor for every head of every image. */
function factorsOf(spec: ViTSpec, images: FloatTensor): FloatTensor {
  const shape = [images.shape[0]!, spec.depth, spec.heads];
  return { shape, data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => (i % 5) / 4) };
}

/** Logits and all taps, the gradients with respect to the attention among them, by the compiled graph. */
export async function compiledForward({ spec, params, images, cotangent }: Network, { target, run }: Emitter): Promise<ReadonlyMap<string, ArrayLike<number>>> {
  const graph = optimise(traceForward(spec, { batch: images.shape[0]!, taps: tapsOf(spec), packed: false }), target);
  const results = await run(graph, { images: fed(images), ...(hasAttention(spec) && { cotangent: fed(cotangent), heads: fed(factorsOf(spec, images)) }), ...each(toKernels(params), fed) });
  return new Map(Object.entries(results).map(([name, { data }]) => [name, data]));
}

/** The same by TensorFlow.js, op by op on the backend that is set. */
export function eagerForward({ spec, params, images, cotangent }: Network): ReadonlyMap<string, ArrayLike<number>> {
  const weights = { ...each(toKernels(params), eager), ...constantsOf(spec) };
  const { logits, taps } = look(spec, weights, eager(images) as tf.Tensor4D, tapsOf(spec), { cotangent: eager(cotangent) as tf.Tensor2D, heads: eager(factorsOf(spec, images)) as tf.Tensor3D });
  return new Map(Object.entries({ logits, ...taps }).map(([name, tensor]) => [name, tensor.dataSync()]));
}

/** Position tables that are not trained. */
function constantsOf(spec: ViTSpec): Record<string, tf.Tensor> {
  return each(fixedTables(spec), eager);
}

export interface Gap {
  readonly name: string;
  /** max|Δ| / max|expected| */
  readonly gap: number;
}

/**
 * What the gap of a gradient is measured by, at the least. The gradients for a norm of queries or keys and for the bias of a
 * head are sums whose terms cancel out for the most part (in three of 300 networks, the bias with two classes to a thousandth),
 * and rounding to that degree.
 */
function leastOf(name: string, largest: number): number {
  return /[qk]_norm|head\w*\.bias/.test(name) ? largest / 10 : 0;
}

/** The largest gap among gradients and statistics. A gradient that is zero in exact arithmetic (of what the softmax cancels) is rounding alone on both sides, and is left out. */
export function worstGradient(found: TensorMap, expected: TensorMap): Gap {
  const size = ({ data }: FloatTensor): number => data.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  const largest = Math.max(...[...expected].map(([name, tensor]) => (isBuffer(name) ? 0 : size(tensor))));
  const told = [...expected].filter(([, tensor]) => size(tensor) > largest * 1e-6);
  return worst(told.map(([name, tensor]) => ({ name, gap: relativeError(found.get(name)!.data, tensor.data) * Math.min(1, size(tensor) / leastOf(name, largest)) })));
}

/**
 * The gap at a network, or at other images where it is too large: a ReLU whose argument is zero but for rounding may be open
 * on one side and closed on the other (in one of 160 ResNets), and elsewhere is not. What a compiler does wrong it does there, too.
 */
export async function gapAt(network: Network, gapOf: (network: Network) => Promise<Gap>): Promise<Gap> {
  const found = await gapOf(network);
  if (found.gap < TOLERANCE) return found;
  const { shape, data } = network.images;
  return gapOf({ ...network, images: { shape, data: data.map((x) => x * 0.9) } });
}

/** The largest gap among logits and taps. */
export function worstOutput(found: ReadonlyMap<string, ArrayLike<number>>, expected: ReadonlyMap<string, ArrayLike<number>>): Gap {
  return worst([...expected].map(([name, data]) => ({ name, gap: relativeError(found.get(name)!, data) })));
}

function worst(gaps: readonly Gap[]): Gap {
  return gaps.reduce((most, one) => (one.gap > most.gap ? one : most), { name: 'all', gap: 0 });
}
