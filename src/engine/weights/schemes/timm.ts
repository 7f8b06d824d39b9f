import { join, rewrite, type Named, type Rewritten, type Rule } from './rewrite';
import { always, type Scheme } from './scheme';

/**
 * timm's own names, and those that differ from them by a word only: DeiT III, DINO, MAE and the originals of DINOv2
 * (`checkpoint_filter_fn` of timm's `vision_transformer.py`).
 */
const rules: readonly Rule[] = [
  { of: /^(mask_token|dino_head\..*|ibot_head\..*|head\.mlp\..*|head\.last_layer\..*)$/, ignored: 'pretraining' },
  { of: /^decoder_.*$/, ignored: 'decoder' },
  { of: /^pre_logits\..*$/, ignored: 'pre_logits' },
  { of: /^register_tokens$/, to: 'reg_token' },
  { of: /^(blocks\.\d+)\.gamma_(1|2)$/, to: '$1.ls$2.gamma' },
  { of: /^(blocks\.\d+\.mlp)\.w12\./, to: '$1.fc1.' },
  { of: /^(blocks\.\d+\.mlp)\.w3\./, to: '$1.fc2.' },
  { of: /\.num_batches_tracked$/, ignored: 'constant' },
  // ResNets, which torchvision names alike, and Mixers.
  { of: /^((?:conv1|bn1|layer\d+|fc|stem)\..*)$/, to: '$1' },
  { of: /^(cls_token|dist_token|reg_token|pos_embed|(patch_embed|norm_pre|blocks\.\d+|norm|fc_norm|attn_pool|head|head_dist)\..*)$/, to: '$1' },
];

export const timm: Scheme = {
  id: 'timm',
  label: 'timm (also DeiT, DINO, DINOv2, MAE)',
  mark: /^(blocks\.0\.(attn\.qkv|in_proj|mlp_tokens\.fc1)|layer1\.0\.conv1)\.weight$/,
  understand(file, names) {
    const rewritten = rewrite(file.tensors, rules, (name) => names.get(name)!);
    join(rewritten);
    // The originals of DINOv2 call their registers otherwise than timm, and give the class token a position.
    const folded = [...names.values()].includes('register_tokens');
    if (folded) foldClassPosition(rewritten);
    // What only the originals of DINO and DINOv2 have.
    const original = [...names.values()].some((name) => /^(mask_token|register_tokens|dino_head\.|head\.last_layer\.)/.test(name));
    return { rewritten, positions: original ? 'dino' : 'timm', hints: always('timm', { norm_eps: 1e-6, act_layer: 'gelu', ...(folded && { no_embed_class: true }) }) };
  },
};

/**
 * A class token with a position before registers without one: its position is added to the token itself, so that only
 * patches have positions left, as timm keeps such networks.
 */
export function foldClassPosition({ named }: Rewritten): void {
  const [token, table] = [named.get('cls_token'), named.get('pos_embed')];
  if (!token || !table) return;
  const D = token.tensor.shape[2]!;
  const folded: Named = {
    tensor: { shape: token.tensor.shape, data: token.tensor.data.map((value, i) => Math.fround(value + table.tensor.data[i]!)) },
    from: [...token.from, ...table.from],
    changes: [...token.changes, 'folded'],
  };
  named.set('cls_token', folded);
  named.set('pos_embed', { ...table, tensor: { shape: [1, table.tensor.shape[1]! - 1, D], data: table.tensor.data.slice(D) }, changes: [...table.changes, 'split'] });
}
