import * as l10n from '@vscode/l10n';
import type { RunSummary, TrialState } from '../../protocol';

/** The state of a run, or of a training in the queue of a sweep, in a word. */
export function stateWord(state: RunSummary['state'] | TrialState): string {
  switch (state) {
    case 'waiting':
      return l10n.t('queued');
    case 'running':
      return l10n.t('running');
    case 'finished':
      return l10n.t('finished');
    case 'stopped':
      return l10n.t('stopped');
    case 'failed':
      return l10n.t('failed');
    case 'interrupted':
      return l10n.t('interrupted');
    case 'skipped':
      return l10n.t('skipped');
  }
}
