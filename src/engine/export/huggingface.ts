import * as l10n from '@vscode/l10n';
import type { Checkpoint } from '../checkpoint';
import { positionTable } from '../model/positions';
import type { ViTSpec } from '../model/spec';
import type { FloatTensor, TensorMap } from '../tensors';
import { UserError } from '../userError';
import { VERSION } from '../version';

/** A network as a class of `transformers` has it. */
export interface HuggingFaceNetwork {
  readonly className: string;
  readonly config: object;
  readonly weights: TensorMap;
}

const ACTIVATIONS: Readonly<Record<ViTSpec['activation'], string>> = { gelu: 'gelu', gelu_tanh: 'gelu_pytorch_tanh', quick_gelu: 'quick_gelu', relu: 'relu', silu: 'silu' };

/** What sets the classes of `transformers` apart: its name there, how its tensors begin, and where a block's parts are. */
interface Kind {
  readonly modelType: string;
  readonly className: string;
  readonly base: string;
  readonly block: (spec: ViTSpec) => Readonly<Record<string, string>>;
  readonly config: (spec: ViTSpec) => object;
}

const attention = { 'attn.proj': 'attention.output.dense' } as const;
const vitBlock = { ...attention, norm1: 'layernorm_before', norm2: 'layernorm_after', 'mlp.fc1': 'intermediate.dense', 'mlp.fc2': 'output.dense' } as const;
const widths = (spec: ViTSpec): object => ({ intermediate_size: spec.mlpWidth });

const vit: Kind = { modelType: 'vit', className: 'ViTForImageClassification', base: 'vit', block: () => vitBlock, config: widths };
const deit: Kind = { modelType: 'deit', className: 'DeiTForImageClassificationWithTeacher', base: 'deit', block: () => vitBlock, config: widths };
const dinov2: Kind = {
  modelType: 'dinov2',
  className: 'Dinov2ForImageClassification',
  base: 'dinov2',
  block: ({ mlp }) => ({
    ...attention, norm1: 'norm1', norm2: 'norm2', ls1: 'layer_scale1', ls2: 'layer_scale2',
    ...(mlp === 'swiglu' ? { 'mlp.fc1': 'mlp.weights_in', 'mlp.fc2': 'mlp.weights_out' } : { 'mlp.fc1': 'mlp.fc1', 'mlp.fc2': 'mlp.fc2' }),
  }),
  config: (spec) => ({ mlp_ratio: mlpRatioOf(spec), use_swiglu_ffn: spec.mlp === 'swiglu', apply_layernorm: true, reshape_hidden_states: true }),
};
const dinov2Registers: Kind = {
  ...dinov2,
  modelType: 'dinov2_with_registers',
  className: 'Dinov2WithRegistersForImageClassification',
  base: 'dinov2_with_registers',
  config: (spec) => ({ ...dinov2.config(spec), num_register_tokens: spec.regTokens }),
};

/**
 * The network as `transformers` has it: its ViT; DeiT with a distillation token; DINOv2 where there are layer scale,
 * registers, SwiGLU or a head on class token and mean. Names as version 4 writes them, which version 5 reads, too.
 *
 * @throws UserError naming the parts that no class there has
 */
export function huggingFaceNetwork(checkpoint: Checkpoint): HuggingFaceNetwork {
  const { spec, meta } = checkpoint;
  const kind = checkHuggingFace(checkpoint);
  return {
    className: kind.className,
    config: {
      architectures: [kind.className],
      model_type: kind.modelType,
      hidden_size: spec.width,
      num_hidden_layers: spec.depth,
      num_attention_heads: spec.heads,
      hidden_act: ACTIVATIONS[spec.activation],
      hidden_dropout_prob: 0,
      attention_probs_dropout_prob: 0,
      layer_norm_eps: spec.normEps,
      image_size: same(spec.imageSize),
      patch_size: same(spec.patchSize),
      num_channels: spec.channels,
      qkv_bias: spec.qkvBias,
      ...kind.config(spec),
      id2label: Object.fromEntries(meta.classes.map((name, i) => [String(i), name])),
      label2id: Object.fromEntries(meta.classes.map((name, i) => [name, i])),
      torch_dtype: 'float32',
      vit_lab: { version: VERSION, model: meta.config.model, image: meta.config.image },
    },
    weights: renamed(checkpoint, kind),
  };
}

/** @throws UserError naming the parts that no class there has */
export function checkHuggingFace({ spec, path: file }: Checkpoint): Kind {
  const kind = kindOf(spec);
  const lacking = lackingIn(spec, kind);
  if (lacking.length === 0) return kind;
  throw new UserError(l10n.t('{0} has no counterpart in Hugging Face’s transformers: {1}. For timm, TensorFlow or ONNX it can be exported.', file, lacking.join(', ')), { file });
}

function same([a, b]: readonly [number, number]): number | readonly number[] {
  return a === b ? a : [a, b];
}

function kindOf(spec: ViTSpec): Kind {
  if (spec.distilled) return deit;
  if (spec.regTokens > 0) return dinov2Registers;
  return spec.initValues > 0 || spec.mlp === 'swiglu' || spec.pool === 'token_avg' ? dinov2 : vit;
}

function lackingIn(spec: ViTSpec, kind: Kind): string[] {
  if (spec.architecture !== 'vit') return [`architecture: ${spec.architecture}`];
  const dino = kind === dinov2 || kind === dinov2Registers;
  const parts: readonly (readonly [string, boolean])[] = [
    [`projection: ${spec.projection}`, spec.projection !== 'linear' && spec.projection !== 'conv'],
    [`attention: ${spec.attention}`, spec.attention !== 'global'],
    [`pos_embed: ${spec.posEmbed}`, ['none', 'rope', 'relative'].includes(spec.posEmbed)],
    [`global_pool: ${spec.pool}`, spec.pool !== 'token' && !(dino && spec.pool === 'token_avg')],
    ['class_token: false', !spec.classToken],
    ['distilled: true, reg_tokens', spec.distilled && spec.regTokens > 0],
    ['pool_include_prefix: true', spec.poolIncludePrefix && spec.pool === 'token_avg'],
    ['pre_norm: true', spec.preNorm],
    ['fc_norm: true', spec.fcNorm],
    [`norm_layer: ${spec.norm}`, spec.norm !== 'layernorm'],
    ['norm_first: false', !spec.normFirst],
    ['parallel_blocks: true', spec.parallelBlocks],
    ['qk_norm: true', spec.qkNorm],
    ['proj_bias: false', !spec.projBias],
    ['init_values', !dino && spec.initValues > 0],
    ['mlp_layer: swiglu', !dino && spec.mlp === 'swiglu'],
    ['mlp_ratio', dino && mlpRatioOf(spec) === undefined],
    ['reg_tokens, no_embed_class: false', spec.regTokens > 0 && !spec.noEmbedClass],
  ];
  return parts.flatMap(([name, has]) => (has ? [name] : []));
}

/**
 * DINOv2's classes have whole ratios only; of SwiGLU they take two thirds, and of those the next multiple of 8
 * (`Dinov2SwiGLUFFN`).
 */
function mlpRatioOf({ width, mlpWidth, mlp }: ViTSpec): number | undefined {
  const hidden = (ratio: number): number => (mlp === 'swiglu' ? 2 * 8 * Math.floor((Math.floor((width * ratio * 2) / 3) + 7) / 8) : width * ratio);
  return Array.from({ length: 32 }, (_, i) => i + 1).find((ratio) => hidden(ratio) === mlpWidth);
}

function renamed({ spec, params }: Checkpoint, kind: Kind): TensorMap {
  const out = new Map<string, FloatTensor>();
  const dino = kind === dinov2 || kind === dinov2Registers;
  const { base } = kind;
  const parts = kind.block(spec);
  const heads: Readonly<Record<string, string>> = spec.distilled ? { head: 'cls_classifier', head_dist: 'distillation_classifier' } : { head: 'classifier' };
  const embeddings: Readonly<Record<string, string>> = { cls_token: 'cls_token', dist_token: 'distillation_token', reg_token: 'register_tokens', 'patch_embed.proj.weight': 'patch_embeddings.projection.weight', 'patch_embed.proj.bias': 'patch_embeddings.projection.bias' };
  for (const [name, tensor] of params) {
    const [, i, part, kindOfTensor] = /^blocks\.(\d+)\.(.+)\.(weight|bias|gamma)$/.exec(name) ?? [];
    const [, top, end] = /^(head|head_dist|norm)\.(weight|bias)$/.exec(name) ?? [];
    if (part === 'attn.qkv') for (const [at, which] of ['query', 'key', 'value'].entries()) out.set(`${base}.encoder.layer.${i}.attention.attention.${which}.${kindOfTensor}`, third(tensor, at));
    else if (part !== undefined) out.set(`${base}.encoder.layer.${i}.${parts[part]}.${kindOfTensor === 'gamma' ? 'lambda1' : kindOfTensor}`, tensor);
    else if (top === 'norm') out.set(`${base}.layernorm.${end}`, tensor);
    else if (top !== undefined) out.set(`${heads[top]}.${end}`, dino && spec.pool === 'token' && end === 'weight' ? besideZeros(tensor) : tensor);
    else if (name !== 'pos_embed') out.set(`${base}.embeddings.${embeddings[name]}`, tensor);
  }
  out.set(`${base}.embeddings.position_embeddings`, allPositions(spec, params));
  if (dino) {
    out.set(`${base}.embeddings.mask_token`, filled([1, spec.width], 0));
    if (spec.initValues === 0) for (let i = 0; i < spec.depth; i++) for (const which of [1, 2]) out.set(`${base}.encoder.layer.${i}.layer_scale${which}.lambda1`, filled([spec.width], 1));
  }
  return out;
}

function filled(shape: readonly number[], value: number): FloatTensor {
  return { shape, data: new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(value) };
}

/** Rows of query, key or value in timm's [3D, D] or [3D]. */
function third({ shape, data }: FloatTensor, at: number): FloatTensor {
  const size = data.length / 3;
  return { shape: [shape[0]! / 3, ...shape.slice(1)], data: data.slice(at * size, (at + 1) * size) };
}

/** A head [K, D] on the class token as one [K, 2D] on the class token and the mean of the patches, which adds nothing. */
function besideZeros({ shape: [K, D], data }: FloatTensor): FloatTensor {
  const wide = new Float32Array(2 * data.length);
  for (let k = 0; k < K!; k++) wide.set(data.subarray(k * D!, (k + 1) * D!), k * 2 * D!);
  return { shape: [K!, 2 * D!], data: wide };
}

/** Every table there has rows for the class token, and for the distillation token: zeros where it has no position. */
function allPositions(spec: ViTSpec, params: TensorMap): FloatTensor {
  const { shape, data } = positionTable(spec, params)!;
  if (!spec.noEmbedClass) return { shape, data };
  const rows = 1 + Number(spec.distilled);
  const whole = new Float32Array(data.length + rows * spec.width);
  whole.set(data, rows * spec.width);
  return { shape: [1, shape[1]! + rows, spec.width], data: whole };
}
