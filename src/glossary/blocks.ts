import * as l10n from '@vscode/l10n';
import { and, inComparison, inFeatures, inInfo, inKey, inSweep, inTab } from './seen';
import { term, VASWANI, VIT, type Term } from './term';

/** What a block is made of, and what it costs. */
export function blockTerms(): readonly Term[] {
  return [...attentionTerms(), ...partTerms(), ...costTerms()];
}

function attentionTerms(): readonly Term[] {
  const attention = inTab(l10n.t('Attention'));
  return [
    term('attention', l10n.t('Attention'), l10n.t('Each token asks (query) what the others offer (key) and takes a mean of what they hold (value), weighted by how well the two fit. The weights of one token sum to 1.'), { formula: 'softmax(Q Kᵀ / √dₖ) V', source: `${VASWANI}, §3.2.1`, seen: and(attention, inTab(l10n.t('Flow'))), also: ['self-attention', 'MSA'] }),
    term('cross-attention', l10n.t('Cross-attention'), l10n.t('Attention whose queries come from other vectors than its keys and values; in self-attention all three come from the same tokens. Pooling by a learned query is one.'), { source: `${VASWANI}, §3.2.3`, seen: inKey('model.global_pool: map'), also: ['map'] }),
    term('query-key-value', l10n.t('Query, key, value'), l10n.t('Three linear layers of a token: what it looks for, by what it is found, and what is taken of it.'), { formula: 'Q = Z Wq,  K = Z Wk,  V = Z Wv', source: `${VASWANI}, §3.2`, seen: inTab(l10n.t('Flow')), also: ['query', 'key', 'value', 'qkv'] }),
    term('head', l10n.t('Head'), l10n.t('One of several attentions side by side, each with D/H dimensions of its own, so that a token can look at different things at once. Their outputs are joined and projected.'), { formula: 'MSA = Concat(head₁ … head_H) Wᴼ', source: `${VASWANI}, §3.2.2`, seen: and(attention, inKey('model.num_heads')), also: ['num_heads', 'heads', 'multi-head'] }),
    term('scaling', l10n.t('Scaling by √d'), l10n.t('Scores are divided by the square root of the dimension of a head. Without it they grow with the dimension, the softmax saturates, and its gradients vanish.'), { formula: 'Var(q·k) = dₖ  for independent entries of variance 1', source: `${VASWANI}, §3.2.1`, seen: and(attention, inTab(l10n.t('Flow'))), also: ['scaled dot-product'] }),
    term('softmax', l10n.t('Softmax'), l10n.t('Makes any numbers into positive ones that sum to 1, keeping their order and stretching their differences.'), { formula: 'softmax(z)ᵢ = e^zᵢ / Σⱼ e^zⱼ', seen: attention }),
    term('attention-entropy', l10n.t('Attention entropy'), l10n.t('How broadly a token looks: 0 when it looks at one token alone, ln N when it looks at all alike.'), { formula: '− Σⱼ Aᵢⱼ ln Aᵢⱼ  (nats)', seen: and(attention, inComparison()), also: ['entropy', 'heads/entropy'] }),
    term('attention-distance', l10n.t('Mean attention distance'), l10n.t('How far a head looks, in pixels: the distances between patches, weighted by attention. It is to a ViT what the receptive field is to a CNN.'), { formula: 'meanᵢ Σⱼ Aᵢⱼ · P · ‖(r, c)ᵢ − (r, c)ⱼ‖', source: `${VIT}, figure 7, appendix D.7`, seen: and(attention, inComparison()), also: ['distance', 'heads/distance'] }),
  ];
}

function partTerms(): readonly Term[] {
  const flow = inTab(l10n.t('Flow'));
  return [
    term('block', l10n.t('Block'), l10n.t('One layer of the encoder: attention, in which tokens exchange, and an MLP, which treats each by itself, both with a norm before and a residual connection around them.'), { formula: 'Z′ = Z + MSA(LN(Z)),  Z″ = Z′ + MLP(LN(Z′))', source: `${VIT}, §3.1, eq. 2–3`, seen: flow, also: ['encoder', 'layer'] }),
    term('mlp', l10n.t('MLP'), l10n.t('Two linear layers with an activation between them, applied to each token by itself; the hidden one is wider.'), { formula: 'MLP(x) = GELU(x W₁ + b₁) W₂ + b₂', source: `${VIT}, §3.1`, seen: and(flow, inKey('model.mlp_ratio')), also: ['FFN', 'mlp_ratio'] }),
    term('gelu', 'GELU', l10n.t('The activation of the ViT: x times the probability that a normal number is smaller than x; a smooth ReLU.'), { formula: 'x · Φ(x)', source: 'Hendrycks & Gimpel 2016', seen: inKey('model.act_layer'), also: ['act_layer', 'activation'] }),
    term('layer-norm', 'LayerNorm', l10n.t('Brings the numbers of each token to mean 0 and variance 1, then scales and shifts them by learned numbers. Before attention and MLP (pre-norm) it keeps deep networks trainable.'), { formula: '(x − E[x]) / √(Var[x] + ε) · γ + β', source: 'Ba et al. 2016; Xiong et al. 2020', seen: and(flow, inKey('model.norm_first')), also: ['norm', 'Add & Norm'] }),
    term('residual', l10n.t('Residual connection'), l10n.t('What goes into attention or MLP is added to what comes out, so that a layer only has to say what should change, and gradients reach the first one.'), { source: 'He et al. 2016', seen: flow, also: ['skip connection'] }),
    term('dropout', l10n.t('Dropout'), l10n.t('While training, some numbers are set to 0 at random, so that none is relied upon; none is when the network is used.'), { source: 'Srivastava et al. 2014', seen: inKey('model.drop_rate'), also: ['drop_rate'] }),
    term('stochastic-depth', l10n.t('Stochastic depth'), l10n.t('While training, whole residual branches are left out at random, later ones more often.'), { source: 'Huang et al. 2016', seen: inKey('model.drop_path_rate'), also: ['drop path', 'drop_path_rate'] }),
    term('inductive-bias', l10n.t('Inductive bias'), l10n.t('What a network assumes before it has seen an image. Convolutions take what is near together and treat all places alike; a ViT assumes hardly any of it, so that it needs more images and is less limited by them.'), { source: `${VIT}, §3.1`, seen: inInfo() }),
    term('cnn', 'CNN', l10n.t('A network of convolutions, as ResNet: small filters that are the same at every place, and fields of view that grow from layer to layer.'), { source: 'He et al. 2016', seen: inKey('model.architecture: resnet'), also: ['resnet'] }),
    term('hybrid', l10n.t('Hybrid'), l10n.t('A Transformer whose tokens come from convolutions instead of bare patches: some inductive bias, which helps with few images.'), { source: `${VIT}, §3.1; Hassani et al. 2021 (CCT)`, seen: inKey('model.projection'), also: ['CCT', 'conv_stem'] }),
    term('logit-lens', l10n.t('Logit lens'), l10n.t('What the network would say if it ended after a layer: its last norm and head, applied to the tokens on the way.'), { formula: 'softmax(head(pool(norm(zₗ))))', source: 'nostalgebraist 2020', seen: inFeatures(l10n.t('Logit lens')) }),
    term('cka', 'CKA', l10n.t('How alike two layers are in what they tell apart, whatever turns or scales their features: 1 when they hold the same similarities between images.'), { formula: 'HSIC(K, L) / √(HSIC(K, K) HSIC(L, L))', source: 'Kornblith et al. 2019, §3', seen: inFeatures('CKA'), also: ['centred kernel alignment'] }),
  ];
}

function costTerms(): readonly Term[] {
  return [
    term('parameters', l10n.t('Parameters'), l10n.t('How many numbers of the network are learned.'), { seen: and(inInfo(), inSweep(), inComparison()), also: ['params'] }),
    term('multiply-adds', l10n.t('Multiply-adds'), l10n.t('Multiplications with an addition in one pass over one image; two floating-point operations (FLOPs) each. A step of training takes about three times as many.'), { seen: and(inInfo(), inSweep(), inComparison()), also: ['macs', 'FLOPs'] }),
    term('omega-msa', 'Ω(MSA)', l10n.t('Multiply-adds of the attention of one block: one part grows with the number of tokens, the other with its square.'), { formula: 'Ω(MSA) = 4 hw C² + 2 (hw)² C', source: 'Liu et al. 2021 (Swin), eq. 1', seen: and(inTab(l10n.t('Patches')), inSweep()), also: ['omegaMsa', 'omega'] }),
    term('receptive-field', l10n.t('Receptive field'), l10n.t('The part of the image that one position of a layer depends on: a few pixels in the first layers of a CNN, the whole image behind the first block of a ViT.'), { seen: inInfo() }),
  ];
}
