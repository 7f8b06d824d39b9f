import { randomAt, type Random } from '../random';
import type { FloatTensor, TensorMap } from '../tensors';
import { mixerDraw, mixerShapes } from './mixerParams';
import { relativeDistances, relativeTable } from './relativeParams';
import { initResnetParam, resnetParamSpecs } from './resnetParams';
import { backboneFeatures, backboneShapes } from './resnetv2Params';
import { backboneStride, hiddenWidth, pooledWidth, positionCount, type ViTSpec } from './spec';
import { tuned, type TunedSpec } from './tuning';

/** One parameter, by timm's name and in timm's layout. */
export interface ParamSpec {
  readonly name: string;
  readonly shape: readonly number[];
  /** False for what AdamW must not decay: 1-D parameters (biases, norms) and embeddings. */
  readonly decay: boolean;
  /** False for running statistics: they follow the batches without a gradient, and no optimizer touches them. */
  readonly trained: boolean;
}

/**
 * Every parameter of the network, in timm's order, with timm's names and layouts (`vision_transformer.py`): linear
 * weights [out, in], patch projection [D, C, P, P]. A sinusoidal position embedding is no parameter. With average
 * pooling the last norm is `fc_norm` (unless `fcNorm` says otherwise) and there is no class token, as
 * `VisionTransformer(class_token=False, global_pool='avg')` has it. The parts of the Compact Convolutional Transformer
 * (Hassani et al. 2021) have its names, those of a distilled DeiT the ones of timm's `deit.py`.
 */
export function paramSpecs(spec: ViTSpec): readonly ParamSpec[] {
  if (spec.architecture === 'resnet') return resnetParamSpecs(spec);
  if (spec.architecture === 'mixer') return mixerShapes(spec).map(([name, shape]) => param(name, shape));
  const { width: D, classes: K } = spec;
  const norm = (name: string): ParamSpec[] => normSpecs(spec, name, D);
  return [
    ...(spec.classToken ? [param('cls_token', [1, 1, D])] : []),
    ...(spec.regTokens > 0 ? [param('reg_token', [1, spec.regTokens, D])] : []),
    ...(spec.posEmbed === 'learned' ? [param('pos_embed', [1, positionCount(spec), D])] : []),
    ...(spec.distilled ? [param('dist_token', [1, 1, D])] : []),
    ...projectionSpecs(spec),
    ...(spec.preNorm ? norm('norm_pre') : []),
    ...Array.from({ length: spec.depth }, (_, i) => blockSpecs(spec, `blocks.${i}`)).flat(),
    ...(spec.fcNorm ? [] : norm('norm')),
    ...(spec.pool === 'seq' ? weightAndBias('attention_pool', [1, D]) : []),
    ...(spec.pool === 'map' ? mapSpecs(spec) : []),
    ...(spec.fcNorm ? norm('fc_norm') : []),
    ...(K > 0 ? weightAndBias('head', [K, pooledWidth(spec)]) : []),
    ...(K > 0 && spec.distilled ? weightAndBias('head_dist', [K, D]) : []),
  ];
}

/** The layer from pixels to tokens, and what stands before it. */
function projectionSpecs(spec: ViTSpec): ParamSpec[] {
  if (spec.projection === 'conv_stem') return stemSpecs(spec);
  const inputs = projectionInputs(spec);
  return [
    ...(spec.projection === 'resnetv2' ? backboneShapes(spec).map(([name, shape]) => param(name, shape)) : []),
    ...(spec.projection === 'shifted_patches' ? normSpecs(spec, 'patch_embed.norm', inputs[0]) : []),
    ...weightAndBias('patch_embed.proj', [spec.width, ...inputs], !spec.preNorm),
  ];
}

/** What a patch brings to the projection: [C, P₁, P₂], of a hybrid in features and their positions; all in one where patches are shifted. */
function projectionInputs(spec: ViTSpec): readonly [number, ...number[]] {
  const { channels: C, patchSize: [P1, P2] } = spec;
  if (spec.projection === 'shifted_patches') return [5 * C * P1 * P2];
  if (spec.projection !== 'resnetv2') return [C, P1, P2];
  const stride = backboneStride(spec.layers);
  return [backboneFeatures(spec), P1 / stride, P2 / stride];
}

/** The convolutions of the Compact Convolutional Transformer, by the names of its authors' code; they have no bias. */
function stemSpecs({ stem, channels }: ViTSpec): ParamSpec[] {
  return stem.map((made, i) => param(`tokenizer.conv_layers.${i}.0.weight`, [made, stem[i - 1] ?? channels, 3, 3]));
}

function blockSpecs(spec: ViTSpec, block: string): ParamSpec[] {
  if (spec.parallelBlocks) return parallelSpecs(spec, block);
  const { width: D, mlpWidth: M, qkvBias, projBias } = spec;
  const layerScale = (name: string): ParamSpec[] => (spec.initValues > 0 ? [param(`${block}.${name}.gamma`, [D])] : []);
  const headNorm = (name: string): ParamSpec[] => (spec.qkNorm ? normSpecs(spec, `${block}.attn.${name}`, D / spec.heads) : []);
  return [
    ...normSpecs(spec, `${block}.norm1`, D),
    ...weightAndBias(`${block}.attn.qkv`, [3 * D, D], qkvBias),
    ...headNorm('q_norm'),
    ...headNorm('k_norm'),
    ...(spec.posEmbed === 'relative' ? [param(relativeTable(block), [relativeDistances(spec), spec.heads])] : []),
    ...(spec.attention === 'locality' ? [param(`${block}.attn.scale`, [spec.heads])] : []),
    ...weightAndBias(`${block}.attn.proj`, [D, D], projBias),
    ...layerScale('ls1'),
    ...normSpecs(spec, `${block}.norm2`, D),
    ...weightAndBias(`${block}.mlp.fc1`, [M, D], projBias),
    ...weightAndBias(`${block}.mlp.fc2`, [D, hiddenWidth(spec)], projBias),
    ...layerScale('ls2'),
  ];
}

/** timm's `ParallelScalingBlock`. */
function parallelSpecs(spec: ViTSpec, block: string): ParamSpec[] {
  const { width: D, mlpWidth: M, qkvBias, projBias } = spec;
  const headNorm = (name: string): ParamSpec[] => (spec.qkNorm ? normSpecs(spec, `${block}.${name}`, D / spec.heads) : []);
  return [
    ...(qkvBias ? [] : [param(`${block}.mlp_bias`, [M])]),
    ...normSpecs(spec, `${block}.in_norm`, D),
    ...weightAndBias(`${block}.in_proj`, [M + 3 * D, D], qkvBias),
    ...headNorm('q_norm'),
    ...headNorm('k_norm'),
    ...weightAndBias(`${block}.attn_out_proj`, [D, D], projBias),
    ...weightAndBias(`${block}.mlp_out_proj`, [D, M], projBias),
    ...(spec.initValues > 0 ? [param(`${block}.ls.gamma`, [D])] : []),
  ];
}

/** timm's `AttentionPoolLatent`. */
function mapSpecs(spec: ViTSpec): ParamSpec[] {
  const { width: D } = spec;
  return [
    param('attn_pool.latent', [1, 1, D]),
    ...weightAndBias('attn_pool.q', [D, D]),
    ...weightAndBias('attn_pool.kv', [2 * D, D]),
    ...weightAndBias('attn_pool.proj', [D, D]),
    ...normSpecs(spec, 'attn_pool.norm', D),
    ...weightAndBias('attn_pool.mlp.fc1', [spec.mlpWidth, D]),
    ...weightAndBias('attn_pool.mlp.fc2', [D, spec.mlpWidth]),
  ];
}

function normSpecs({ norm }: ViTSpec, name: string, width: number): ParamSpec[] {
  return weightAndBias(name, [width], norm === 'layernorm');
}

function weightAndBias(name: string, weight: readonly [number, ...number[]], bias = true): ParamSpec[] {
  return [param(`${name}.weight`, weight), ...(bias ? [param(`${name}.bias`, [weight[0]])] : [])];
}

/** timm's `no_weight_decay`. */
const embeddings = new Set(['cls_token', 'dist_token', 'reg_token', 'pos_embed']);

function param(name: string, shape: readonly number[]): ParamSpec {
  return { name, shape, decay: shape.length > 1 && !embeddings.has(name), trained: true };
}

/** The same parameters as a training sees them: which of them are frozen, and how fast the others learn. */
export function tunedSpecs(spec: ViTSpec): readonly TunedSpec[] {
  return tuned(paramSpecs(spec), spec.tuning);
}

/** The parameters that the optimizer moves. */
export function trainedSpecs(spec: ViTSpec): readonly TunedSpec[] {
  return tunedSpecs(spec).filter(({ trained }) => trained);
}

/** Those of a state that a step changes, the running statistics included. */
export function updatedOnly(spec: ViTSpec, tensors: TensorMap): TensorMap {
  return new Map(tunedSpecs(spec).flatMap(({ name, updated }) => (updated && tensors.has(name) ? [[name, tensors.get(name)!]] : [])));
}

/** A moment of AdamW before the first step: zeros for each parameter that is trained. */
export function zeroMoments(spec: ViTSpec): TensorMap {
  return new Map(trainedSpecs(spec).map(({ name, shape }) => [name, { shape, data: new Float32Array(sizeOf(shape)) }]));
}

/** Whether a name is that of a running statistic, which has no moments. */
export function isBuffer(name: string): boolean {
  return /\.running_(mean|var)$/.test(name);
}

/** Number of parameters in all; running statistics are none. */
export function countParams(spec: ViTSpec): number {
  return valuesIn(paramSpecs(spec).filter(({ trained }) => trained));
}

/** Number of those that are trained. */
export function countTrained(spec: ViTSpec): number {
  return valuesIn(trainedSpecs(spec));
}

function valuesIn(specs: readonly ParamSpec[]): number {
  return specs.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
}

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, side) => product * side, 1);
}

/**
 * Fresh weights, drawn as timm's `VisionTransformer.init_weights('')` draws them: linear weights, the head included,
 * from N(0, 0.02²) truncated at ±2 (a hundred standard deviations, so in effect not truncated) and biases 0;
 * `pos_embed` and `dist_token` the same; `cls_token` and `reg_token` N(0, 1e-6²); norms 1 and 0; layer scales at their
 * `init_values`; the patch projection as PyTorch's `Conv2d` does by default, weight and bias uniform in ±1/√fan_in; the
 * convolutions of a stem from N(0, 2/fan_in) (He et al. 2015), those of a ResNet before the blocks from N(0, 2/fan_out); the factor of
 * locality attention at 1/√d; the second half of SwiGLU's first layer N(0, 1e-6²) with bias 1; the query of
 * attention pooling from N(0, 1/D) truncated at two standard deviations. Each parameter has its own stream of random
 * numbers, so that adding one does not change the others.
 */
export function initParams(spec: ViTSpec, seed: number): TensorMap {
  if (spec.architecture === 'resnet') return new Map(paramSpecs(spec).map((p) => [p.name, initResnetParam(spec, p, seed)]));
  return new Map(paramSpecs(spec).map((p) => [p.name, initParam(spec, p, randomAt(seed, 'init', p.name))]));
}

function initParam(spec: ViTSpec, { name, shape }: ParamSpec, random: Random): FloatTensor {
  const data = new Float32Array(sizeOf(shape));
  const fill = (draw: (x: number, i: number) => number): FloatTensor => ({ shape, data: data.map(draw) });
  if (spec.architecture === 'mixer') return fill(mixerDraw([name, shape], random));
  if (name.startsWith('patch_embed.proj.')) return fill(() => (2 * random.next() - 1) / Math.sqrt(sizeOf(projectionInputs(spec))));
  if (/^patch_embed\.backbone\..*conv\d?\./.test(name)) return fill(() => Math.sqrt(2 / (data.length / shape[1]!)) * random.normal());
  if (name.endsWith('.attn.scale')) return fill(() => Math.sqrt(spec.heads / spec.width));
  if (name.startsWith('tokenizer.')) return fill(() => Math.sqrt(2 / sizeOf(shape.slice(1))) * random.normal());
  if (name === 'cls_token' || name === 'reg_token') return fill(() => 1e-6 * random.normal());
  if (name === 'attn_pool.latent') return fill(() => truncated(random, spec.width ** -0.5, 2 * spec.width ** -0.5));
  if (/norm(\d|_pre)?\.weight$/.test(name)) return fill(() => 1);
  if (name.endsWith('.gamma')) return fill(() => spec.initValues);
  const late = spec.mlp === 'swiglu' && /^blocks\..*\.mlp\.fc1\./.test(name) ? (i: number) => i >= data.length / 2 : () => false;
  if (name.endsWith('bias')) return fill((_, i) => (late(i) ? 1 : 0));
  return fill((_, i) => (late(i) ? 1e-6 * random.normal() : truncated(random, 0.02, 2)));
}

/** From N(0, deviation²), without what is further from 0 than `limit`. */
function truncated(random: Random, deviation: number, limit: number): number {
  for (;;) {
    const value = deviation * random.normal();
    if (Math.abs(value) <= limit) return value;
  }
}
