import * as l10n from '@vscode/l10n';
import type { ExplanationMethod } from './explanationProtocol';

/** The methods of explanation, for the terminal and the page: those first that know nothing of the class. */
export const explanationMethods = ['attention', 'rollout', 'attention_gradient', 'grad_rollout', 'chefer', 'grad_cam', 'occlusion'] as const satisfies readonly ExplanationMethod[];

export function methodName(method: ExplanationMethod): string {
  switch (method) {
    case 'attention':
      return l10n.t('Last attention');
    case 'rollout':
      return l10n.t('Rollout');
    case 'attention_gradient':
      return l10n.t('Attention × gradient');
    case 'grad_rollout':
      return l10n.t('Gradient rollout');
    case 'chefer':
      return l10n.t('Chefer’s relevance');
    case 'grad_cam':
      return l10n.t('Grad-CAM');
    case 'occlusion':
      return l10n.t('Occlusion');
  }
}
