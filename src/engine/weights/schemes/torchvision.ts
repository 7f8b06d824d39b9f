import { join, rewrite, type Rule } from './rewrite';
import { always, type Scheme } from './scheme';

const block = (pattern: string, to: string): Rule => ({ of: new RegExp(`^encoder\\.layers\\.encoder_layer_(\\d+)\\.${pattern}$`), to: `blocks.$1.${to}` });

/** `torchvision.models.vision_transformer`, its names before version 0.14 too. */
const rules: readonly Rule[] = [
  { of: /^heads\.pre_logits\..*$/, ignored: 'pre_logits' },
  { of: /^class_token$/, to: 'cls_token' },
  { of: /^conv_proj\.(weight|bias)$/, to: 'patch_embed.proj.$1' },
  { of: /^encoder\.pos_embedding$/, to: 'pos_embed' },
  block('ln_(1|2)\\.(weight|bias)', 'norm$2.$3'),
  block('self_attention\\.in_proj_(weight|bias)', 'attn.qkv.$2'),
  block('self_attention\\.out_proj\\.(weight|bias)', 'attn.proj.$2'),
  block('mlp\\.(?:0|linear_1)\\.(weight|bias)', 'mlp.fc1.$2'),
  block('mlp\\.(?:3|linear_2)\\.(weight|bias)', 'mlp.fc2.$2'),
  { of: /^encoder\.ln\.(weight|bias)$/, to: 'norm.$1' },
  { of: /^heads\.head\.(weight|bias)$/, to: 'head.$1' },
];

export const torchvision: Scheme = {
  id: 'torchvision',
  label: 'torchvision',
  mark: /^encoder\.layers\.encoder_layer_0\.ln_1\.weight$/,
  understand(file, names) {
    const rewritten = rewrite(file.tensors, rules, (name) => names.get(name)!);
    join(rewritten);
    return { rewritten, positions: 'torchvision', hints: always('torchvision', { norm_eps: 1e-6, act_layer: 'gelu' }) };
  },
};
