import * as l10n from '@vscode/l10n';
import type { EvaluationReport, EvaluationState, Judged } from '../../src/protocol';
import { el } from '../dom';
import { integer, isShare, largerIsBetter, metric, points, significant } from '../numbers';
import { between } from './classes';
import { explanation, furtherNumbers } from './metrics';

/** Two runs side by side: their numbers, and what the images say of the difference. */
export function pairFigure({ run, report, other }: EvaluationState, judged: Judged | null): HTMLElement {
  if (!report || !other) return el('div');
  const rows = other.report ? [...metricRows(report, other.report), ...furtherRows(report, other.report)] : [];
  const heads = [l10n.t('Metric'), l10n.t('First: {0}', run ?? ''), l10n.t('Second: {0}', other.run), l10n.t('Change')];
  return el(
    'div',
    { class: 'pair' },
    other.report !== null && unlikeWords(report, other.report),
    other.report === null
      ? el('p', { class: 'words' }, judged?.paired ? l10n.t('No evaluation of {0} is kept: below is what its images say, and the pictures are of {1} alone.', other.run, run ?? '') : l10n.t('{0} has no evaluation yet. Evaluate image by image to compare.', other.run))
      : el('div', { class: 'scroll' }, el('table', { class: 'plain pair-table' }, el('thead', {}, el('tr', {}, ...heads.map((head) => el('th', { scope: 'col', title: head }, head)))), el('tbody', {}, ...rows))),
    other.report !== null && explanation(),
    pairedFigure(judged),
  );
}

function metricRows(first: EvaluationReport, second: EvaluationReport): HTMLElement[] {
  const alike = haveLikeClasses(first, second);
  return Object.entries(first.metrics).flatMap(([name, value]) => {
    const after = second.metrics[name];
    if (after === undefined) return [];
    const cell = (report: EvaluationReport, of: number): HTMLElement => el('td', {}, metric(name, of), report.intervals[name] && el('span', { class: 'between' }, ` ${between(report.intervals[name])}`));
    const change = after - value;
    return [el('tr', {}, el('th', { scope: 'row' }, name), cell(first, value), cell(second, after), el('td', {}, signed(name, change), ...verdict(change, alike ? largerIsBetter(name) : null)))];
  });
}

/** Of a difference: which way is better, as its sign does not say that of a loss; nothing where that means nothing. */
function verdict(change: number, larger: boolean | null): readonly HTMLElement[] {
  // Below a tenth of a point, which is what is shown, there is rounding alone.
  return larger === null || Math.abs(change) < 5e-4 ? [] : [el('span', { class: 'verdict' }, ` ${change > 0 === larger ? l10n.t('better') : l10n.t('worse')}`)];
}

function furtherRows(first: EvaluationReport, second: EvaluationReport): HTMLElement[] {
  const alike = haveLikeClasses(first, second);
  const after = furtherNumbers(second);
  return furtherNumbers(first).map(({ name, value, write, largerIsBetter: larger, share }, i) => {
    const other = after[i]?.value ?? null;
    const cell = (of: number | null): HTMLElement => el('td', {}, of === null ? '–' : write(of));
    const change = value === null || other === null ? null : other - value;
    return el('tr', {}, el('th', { scope: 'row' }, name), cell(value), cell(other), el('td', {}, change === null ? '–' : share ? inPoints(change) : `${change > 0 ? '+' : ''}${write(change)}`, ...(change === null ? [] : verdict(change, alike ? larger : null))));
  });
}

function signed(name: string, change: number): string {
  return isShare(name) ? inPoints(change) : `${change > 0 ? '+' : ''}${metric(name, change)}`;
}

/** A difference of shares is one of percentage points, and no per cent of anything. */
function inPoints(difference: number): string {
  return l10n.t('{0} points', points(difference, 1));
}

/** Numbers of other classes have no better and no worse. */
function haveLikeClasses(first: EvaluationReport, second: EvaluationReport): boolean {
  return first.classes.length === second.classes.length && first.classes.every(({ label }, i) => label === second.classes[i]?.label);
}

function unlikeWords(first: EvaluationReport, second: EvaluationReport): HTMLElement | null {
  if (!haveLikeClasses(first, second)) return el('p', { class: 'warning' }, l10n.t('They know other classes, so that their numbers cannot be compared.'));
  return first.split === second.split && first.images === second.images ? null : el('p', { class: 'warning' }, l10n.t('They were evaluated on other images: {0} and {1}.', `${first.split} ${integer(first.images)}`, `${second.split} ${integer(second.images)}`));
}

/** The paired test, in words and as the table that it is computed from. */
function pairedFigure(judged: Judged | null): HTMLElement | null {
  if (judged?.unlike) return el('p', { class: 'warning' }, l10n.t('Their test images are not the same, so that they cannot be compared image by image.'));
  const paired = judged?.paired;
  if (!paired) return null;
  const { counts: { both, onlyFirst, onlySecond, neither }, p, top1, balanced } = paired;
  const verdict = p < 0.05 ? l10n.t('On these images the difference is larger than chance explains (p = {0}).', significant(p, 2)) : l10n.t('On these images chance alone could explain the difference (p = {0}).', significant(p, 2));
  const between = (name: string, { value, interval }: typeof top1): string => l10n.t('{0}: {1}, 95 % interval {2} to {3}', name, signed('top1', value), signed('top1', interval[0]), signed('top1', interval[1]));
  return el(
    'div',
    { class: 'paired' },
    el('p', {}, verdict),
    el('p', { class: 'words' }, [between('top1', top1), between('balanced_accuracy', balanced)].join(' · ')),
    el(
      'table',
      { class: 'plain' },
      el('thead', {}, el('tr', {}, el('th'), el('th', { scope: 'col' }, l10n.t('Second right')), el('th', { scope: 'col' }, l10n.t('Second wrong')))),
      el('tbody', {}, el('tr', {}, el('th', { scope: 'row' }, l10n.t('First right')), el('td', {}, integer(both)), el('td', {}, integer(onlyFirst))), el('tr', {}, el('th', { scope: 'row' }, l10n.t('First wrong')), el('td', {}, integer(onlySecond)), el('td', {}, integer(neither)))),
    ),
    el('p', { class: 'words' }, l10n.t("McNemar's exact test, two-sided, on the {0} images of which one run is right and the other wrong; intervals by a paired bootstrap. The test knows these two trainings only: another seed may differ as much.", integer(onlyFirst + onlySecond))),
  );
}

