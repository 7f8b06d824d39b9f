import * as l10n from '@vscode/l10n';
import type { Tab } from './place';
import { addsPositions, type Traits } from './traits';

export interface Explanation {
  /** What is seen, in one sentence. */
  readonly seen: string;
  readonly formula: string;
  readonly source: string;
  /** Empty where there is nothing to say. */
  readonly caveat: string;
  /** Terms of the glossary that are taken for known. */
  readonly terms: readonly string[];
}

/** What stands above each tab, of the network that is looked into. */
export function explanation(tab: Exclude<Tab, 'features'>, traits: Traits): Explanation {
  const found = words[tab](traits);
  return traits.classToken ? found : { ...found, terms: found.terms.filter((term) => term !== 'class-token') };
}

const words: Readonly<Record<Exclude<Tab, 'features'>, (traits: Traits) => Explanation>> = { flow, attention, rollout, explain, position, patches };

function flow(traits: Traits): Explanation {
  return {
    seen: l10n.t('Each box is a place in the network with the numbers that this image has there: open one to read them, and go along with the arrow keys.'),
    ...flowFormula(traits),
    caveat: l10n.t('A small picture shows at most 64 rows and columns of a box, evenly spread; the open one shows all. Red is above zero, blue below, and the colours end three standard deviations from the mean; what cannot be below zero starts at the dark end. Dashed lines are residual connections.'),
  };
}

const BLOCKS: Readonly<Record<Traits['block'], string>> = {
  pre_norm: 'Z′ = Z + MSA(norm(Z)),  Z″ = Z′ + MLP(norm(Z′))',
  post_norm: 'Z′ = norm(Z + MSA(Z)),  Z″ = norm(Z′ + MLP(Z′))',
  parallel: 'Z″ = Z + MSA(norm(Z)) + MLP(norm(Z))',
};

function flowFormula(traits: Traits): Pick<Explanation, 'formula' | 'source' | 'terms'> {
  const { architecture, prefix, projection } = traits;
  const shapes = l10n.t('the shapes are written as rows × columns, without the batch.');
  if (architecture === 'resnet') return { formula: 'f′ = ReLU(f + conv(ReLU(conv(f))))', source: `${l10n.t('He et al. 2016, section 3.2;')} ${shapes}`, terms: ['residual', 'pooling', 'logits', 'softmax'] };
  const tokens = projection === 'conv_stem' ? 'conv(x)' : projection === 'resnetv2' ? 'ResNet(x)·E' : 'x·E';
  const first = prefix.length === 0 ? tokens : `[${[...prefix.map((name) => name.replace(/[[\]]/g, '')), tokens].join('; ')}]`;
  if (architecture === 'mixer') return { formula: `Z₀ = ${tokens}\nZ′ = Z + MLP₁(norm(Z)ᵀ)ᵀ,  Z″ = Z′ + MLP₂(norm(Z′))`, source: `${l10n.t('Tolstikhin et al. 2021, equation 1;')} ${shapes}`, terms: ['token', 'patch-embedding', 'block', 'layer-norm', 'residual', 'mlp', 'pooling', 'logits', 'softmax'] };
  return {
    formula: `Z₀ = ${first}${addsPositions(traits) ? ' + P' : ''}\n${BLOCKS[traits.block]}\nMSA: softmax(Q Kᵀ / √d) V`,
    source: `${l10n.t('Dosovitskiy et al. 2021, equations 1 to 4;')} ${shapes}`,
    terms: ['token', 'patch-embedding', 'position-embedding', 'block', 'query-key-value', 'layer-norm', 'residual', 'mlp', 'pooling', 'logits', 'softmax'],
  };
}

function attention(traits: Traits): Explanation {
  return {
    seen: l10n.t('Each small map shows how strongly the outlined token looks at every patch, for one layer (row) and head (column).'),
    formula: l10n.t('A = softmax(Q Kᵀ / √dₖ);  where token i looks: row Aᵢ.;  who looks at token j: column A.ⱼ\nentropy of row i = − Σⱼ Aᵢⱼ ln Aᵢⱼ\nmean distance = meanᵢ Σⱼ Aᵢⱼ · P · ‖(r,c)ᵢ − (r,c)ⱼ‖'),
    source: l10n.t('Vaswani et al. 2017, section 3.2.1; mean attention distance: Dosovitskiy et al. 2021, figure 7 and appendix D.7.'),
    caveat: `${l10n.t('Attention is not explanation: a weight says where a token reads from, not that the class depends on it.')} ${lastBlock(traits)}`,
    terms: ['attention', 'head', 'class-token', 'query-key-value', 'softmax', 'scaling', 'attention-entropy', 'attention-distance', 'probe'],
  };
}

/** Whose rows of the last block reach the head. */
function lastBlock({ pool, distilled }: Traits): string {
  switch (pool) {
    case 'token':
      return distilled
        ? l10n.t('In the last block only the rows of the class token and of the distillation token reach the answer; the other tokens of that block get no gradient.')
        : l10n.t('In the last block only the row of the class token reaches the answer; the other tokens of that block get no gradient.');
    case 'seq':
      return l10n.t('In the last block every row reaches the answer: sequence pooling takes all tokens, each with a weight of its own.');
    case 'map':
      return l10n.t('In the last block every row reaches the answer: a learned query looks at all tokens behind it.');
    case 'token_avg':
      return l10n.t('In the last block every row reaches the answer: the head reads the class token beside the mean of the patches.');
    default:
      return l10n.t('In the last block the rows of all patches reach the answer, with the same weight: the head reads their mean.');
  }
}

function rollout(): Explanation {
  return {
    seen: l10n.t('Attention followed back through all layers at once: how much of each patch can reach the answer.'),
    formula: l10n.t('Aₗ = ½ · fuseₕ(Wₗₕ) + ½ · I, each row scaled to sum 1\nR₀ = I,  Rₗ = Aₗ Rₗ₋₁'),
    source: l10n.t('Abnar and Zuidema 2020, section 3 (attention rollout); fusion and discarding as in the vit-explain library.'),
    caveat: l10n.t('Rollout ignores the values, the MLPs and the class: it is the same map for every answer. Half of each step is the residual connection by definition, not by measurement.'),
    terms: ['rollout', 'attention', 'residual', 'class-token'],
  };
}

function explain({ classToken }: Traits): Explanation {
  return {
    seen: l10n.t('Each map says which patches speak for a class, by another method: choose one to lay it over the image, and a second class to see what changes.'),
    formula: l10n.t('Aₗ: attention of block l after the softmax;  ∇Aₗ = ∂y_c / ∂Aₗ for the logit of class c\n(x)⁺ = max(0, x);  rows(): each row scaled to sum 1'),
    source: l10n.t('Each method’s own stands below it. Deletion and insertion: Petsiuk et al. 2018 (RISE), section 4.3.'),
    caveat: classToken
      ? l10n.t('The methods disagree, and none is the truth: those of attention read from the class token, and each leaves something out. Measure them on the image at hand before you believe one.')
      : l10n.t('The methods disagree, and none is the truth: those of attention read from the mean of the patches, for there is no class token, and each leaves something out. Measure them on the image at hand before you believe one.'),
    terms: ['attention', 'rollout', 'attention-gradient', 'grad-rollout', 'chefer', 'grad-cam', 'occlusion', 'deletion-insertion', 'logits'],
  };
}

function position(traits: Traits): Explanation {
  return {
    seen: l10n.t('Each small map compares the position embedding of one patch with those of all patches, by their cosine: 1 is alike, 0 is unrelated, −1 is opposite.'),
    formula: 'sᵢⱼ = Pᵢ · Pⱼ / (‖Pᵢ‖ ‖Pⱼ‖)\nZ = X + P',
    source: l10n.t('Dosovitskiy et al. 2021, figure 7 (centre).'),
    caveat: positionCaveat(traits),
    terms: ['position-embedding', 'sinusoidal-position', 'cosine-similarity', 'rope', 'token'],
  };
}

function positionCaveat({ posEmbed }: Traits): string {
  if (posEmbed === 'learned') return l10n.t('The model learns positions from the pictures alone: rows and columns appear only if they help. After a short training the maps may show little but the patch itself.');
  return posEmbed.startsWith('sincos') ? l10n.t('These positions are computed, not learned: the maps are the same before and after any training, and say nothing of the pictures.') : '';
}

function patches({ architecture, projection, prefix }: Traits): Explanation {
  const cost = l10n.t('The cost counts multiply-adds of one attention block; a block has an MLP besides.');
  const terms = ['patch', 'token', 'patch-embedding', 'width', 'omega-msa', 'multiply-adds', 'parameters', 'receptive-field'];
  const msa = 'Ω(MSA) = 4hwC² + 2(hw)²C';
  if (architecture === 'resnet') return { seen: l10n.t('This network cuts no patches: its convolutions go over the whole image.'), formula: 'y = W ∗ x + b', source: l10n.t('He et al. 2016 (ResNet).'), caveat: l10n.t('A convolution costs the same at every place: twice the side of the image means four times the multiply-adds.'), terms: ['multiply-adds', 'parameters', 'receptive-field'] };
  if (projection === 'conv_stem')
    return {
      seen: l10n.t('Convolutions read the image, and each place of their last map is a token: neighbouring tokens see parts of the image that overlap. The blocks see these tokens alone, row by row.'),
      formula: `N = h·w: ${l10n.t('places of the last map')}\n${msa}`,
      source: l10n.t('Hassani et al. 2021 (Compact Transformers); cost: Liu et al. 2021 (Swin), equation 1.'),
      caveat: `${l10n.t('One convolution with its pooling less means four times the tokens, and the attention matrix grows with their square.')} ${cost}`,
      terms,
    };
  if (projection === 'resnetv2')
    return {
      seen: l10n.t('A ResNet reads the image first, and its map of features is cut into patches: neighbouring tokens see parts of the image that overlap. The blocks see these tokens alone, row by row.'),
      formula: `N = h·w: ${l10n.t('patches of the map of features')}\n${msa}`,
      source: l10n.t('Dosovitskiy et al. 2021, section 3.1 (hybrid architecture); cost: Liu et al. 2021 (Swin), equation 1.'),
      caveat: `${l10n.t('Every stage of the ResNet that is left out means four times the tokens, and the attention matrix grows with their square.')} ${cost}`,
      terms,
    };
  const mixer = architecture === 'mixer';
  return {
    seen: cutWords(mixer, projection, prefix),
    formula: `N = H·W / P²,  x ∈ ℝ^(N × P²·C)${mixer ? '' : `\n${msa}`}`,
    source: mixer ? l10n.t('Tolstikhin et al. 2021 (MLP-Mixer).') : l10n.t('Dosovitskiy et al. 2021, section 3.1; cost: Liu et al. 2021 (Swin), equation 1.'),
    caveat: mixer ? l10n.t('Half the patch size means four times the tokens.') : `${l10n.t('Half the patch size means four times the tokens, and the attention matrix grows with their square.')} ${cost}`,
    terms: mixer ? terms.filter((term) => term !== 'omega-msa') : terms,
  };
}

function cutWords(mixer: boolean, projection: Traits['projection'], prefix: Traits['prefix']): string {
  if (mixer) return l10n.t('The image is cut into patches and read row by row: this sequence is all that the blocks see.');
  if (projection === 'shifted_patches') return l10n.t('The image is cut into patches, each together with the same patch of four shifted copies, and read row by row: this sequence is all that the Transformer sees.');
  return prefix.length > 0
    ? l10n.t('The image is cut into patches and read row by row: this sequence, behind {0}, is all that the Transformer sees.', prefix.join(' '))
    : l10n.t('The image is cut into patches and read row by row: this sequence is all that the Transformer sees.');
}
