import * as l10n from '@vscode/l10n';
import type { EvaluationReport } from '../../src/protocol';
import { el } from '../dom';
import { fixed, metric } from '../numbers';
import { metricLink, termLine, termLink } from '../term';
import { between } from './classes';

/** All numbers of the whole, with the interval of those that are shares of images. */
export function metricsTable(report: EvaluationReport): HTMLElement {
  const { split, metrics, intervals } = report;
  const rows: readonly (readonly [name: string | HTMLElement, value: string, interval?: string | undefined])[] = [
    ...Object.entries(metrics).map(([name, value]) => [`${split}/${name}`, metric(name, value), intervals[name] && between(intervals[name])] as const),
    ...furtherNumbers(report).map(({ term, name, value, write }) => [termLink(term, name), value === null ? '–' : write(value)] as const),
  ];
  return el(
    'table',
    { class: 'plain metrics' },
    el('thead', {}, el('tr', {}, ...[l10n.t('Metric'), l10n.t('Value'), termLink('confidence-interval', l10n.t('95 % interval'))].map((head) => el('th', { scope: 'col' }, head)))),
    el('tbody', {}, ...rows.map(([name, value, interval]) => el('tr', {}, el('th', { scope: 'row' }, typeof name === 'string' ? metricLink(name) : name), el('td', {}, value), el('td', { class: 'between' }, interval ?? '')))),
  );
}

export interface FurtherNumber {
  /** Of the glossary. */
  readonly term: string;
  readonly name: string;
  readonly value: number | null;
  readonly write: (value: number) => string;
  readonly largerIsBetter: boolean;
  /** Whether a difference is one of percentage points. */
  readonly share?: true;
}

/** Numbers of the whole that are no metrics of a run: means weighted otherwise, areas, calibration. */
export function furtherNumbers({ weighted, macro, calibration }: EvaluationReport): readonly FurtherNumber[] {
  const area = (value: number): string => fixed(value, 4);
  return [
    { term: 'precision', name: l10n.t('precision, weighted by images'), value: weighted.precision, write: (value) => metric('precision', value), largerIsBetter: true, share: true },
    { term: 'f1', name: l10n.t('F1, weighted by images'), value: weighted.f1, write: (value) => metric('f1', value), largerIsBetter: true, share: true },
    { term: 'auc', name: l10n.t('AUC, mean of the classes'), value: macro.auc, write: area, largerIsBetter: true },
    { term: 'average-precision', name: l10n.t('AP, mean of the classes'), value: macro.ap, write: area, largerIsBetter: true },
    { term: 'brier', name: l10n.t('Brier score'), value: calibration.brier, write: area, largerIsBetter: false },
  ];
}

/** What the names mean, and what they do not say. */
export function explanation(): HTMLElement {
  const lines = [
    l10n.t('top1, top5: the right class is the first, or among the first five.'),
    l10n.t('precision, recall, f1: means over the classes, each counting alike (macro). Precision: of what was taken for a class, what was right. Recall: of a class, what was found.'),
    l10n.t('balanced_accuracy: mean recall of the classes that occur; it does not gain from guessing the largest one.'),
    l10n.t('ece: how far probabilities and shares of right answers are apart on average, in 15 bins (Guo et al. 2017).'),
    l10n.t('Intervals: the shares of all such images that these counts do not speak against (Wilson 1927). Models whose intervals overlap may be equally good.'),
    l10n.t('AUC: how often an image of the class has a higher probability for it than another image. AP: mean precision along the recall.'),
  ];
  return el('details', { class: 'explained' }, el('summary', {}, l10n.t('What the numbers mean')), el('ul', {}, ...lines.map((line) => el('li', {}, line))), termLine(['accuracy', 'precision', 'recall', 'f1', 'balanced-accuracy', 'ece', 'calibration', 'auc', 'average-precision', 'roc', 'mcc', 'confidence-interval', 'mcnemar', 'bootstrap']));
}
