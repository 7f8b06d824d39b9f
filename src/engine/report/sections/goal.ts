import * as l10n from '@vscode/l10n';
import { own, type Section } from '../document';

/** What no number can tell. */
export function goal(): Section {
  return {
    id: 'goal',
    title: l10n.t('Goal'),
    blocks: [
      own(l10n.t('the question of this work, and why it matters')),
      own(l10n.t('what you expected before the first run, and why')),
      own(l10n.t('who would use the result, for what, and what a wrong answer would cost')),
    ],
  };
}
