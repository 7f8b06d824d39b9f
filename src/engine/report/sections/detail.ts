import * as l10n from '@vscode/l10n';
import type { ClassScores, EvaluationReport } from '../../../protocol';
import { wilson } from '../../metrics/interval';
import { confusedWords } from '../../metrics/words';
import { grouped } from '../../units';
import { intervalsChart } from '../charts/intervals';
import { matrixChart } from '../charts/matrix';
import { reliabilityChart } from '../charts/reliability';
import { tilesChart } from '../charts/tiles';
import { cite, heading, text, type Block } from '../document';
import type { Group, Material, ReportRun, Shown } from '../material';
import { firstOf, fixedDigits, groupName, NONE, percent, seedsOf, withInterval } from '../words';

/** A table of more classes nobody reads: the worst are shown. */
const MOST_CLASSES = 40;
const WORST = 20;
/** A larger matrix is a carpet. */
const MOST_MATRIX = 100;
const MOST_CONFUSED = 5;

/** One run of a configuration, class by class and image by image. */
export function inDetail(group: Group, material: Material): Block[] {
  const run = firstOf(group, material);
  const { evaluation, label } = run;
  if (!evaluation) return [];
  const name = groupName(group, material);
  const of = seedsOf(group, material.runs).length > 1 ? [text(l10n.t('Of its seeds the first one is shown: {0}.', label))] : [];
  return [
    heading(l10n.t('In detail: {0}', name)),
    ...of,
    ...confusion(run, group),
    ...classes(evaluation, name, group),
    ...calibration(evaluation, name, group),
    ...mistakes(run, name, group),
  ];
}

function fileOf(name: string, group: Group): string {
  return `${name}-${group.letter.toLowerCase()}`;
}

function confusion({ confusion: matrix, evaluation, label }: ReportRun, group: Group): Block[] {
  if (!matrix || matrix.labels.length > MOST_MATRIX || matrix.counts.length !== matrix.labels.length) return [];
  const labels = evaluation!.classes.map((one) => one.label);
  return [{
    kind: 'figure', name: fileOf('confusion', group), svg: matrixChart(matrix.labels, matrix.counts),
    alt: l10n.t('Confusion matrix of {0}', label),
    caption: [l10n.t('Confusion matrix of {0}: rows are true classes, columns predicted ones, the colour is the share of the row.', label), ' ', confusedWords(labels, evaluation!.confused.slice(0, MOST_CONFUSED))],
  }];
}

function classes({ classes: all }: EvaluationReport, name: string, group: Group): Block[] {
  const seen = all.filter(({ support }) => support > 0);
  if (seen.length === 0) return [];
  const few = seen.length > MOST_CLASSES ? [...seen].sort((a, b) => a.recall - b.recall).slice(0, WORST) : seen;
  const words = [...seen].sort((a, b) => a.recall - b.recall);
  const [worst, best] = [words[0]!, words.at(-1)!];
  const apart = worst.recallInterval && best.recallInterval && worst.recallInterval[1] < best.recallInterval[0];
  return [
    text(seen.length < 2 ? '' : [
      l10n.t('{0} is recognised best ({1}), {2} worst ({3}).', best.label, percent(best.recall), worst.label, percent(worst.recall)),
      ' ', apart ? l10n.t('Their intervals do not overlap.') : l10n.t('Their intervals overlap, so that these images do not show that one is harder.'),
    ]),
    {
      kind: 'figure', name: fileOf('recall', group),
      svg: intervalsChart(few.map(({ label, recall, recallInterval }) => ({ label, value: recall, interval: recallInterval, words: percent(recall) })), (value) => `${Number((100 * value).toFixed(1))} %`),
      alt: l10n.t('Points with intervals: the recall of each class'),
      caption: l10n.t('{0}: recall of each class with Wilson’s 95 % interval.', name),
    },
    {
      kind: 'table',
      caption: few.length < seen.length ? l10n.t('{0}: the {1} classes with the lowest recall, of {2}.', name, few.length, seen.length) : l10n.t('{0}: class by class.', name),
      head: [l10n.t('Class'), l10n.t('Images'), l10n.t('Precision'), l10n.t('Recall'), 'F1', 'AUC', 'AP'],
      rows: few.map(row),
      numbers: [1, 2, 3, 4, 5, 6],
    },
  ];
}

function row({ label, support, predicted, precision, precisionInterval, recall, recallInterval, f1, auc, ap }: ClassScores): string[] {
  return [label, String(support), predicted === 0 ? NONE : withInterval(precision, precisionInterval), withInterval(recall, recallInterval), percent(f1), fixedDigits(auc, 3), fixedDigits(ap, 3)];
}

function calibration({ calibration: found, metrics, images }: EvaluationReport, name: string, group: Group): Block[] {
  const confidence = found.bins.reduce((sum, bin) => sum + bin.count * (bin.confidence ?? 0), 0) / Math.max(1, images);
  const top1 = metrics['top1'];
  if (top1 === undefined || images === 0 || !Number.isFinite(found.ece)) return [];
  const interval = wilson(Math.round(top1 * images), images)!;
  const verdict = confidence > interval[1]
    ? l10n.t('it is too sure of itself')
    : confidence < interval[0] ? l10n.t('it is less sure than it could be') : l10n.t('these images show no tendency to either side');
  return [
    text([
      l10n.t('{0} gives its answers a probability of {1} on average, and {2} of them are right: {3}. Expected calibration error {4}, Brier score {5} (0 is best, 2 worst)', name, percent(confidence), percent(top1), verdict, percent(found.ece), fixedDigits(found.brier, 3)),
      cite('calibration', 'brier'), '. ', l10n.t('With few images the calibration error of a calibrated network lies above zero, too.'),
    ]),
    {
      kind: 'figure', name: fileOf('calibration', group), svg: reliabilityChart(found),
      alt: l10n.t('Reliability diagram of {0}', name),
      caption: l10n.t('{0}: calibration in 15 bins. Where bars and lines meet, the network is as often right as it says; bins of a few images tell little.', name),
    },
  ];
}

/** The surest ones, and because these are chosen for being bad, some that were drawn. */
function mistakes({ gallery, evaluation, predictions }: ReportRun, name: string, group: Group): Block[] {
  if (!gallery || !predictions) return [];
  if (gallery.surestWrong.length === 0) return [text(l10n.t('{0} makes no mistake on these images.', name))];
  const labels = evaluation!.classes.map(({ label }) => label);
  const wrong = predictions.labels.reduce((sum, label, i) => sum + Number(predictions.guesses[i] !== label), 0);
  const picture = (shown: readonly Shown[]): string => tilesChart([{ tiles: shown.map((one) => tileOf(one, labels)) }], { side: 78, aspect: gallery.aspect, pixelated: gallery.width < 120 });
  if (gallery.surestWrong.some(({ url }) => url === null)) return [mistakesByName(gallery.surestWrong, labels, l10n.t('{0}: the surest of its {1} mistakes, by the names of the images.', name, grouped(wrong)))];
  return [
    {
      kind: 'figure', name: fileOf('surest-mistakes', group), svg: picture(gallery.surestWrong),
      alt: l10n.t('Images that {0} took for something else, the surest first', name),
      caption: l10n.t('{0}: the surest of its {1} mistakes. Below each image what it was taken for and how surely, and its class.', name, grouped(wrong)),
    },
    ...(gallery.randomWrong.length === 0 ? [] : [{
      kind: 'figure' as const, name: fileOf('random-mistakes', group), svg: picture(gallery.randomWrong),
      alt: l10n.t('Images that {0} took for something else, drawn at random', name),
      caption: l10n.t('{0}: mistakes that were drawn at random, as an ordinary mistake looks otherwise than the surest.', name),
    }]),
  ];
}

/** Where no image is shown: who has the dataset finds them. */
function mistakesByName(shown: readonly Shown[], labels: readonly string[], caption: string): Block {
  const label = (k: number): string => labels[k] ?? String(k);
  return {
    kind: 'table',
    caption,
    head: [l10n.t('Image'), l10n.t('Class'), l10n.t('Taken for'), l10n.t('Probability')],
    rows: shown.map((one) => [one.name, label(one.truth), label(one.guess), percent(one.confidence)]),
    numbers: [3],
  };
}

function tileOf({ url, truth, guess, confidence }: Shown, labels: readonly string[]): { readonly url: string | null; readonly lines: readonly string[] } {
  return { url, lines: [labels[guess] ?? String(guess), percent(confidence), l10n.t('is: {0}', labels[truth] ?? String(truth))] };
}
