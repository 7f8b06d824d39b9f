import * as l10n from '@vscode/l10n';
import type { AttentionDirection, CheckpointInfo, RolloutView } from '../../src/protocol';
import { percent } from '../numbers';
import { largest } from './maps';
import { patchOf, type Bounds, type Head, type Join, type Tab } from './place';

/** Row and column of a patch, counted from 1 as on paper. */
export function coordinates(patch: number, columns: number): string {
  return `(${String(Math.floor(patch / columns) + 1)},${String((patch % columns) + 1)})`;
}

export function tokenName(token: number, bounds: Bounds, prefix: readonly string[]): string {
  const patch = patchOf(token, bounds);
  if (patch === null) return prefix[token] ?? l10n.t('token {0}', token);
  return l10n.t('patch {0}', coordinates(patch, bounds.columns));
}

export function headName(head: Head): string {
  switch (head) {
    case 'mean':
      return l10n.t('mean of the heads');
    case 'max':
      return l10n.t('largest of the heads');
    case 'min':
      return l10n.t('smallest of the heads');
    default:
      return l10n.t('head {0}', head + 1);
  }
}

export function joinName(join: Join): string {
  return { mean: l10n.t('Mean'), max: l10n.t('Max'), min: l10n.t('Min') }[join];
}

/** "Layer 4, head 2, from patch (3,5): 61 % on (3,5), (3,6)": the fewest patches, up to three, that hold most of it. */
export function attentionSummary(
  weights: Float32Array,
  { query, direction }: { readonly query: number; readonly direction: AttentionDirection },
  map: { readonly layer: number; readonly head: Head },
  bounds: Bounds,
  prefix: readonly string[],
): string {
  const top = largest(weights, 3);
  const sum = direction === 'from' ? 1 : weights.reduce((a, b) => a + b, 0) || 1;
  const half = top.findIndex((_, i) => share(top, i + 1) / sum >= 0.5);
  const few = top.slice(0, half < 0 ? top.length : half + 1);
  const names = few.map(({ token }) => {
    const patch = patchOf(token, bounds);
    return patch === null ? (prefix[token] ?? String(token)) : coordinates(patch, bounds.columns);
  });
  const about = [map.layer + 1, headName(map.head), tokenName(query, bounds, prefix), percent(share(few, few.length) / sum), names.join(', ')];
  return direction === 'from' ? l10n.t('Layer {0}, {1}, from {2}: {3} on {4}', ...about) : l10n.t('Layer {0}, {1}, to {2}: {3} of it from {4}', ...about);
}

function share(ranked: readonly { readonly weight: number }[], count: number): number {
  return ranked.slice(0, count).reduce((sum, { weight }) => sum + weight, 0);
}

export function tabName(tab: Tab): string {
  switch (tab) {
    case 'flow':
      return l10n.t('Flow');
    case 'attention':
      return l10n.t('Attention');
    case 'rollout':
      return l10n.t('Rollout');
    case 'explain':
      return l10n.t('Explain');
    case 'position':
      return l10n.t('Position');
    case 'features':
      return l10n.t('Features');
    case 'patches':
      return l10n.t('Patches');
  }
}

export function rolloutFrom(from: RolloutView['from']): string {
  switch (from) {
    case 'class token':
      return l10n.t('from the class token');
    case 'mean of patches':
      return l10n.t('mean over all patches (this model has no class token)');
    case 'patch':
      return l10n.t('from the chosen patch');
    case 'other token':
      return l10n.t('from the chosen token');
  }
}

export interface Explanation {
  /** What is seen, in one sentence. */
  readonly seen: string;
  readonly formula: string;
  readonly source: string;
  readonly caveat: string;
  /** Terms of the glossary that are taken for known. */
  readonly terms: readonly string[];
}

export function explanation(tab: Exclude<Tab, 'features'>): Explanation {
  switch (tab) {
    case 'flow':
      return {
        seen: l10n.t('Each box is a place in the network with the numbers that this image has there: open one to read them, and go along with the arrow keys.'),
        formula: 'Z₀ = [cls; x·E] + P\nZ′ = Z + MSA(norm(Z)),  Z″ = Z′ + MLP(norm(Z′))\nMSA: softmax(Q Kᵀ / √d) V',
        source: l10n.t('Dosovitskiy et al. 2021, equations 1 to 4; the shapes are written as rows × columns, without the batch.'),
        caveat: l10n.t('A small picture shows at most 64 rows and columns of a box, evenly spread; the open one shows all. Red is above zero, blue below, and the colours end three standard deviations from the mean; what cannot be below zero starts at the dark end. Dashed lines are residual connections.'),
        terms: ['token', 'patch-embedding', 'position-embedding', 'block', 'query-key-value', 'layer-norm', 'residual', 'mlp', 'pooling', 'logits', 'softmax'],
      };
    case 'attention':
      return {
        seen: l10n.t('Each small map shows how strongly the outlined token looks at every patch, for one layer (row) and head (column).'),
        formula: l10n.t('A = softmax(Q Kᵀ / √dₖ);  where token i looks: row Aᵢ.;  who looks at token j: column A.ⱼ\nentropy of row i = − Σⱼ Aᵢⱼ ln Aᵢⱼ\nmean distance = meanᵢ Σⱼ Aᵢⱼ · P · ‖(r,c)ᵢ − (r,c)ⱼ‖'),
        source: l10n.t('Vaswani et al. 2017, section 3.2.1; mean attention distance: Dosovitskiy et al. 2021, figure 7 and appendix D.7.'),
        caveat: l10n.t('Attention is not explanation: a weight says where a token reads from, not that the class depends on it. In the last block of a model with a class token only the row of the class token reaches the answer; the other tokens of that block get no gradient.'),
        terms: ['attention', 'head', 'class-token', 'query-key-value', 'softmax', 'scaling', 'attention-entropy', 'attention-distance', 'probe'],
      };
    case 'rollout':
      return {
        seen: l10n.t('Attention followed back through all layers at once: how much of each patch can reach the answer.'),
        formula: l10n.t('Aₗ = ½ · fuseₕ(Wₗₕ) + ½ · I, each row scaled to sum 1\nR₀ = I,  Rₗ = Aₗ Rₗ₋₁'),
        source: l10n.t('Abnar and Zuidema 2020, section 3 (attention rollout); fusion and discarding as in the vit-explain library.'),
        caveat: l10n.t('Rollout ignores the values, the MLPs and the class: it is the same map for every answer. Half of each step is the residual connection by definition, not by measurement.'),
        terms: ['rollout', 'attention', 'residual', 'class-token'],
      };
    case 'explain':
      return {
        seen: l10n.t('Each map says which patches speak for a class, by another method: choose one to lay it over the image, and a second class to see what changes.'),
        formula: l10n.t('Aₗ: attention of block l after the softmax;  ∇Aₗ = ∂y_c / ∂Aₗ for the logit of class c\n(x)⁺ = max(0, x);  rows(): each row scaled to sum 1'),
        source: l10n.t('Each method’s own stands below it. Deletion and insertion: Petsiuk et al. 2018 (RISE), section 4.3.'),
        caveat: l10n.t('The methods disagree, and none is the truth: they read from one class token or from the mean of the patches, and each leaves something out. Measure them on the image at hand before you believe one.'),
        terms: ['attention', 'rollout', 'attention-gradient', 'grad-rollout', 'chefer', 'grad-cam', 'occlusion', 'deletion-insertion', 'logits'],
      };
    case 'position':
      return {
        seen: l10n.t('Each small map compares the position embedding of one patch with those of all patches: red is alike, blue is opposite.'),
        formula: 'sᵢⱼ = Pᵢ · Pⱼ / (‖Pᵢ‖ ‖Pⱼ‖)\nZ = X + P',
        source: l10n.t('Dosovitskiy et al. 2021, figure 7 (centre).'),
        caveat: l10n.t('The model learns positions from the pictures alone: rows and columns appear only if they help. After a short training the maps may show little but the patch itself.'),
        terms: ['position-embedding', 'sinusoidal-position', 'cosine-similarity', 'rope', 'token'],
      };
    case 'patches':
      return {
        seen: l10n.t('The image is cut into patches and read row by row: this sequence is all that the Transformer sees.'),
        formula: 'N = H·W / P²,  x ∈ ℝ^(N × P²·C)\nΩ(MSA) = 4hwC² + 2(hw)²C',
        source: l10n.t('Dosovitskiy et al. 2021, section 3.1; cost: Liu et al. 2021 (Swin), equation 1.'),
        caveat: l10n.t('Half the patch size means four times the tokens, and the attention matrix grows with their square. The cost counts multiply-adds of one attention block; a block has an MLP besides.'),
        terms: ['patch', 'token', 'patch-embedding', 'width', 'omega-msa', 'multiply-adds', 'parameters', 'receptive-field'],
      };
  }
}

export function baseName(path: string): string {
  return path.split(/[\\/]/).pop() ?? path;
}

export function checkpointName(checkpoint: CheckpointInfo): string {
  const marks = [checkpoint.best ? l10n.t('best') : '', checkpoint.last ? l10n.t('last') : ''].filter(Boolean).join(', ');
  const top1 = checkpoint.metrics['val/top1'];
  const score = top1 === undefined ? '' : ` · ${percent(top1)}`;
  return `${checkpoint.runName} · ${checkpoint.scheme ?? l10n.t('epoch {0}', checkpoint.epoch)}${marks ? ` (${marks})` : ''}${score}`;
}
