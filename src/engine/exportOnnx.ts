import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import type { ExportOptions, Exported } from '../protocol';
import { writeFileAtomic } from './atomic';
import { loadCheckpoint, type Checkpoint } from './checkpoint';
import { refuseEmptyPrecision } from './compile/precision';
import { refuseTaps } from './inspect/attention';
import { backboneStride, fitToPatch, hasAttention, resnetDepth, type ViTSpec } from './model/spec';
import { countParams } from './model/params';
import { resolveCheckpoint } from './runStore';
import { UserError } from './userError';
import { VERSION } from './version';

/** A file of Protocol Buffers cannot be longer; a megabyte of it is for the graph. */
const LARGEST_WEIGHTS = 2 ** 31 - 2 ** 20;

/**
 * Reads the checkpoint that is to be exported, and checks the wish before anything takes its time.
 *
 * @throws UserError when the file exists and may not be replaced, the network has not what is wished, or is too large for one file
 */
export async function readyToExport(q: ExportOptions): Promise<Checkpoint> {
  const file = path.resolve(q.out);
  if (!q.force && existsSync(file)) throw new UserError(l10n.t('{0} exists already. Give --force to overwrite it.', file), { file });
  if (q.optimise && q.batch === 'dynamic') throw new UserError(l10n.t('A model in the operators of ONNX Runtime needs a fixed batch. Give its size.'));
  const checkpoint = await loadCheckpoint(await resolveCheckpoint(q.checkpoint));
  refuseTooLarge(checkpoint);
  refuseEmptyPrecision(checkpoint.spec, q.precision);
  refuseTaps(checkpoint, q.taps);
  return checkpoint;
}

/**
 * Writes a checkpoint as an ONNX model: input `images` [B, H, W, C], normalised; output `logits` [B, K] and the wished
 * taps; classes, preprocessing and origin in the file's metadata.
 *
 * @throws UserError as `readyToExport`
 */
export async function exportOnnx(q: ExportOptions, signal: AbortSignal, onProgress: (message: string) => void): Promise<Exported> {
  onProgress(l10n.t('Reading the checkpoint'));
  const checkpoint = await readyToExport(q);
  signal.throwIfAborted();
  onProgress(l10n.t('Writing the graph'));
  // TensorFlow.js is loaded only when something is traced.
  const { exportModel } = await import('./compile/onnx/exportModel');
  const { taps, batch, precision, optimise } = q;
  const model = exportModel(checkpoint.spec, checkpoint.params, {
    taps: { attention: taps.includes('attention'), tokens: taps.includes('tokens') },
    batch, precision, contrib: optimise, metadata: metadataOf(checkpoint, precision),
  });
  signal.throwIfAborted();
  const file = path.resolve(q.out);
  await writeFileAtomic(file, model);
  const { size } = await stat(file);
  return { file, bytes: size, checkpoint: checkpoint.path };
}

function refuseTooLarge({ spec, path: file }: Checkpoint): void {
  const bytes = 4 * countParams(spec);
  if (bytes > LARGEST_WEIGHTS)
    throw new UserError(l10n.t('{0} has {1} MiB of weights, and an ONNX file holds at most {2} MiB.', file, Math.ceil(bytes / 2 ** 20), Math.floor(LARGEST_WEIGHTS / 2 ** 20)), { file });
}

/** What the file says of itself: words of timm's `pretrained_cfg` where it has one, lists and tables as JSON. */
export function metadataOf({ spec, meta }: Pick<Checkpoint, 'spec' | 'meta'>, precision: string): Record<string, string> {
  const { image, model } = meta.config;
  const perChannel = (list: readonly number[]): readonly number[] => Array.from({ length: spec.channels }, (_, i) => list[list.length === 1 ? 0 : i]!);
  const words = {
    ...networkWords(spec, model.mlp_ratio),
    label_names: meta.classes,
    num_classes: spec.classes,
    input_size: [spec.channels, ...spec.imageSize],
    layout: 'NHWC',
    mean: perChannel(image.mean),
    std: perChannel(image.std),
    interpolation: image.interpolation,
    crop_mode: { squash: 'squash', crop: 'center', pad: 'border', border: 'border' }[image.fit],
    crop_pct: image.crop_pct,
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
function networkWords(spec: ViTSpec, mlpRatio: number): { readonly architecture: string; readonly model_args: object } {
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
