import * as l10n from '@vscode/l10n';
import type { EvaluationState, WeighedWeights, WeighingQuestion, WeightsName } from '../../src/protocol';
import { weighedRows } from '../../src/weighedRows';
import { button, enable } from '../button';
import { toCsv } from '../csv';
import { el, fill, setText, show } from '../dom';
import { checkbox, segments } from '../inspector/controls';
import { integer, metric } from '../numbers';
import { metricLink, termLine, termLink } from '../term';
import { between } from './classes';
import { splits, type Shown, type Split } from './rows';

export interface WeightsEvents {
  readonly onSplit: (split: Split) => void;
  readonly onMirror: (mirror: boolean) => void;
  readonly onWeigh: (q: WeighingQuestion) => void;
  readonly onSave: (csv: string) => void;
}

/** Those that tell the most, in this order. */
const COLUMNS = ['loss', 'top1', 'balanced_accuracy', 'f1', 'ece'] as const;
const ORDER: readonly WeightsName[] = ['best', 'best, last', 'last', 'last, not averaged'];

/** The weights of a run side by side, on the images that are chosen: best, last, and those before the average. */
export function createWeights(events: WeightsEvents) {
  let [asked, rows]: [WeighingQuestion, readonly WeighedWeights[]] = [{ split: 'test', tta: 'none' }, []];
  const images = segments<Split>(l10n.t('Images'), [['test', l10n.t('Test')], ['val', l10n.t('Validation')], ['train', l10n.t('Training')]], events.onSplit);
  const mirror = checkbox(l10n.t('With mirror images'), events.onMirror);
  mirror.element.title = l10n.t('The mean of the probabilities of each image and its mirror image (test-time augmentation)');
  const evaluate = button(l10n.t('Evaluate Weights'), () => events.onWeigh(asked));
  const save = button(l10n.t('Save CSV…'), () => events.onSave(toCsv(weighedRows(inOrder(rows)))));
  const table = el('div', { class: 'scroll' });
  const overlap = el('p', { class: 'words' }, l10n.t('Intervals that overlap widely tell of no difference.'));
  const unlike = el('p', { class: 'warning' });
  const element = el(
    'section',
    { class: 'weights' },
    el('div', { class: 'section-head' }, el('h2', {}, l10n.t('Weights side by side')), save),
    el('p', { class: 'words' }, l10n.t('Those of the best epoch, those of the last one, and where the training averages them (EMA) those before the average. Nothing is changed in the run.')),
    el('div', { class: 'weigh' }, images.element, mirror.element, evaluate),
    table, unlike, overlap, termLine(['checkpoint', 'ema', 'tta', 'validation']),
  );
  const update = ({ weighed, sizes, other: second, evaluable, busy }: EvaluationState, shown: Shown): void => {
    const has = splits.filter((split) => (sizes?.[split] ?? 0) > 0);
    show(element, second === null && (has.length > 0 || weighed.length > 0));
    const split = has.includes(shown.weighedSplit) ? shown.weighedSplit : (has[0] ?? 'test');
    asked = { split, tta: shown.weighedMirror ? 'flip' : 'none' };
    images.set(split);
    for (const input of images.element.querySelectorAll('input')) input.disabled = !has.some((one) => one === input.value);
    mirror.set(shown.weighedMirror);
    enable(evaluate, evaluable && busy === null && has.length > 0);
    // Each snapshot is a copy: what it says decides.
    if (JSON.stringify(weighed) !== JSON.stringify(rows)) fill(table, weighed.length > 0 ? weightsTable(inOrder(weighed)) : null);
    rows = weighed;
    const other = weighed.find(({ otherImages }) => otherImages)?.otherImages;
    show(unlike, other !== undefined);
    setText(unlike, other ? otherImagesWords(other) : '');
    show(save, weighed.length > 0);
    show(overlap, weighed.length > 1);
  };
  return { element, update };
}

function inOrder(weighed: readonly WeighedWeights[]): readonly WeighedWeights[] {
  const rank = ({ split, tta, weights }: WeighedWeights): number => splits.indexOf(split) * 10 + Number(tta === 'flip') * 5 + ORDER.indexOf(weights);
  return [...weighed].sort((a, b) => rank(a) - rank(b));
}

function weightsTable(weighed: readonly WeighedWeights[]): HTMLElement {
  const head = [termLink('checkpoint', l10n.t('Weights')), termLink('epoch', l10n.t('Epoch')), l10n.t('Images'), ...COLUMNS.map((name) => metricLink(name))];
  return el(
    'table',
    { class: 'plain weights-table' },
    el('thead', {}, el('tr', {}, ...head.map((cell) => el('th', { scope: 'col' }, cell)))),
    el('tbody', {}, ...weighed.map((row) =>
      el('tr', {}, el('th', { scope: 'row' }, weightsWords(row)), el('td', {}, integer(row.epoch)), el('td', { class: 'in-words' }, imagesWords(row)),
        ...COLUMNS.map((name) => el('td', {}, valueOf(row, name), row.intervals[name] ? el('span', { class: 'between' }, ` ${between(row.intervals[name])}`) : null))))),
  );
}

function valueOf({ metrics }: WeighedWeights, name: string): string {
  const value = metrics[name];
  return value === undefined ? '–' : metric(name, value);
}

function weightsWords({ weights, averaged }: WeighedWeights): string {
  const words = { best: l10n.t('best'), last: l10n.t('last'), 'best, last': l10n.t('best, last'), 'last, not averaged': l10n.t('last, not averaged') }[weights];
  return averaged ? `${words}, ${l10n.t('averaged (EMA)')}` : words;
}

function imagesWords({ split, tta, images, otherImages }: WeighedWeights): string {
  const words = { test: l10n.t('{0} test images', integer(images)), val: l10n.t('{0} validation images', integer(images)), train: l10n.t('{0} training images', integer(images)) }[split];
  return [words, ...(tta === 'flip' ? [l10n.t('mirrored too')] : []), ...(otherImages ? ['⚠'] : [])].join(', ').replace(', ⚠', ' ⚠');
}

export function otherImagesWords({ then, now }: NonNullable<WeighedWeights['otherImages']>): string {
  return l10n.t('These are not the images that the run was trained with (then {0}, now {1}). A split of changed images is drawn anew: images of the training may be among them.', then, now);
}
