import * as l10n from '@vscode/l10n';
import { warningsOf } from '../../dataset/findings';
import { namesAlone } from '../collect';
import { heading, list, own, quoting, text, type Block, type Inline, type Section } from '../document';
import type { Material, ReportRun } from '../material';

/** What went wrong, in the runs and in what they recorded. */
export function failures({ runs, datasets }: Material): Section {
  const ended = runs.flatMap((run) => stateOf(run));
  const warned = runs.flatMap(({ label, summary }) => (summary.warnings ?? []).map(({ epoch, message, advice }) => l10n.t('{0}, epoch {1}: {2} {3}', label, epoch, message, advice))).map(quoting);
  // What the section on data says of the images.
  const ofData = new Set(datasets.flatMap(({ findings, record }) => (findings ? [true, false].flatMap((evened) => warningsOf(findings, record.classes, evened)).map(namesAlone) : [])));
  const logged = runs.flatMap(({ label, logged: lines, summary }) => lines.filter((line) => !ofData.has(line) && !(summary.warnings ?? []).some(({ message }) => line.includes(message))).map((line) => l10n.t('{0}: {1}', label, line))).map(quoting);
  const part = (title: string, items: readonly Inline[]): Block[] => (items.length === 0 ? [] : [heading(title), ...list(items)]);
  const nothing = ended.length + warned.length + logged.length === 0;
  return {
    id: 'failures',
    title: l10n.t('Failures and limits'),
    blocks: [
      ...(nothing ? [text(l10n.t('All runs ended as planned, and nothing was noted while they trained.'))] : []),
      ...part(l10n.t('Runs that did not end as planned'), ended),
      ...part(l10n.t('Warnings while they trained'), warned),
      ...part(l10n.t('What the logs say besides'), logged),
      own(l10n.t('what you tried and gave up, and what you learned from it')),
      own(l10n.t('where the result must not be used, and what you would do next')),
    ],
  };
}

function stateOf({ label, summary }: ReportRun): string[] {
  const { state, epoch, epochs, reason, problem, resumable } = summary;
  if (problem !== undefined) return [l10n.t('{0}: what became of it cannot be read.', label)];
  if (state === 'finished') return [];
  const why = reason === undefined ? '' : ` ${reason}`;
  switch (state) {
    case 'running':
      return [l10n.t('{0} was still training when this was written, after {1} of {2} epochs.', label, epoch, epochs)];
    case 'failed':
      return [l10n.t('{0} failed after {1} of {2} epochs.', label, epoch, epochs) + why];
    case 'stopped':
      // Its own reason says the same, in the language of the training.
      return [l10n.t('{0} was stopped after {1} of {2} epochs.', label, epoch, epochs) + (resumable ? ` ${l10n.t('It can be resumed.')}` : '')];
    case 'interrupted':
      return [l10n.t('{0} was interrupted after {1} of {2} epochs: its process ended without a word.', label, epoch, epochs)];
  }
}
