import { join, reshaped, rewrite, transposed, type Rule } from './rewrite';
import { always, type Scheme } from './scheme';

const block = (pattern: string, to: string): Rule => ({ of: new RegExp(`^(?:visual\\.)?transformer\\.resblocks\\.(\\d+)\\.${pattern}$`), to: `blocks.$1.${to}` });
const of = (pattern: string): RegExp => new RegExp(`^(?:visual\\.)?${pattern}$`);

/** The image side of OpenAI's CLIP and of open_clip. A file of both sides has the prefix `visual.` for this one. */
const rules: readonly Rule[] = [
  { of: of('class_embedding'), to: 'cls_token', does: reshaped(1, 1, -1) },
  { of: of('positional_embedding'), to: 'pos_embed', does: { change: 'reshaped', apply: ({ shape, data }) => ({ shape: [1, ...shape], data }) } },
  { of: of('conv1\\.weight'), to: 'patch_embed.proj.weight' },
  { of: of('ln_pre\\.(weight|bias)'), to: 'norm_pre.$1' },
  { of: of('ln_post\\.(weight|bias)'), to: 'norm.$1' },
  block('ln_(1|2)\\.(weight|bias)', 'norm$2.$3'),
  block('attn\\.in_proj_(weight|bias)', 'attn.qkv.$2'),
  block('attn\\.out_proj\\.(weight|bias)', 'attn.proj.$2'),
  block('mlp\\.c_fc\\.(weight|bias)', 'mlp.fc1.$2'),
  block('mlp\\.c_proj\\.(weight|bias)', 'mlp.fc2.$2'),
  // As timm has it: the projection to the space of both sides is a head without bias.
  { of: of('proj'), to: 'head.weight', does: transposed },
];

/** In a file of both sides, what has no prefix. */
const text: Rule = { of: /^(?!visual\.).*$/, ignored: 'text' };

export const clip: Scheme = {
  id: 'clip',
  label: 'OpenAI CLIP or open_clip, image side',
  mark: /^(visual\.)?transformer\.resblocks\.0\.attn\.in_proj_weight$/,
  understand(file, names) {
    const both = [...names.values()].some((name) => name.startsWith('visual.'));
    const rewritten = rewrite(file.tensors, both ? [text, ...rules] : rules, (name) => names.get(name)!);
    join(rewritten);
    // open_clip trains its own networks with the exact GELU; those of OpenAI have the quick one, and the tensors look the same.
    return { rewritten, positions: 'timm', hints: always('CLIP', { norm_eps: 1e-5, act_layer: 'quick_gelu' }) };
  },
};
