import * as l10n from '@vscode/l10n';
import type { Checkpoint } from '../checkpoint';
import { parseConfig } from '../config/load';
import { fixedPositions } from '../model/positions';
import type { PresetName } from '../model/presets';
import { backboneStride, vitSpec, type ViTSpec } from '../model/spec';
import type { TensorMap } from '../tensors';
import { UserError } from '../userError';
import { keywords, python } from './source';
import { pretrainedWords } from './words';

/** How Python makes a network of timm. */
export interface TimmNetwork {
  readonly imports: readonly string[];
  /** Lines that leave the network, still without weights, in `model`. */
  readonly lines: readonly string[];
  /** Where timm has a name for it and JSON can say the rest: what `timm.create_model("local-dir:…")` needs. */
  readonly config?: { readonly architecture: string; readonly model_args: Readonly<Record<string, unknown>> };
}

/**
 * The network in timm's words: an entry point with arguments, or a class where no entry point takes them.
 *
 * @throws UserError naming the parts that timm has not
 */
export function timmNetwork(spec: ViTSpec, file: string, preset?: PresetName): TimmNetwork {
  const lacking = lackingInTimm(spec);
  if (lacking.length > 0)
    throw new UserError(l10n.t('{0} has no counterpart in timm: {1}. For TensorFlow or ONNX it can be exported, and perhaps for Hugging Face.', file, lacking.join(', ')), { file });
  const named = namedLike(spec, preset);
  if (named) return named;
  if (spec.architecture === 'mixer') return mixer(spec);
  if (spec.architecture === 'resnet') return resnet(spec);
  return spec.projection === 'resnetv2' ? hybrid(spec) : transformer(spec);
}

/** A Mixer or hybrid of the very sizes that timm has under this name. */
function namedLike(spec: ViTSpec, preset: PresetName | undefined): TimmNetwork | undefined {
  if (preset === undefined || spec.architecture === 'resnet' || (spec.architecture === 'vit' && spec.projection !== 'resnetv2')) return undefined;
  const { config } = parseConfig(JSON.stringify({ dataset: { format: 'shapes' }, model: { preset } }), preset);
  const theirs = config && vitSpec({ ...config.image, channels: spec.channels === 1 ? 1 : 3 }, config.model, spec.classes);
  // What is dropped while training is no part of it.
  const sizes = (of: ViTSpec): string => JSON.stringify({ ...of, dropRate: 0, dropPathRate: 0, patchDropRate: 0 });
  if (!theirs || sizes(theirs) !== sizes(spec)) return undefined;
  const args = { in_chans: spec.channels, num_classes: spec.classes };
  return { imports: ['import timm'], lines: [`model = timm.create_model(${python(preset)}, ${keywords(pythonArguments(args))})`], config: { architecture: preset, model_args: args } };
}

/** Parts of the configuration that no network of timm has, as they are written there. */
function lackingInTimm(spec: ViTSpec): string[] {
  if (spec.architecture !== 'vit') return [];
  const parts: readonly (readonly [string, boolean])[] = [
    [`projection: ${spec.projection}`, spec.projection === 'conv_stem' || spec.projection === 'shifted_patches'],
    [`attention: ${spec.attention}`, spec.attention === 'locality'],
    [`pos_embed: ${spec.posEmbed}`, spec.posEmbed === 'rope' || spec.posEmbed === 'relative'],
    [`global_pool: ${spec.pool}`, spec.pool === 'seq' || spec.pool === 'token_avg'],
    ['norm_first: false', !spec.normFirst],
    ['distilled: true, global_pool: avg', spec.distilled && spec.pool !== 'token'],
  ];
  return parts.flatMap(([name, has]) => (has ? [name] : []));
}

/** timm cuts `width * ratio` down to a whole number; a ratio that rounding brought just below it gets a little more. */
export function ratioTo(hidden: number, width: number): number {
  const ratio = hidden / width;
  return Math.floor(width * ratio) === hidden ? ratio : (hidden + 0.25) / width;
}

const numbers = ({ imageSize, channels, classes }: ViTSpec): Record<string, unknown> => ({ img_size: imageSize, in_chans: channels, num_classes: classes });

function transformer(spec: ViTSpec): TimmNetwork {
  const { args, code, imports } = blockArguments(spec);
  const all = { ...numbers(spec), patch_size: spec.patchSize, ...args };
  const { name, told } = entryOf(spec);
  const extra = told ? {} : code;
  const call = keywords({ ...pythonArguments(all), ...extra });
  return {
    imports: ['import timm', ...(told ? [] : imports)],
    lines: [`model = timm.create_model(${python(name)}, ${call})`],
    ...(told && { config: { architecture: name, model_args: all } }),
  };
}

/** The arguments that a network of timm has for its blocks; `code` is what JSON cannot say. */
function blockArguments(spec: ViTSpec): { readonly args: Record<string, unknown>; readonly code: Record<string, string>; readonly imports: readonly string[] } {
  const layer = spec.norm === 'rmsnorm' ? 'RmsNorm' : 'LayerNorm';
  return {
    args: {
      embed_dim: spec.width, depth: spec.depth, num_heads: spec.heads, mlp_ratio: ratioTo(spec.mlpWidth, spec.width),
      global_pool: spec.pool, class_token: spec.classToken, pos_embed: spec.posEmbed === 'none' ? 'none' : 'learn',
      no_embed_class: spec.noEmbedClass, reg_tokens: spec.regTokens, pre_norm: spec.preNorm, fc_norm: spec.fcNorm,
      pool_include_prefix: spec.poolIncludePrefix, ...scale(spec), qkv_bias: spec.qkvBias, qk_norm: spec.qkNorm,
      proj_bias: spec.projBias, act_layer: spec.mlp === 'swiglu' ? 'silu' : spec.activation,
      ...(spec.normEps === 1e-6 && { norm_layer: spec.norm }),
    },
    code: {
      ...(spec.normEps !== 1e-6 && { norm_layer: `partial(${layer}, eps=${spec.normEps})` }),
      ...(spec.mlp === 'swiglu' && { mlp_layer: 'SwiGLUPacked' }),
      ...(spec.parallelBlocks && { block_fn: 'ParallelScalingBlock' }),
    },
    imports: [
      ...(spec.normEps !== 1e-6 ? ['from functools import partial', `from timm.layers import ${layer}`] : []),
      ...(spec.mlp === 'swiglu' ? ['from timm.layers import SwiGLUPacked'] : []),
      ...(spec.parallelBlocks ? ['from timm.models.vision_transformer import ParallelScalingBlock'] : []),
    ],
  };
}

/** The entry point with SwiGLU has a layer scale of its own; parallel blocks have one at any value that is given, 0 too. */
function scale({ initValues, mlp }: ViTSpec): { readonly init_values?: number } {
  return initValues > 0 || mlp === 'swiglu' ? { init_values: initValues } : {};
}

/**
 * An entry point of timm that has by itself what JSON cannot say. `told` is false where none has all of it: arguments in
 * Python then say it.
 */
function entryOf({ distilled, mlp, parallelBlocks, norm, normEps }: ViTSpec): { readonly name: string; readonly told: boolean } {
  const swiglu = mlp === 'swiglu';
  const hard = Number(swiglu) + Number(parallelBlocks) + Number(normEps !== 1e-6);
  if (distilled) return { name: 'deit_tiny_distilled_patch16_224', told: hard === 0 };
  if (hard === 1 && swiglu) return { name: 'vit_giant_patch14_dinov2', told: true };
  if (hard === 1 && parallelBlocks) return { name: 'vit_base_patch16_xp_224', told: true };
  if (hard === 1 && norm === 'layernorm' && normEps === 1e-5) return { name: 'vit_base_patch16_clip_224', told: true };
  return { name: 'vit_tiny_patch16_224', told: hard === 0 };
}

function pythonArguments(args: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(Object.entries(args).map(([name, value]) => [name, python(value)]));
}

function mixer(spec: ViTSpec): TimmNetwork {
  const call = keywords({
    ...pythonArguments({ ...numbers(spec), patch_size: spec.patchSize, num_blocks: spec.depth, embed_dim: spec.width, mlp_ratio: [ratioTo(spec.tokenMlpWidth, spec.width), ratioTo(spec.mlpWidth, spec.width)] }),
    act_layer: spec.activation === 'relu' ? 'nn.ReLU' : 'nn.GELU',
  });
  return { imports: ['from timm.models.mlp_mixer import MlpMixer', 'from torch import nn'], lines: [`model = MlpMixer(${call})`] };
}

const RESNETS: Readonly<Record<string, string>> = {
  'basic 2,2,2,2': 'resnet18', 'basic 3,4,6,3': 'resnet34', 'bottleneck 3,4,6,3': 'resnet50', 'bottleneck 3,4,23,3': 'resnet101', 'bottleneck 3,8,36,3': 'resnet152',
};

function resnet(spec: ViTSpec): TimmNetwork {
  const { block, layers, width, channels, classes, stemType } = spec;
  const name = RESNETS[`${block} ${layers.join()}`];
  if (name !== undefined && width === 64) {
    const args = { in_chans: channels, num_classes: classes };
    const create = `model = timm.create_model(${python(name)}, ${keywords(pythonArguments(args))})`;
    if (stemType === 'imagenet') return { imports: ['import timm'], lines: [create], config: { architecture: name, model_args: args } };
    return { imports: ['import timm', 'from torch import nn'], lines: [create, ...smallStem(spec)] };
  }
  return {
    imports: ['from timm.models.resnet import BasicBlock, Bottleneck, ResNet', 'from torch import nn'],
    lines: [
      `model = ResNet(${block === 'basic' ? 'BasicBlock' : 'Bottleneck'}, ${python(layers)}, channels=${python(layers.map((_, stage) => width * 2 ** stage))}, in_chans=${channels}, num_classes=${classes})`,
      ...(stemType === 'imagenet' ? [`model.conv1 = nn.Conv2d(${channels}, ${width}, 7, 2, 3, bias=False)`] : smallStem(spec)),
      `model.bn1 = nn.BatchNorm2d(${width})`,
      // timm's class always has four stages, the first behind a stem of 64.
      ...Array.from({ length: Math.max(0, 4 - layers.length) }, (_, at) => `model.layer${layers.length + at + 1} = nn.Identity()`),
      ...(block === 'basic'
        ? [`model.layer1[0].conv1 = nn.Conv2d(${width}, ${width}, 3, 1, 1, bias=False)`, 'model.layer1[0].downsample = None']
        : [`model.layer1[0].conv1 = nn.Conv2d(${width}, ${width}, 1, bias=False)`, `model.layer1[0].downsample[0] = nn.Conv2d(${width}, ${4 * width}, 1, bias=False)`]),
    ],
  };
}

/** For images of 32 pixels nothing is halved before the first block (He et al. 2016, section 4.2). */
function smallStem({ channels, width }: ViTSpec): string[] {
  return [`model.conv1 = nn.Conv2d(${channels}, ${width}, 3, 1, 1, bias=False)`, 'model.maxpool = nn.Identity()'];
}

/** timm's `vision_transformer_hybrid.py`, for any number of stages. */
function hybrid(spec: ViTSpec): TimmNetwork {
  const { args, code, imports } = blockArguments(spec);
  const { layers, stemWidth, channels } = spec;
  const stride = backboneStride(layers);
  const backbone =
    layers.length > 0
      ? `ResNetV2(${python(layers)}, channels=${python(layers.map((_, stage) => 4 * stemWidth * 2 ** stage))}, num_classes=0, global_pool="", in_chans=${channels}, stem_chs=${stemWidth}, stem_type="same", preact=False, conv_layer=conv)`
      : `create_resnetv2_stem(${channels}, ${stemWidth}, stem_type="same", preact=False, conv_layer=conv)`;
  const call = keywords({ ...pythonArguments({ ...numbers(spec), patch_size: spec.patchSize.map((side) => side / stride), ...args }), ...code, embed_layer: 'partial(HybridEmbed, backbone=backbone)' });
  return {
    imports: [...new Set([
      'from functools import partial', ...imports, 'from timm.layers import HybridEmbed, StdConv2dSame', 'from timm.models.resnetv2 import ResNetV2, create_resnetv2_stem',
      'from timm.models.vision_transformer import VisionTransformer',
    ])],
    lines: ['conv = partial(StdConv2dSame, eps=1e-8)', `backbone = ${backbone}`, `model = VisionTransformer(${call})`],
  };
}

/** The weights under timm's names; fixed positions are a parameter in timm's networks. */
export function timmWeights({ spec, params }: Checkpoint): TensorMap {
  const table = spec.architecture === 'vit' ? fixedPositions(spec) : null;
  return table ? new Map([...params, ['pos_embed', table]]) : params;
}

/**
 * The `config.json` of a model folder, as timm's `push_to_hf_hub` writes it. `vit_lab` has the network in our own words;
 * without `architecture` timm makes nothing of the file, and no network that is nearly right.
 */
export function timmConfig(checkpoint: Checkpoint, network: TimmNetwork): object {
  const { spec, meta } = checkpoint;
  return {
    ...network.config,
    num_classes: spec.classes,
    num_features: spec.width,
    global_pool: spec.pool,
    label_names: meta.classes,
    pretrained_cfg: { ...pretrainedWords(checkpoint), num_classes: spec.classes },
    vit_lab: { model: meta.config.model, image: meta.config.image },
  };
}
