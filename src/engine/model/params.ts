import { randomAt, type Random } from '../random';
import type { FloatTensor, TensorMap } from '../tensors';
import { initResnetParam, resnetParamSpecs } from './resnetParams';
import { tokenCount, type ViTSpec } from './spec';

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
 * pooling the last norm is `fc_norm` and there is no class token, as `VisionTransformer(class_token=False,
 * global_pool='avg')` has it. The parts of the Compact Convolutional Transformer (Hassani et al. 2021) have its names.
 */
export function paramSpecs(spec: ViTSpec): readonly ParamSpec[] {
  if (spec.architecture === 'resnet') return resnetParamSpecs(spec);
  const { width: D, channels: C, classes: K } = spec;
  const [P1, P2] = spec.patchSize;
  return [
    ...(spec.pool === 'token' ? [param('cls_token', [1, 1, D])] : []),
    ...(spec.posEmbed === 'learned' ? [param('pos_embed', [1, tokenCount(spec), D])] : []),
    ...(spec.projection === 'conv_stem' ? stemSpecs(spec) : weightAndBias('patch_embed.proj', [D, C, P1, P2])),
    ...Array.from({ length: spec.depth }, (_, i) => blockSpecs(`blocks.${i}`, D, spec.mlpWidth)).flat(),
    ...weightAndBias(spec.pool === 'avg' ? 'fc_norm' : 'norm', [D]),
    ...(spec.pool === 'seq' ? weightAndBias('attention_pool', [1, D]) : []),
    ...weightAndBias('head', [K, D]),
  ];
}

/** The convolutions of the Compact Convolutional Transformer, by the names of its authors' code; they have no bias. */
function stemSpecs({ stem, channels }: ViTSpec): ParamSpec[] {
  return stem.map((made, i) => param(`tokenizer.conv_layers.${i}.0.weight`, [made, stem[i - 1] ?? channels, 3, 3]));
}

function blockSpecs(block: string, D: number, M: number): ParamSpec[] {
  return [
    ...weightAndBias(`${block}.norm1`, [D]),
    ...weightAndBias(`${block}.attn.qkv`, [3 * D, D]),
    ...weightAndBias(`${block}.attn.proj`, [D, D]),
    ...weightAndBias(`${block}.norm2`, [D]),
    ...weightAndBias(`${block}.mlp.fc1`, [M, D]),
    ...weightAndBias(`${block}.mlp.fc2`, [D, M]),
  ];
}

function weightAndBias(name: string, weight: readonly [number, ...number[]]): ParamSpec[] {
  return [param(`${name}.weight`, weight), param(`${name}.bias`, [weight[0]])];
}

function param(name: string, shape: readonly number[]): ParamSpec {
  return { name, shape, decay: shape.length > 1 && name !== 'cls_token' && name !== 'pos_embed', trained: true };
}

/** The parameters that the optimizer moves. */
export function trainedSpecs(spec: ViTSpec): readonly ParamSpec[] {
  return paramSpecs(spec).filter(({ trained }) => trained);
}

/** A moment of AdamW before the first step: zeros for each parameter that is trained. */
export function zeroMoments(spec: ViTSpec): TensorMap {
  return new Map(trainedSpecs(spec).map(({ name, shape }) => [name, { shape, data: new Float32Array(sizeOf(shape)) }]));
}

/** Whether a name is that of a running statistic, which has no moments. */
export function isBuffer(name: string): boolean {
  return /\.running_(mean|var)$/.test(name);
}

/** Number of trainable values. */
export function countParams(spec: ViTSpec): number {
  return trainedSpecs(spec).reduce((sum, { shape }) => sum + sizeOf(shape), 0);
}

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, side) => product * side, 1);
}

/**
 * Fresh weights, drawn as timm's `VisionTransformer.init_weights('')` draws them: linear weights, the head included,
 * from N(0, 0.02²) truncated at ±2 (a hundred standard deviations, so in effect not truncated) and biases 0;
 * `pos_embed` the same; `cls_token` N(0, 1e-6²); norms 1 and 0; the patch projection as PyTorch's `Conv2d` does by
 * default, weight and bias uniform in ±1/√fan_in; the convolutions of a stem from N(0, 2/fan_in) (He et al. 2015). Each parameter has its own stream of random numbers, so that adding
 * one does not change the others.
 */
export function initParams(spec: ViTSpec, seed: number): TensorMap {
  if (spec.architecture === 'resnet') return new Map(paramSpecs(spec).map((p) => [p.name, initResnetParam(p, seed)]));
  const fanIn = spec.channels * spec.patchSize[0] * spec.patchSize[1];
  return new Map(paramSpecs(spec).map((p) => [p.name, initParam(p, fanIn, randomAt(seed, 'init', p.name))]));
}

function initParam({ name, shape }: ParamSpec, fanIn: number, random: Random): FloatTensor {
  const data = new Float32Array(sizeOf(shape));
  const fill = (draw: () => number): FloatTensor => ({ shape, data: data.map(draw) });
  if (name.startsWith('patch_embed.')) return fill(() => (2 * random.next() - 1) / Math.sqrt(fanIn));
  if (name.startsWith('tokenizer.')) return fill(() => Math.sqrt(2 / sizeOf(shape.slice(1))) * random.normal());
  if (name === 'cls_token') return fill(() => 1e-6 * random.normal());
  if (/norm\d?\.weight$/.test(name)) return fill(() => 1);
  if (name.endsWith('.bias')) return fill(() => 0);
  return fill(() => truncated(random));
}

function truncated(random: Random): number {
  for (;;) {
    const value = 0.02 * random.normal();
    if (Math.abs(value) <= 2) return value;
  }
}
