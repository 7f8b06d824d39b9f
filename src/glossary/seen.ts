import * as l10n from '@vscode/l10n';

/** Where terms are to be seen, in the words of the interface. */
export const inTab = (tab: string): string => l10n.t('Inspector, tab {0}', tab);
export const inFeatures = (view: string): string => l10n.t('Inspector, tab {0}', `${l10n.t('Features')}: ${view}`);
export const inEvaluation = (): string => l10n.t('Evaluation (Show Evaluation on a run; vit-lab eval)');
export const inComparison = (): string => l10n.t('Comparison of runs');
export const inSweep = (): string => l10n.t('Results of a sweep');
export const inKey = (...keys: readonly string[]): string => l10n.t('Configuration: {0}', keys.join(', '));
export const inInfo = (): string => l10n.t('Compare Architectures; vit-lab info');
/** Several places. */
export const and = (...places: readonly string[]): string => places.join('; ');
