import * as l10n from '@vscode/l10n';
import { inTab } from './seen';
import { term, type Term } from './term';

/** Why a network answers so. */
export function explainingTerms(): readonly Term[] {
  const explain = inTab(l10n.t('Explain'));
  return [
    term('rollout', l10n.t('Rollout'), l10n.t('Attention followed back through all layers: how much of each patch can reach the answer. It knows nothing of the class, nor of values and MLPs.'), { formula: 'R₀ = I,  Rₗ = (½ fuseₕ(Aₗ) + ½ I) Rₗ₋₁', source: 'Abnar & Zuidema 2020, §3', seen: inTab(l10n.t('Rollout')), also: ['attention rollout'] }),
    term('attention-gradient', l10n.t('Attention × gradient'), l10n.t('Attention weights times the gradient of the class for them: where the class would change if the weight did.'), { formula: 'meanₕ (∇A_L ⊙ A_L)⁺', source: 'Chefer et al. 2021, eq. 5 (its last factor)', seen: explain, also: ['attention_gradient'] }),
    term('grad-rollout', l10n.t('Gradient rollout'), l10n.t('Rollout of attention that is weighted by the gradient of a class.'), { formula: 'Πₗ rows((meanₕ ∇Aₗ ⊙ Aₗ)⁺ + I)', source: 'Gildenblat, vit-explain', seen: explain, also: ['grad_rollout'] }),
    term('chefer', l10n.t('Chefer’s relevance'), l10n.t('Relevance that is handed on from layer to layer by attention times its gradient, with the residual connections kept.'), { formula: 'R₀ = I,  Rₗ = Rₗ₋₁ + meanₕ (∇Aₗ ⊙ Aₗ)⁺ Rₗ₋₁', source: 'Chefer et al. 2021 (Generic Attention-model Explainability), eq. 5–6', seen: explain, also: ['relevance'] }),
    term('grad-cam', 'Grad-CAM', l10n.t('Features of a late layer, each weighted by how much the class depends on it over the whole image.'), { formula: '(Σ_d x_d · mean ∂y_c/∂x_d)⁺', source: 'Selvaraju et al. 2017, §3', seen: explain, also: ['grad_cam'] }),
    term('occlusion', l10n.t('Occlusion'), l10n.t('Covers one patch after the other and reads how much the class loses. It needs no gradient and asks the network itself.'), { formula: 'y(x) − y(x without the patch)', source: 'Zeiler & Fergus 2014, §4.2', seen: explain }),
    term('deletion-insertion', l10n.t('Deletion and insertion'), l10n.t('How well a map names the patches that count: patches are taken away, or put back, in its order; a good map makes the probability fall early, or rise early.'), { source: 'Petsiuk et al. 2018 (RISE), §4.3', seen: explain, also: ['deletion', 'insertion'] }),
  ];
}
