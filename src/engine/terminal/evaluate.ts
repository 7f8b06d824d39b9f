import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import type { ClassScores, ConfusionMatrix, EvaluationReport, Interval, WeightsName } from '../../protocol';
import { weighedRows } from '../../weighedRows';
import { writeFileAtomic } from '../atomic';
import { evaluateCheckpoint, type EvaluationQuestion } from '../evaluateCheckpoint';
import { evaluateWeights, type EvaluatedWeights } from '../evaluateWeights';
import { shuffleAccuracy } from '../features/shuffleAccuracy';
import { classCsv } from '../metrics/classCsv';
import { confusedWords, intervalWords, shareWords } from '../metrics/words';
import { prefixed } from '../trainingEnd';
import { number, oneOf, text, UsageError, type Command, type Terminal } from './command';
import { csvText } from '../csv';
import { metric, table, type Output } from './output';

const SPLITS = ['train', 'val', 'test'] as const;
/** Of more classes only the worst are shown. */
const MOST_CLASSES = 50;
const WORST = 20;
/** A wider table does not fit on a screen. */
const MOST_CONFUSION = 20;
const MOST_CONFUSED = 5;

export const evalCommand: Command = {
  get summary() {
    return l10n.t('evaluate a checkpoint on its dataset');
  },
  usage: 'RUN|CHECKPOINT [--split test|val|train] [--tta none|flip] [--weights one|all] [--shuffle [--seed N]] [--csv FILE] [--data DIR] [--json]',
  options: { split: { type: 'string', default: 'test' }, tta: { type: 'string' }, weights: { type: 'string' }, shuffle: { type: 'boolean' }, seed: { type: 'string' }, csv: { type: 'string' }, data: { type: 'string' } },
  get help() {
    return {
      split: l10n.t('which images (default test)'),
      tta: l10n.t('flip: mean of the probabilities of each image and its mirror image (default: as train.tta says)'),
      weights: l10n.t('all: the weights of a run side by side, best and last, and where they are averaged those before the average'),
      shuffle: l10n.t('in place of the metrics, the accuracy when patches have changed places, from the whole image to single patches'),
      seed: l10n.t('seed of --shuffle: in which order the patches come (default 0)'),
      csv: l10n.t('also write the table of the classes (with --weights all: of the weights; with --shuffle: of the pieces) to a CSV file'),
      data: l10n.t('another place of the dataset'),
    };
  },
  takes: [1, 1],
  async run(terminal) {
    const { output, engine } = terminal;
    const split = oneOf(terminal, 'split', SPLITS, 'test');
    const tta = text(terminal, 'tta') === undefined ? undefined : oneOf(terminal, 'tta', ['none', 'flip'], 'none');
    const { signal } = terminal.call();
    if (terminal.values['shuffle'] === true) return shufflePatches(terminal, { split, data: text(terminal, 'data'), signal });
    if (text(terminal, 'seed') !== undefined) throw new UsageError(l10n.t('--seed goes with --shuffle'));
    const onProgress = (done: number, of: number): void => output.progress(`${l10n.t('Evaluating')} ${done}/${of}`, done / of);
    if (oneOf(terminal, 'weights', ['one', 'all'], 'one') === 'all') return weighAll(terminal, { checkpoint: terminal.args[0]!, split, data: text(terminal, 'data'), tta, signal, onProgress });
    const { checkpoint, report, confusion } = await evaluateCheckpoint({ checkpoint: terminal.args[0]!, split, data: text(terminal, 'data'), tta, signal, onProgress }, engine.looker);
    output.settle();
    const { metrics, ...rest } = report;
    if (output.json) output.document({ checkpoint, ...rest, metrics: prefixed(metrics, split), confusion });
    else {
      output.print(checkpoint);
      printEvaluation(output, report, confusion);
    }
    tellOtherImages(output, report);
    // Last, so that a file that cannot be written costs no result.
    const csv = text(terminal, 'csv');
    if (csv !== undefined) await writeFileAtomic(path.resolve(csv), classCsv(report));
    return 0;
  },
};

/** Numbers that belong to other images than the run's would be taken for the run's. */
function tellOtherImages(output: Output, { otherImages }: EvaluationReport): void {
  if (otherImages) output.note(l10n.t('warning: {0}', l10n.t('These are not the images that the run was trained with (then {0}, now {1}). A split of changed images is drawn anew: images of the training may be among them.', otherImages.then, otherImages.now)));
}

/** Accuracy by grid of pieces. */
async function shufflePatches(terminal: Terminal, { split, data, signal }: Pick<EvaluationQuestion, 'split' | 'data' | 'signal'>): Promise<number> {
  const { output, engine, args } = terminal;
  if (text(terminal, 'tta') !== undefined || text(terminal, 'weights') !== undefined) throw new UsageError(l10n.t('--shuffle goes with neither --tta nor --weights'));
  const seed = number(terminal, 'seed', 0);
  if (!Number.isInteger(seed) || seed < 0) throw new UsageError(l10n.t('--seed takes a whole number from 0, not {0}', seed));
  const onProgress = (done: number, of: number): void => output.progress(`${l10n.t('Evaluating')} ${done}/${of}`, done / of);
  const found = await shuffleAccuracy(engine.looker, { checkpoint: args[0]!, images: { split, ...(data !== undefined && { data }) }, seed }, { signal, onProgress });
  output.settle();
  const { grids, images, top1, intervals } = found;
  const csv = text(terminal, 'csv');
  if (output.json) output.document({ split, ...found });
  else {
    output.print(`${l10n.t('{0} images of {1}', images, split)}\n`);
    output.print(table([[l10n.t('pieces'), `${split}/top1`, l10n.t('change')], ...grids.map((grid, i) => [grid.join(' × '), metric('top1', top1[i]) + between(intervals[i]), i === 0 ? '' : shareWords(top1[i]! - top1[0]!)])], output));
  }
  if (csv !== undefined) await writeFileAtomic(path.resolve(csv), csvText([['rows', 'columns', 'images', 'top1', 'top1_low', 'top1_high'], ...grids.map((grid, i) => [...grid, images, top1[i]!, ...intervals[i]!].map(String))]));
  return 0;
}

/** The weights of a run, side by side. */
async function weighAll(terminal: Terminal, q: EvaluationQuestion): Promise<number> {
  const { output, engine } = terminal;
  const { found: all, problems } = await evaluateWeights(q, engine.looker, () => engine.executor());
  output.settle();
  const csv = text(terminal, 'csv');
  if (output.json) output.document(all.map(({ confusion: _, report: { metrics, ...report }, ...rest }) => ({ ...rest, ...report, metrics: prefixed(metrics, q.split) })));
  else {
    const names = ['loss', 'top1', 'balanced_accuracy', 'f1', 'ece'] as const;
    const cell = ({ metrics, intervals }: EvaluationReport, name: (typeof names)[number]): string => metric(name, metrics[name] ?? Number.NaN) + (name === 'top1' ? between(intervals[name]) : '');
    output.print(`${l10n.t('{0} images of {1}', all[0]!.report.images, q.split)}\n`);
    output.print(table([[l10n.t('weights'), l10n.t('epoch'), ...names.map((name) => `${q.split}/${name}`)], ...all.map(({ weights, report }) => [weightsWords(weights), String(report.epoch), ...names.map((name) => cell(report, name))])], output));
    if (all.length > 1) output.print(`\n${l10n.t('Intervals that overlap widely tell of no difference.')}`);
  }
  if (csv !== undefined) await writeFileAtomic(path.resolve(csv), weightsCsv(all));
  tellOtherImages(output, all[0]!.report);
  for (const problem of problems) output.note(l10n.t('error: {0}', problem));
  return problems.length > 0 ? 1 : 0;
}

function weightsWords(weights: WeightsName): string {
  return { best: l10n.t('best'), last: l10n.t('last'), 'best, last': l10n.t('best, last'), 'last, not averaged': l10n.t('last, not averaged') }[weights];
}

function weightsCsv(all: readonly EvaluatedWeights[]): string {
  const rows = weighedRows(all.map(({ weights, report }) => ({ weights, ...report, tta: report.tta ?? 'none' })));
  return csvText(rows.map((row) => row.map(String)));
}

/** Metrics, classes and what was confused, for people. */
export function printEvaluation(output: Output, report: EvaluationReport, confusion: ConfusionMatrix): void {
  const { images, split, classes, weighted, calibration, confused, tta } = report;
  output.print(`${l10n.t('{0} images of {1}', images, split)}${tta ? `; ${l10n.t('mean of the probabilities of each and its mirror image')}` : ''}\n`);
  for (const line of metricLines(report)) output.print(`  ${line}`);
  output.print(`\n${l10n.t('Weighted by images: precision {0}, recall {1}, F1 {2}', shareWords(weighted.precision), shareWords(weighted.recall), shareWords(weighted.f1))}`);
  output.print(l10n.t('Calibration: ECE {0} in 15 bins, largest gap of a bin {1}, Brier score {2}', shareWords(calibration.ece), shareWords(calibration.mce), calibration.brier.toFixed(4)));
  if (report.omitted) output.print(omittedWords(report.omitted));
  output.print(`\n${classes.length <= MOST_CLASSES ? l10n.t('Classes') : l10n.t('The {0} classes with the lowest F1, of {1}; --csv and --json give all', WORST, classes.length)}\n`);
  output.print(table([classHeading(), ...shownClasses(classes).map(classRow)], output));
  if (confused.length > 0) output.print(`\n${confusedWords(confusion.labels, confused.slice(0, MOST_CONFUSED))}`);
  if (classes.length > MOST_CONFUSION) return;
  output.print(`\n${l10n.t('Confusion (rows: true class, columns: predicted)')}\n`);
  output.print(table([['', ...confusion.labels], ...confusion.counts.map((row, i) => [confusion.labels[i]!, ...row.map(String)])], output));
}

function metricLines({ split, metrics, intervals, macro }: EvaluationReport): string[] {
  const known = { ...metrics, ...(macro.auc !== null && { auc: macro.auc }), ...(macro.ap !== null && { ap: macro.ap }) };
  const width = Math.max(...Object.keys(known).map((name) => `${split}/${name}`.length));
  return Object.entries(known).map(([name, value]) => `${`${split}/${name}`.padEnd(width)}  ${metric(name, value)}${between(intervals[name])}`);
}

function between(interval: Interval | undefined): string {
  return interval === undefined ? '' : `  ${l10n.t('(95 %: {0})', intervalWords(interval))}`;
}

function omittedWords(why: 'memory' | 'nan'): string {
  return why === 'memory'
    ? l10n.t('No AUC and no AP: their scores would need more than 64 MiB.')
    : l10n.t('No AUC and no AP: for some images the network gave no numbers.');
}

/** All, in their order, or of many the worst, worst first. */
function shownClasses(classes: readonly ClassScores[]): readonly ClassScores[] {
  return classes.length <= MOST_CLASSES ? classes : [...classes].sort((a, b) => a.f1 - b.f1).slice(0, WORST);
}

function classHeading(): string[] {
  return [l10n.t('class'), l10n.t('images'), l10n.t('precision'), l10n.t('recall'), 'F1', 'AUC', 'AP'];
}

function classRow({ label, support, predicted, precision, recall, f1, auc, ap }: ClassScores): string[] {
  const share = (value: number | null, known = true): string => (value === null || !known ? '–' : shareWords(value));
  const area = (value: number | null): string => value?.toFixed(4) ?? '–';
  return [label, String(support), share(precision, predicted > 0), share(recall, support > 0), share(f1, support + predicted > 0), area(auc), area(ap)];
}
