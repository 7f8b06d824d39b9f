import * as l10n from '@vscode/l10n';
import { isObject, type Json } from '../../json';
import { UserError } from '../../userError';
import type { ModelFile } from '../modelFile';
import { join, reshaped, rewrite, type Rewritten, type Rule } from './rewrite';
import { always, said, type Hints, type Scheme } from './scheme';
import { foldClassPosition } from './timm';

/** Hugging Face's `ViT`, `DeiT`, `Dinov2` and `Dinov2WithRegisters`, as version 4 of `transformers` names their tensors on disk, and version 5. */
const base = '^(?:(?:vit|deit|dinov2|dinov2_with_registers)\\.)?';
const of = (pattern: string): RegExp => new RegExp(`${base}${pattern}`);
const layer = '(?:encoder\\.layer|encoder\\.layers|layers|layer)\\.(\\d+)\\.';
const block = (pattern: string, to: string): Rule => ({ of: of(`${layer}${pattern}\\.(weight|bias)$`), to: `blocks.$1.${to}.$2` });

const rules: readonly Rule[] = [
  { of: of('embeddings\\.mask_token$'), ignored: 'pretraining' },
  { of: of('pooler\\..*$'), ignored: 'pooler' },
  { of: of('decoder\\..*$'), ignored: 'decoder' },
  { of: of('embeddings\\.cls_token$'), to: 'cls_token' },
  { of: of('embeddings\\.distillation_token$'), to: 'dist_token' },
  { of: of('embeddings\\.register_tokens$'), to: 'reg_token' },
  { of: of('embeddings\\.position_embeddings$'), to: 'pos_embed' },
  { of: of('embeddings\\.patch_embeddings\\.projection\\.(weight|bias)$'), to: 'patch_embed.proj.$1' },
  block('(?:layernorm_before|norm1)', 'norm1'),
  block('(?:layernorm_after|norm2)', 'norm2'),
  ...(['query', 'key', 'value'] as const).map((name) => block(`attention\\.(?:attention\\.${name}|${name[0]}_proj)`, `attn.${name[0]}`)),
  block('attention\\.(?:output\\.dense|o_proj)', 'attn.proj'),
  block('(?:intermediate\\.dense|mlp\\.fc1|mlp\\.weights_in)', 'mlp.fc1'),
  block('(?:output\\.dense|mlp\\.fc2|mlp\\.weights_out|mlp\\.down_proj)', 'mlp.fc2'),
  block('mlp\\.gate_proj', 'mlp.gate'),
  block('mlp\\.up_proj', 'mlp.up'),
  { of: of(`${layer}layer_scale(1|2)\\.lambda1$`), to: 'blocks.$1.ls$2.gamma' },
  { of: of('layernorm\\.(weight|bias)$'), to: 'norm.$1' },
  { of: /^(?:cls_)?classifier\.(weight|bias)$/, to: 'head.$1' },
  { of: /^distillation_classifier\.(weight|bias)$/, to: 'head_dist.$1' },
];

function scheme(id: string, label: string, mark: RegExp, usual: Readonly<Record<string, unknown>>): Scheme {
  return {
    id,
    label,
    mark,
    understand(file, names) {
      refuseOtherType(file);
      const rewritten = rewrite(file.tensors, rules, (name) => names.get(name)!);
      join(rewritten);
      withoutTeacher(rewritten.named);
      // Registers come in behind the positions: the class token has one, they have none.
      const folded = rewritten.named.get('reg_token')?.from.some((name) => name.endsWith('register_tokens')) === true;
      if (folded) foldClassPosition(rewritten);
      return { rewritten, positions: 'hf', hints: { ...always(label, { ...usual, ...(folded && { no_embed_class: true }) }), ...configHints(file.beside.config) } };
    },
  };
}

/** @throws UserError when `config.json` is of a network whose tensors only have the same names */
function refuseOtherType({ file, beside: { config } }: ModelFile): void {
  const type = config?.['model_type'];
  if (typeof type === 'string' && !TYPES.includes(type)) throw new UserError(l10n.t('{0}: its config.json says model_type: {1}, a network that ViT Lab has not.', file, JSON.stringify(type)), { file });
}

/** `vit_msn` and `vit_mae` name their encoder as ViT does, and compute alike. */
const TYPES: readonly string[] = ['vit', 'deit', 'dinov2', 'dinov2_with_registers', 'vit_msn', 'vit_mae', 'timm_wrapper'];

/** `DeiTForImageClassification` classifies from the class token alone: its second token is one that belongs to no class. */
function withoutTeacher(named: Rewritten['named']): void {
  const token = named.get('dist_token');
  if (!token || named.has('head_dist.weight') || !named.has('head.weight')) return;
  named.delete('dist_token');
  named.set('reg_token', token);
}

/** What Hugging Face's classes have where a configuration does not say it: ε 1e-12, but 1e-6 in DINOv2, and the exact GELU. */
const exact = { act_layer: 'gelu', norm_eps: 1e-12 };

export const hfDinov2 = scheme('hf-dinov2', 'Hugging Face DINOv2', of('encoder\\.layer\\.0\\.norm1\\.weight$'), { ...exact, norm_eps: 1e-6 });
export const hfViT4 = scheme('hf-v4', 'Hugging Face ViT or DeiT (transformers 4)', of('encoder\\.layer\\.0\\.layernorm_before\\.weight$'), exact);
export const hfViT5 = scheme('hf-v5', 'Hugging Face ViT or DeiT (transformers 5)', of('layers\\.0\\.layernorm_before\\.weight$'), exact);

/** The image side of Hugging Face's CLIP. */
const clipBlock = (pattern: string, to: string): Rule => ({ of: new RegExp(`^vision_model\\.encoder\\.layers\\.(\\d+)\\.${pattern}\\.(weight|bias)$`), to: `blocks.$1.${to}.$2` });
const clipRules: readonly Rule[] = [
  { of: /^(text_model\..*|text_projection\..*|logit_scale)$/, ignored: 'text' },
  { of: /^vision_model\.embeddings\.position_ids$/, ignored: 'constant' },
  { of: /^vision_model\.embeddings\.class_embedding$/, to: 'cls_token', does: reshaped(1, 1, -1) },
  { of: /^vision_model\.embeddings\.patch_embedding\.weight$/, to: 'patch_embed.proj.weight' },
  { of: /^vision_model\.embeddings\.position_embedding\.weight$/, to: 'pos_embed', does: { change: 'reshaped', apply: ({ shape, data }) => ({ shape: [1, ...shape], data }) } },
  { of: /^vision_model\.pre_layrnorm\.(weight|bias)$/, to: 'norm_pre.$1' },
  { of: /^vision_model\.post_layernorm\.(weight|bias)$/, to: 'norm.$1' },
  ...['q', 'k', 'v'].map((part) => clipBlock(`self_attn\\.${part}_proj`, `attn.${part}`)),
  clipBlock('self_attn\\.out_proj', 'attn.proj'),
  clipBlock('layer_norm1', 'norm1'),
  clipBlock('layer_norm2', 'norm2'),
  clipBlock('mlp\\.fc1', 'mlp.fc1'),
  clipBlock('mlp\\.fc2', 'mlp.fc2'),
  { of: /^visual_projection\.weight$/, to: 'head.weight' },
];
export const hfClip: Scheme = {
  id: 'hf-clip',
  label: 'Hugging Face CLIP, image side',
  mark: /^vision_model\.encoder\.layers\.0\.self_attn\.q_proj\.weight$/,
  understand(file, names) {
    const rewritten = rewrite(file.tensors, clipRules, (name) => names.get(name)!);
    join(rewritten);
    const config = file.beside.config;
    const vision = config?.['vision_config'];
    return { rewritten, positions: 'hf', hints: { ...always('CLIP', { act_layer: 'quick_gelu', norm_eps: 1e-5 }), ...configHints(isObject(vision) ? vision : config) } };
  },
};

const activations: Readonly<Record<string, string>> = { gelu: 'gelu', quick_gelu: 'quick_gelu', gelu_new: 'gelu_tanh', gelu_pytorch_tanh: 'gelu_tanh', relu: 'relu', silu: 'silu', swish: 'silu' };

/** What `config.json` of a vision model says that its tensors do not. */
function configHints(config: Json | undefined): Hints {
  if (!config) return {};
  const at = (key: string): unknown => config[key];
  const activation = at('hidden_act');
  return said('config.json', {
    ...(typeof at('num_attention_heads') === 'number' && { num_heads: at('num_attention_heads') }),
    ...(typeof at('layer_norm_eps') === 'number' && { norm_eps: at('layer_norm_eps') }),
    ...(typeof activation === 'string' && { act_layer: activations[activation] ?? activation }),
    ...((typeof at('image_size') === 'number' || Array.isArray(at('image_size'))) && { image_size: at('image_size') }),
  });
}

/** Names of the classes by `id2label`, where it has one for each; the ones that `transformers` makes up are none. */
export function hfClasses({ config }: ModelFile['beside'], count: number): readonly string[] | undefined {
  const labels = config?.['id2label'];
  if (!isObject(labels)) return undefined;
  const names = Array.from({ length: count }, (_, i) => labels[String(i)]);
  return names.every((name): name is string => typeof name === 'string') && Object.keys(labels).length === count && !names.every((name, i) => name === `LABEL_${i}`) ? names : undefined;
}
