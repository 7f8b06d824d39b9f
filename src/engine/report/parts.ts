import * as l10n from '@vscode/l10n';
import { paramSpecs } from '../model/params';
import type { ViTSpec } from '../model/spec';

export interface Part {
  readonly label: string;
  readonly params: number;
}

/** By the name of a parameter, in the order of a picture's way through the network; the first that matches. */
const parts = (): readonly (readonly [string, RegExp])[] => [
  [l10n.t('head'), /^(head|head_dist|fc)\./],
  [l10n.t('class token, registers and positions'), /^(cls_token|dist_token|reg_token|pos_embed)$/],
  [l10n.t('patches to tokens'), /^(patch_embed|tokenizer|stem)\./],
  [l10n.t('pooling'), /^(attn_pool|attention_pool)/],
  [l10n.t('norms'), /(^|\.)(norm\w*|\w+_norm|in_norm|bn\d)\./],
  [l10n.t('attention'), /\.attn\.|\.(in_proj|attn_out_proj)\./],
  [l10n.t('MLP over the patches'), /\.mlp_tokens\./],
  [l10n.t('MLP'), /\.(mlp|mlp_channels)\.|\.mlp_out_proj\.|\.mlp_bias$/],
  [l10n.t('layer scale'), /\.(ls\d?)\.gamma$/],
  [l10n.t('first convolution'), /^(conv1|bn1)\./],
  [l10n.t('stage 1'), /^layer1\./], [l10n.t('stage 2'), /^layer2\./], [l10n.t('stage 3'), /^layer3\./], [l10n.t('stage 4'), /^layer4\./],
];

/** Where the parameters of a network are; running statistics are none. */
export function partsOf(spec: ViTSpec): readonly Part[] {
  const known = parts();
  const sums = new Map<string, number>();
  // A ResNet is told by its stages, norms included.
  const order = spec.architecture === 'resnet' ? [known[0]!, ...known.slice(-5), ...known.slice(1, -5)] : known;
  for (const param of paramSpecs(spec)) {
    if (!param.trained) continue;
    const label = order.find(([, pattern]) => pattern.test(param.name))?.[0] ?? l10n.t('other');
    sums.set(label, (sums.get(label) ?? 0) + param.shape.reduce((a, b) => a * b, 1));
  }
  return [...sums].map(([label, params]) => ({ label, params }));
}
