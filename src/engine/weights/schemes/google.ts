import type { FloatTensor } from '../../tensors';
import type { ModelFile } from '../modelFile';
import type { StoredTensor } from '../safetensors';
import { join, rewrite, transpose, transposed, type Rule, type Transform } from './rewrite';
import { always, type Hints, type Scheme } from './scheme';

/** [P, P, C, D] → [D, C, P, P]. */
const patchKernel: Transform = {
  change: 'transposed',
  apply: ({ shape, data }) => {
    const [P1, P2, C, D] = shape as [number, number, number, number];
    return { shape: [D, C, P1, P2], data: transpose({ shape: [P1 * P2, C * D], data: regrouped({ shape: [P1 * P2, C, D], data }) }).data };
  },
};

/** [N, C, D] with the last two axes swapped: [N, D, C]. */
function regrouped({ shape, data }: FloatTensor): Float32Array {
  const [N, C, D] = shape as [number, number, number];
  const out = new Float32Array(data.length);
  for (let n = 0; n < N; n++) out.set(transpose({ shape: [C, D], data: data.subarray(n * C * D, (n + 1) * C * D) }).data, n * C * D);
  return out;
}

/** Heads lie apart in JAX: [D, H, d] → [H·d, D], [H, d, D] → [D, H·d], [H, d] → [H·d]. */
const intoHeads: Transform = { change: 'transposed', apply: ({ shape: [D = 1, ...heads], data }) => transpose({ shape: [D, heads.reduce((a, b) => a * b, 1)], data }) };
const outOfHeads: Transform = { change: 'transposed', apply: ({ shape, data }) => transpose({ shape: [shape.slice(0, -1).reduce((a, b) => a * b, 1), shape.at(-1)!], data }) };
const flat: Transform = { change: 'reshaped', apply: ({ data }) => ({ shape: [data.length], data }) };

const attention = (before: string, to: string): Rule[] => [
  ...(['query', 'key', 'value'] as const).flatMap((name): Rule[] => [
    { of: new RegExp(`^${before}/${name}/kernel$`), to: `${to}.${name[0]}.weight`, does: intoHeads },
    { of: new RegExp(`^${before}/${name}/bias$`), to: `${to}.${name[0]}.bias`, does: flat },
  ]),
  { of: new RegExp(`^${before}/out/kernel$`), to: `${to}.proj.weight`, does: outOfHeads },
  { of: new RegExp(`^${before}/out/bias$`), to: `${to}.proj.bias` },
];

const norm = (before: string, to: string): Rule[] => [
  { of: new RegExp(`^${before}/scale$`), to: `${to}.weight` },
  { of: new RegExp(`^${before}/bias$`), to: `${to}.bias` },
];

const dense = (before: string, to: string): Rule[] => [
  { of: new RegExp(`^${before}/kernel$`), to: `${to}.weight`, does: transposed },
  { of: new RegExp(`^${before}/bias$`), to: `${to}.bias` },
];

const block = 'Transformer/encoderblock_(\\d+)';

/** `vision_transformer` and `big_vision` of Google Research, without what stands before their names. */
const rules: readonly Rule[] = [
  { of: /^pre_logits\/.*$/, ignored: 'pre_logits' },
  { of: /^embedding\/kernel$/, to: 'patch_embed.proj.weight', does: patchKernel },
  { of: /^embedding\/bias$/, to: 'patch_embed.proj.bias' },
  { of: /^cls$/, to: 'cls_token' },
  { of: /^(?:Transformer\/posembed_input\/)?pos_embedding$/, to: 'pos_embed' },
  ...norm(`${block}/LayerNorm_0`, 'blocks.$1.norm1'),
  ...norm(`${block}/LayerNorm_[12]`, 'blocks.$1.norm2'),
  ...attention(`${block}/MultiHeadDotProductAttention_[01]`, 'blocks.$1.attn'),
  ...dense(`${block}/MlpBlock_[03]/Dense_0`, 'blocks.$1.mlp.fc1'),
  ...dense(`${block}/MlpBlock_[03]/Dense_1`, 'blocks.$1.mlp.fc2'),
  ...norm('Transformer/encoder_norm', 'norm'),
  { of: /^MAPHead_0\/probe$/, to: 'attn_pool.latent' },
  ...attention('MAPHead_0/MultiHeadDotProductAttention_0', 'attn_pool'),
  ...norm('MAPHead_0/LayerNorm_0', 'attn_pool.norm'),
  ...dense('MAPHead_0/MlpBlock_0/Dense_0', 'attn_pool.mlp.fc1'),
  ...dense('MAPHead_0/MlpBlock_0/Dense_1', 'attn_pool.mlp.fc2'),
  ...dense('head', 'head'),
];

/** Where one network of several, or of an optimizer's state, lies. */
const prefix = /^(?:opt\/target\/|params\/img\/|params\/|img\/)/;

export const google: Scheme = {
  id: 'google',
  label: 'Google vision_transformer or big_vision (.npz)',
  mark: /^(?:opt\/target\/|params\/img\/|params\/|img\/)?(?:Transformer\/encoderblock(_0)?\/.*|Transformer\/encoder_norm\/scale)$/,
  understand(file) {
    const heads = headsOf(file);
    const { tensors, split } = unrolled(file.tensors);
    const rewritten = rewrite(tensors, rules, (name) => name.replace(prefix, ''));
    for (const [name, one] of rewritten.named) if (split.has(one.from[0]!)) rewritten.named.set(name, { ...one, from: [split.get(one.from[0]!)!], changes: ['split', ...one.changes] });
    join(rewritten);
    return { rewritten, positions: 'google', hints: { ...always('JAX', { norm_eps: 1e-6, act_layer: 'gelu_tanh' }), ...heads } };
  },
};

/** big_vision may scan over its blocks: each of their tensors then has all blocks on its first axis. What is given is taken out. */
function unrolled(tensors: ModelFile['tensors']): { tensors: ModelFile['tensors']; split: ReadonlyMap<string, string> } {
  const out = new Map<string, StoredTensor>();
  const split = new Map<string, string>();
  for (const [name, tensor] of tensors) {
    tensors.delete(name);
    if (!name.includes('/encoderblock/')) {
      out.set(name, tensor);
      continue;
    }
    const [count = 1, ...shape] = tensor.shape;
    const size = tensor.data.length / count;
    for (let i = 0; i < count; i++) {
      const own = name.replace('/encoderblock/', `/encoderblock_${i}/`);
      out.set(own, { dtype: tensor.dtype, shape, data: tensor.data.subarray(i * size, (i + 1) * size) });
      split.set(own, name);
    }
  }
  return { tensors: out, split };
}

/** Heads are an axis of their own here: [D, H, d], behind that of the blocks where they are scanned. */
function headsOf({ tensors }: ModelFile): Hints {
  const found = [...tensors].find(([name]) => /encoderblock(_0)?\/MultiHeadDotProductAttention_\d\/query\/kernel$/.test(name));
  return found && found[1].shape.length >= 3 ? { num_heads: { value: found[1].shape.at(-2), from: found[0] } } : {};
}
