import * as l10n from '@vscode/l10n';
import { grouped } from '../../units';
import { intervalsChart } from '../charts/intervals';
import { caution, cite, own, text, type Block, type Inline, type Section } from '../document';
import type { Group, Material, ReportRun } from '../material';
import { enumerated, fixedDigits, groupName, numberOverSeeds, overSeeds, percent, seedsOf, splitWords, withInterval } from '../words';
import { comparison } from './comparison';
import { inDetail } from './detail';

/** From this ratio of the largest class to the smallest on, accuracy is told to be one of the large ones. */
const UNEVEN = 1.5;
/** Of more configurations only the first are shown image by image. */
export const DETAILED = 4;

export function evaluation(material: Material): Section {
  const known = material.runs.filter((run) => run.evaluation !== null);
  const detailed = material.groups.slice(0, DETAILED);
  const blocks: Block[] = [
    ...sources(material),
    ...(known.length === 0 ? [] : [text(whichMetric(known)), results(material), ...seeds(material), ...accuracies(known, material), ...naive(known)]),
    ...comparison(material),
    ...(known.length > 0 && detailed.length < material.groups.length ? [text(l10n.t('In detail, the first {0} of {1} configurations.', detailed.length, material.groups.length))] : []),
    ...detailed.flatMap((group) => inDetail(group, material)),
    own(l10n.t('what these numbers mean for the question of this work, and what they do not')),
  ];
  return { id: 'evaluation', title: l10n.t('Evaluation'), blocks };
}

/** Which numbers are of when, and why some are missing. */
function sources({ runs }: Material): Block[] {
  const tta = runs.some(({ evaluation: report }) => report?.tta);
  const changed = runs.flatMap((run) => differs(run));
  return [
    ...(runs.some(({ evaluatedNow }) => evaluatedNow) ? [text(l10n.t('The best checkpoint of each run (its last one where nothing was validated) was evaluated again for this report, on the images that its run kept for that, so that what it says of every single image is known.'))] : []),
    ...runs.filter(({ notEvaluated }) => notEvaluated !== null).map(({ label, evaluation: report, notEvaluated }) =>
      caution(report
        ? l10n.t('{0} was not evaluated again; its numbers are those that the run recorded. {1}', label, notEvaluated!)
        : l10n.t('{0} has no evaluation. {1}', label, notEvaluated!))),
    ...changed.map((words) => caution(words)),
    ...(tta ? [text(l10n.t('With test-time augmentation: the probabilities of each image and its mirror image are averaged.'))] : []),
  ];
}

/** What was recorded and is not found again. */
function differs({ label, evaluation: now, recorded, evaluatedNow }: ReportRun): string[] {
  if (!evaluatedNow || !now || !recorded || now.split !== recorded.split) return [];
  const [a, b] = [now.metrics['top1'], recorded.metrics['top1']];
  return a === undefined || b === undefined || Math.abs(a - b) * now.images < 0.5 ? [] : [l10n.t('{0}: the run recorded an accuracy of {1}, and now it is {2}; another machine or engine, or other weights.', label, exact(b), exact(a))];
}

/** Two digits behind the point: of 10,000 images one shows. */
function exact(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}

/** Which number is to be looked at, by how even the classes are. */
function whichMetric(known: readonly ReportRun[]): string {
  const supports = known[0]!.evaluation!.classes.map(({ support }) => support);
  const [least, most] = [Math.min(...supports), Math.max(...supports)];
  const range = least === most ? l10n.t('Each class has {0} of the evaluated images', grouped(least)) : l10n.t('The classes have {0} to {1} of the evaluated images', grouped(least), grouped(most));
  if (least === 0) return l10n.t('{0}: accuracy says nothing of classes without images, and means over classes leave them out.', range);
  return most / least < UNEVEN
    ? l10n.t('{0}, so that accuracy treats the classes about alike.', range)
    : l10n.t('{0}: accuracy is mostly that of the large classes. Balanced accuracy (the mean recall) and macro F1 let every class count alike, and are the ones to judge by.', range);
}

function results({ runs }: Material): Block {
  const known = runs.filter((run) => run.evaluation !== null);
  const top5 = known.some(({ evaluation: report }) => report!.metrics['top5'] !== undefined);
  const boot = known.some(({ intervals }) => intervals.f1);
  const rows = known.map(({ label, evaluation: report, intervals }) => {
    const { metrics, calibration } = report!;
    return [
      label, withInterval(metrics['top1'], report!.intervals['top1']), ...(top5 ? [percent(metrics['top5'])] : []), withInterval(metrics['balanced_accuracy'], intervals.balanced_accuracy),
      withInterval(metrics['f1'], intervals.f1), fixedDigits(metrics['loss'], 3), percent(calibration.ece),
    ];
  });
  const split = new Set(known.map(({ evaluation: report }) => report!.split));
  const images = split.size === 1 ? splitWords([...split][0]!) : l10n.t('test images, or those of the validation');
  return {
    kind: 'table',
    caption: [
      l10n.t('Results on the {0}. In brackets 95 % intervals: of accuracy Wilson’s', images), cite('wilson'),
      ...(boot ? [l10n.t(', of means over classes those of the bootstrap, percentiles'), cite('bootstrap')] : []), '. ',
      l10n.t('They hold what other test images of the same kind would change, and nothing of another training. Loss in nats; ECE in 15 bins'), cite('calibration'), '.',
    ],
    head: [l10n.t('Run'), l10n.t('Accuracy'), ...(top5 ? [l10n.t('Top 5')] : []), l10n.t('Balanced accuracy'), l10n.t('Macro F1'), l10n.t('Loss'), 'ECE'],
    rows,
    numbers: Array.from({ length: top5 ? 6 : 5 }, (_, i) => i + 1),
  };
}

/** How much of it the seed makes. */
function seeds(material: Material): Block[] {
  const { groups, runs } = material;
  const several = groups.filter((group) => seedsOf(group, runs).filter((run) => run.evaluation).length > 1);
  if (several.length === 0) return [text(l10n.t('Each configuration was trained with one seed, so that nothing is known of what another one would change: a difference between two of them may be one between seeds.'))];
  const few = several.some((group) => seedsOf(group, runs).length < 5);
  const of = (group: Group, metric: string): string => overSeeds(group, runs, (run) => run.evaluation?.metrics[metric]);
  return [
    {
      kind: 'table',
      caption: l10n.t('Over the seeds, mean ± standard deviation (n − 1): what the order of the images and the first weights make.'),
      head: [l10n.t('Configuration'), l10n.t('Seeds'), l10n.t('Accuracy'), l10n.t('Balanced accuracy'), l10n.t('Macro F1'), l10n.t('Loss')],
      rows: several.map((group) => [groupName(group, material), seedsOf(group, runs).map((run) => run.record?.seed).join(', '), of(group, 'top1'), of(group, 'balanced_accuracy'), of(group, 'f1'), numberOverSeeds(group, runs, (run) => run.evaluation?.metrics['loss'])]),
      numbers: [2, 3, 4, 5],
    },
    ...(few ? [caution(l10n.t('A standard deviation of so few seeds is itself not well known: of two or three values it is easily half or twice the true one.'))] : []),
  ];
}

function accuracies(known: readonly ReportRun[], material: Material): Block[] {
  if (known.length < 2) return [];
  const rows = known.map(({ label, evaluation: report }) => ({ label, value: report!.metrics['top1'] ?? NaN, interval: report!.intervals['top1'] ?? null, words: percent(report!.metrics['top1']) })).filter(({ value }) => Number.isFinite(value));
  if (rows.length === 0) return [];
  const baseline = material.baseline === null ? undefined : material.runs[material.baseline]!;
  const at = baseline?.evaluation?.metrics['top1'];
  return [{
    kind: 'figure', name: 'accuracies',
    svg: intervalsChart(rows, (value) => `${Number((100 * value).toFixed(1))} %`, at === undefined ? undefined : { at, label: baseline!.label }),
    alt: l10n.t('Points with intervals: the accuracy of each run'),
    caption: at === undefined ? l10n.t('Accuracy with Wilson’s 95 % interval.') : l10n.t('Accuracy with Wilson’s 95 % interval. Dashed: the run that the others are compared with.'),
  }];
}

/** What somebody reaches who has not looked at the images. */
function naive(known: readonly ReportRun[]): Block[] {
  const items = known.flatMap(({ label, evaluation: report }): { readonly words: Inline; readonly above: boolean; readonly always: string }[] => {
    const { classes, images, metrics, intervals } = report!;
    const [value, interval] = [metrics['top1'], intervals['top1']];
    if (value === undefined || !interval || images === 0) return [];
    const always = Math.max(...classes.map(({ support }) => support)) / images;
    const above = interval[0] > always;
    const words = above
      ? l10n.t('{0} is better than always naming the largest class ({1}): its interval lies above.', label, percent(always))
      : l10n.t('{0} is not shown to be better than always naming the largest class ({1}), which is within its interval or above.', label, percent(always));
    return [{ words, above, always: percent(always) }];
  });
  if (items.length > 1 && items.every(({ above }) => above)) return [text(l10n.t('The naive baseline always names the largest class and is right on {0} of the images. The intervals of all runs lie above that.', enumerated([...new Set(items.map(({ always }) => always))])))];
  return items.length === 1 ? [text(items[0]!.words)] : items.length === 0 ? [] : [{ kind: 'list', items: items.map(({ words }) => words) }];
}
