import * as l10n from '@vscode/l10n';
import { duration, grouped } from '../../units';
import { caution, own, text, type Block, type Section } from '../document';
import type { Material } from '../material';
import { enumerated, firstOf, groupName, NONE, overSeeds, percent, seedsOf, withInterval } from '../words';

/** What the numbers come to, on half a page. */
export function glance(material: Material): Section {
  const { groups, runs } = material;
  const several = groups.some((group) => seedsOf(group, runs).length > 1);
  const rows = groups.map((group) => {
    const { record, evaluation, facts } = firstOf(group, material);
    const seeds = seedsOf(group, runs).length;
    const accuracy = seeds > 1 ? overSeeds(group, runs, (run) => run.evaluation?.metrics['top1']) : withInterval(evaluation?.metrics['top1'], evaluation?.intervals['top1']);
    return [
      groupName(group, material), String(group.runs.length), record ? grouped(record.params) : facts ? grouped(facts.params) : NONE, accuracy,
      overSeeds(group, runs, (run) => run.evaluation?.metrics['balanced_accuracy']), overSeeds(group, runs, (run) => run.record?.seconds, (seconds) => duration(seconds)),
    ];
  });
  const blocks: Block[] = [
    {
      kind: 'table',
      caption: several
        ? l10n.t('The configurations of this report. Where there are several seeds, mean ± standard deviation over them; else in brackets the 95 % interval.')
        : l10n.t('The configurations of this report, in brackets the 95 % interval.'),
      head: [l10n.t('Configuration'), l10n.t('Runs'), l10n.t('Parameters'), l10n.t('Accuracy'), l10n.t('Balanced accuracy'), l10n.t('Training time')],
      rows,
      numbers: [1, 2, 3, 4, 5],
    },
    text(imagesWords(material)),
    ...unfinished(material),
    ...unread(material),
    own(l10n.t('a summary in three sentences: what was asked, what was found, what it means')),
  ];
  return { id: 'glance', title: l10n.t('At a glance'), blocks };
}

function imagesWords({ runs }: Material): string {
  const known = runs.flatMap(({ evaluation }) => (evaluation ? [evaluation] : []));
  const count = known.map(({ images }) => images);
  if (known.length === 0) return l10n.t('None of the runs has an evaluation, so that this report tells of their training alone.');
  const span = Math.min(...count) === Math.max(...count) ? grouped(count[0]!) : l10n.t('{0} to {1}', grouped(Math.min(...count)), grouped(Math.max(...count)));
  const missing = runs.length - known.length;
  return [
    known.every(({ split }) => split === 'test')
      ? l10n.t('Accuracies are shares of {0} test images, which chose nothing in the training.', span)
      : l10n.t('Accuracies are shares of {0} images; where a run has no test images, of its validation images, which chose the best epoch, so that they tell a little too much.', span),
    ...(missing > 0 ? [l10n.t('Runs without an evaluation: {0}.', missing)] : []),
    ...(known.length > 1 ? [l10n.t('The best of them reached {0}; that it is the best was found on the same images, so that it is a little too good.', percent(Math.max(...known.map(({ metrics }) => metrics['top1'] ?? 0))))] : []),
  ].join(' ');
}

function unfinished({ runs }: Material): Block[] {
  const labels = runs.filter(({ summary }) => summary.problem === undefined && summary.state !== 'finished').map(({ label }) => label);
  return labels.length === 0 ? [] : [caution(l10n.t('Not trained to the end: {0}. What is said of these is of an unfinished training, and no result of its configuration.', enumerated(labels)))];
}

function unread({ runs }: Material): Block[] {
  return runs.flatMap(({ label, problems, torn }) => [
    ...problems.map((problem) => caution(l10n.t('{0}: {1}', label, problem))),
    ...(torn > 0 ? [caution(l10n.t('{0}: {1} lines of metrics.jsonl are damaged and were passed over; curves have gaps there.', label, torn))] : []),
  ]);
}
