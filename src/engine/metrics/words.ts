import * as l10n from '@vscode/l10n';
import type { Interval } from '../../protocol';
import type { Confused } from './confusion';

/** Which classes were taken for which, most first, in one sentence; empty when none was. */
export function confusedWords(labels: readonly string[], confused: readonly Confused[]): string {
  if (confused.length === 0) return '';
  const pairs = confused.map(({ is, as, count }) => l10n.t('{0} taken for {1} ({2})', labels[is]!, labels[as]!, count));
  return l10n.t('Most often confused: {0}.', pairs.join(', '));
}

/** A share with one digit behind the point. */
export function shareWords(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

/** "91.2 to 95.0 %" */
export function intervalWords([low, high]: Interval): string {
  return l10n.t('{0} to {1} %', (low * 100).toFixed(1), (high * 100).toFixed(1));
}
