import type { Checkpoint } from '../checkpoint';
import { backboneStride, fitToPatch, hasAttention, resnetDepth, type ViTSpec } from '../model/spec';
import { VERSION } from '../version';

type Described = Pick<Checkpoint, 'spec' | 'meta'>;

/** How images are prepared, in the words of timm's `pretrained_cfg`. timm's `border` is grey as ours; black it has not. */
export function pretrainedWords({ spec, meta }: Described): Record<string, unknown> {
  const { image } = meta.config;
  return {
    input_size: [spec.channels, ...spec.imageSize],
    mean: perChannel(image.mean, spec.channels),
    std: perChannel(image.std, spec.channels),
    interpolation: image.interpolation,
    crop_mode: { squash: 'squash', crop: 'center', pad: 'border', border: 'border' }[image.fit],
    crop_pct: image.crop_pct,
  };
}

/** One number serves all channels. */
export function perChannel(list: readonly number[], channels: number): readonly number[] {
  return Array.from({ length: channels }, (_, i) => list[list.length === 1 ? 0 : i]!);
}

/** What the file says of itself: words of timm's `pretrained_cfg` where it has one, lists and tables as JSON. */
export function metadataOf(checkpoint: Described, precision: string): Record<string, string> {
  const { spec, meta } = checkpoint;
  const { image, model } = meta.config;
  const words = {
    ...networkWords(spec, model.mlp_ratio),
    label_names: meta.classes,
    num_classes: spec.classes,
    layout: 'NHWC',
    ...pretrainedWords(checkpoint),
    preprocessing: { ...image, patch_fit: fitToPatch(image, model).how, scale: 1 / 255 },
    activation: spec.activation,
    ...(hasAttention(spec) ? { pos_embed: spec.posEmbed } : {}),
    precision,
    dataset: meta.dataset.name,
    epoch: meta.epoch,
    metrics: meta.metrics,
    vit_lab_version: VERSION,
  };
  return Object.fromEntries(Object.entries(words).map(([key, word]) => [key, typeof word === 'string' ? word : JSON.stringify(word)]));
}

/**
 * Which network it is, and what makes it, in the words of the code that has one: timm's `VisionTransformer`; `CCT` and
 * `CVT` of the Compact Transformers' authors; timm's `MlpMixer`, and its `resnet18` … with the stem.
 */
export function networkWords(spec: ViTSpec, mlpRatio: number): { readonly architecture: string; readonly model_args: object } {
  if (spec.architecture === 'resnet') return convolutionWords(spec);
  if (spec.architecture === 'mixer') return mixerWords(spec, mlpRatio);
  if (spec.projection === 'conv_stem' || spec.pool === 'seq') return compactWords(spec, mlpRatio);
  const { pool } = spec;
  return {
    architecture: spec.distilled ? 'vision_transformer_distilled' : 'vision_transformer',
    model_args: {
      img_size: spec.imageSize, patch_size: spec.patchSize, in_chans: spec.channels, num_classes: spec.classes, embed_dim: spec.width,
      depth: spec.depth, num_heads: spec.heads, mlp_ratio: mlpRatio, global_pool: pool, class_token: spec.classToken,
      ...partWords(spec), ...projectionWords(spec),
    },
  };
}

function convolutionWords(spec: ViTSpec): { readonly architecture: string; readonly model_args: object } {
  const { block, layers, channels: in_chans, classes: num_classes } = spec;
  const stem = spec.stemType === 'imagenet' ? { kernel_size: 7, stride: 2, max_pool: true } : { kernel_size: 3, stride: 1, max_pool: false };
  return { architecture: `resnet${resnetDepth(spec)}`, model_args: { block, layers, channels: layers.map((_, stage) => spec.width * 2 ** stage), stem, in_chans, num_classes } };
}

function mixerWords(spec: ViTSpec, mlpRatio: number): { readonly architecture: string; readonly model_args: object } {
  const { imageSize: img_size, patchSize: patch_size, channels: in_chans, classes: num_classes, width: embed_dim, depth: num_blocks } = spec;
  return { architecture: 'mlp_mixer', model_args: { img_size, patch_size, in_chans, num_classes, embed_dim, num_blocks, mlp_ratio: [spec.tokenMlpWidth / embed_dim, mlpRatio] } };
}

/** What is before the blocks in place of a layer on patches, and in them in place of attention: a hybrid's `patch_size` counts features, as timm's does. */
function projectionWords(spec: ViTSpec): object {
  const stride = backboneStride(spec.layers);
  const hybrid = { patch_size: spec.patchSize.map((side) => side / stride), backbone: { architecture: 'resnetv2', layers: spec.layers, stem_chs: spec.stemWidth } };
  return {
    ...(spec.projection === 'resnetv2' ? hybrid : {}),
    ...(spec.projection === 'shifted_patches' ? { projection: spec.projection } : {}),
    ...(spec.attention === 'locality' ? { attention: spec.attention } : {}),
  };
}

/** The parts in which a network differs from the paper's, by timm's arguments; `norm_first` is PyTorch's word. */
function partWords(spec: ViTSpec): object {
  const words = {
    reg_tokens: [spec.regTokens, 0], no_embed_class: [spec.noEmbedClass, false], pre_norm: [spec.preNorm, false],
    pool_include_prefix: [spec.poolIncludePrefix, false], fc_norm: [spec.fcNorm, spec.pool === 'avg'],
    mlp_layer: [spec.mlp, 'mlp'], act_layer: [spec.activation, 'gelu'], norm_layer: [spec.norm, 'layernorm'], norm_eps: [spec.normEps, 1e-6],
    norm_first: [spec.normFirst, true], parallel_blocks: [spec.parallelBlocks, false], qk_norm: [spec.qkNorm, false], qkv_bias: [spec.qkvBias, true], proj_bias: [spec.projBias, true],
    init_values: [spec.initValues, 0],
  } as const;
  return Object.fromEntries(Object.entries(words).flatMap(([key, [is, usual]]) => (is === usual ? [] : [[key, is]])));
}

function compactWords(spec: ViTSpec, mlpRatio: number): { readonly architecture: string; readonly model_args: object } {
  const tokenizer =
    spec.projection === 'conv_stem'
      ? { n_conv_layers: spec.stem.length, in_planes: spec.stem[0], kernel_size: 3, stride: 1, padding: 1, pooling_kernel_size: 3, pooling_stride: 2, pooling_padding: 1 }
      : { patch_size: spec.patchSize };
  return {
    architecture: spec.projection === 'conv_stem' ? 'cct' : 'cvt',
    model_args: {
      img_size: spec.imageSize, n_input_channels: spec.channels, ...tokenizer, embedding_dim: spec.width, num_layers: spec.depth,
      num_heads: spec.heads, mlp_ratio: mlpRatio, num_classes: spec.classes, global_pool: spec.pool,
    },
  };
}
