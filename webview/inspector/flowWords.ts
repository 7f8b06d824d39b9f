import * as l10n from '@vscode/l10n';
import type { FlowAxis, FlowBox, FlowFacts } from '../../src/protocol';
import type { FlowPart } from './flowGraph';

/** What stands on a box, and what is said of it when it is open. */
export interface BoxWords {
  /** As short as a box has room for. */
  readonly title: string;
  readonly formula: string;
  /** One sentence. */
  readonly meaning: string;
}

export function boxWords(box: FlowBox, facts: FlowFacts): BoxWords {
  if (box.startsWith('stem.')) {
    const count = Number(box.slice(5)) + 1;
    return { title: l10n.t('Conv {0}', count), formula: 'max-pool 3×3, stride 2 (ReLU(conv 3×3 (x)))', meaning: l10n.t('A convolution sees 3 × 3 neighbours, and the pool halves the sides: after the last one each position is a token, and overlaps with its neighbours.') };
  }
  return embedWords(box, facts) ?? attentionWords(box, facts) ?? blockWords(box, facts) ?? answerWords(box, facts);
}

function embedWords(box: FlowBox, { projection, posEmbed, preNorm, architecture, prefix }: FlowFacts): BoxWords | null {
  switch (box) {
    case 'image':
      return { title: l10n.t('Image'), formula: 'x = (value / 255 − mean) / std', meaning: l10n.t('The image as numbers: resized, cropped, and each channel brought to a mean near 0.') };
    case 'features':
      return { title: l10n.t('ResNet'), formula: 'f = ResNet(x)', meaning: l10n.t('A ResNet stands before the blocks: its map of features, not the pixels, is cut into patches.') };
    case 'patches':
      return { title: l10n.t('Patches'), formula: 'x ∈ ℝ^(N × P²·C)', meaning: l10n.t('The image cut into patches, read row by row: each row is one patch, its numbers side by side.') };
    case 'projected':
      if (projection === 'conv_stem') return { title: l10n.t('Sequence'), formula: 'X = reshape(f)', meaning: l10n.t('The last map read row by row: each of its places is a token, and its channels are the token’s vector.') };
      return { title: l10n.t('Projection'), formula: projection === 'shifted_patches' ? 'X = LayerNorm(x) · E + b' : 'X = x · E + b', meaning: l10n.t('One linear layer turns each patch into a vector of width D; the same one for every patch, and nothing of where it lies is in it yet.') };
    case 'positions':
      return { title: l10n.t('Positions'), formula: `P (${posEmbed})`, meaning: l10n.t('A vector for each place. Without it the order of the patches would be lost: attention does not see it.') };
    case 'embedded':
      return {
        title: l10n.t('Tokens Z₀'),
        formula: architecture === 'mixer' ? 'Z₀ = x · E + b' : `Z₀ = ${embeddedFormula({ posEmbed, preNorm, prefix })}`,
        meaning: prefix.length > 0 ? l10n.t('What the first block reads: one row for each token, those that stand before the patches first.') : l10n.t('What the first block reads: one row for each token.'),
      };
    default:
      return null;
  }
}

function embeddedFormula({ posEmbed, preNorm, prefix }: Pick<FlowFacts, 'posEmbed' | 'preNorm' | 'prefix'>): string {
  const tokens = prefix.length === 0 ? 'X' : `[${prefix.map((name) => name.replace(/[[\]]/g, '')).join('; ')}; X]`;
  const sum = `${tokens}${['none', 'rope', 'relative'].includes(posEmbed) ? '' : ' + P'}`;
  return preNorm ? `norm(${sum})` : sum;
}

function attentionWords(box: FlowBox, { headWidth, heads, qkNorm, posEmbed, locality }: FlowFacts): BoxWords | null {
  const turned = posEmbed === 'rope' ? l10n.t(' Rotary positions have turned it by its place.') : '';
  const own = qkNorm ? l10n.t(' It has been through a norm of its own.') : '';
  const root = `√${String(headWidth)} = ${String(Math.round(Math.sqrt(headWidth) * 100) / 100)}`;
  switch (box) {
    case 'queries':
      return { title: l10n.t('Queries Q'), formula: `Q = X · W_Q + b_Q\nd = D / H = ${String(headWidth * heads)} / ${String(heads)} = ${String(headWidth)}`, meaning: l10n.t('What each token asks for, in the language of this head.') + own + turned };
    case 'keys':
      return { title: l10n.t('Keys K'), formula: 'K = X · W_K + b_K', meaning: l10n.t('What each token answers to: a query looks at the tokens whose keys point its way.') + own + turned };
    case 'values':
      return { title: l10n.t('Values V'), formula: 'V = X · W_V + b_V', meaning: l10n.t('What each token hands over to those that look at it.') };
    case 'products':
      return { title: 'Q · Kᵀ', formula: 'sᵢⱼ = Σ_d q_id · k_jd', meaning: l10n.t('Every query times every key: row i is how well each token answers token i. Any number can come out.') };
    case 'scores':
      if (locality) return { title: l10n.t('× s, masked'), formula: 'S = s · Q · Kᵀ,  Sᵢᵢ = −∞', meaning: l10n.t('A learned factor takes the place of 1/√d, and a token may not look at itself: the diagonal is empty.') };
      return { title: posEmbed === 'relative' ? '÷ √d + B' : '÷ √d', formula: `S = Q · Kᵀ / √d${posEmbed === 'relative' ? ' + B' : ''},  √d = ${root}`, meaning: l10n.t('Without the division the products grow with d, the softmax would give nearly all to one token, and its gradient would vanish.') };
    case 'attention':
      return { title: 'Softmax', formula: 'aᵢⱼ = exp(sᵢⱼ) / Σₖ exp(sᵢₖ)', meaning: l10n.t('Each row becomes shares that add up to 1: how much of every token’s value token i takes.') };
    case 'head_output':
      return { title: 'A · V', formula: 'oᵢ = Σⱼ aᵢⱼ · vⱼ', meaning: l10n.t('What this head found for each token: the mean of the values, weighed by the attention.') };
    case 'mixed':
      return { title: 'Concat', formula: 'concat(O₁ … O_H) ∈ ℝ^(T × D)', meaning: l10n.t('The outputs of all {0} heads side by side: each fills its own columns.', heads) };
    default:
      return null;
  }
}

function blockWords(box: FlowBox, { norm, activation, mlp, layerScale, normFirst, architecture, parallel }: FlowFacts): BoxWords | null {
  const normName = norm === 'rmsnorm' ? 'RMSNorm' : 'LayerNorm';
  const normFormula = norm === 'rmsnorm' ? 'y = x / √(mean(x²) + ε) · γ' : 'y = (x − mean(x)) / √(var(x) + ε) · γ + β';
  const scale = layerScale ? 'γ ⊙ ' : '';
  switch (box) {
    case 'input':
      return { title: l10n.t('Tokens in'), formula: 'Z ∈ ℝ^(T × D)', meaning: architecture === 'mixer' ? l10n.t('What the block reads. Its MLP over the patches takes the place of attention; what happens inside is not shown.') : l10n.t('What the block reads. It goes on unchanged along the residual connection, too.') };
    case 'norm1':
      return { title: normName, formula: normFormula, meaning: l10n.t('Each token by itself brought to one scale, so that what follows does not depend on how long its vector has become.') };
    case 'attention_output':
      return { title: l10n.t('Projection'), formula: `${scale}(concat · W_O + b_O)`, meaning: l10n.t('One linear layer mixes the heads: what attention adds to each token.') };
    case 'middle':
      return { title: normFirst ? '+' : l10n.t('+ and norm'), formula: normFirst ? 'Z′ = Z + attention(norm(Z))' : 'Z′ = norm(Z + attention(Z))', meaning: l10n.t('The residual connection: what attention found is added to the token, which stays what it was.') };
    case 'norm2':
      return { title: normName, formula: normFormula, meaning: l10n.t('The norm before the MLP, again of each token by itself.') };
    case 'hidden':
      return { title: l10n.t('MLP, hidden'), formula: mlp === 'swiglu' ? 'h = SiLU(x · W_gate) ⊙ (x · W_in)' : `h = ${activation}(x · W₁ + b₁)`, meaning: l10n.t('Each token by itself becomes a longer vector; the activation lets through what is above 0. Most units are near 0.') };
    case 'mlp_output':
      return { title: l10n.t('MLP, out'), formula: `${scale}(h · W₂ + b₂)`, meaning: l10n.t('Back to width D: what the MLP adds to each token.') };
    case 'output':
      return { title: normFirst || architecture === 'mixer' ? l10n.t('+ → out') : l10n.t('+ and norm'), formula: parallel ? 'Z″ = Z + attention + MLP' : normFirst ? 'Z″ = Z′ + MLP(norm(Z′))' : 'Z″ = norm(Z′ + MLP(Z′))', meaning: l10n.t('What the next block reads.') };
    default:
      return null;
  }
}

function answerWords(box: FlowBox, { norm, pool, distilled }: FlowFacts): BoxWords {
  switch (box) {
    case 'final_norm':
      return { title: l10n.t('Last norm'), formula: norm === 'rmsnorm' ? 'y = RMSNorm(Z_L)' : 'y = LayerNorm(Z_L)', meaning: l10n.t('The tokens behind all blocks, brought to one scale for the head.') };
    case 'pool_weights':
      return { title: l10n.t('Pooling weights'), formula: pool === 'seq' ? 'w = softmax(Y · g + b)' : 'w = softmax(q · Kᵀ / √d)', meaning: pool === 'seq' ? l10n.t('How much each token counts for the answer: a linear layer gives each a score, and a softmax makes shares of them.') : l10n.t('A learned query looks at all tokens: how much each counts for the answer, head by head.') };
    case 'pooled':
      return { title: pool === 'token' ? l10n.t('Class token') : l10n.t('Pooled'), ...pooledWords(pool, distilled) };
    case 'logits':
      return { title: l10n.t('Logits'), formula: 'y = p · W + b', meaning: l10n.t('One number for each class: the head is a single linear layer.') };
    default:
      return { title: l10n.t('Probability'), formula: 'pₖ = exp(yₖ) / Σⱼ exp(yⱼ)', meaning: l10n.t('The softmax of the logits: shares that add up to 1.') };
  }
}

function pooledWords(pool: string, distilled: boolean): Pick<BoxWords, 'formula' | 'meaning'> {
  switch (pool) {
    case 'token':
      return distilled
        ? { formula: 'y_cls, y_dist', meaning: l10n.t('The class token and the distillation token, each with a head of its own; the answer is the mean of both.') }
        : { formula: 'y_cls', meaning: l10n.t('Of all tokens only this one reaches the head: through the attention of the blocks it has collected what it needs.') };
    case 'avg':
      return { formula: '1/N · Σᵢ yᵢ', meaning: l10n.t('The mean of all patches: every one of them speaks, with the same weight.') };
    case 'token_avg':
      return { formula: '[y_cls; 1/N · Σᵢ yᵢ]', meaning: l10n.t('The class token beside the mean of the patches: the head reads both.') };
    case 'seq':
      return { formula: 'Σⱼ wⱼ · yⱼ', meaning: l10n.t('The mean of the tokens with those weights: sequence pooling, in place of a class token.') };
    default:
      return { formula: 'attention(q, Y) + MLP', meaning: l10n.t('What the learned query found, and an MLP behind it: attention pooling.') };
  }
}

/** What a row or a column is called: "patch (3,5)" comes from elsewhere. */
export function axisName(axis: FlowAxis, at: number): string {
  switch (axis) {
    case 'token':
    case 'pooled token':
      return l10n.t('token {0}', at);
    case 'patch':
      return l10n.t('patch {0}', at + 1);
    case 'position':
      return l10n.t('place {0}', at + 1);
    case 'pixel':
      return l10n.t('pixel {0}', at + 1);
    case 'dimension':
      return l10n.t('dimension {0}', at + 1);
    case 'unit':
      return l10n.t('unit {0}', at + 1);
    case 'channel':
      return l10n.t('channel {0}', at + 1);
    case 'number':
      return l10n.t('number {0}', at + 1);
    case 'head':
      return l10n.t('head {0}', at + 1);
    case 'class':
      return l10n.t('class {0}', at + 1);
    case 'vector':
      return l10n.t('vector {0}', at + 1);
  }
}

/** What all rows or columns are. */
export function axisTitle(axis: FlowAxis): string {
  switch (axis) {
    case 'token':
    case 'pooled token':
      return l10n.t('tokens');
    case 'patch':
      return l10n.t('patches');
    case 'position':
      return l10n.t('places');
    case 'pixel':
      return l10n.t('pixels');
    case 'dimension':
      return l10n.t('dimensions');
    case 'unit':
      return l10n.t('units');
    case 'channel':
      return l10n.t('channels');
    case 'number':
      return l10n.t('numbers of the patch');
    case 'head':
      return l10n.t('heads');
    case 'class':
      return l10n.t('classes');
    case 'vector':
      return '';
  }
}

export function partName(part: FlowPart, { architecture, blocks }: FlowFacts, block: number): string {
  switch (part) {
    case 'embed':
      return architecture === 'resnet' ? l10n.t('Image') : l10n.t('Image → tokens');
    case 'block':
      return l10n.t('Block {0} of {1}', block + 1, blocks);
    case 'answer':
      return architecture === 'resnet' ? l10n.t('Answer') : l10n.t('Tokens → answer');
  }
}
