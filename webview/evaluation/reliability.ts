import * as l10n from '@vscode/l10n';
import type { Calibration } from '../../src/protocol';
import { el } from '../dom';
import { fixed, integer, percent, points } from '../numbers';
import { axes, drawing, svg, toX, toY } from '../draw/svg';

type Bin = Calibration['bins'][number];

/** The diagrams of two runs, the one beside the other, and what has changed. */
export function reliabilityPair(first: Calibration, second: Calibration, names: readonly [string, string]): readonly HTMLElement[] {
  return [
    reliabilityFigure(first, l10n.t('Reliability, first: {0}', names[0])),
    reliabilityFigure(second, l10n.t('Reliability, second: {0}', names[1]), changeWords(first, second)),
  ];
}

/** Without numbers that say which is better: so small a difference may be one of the images. */
function changeWords(first: Calibration, second: Calibration): string {
  const change = (difference: number): string => points(difference, 1).replace('-', '−');
  return l10n.t('Against the first, in points: ECE {0}, largest gap of a bin {1}; Brier score {2}', change(second.ece - first.ece), change(second.mce - first.mce), `${second.brier >= first.brier ? '+' : '−'}${fixed(Math.abs(second.brier - first.brier), 4)}`);
}

/** Accuracy over confidence, bin by bin: a calibrated model's bars end on the diagonal. */
export function reliabilityFigure(calibration: Calibration, title = l10n.t('Reliability'), change?: string): HTMLElement {
  const { bins, ece, mce, brier } = calibration;
  const most = Math.max(1, ...bins.map(({ count }) => count));
  const summary = l10n.t('ECE {0}, largest gap of a bin {1}, Brier score {2}', percent(ece), percent(mce), fixed(brier, 4));
  return el(
    'figure',
    { class: 'figure' },
    el('figcaption', { title }, title),
    el('p', { class: 'words' }, l10n.t('Is a probability what it says? Bars are the share that was right among images of like probability; on the diagonal both are the same. The framed piece is the gap to the mean probability of the bin: above the bar (red) the network is too sure, within it (green, dashed) it is right more often than it says. Paler bars have fewer images.')),
    drawing(
      `${title}. ${summary}`,
      axes(l10n.t('Probability of the predicted class'), l10n.t('Share that was right')),
      svg('line', { class: 'diagonal', x1: toX(0), y1: toY(0), x2: toX(1), y2: toY(1) }),
      ...bins.flatMap((bin, m) => barOf(bin, m, bins.length, most)),
    ),
    el('p', { class: 'reading' }, summary),
    change !== undefined && el('p', { class: 'reading' }, change),
    el('details', {}, el('summary', {}, l10n.t('As a table')), binTable(bins)),
  );
}

function barOf(bin: Bin, m: number, of: number, most: number): readonly SVGElement[] {
  const { count, confidence, accuracy } = bin;
  if (confidence === null || accuracy === null) return [];
  const [x, width] = [toX(m / of), toX(1 / of) - toX(0)];
  const [low, high] = [Math.min(confidence, accuracy), Math.max(confidence, accuracy)];
  // What few images say is paler: a bin of one image is right or wrong, and nothing between.
  const solid = 0.35 + 0.65 * Math.sqrt(count / most);
  return [
    svg(
      'g',
      { class: 'bin' },
      svg('rect', { class: 'bar-right', x: x + 1, width: width - 2, y: toY(accuracy), height: toY(0) - toY(accuracy), 'fill-opacity': solid }),
      svg('rect', { class: accuracy < confidence ? 'gap over' : 'gap under', x: x + 1, width: width - 2, y: toY(high), height: toY(low) - toY(high) }),
      svg('rect', { class: 'hit', x, width, y: toY(1), height: toY(0) - toY(1) }),
      svg('title', {}, l10n.t('{0}: {1} images, mean probability {2}, right {3}', rangeOf(m, of), integer(count), percent(confidence), percent(accuracy))),
    ),
  ];
}

function rangeOf(m: number, of: number): string {
  return `${fixed(m / of, 2)}–${fixed((m + 1) / of, 2)}`;
}

function binTable(bins: readonly Bin[]): HTMLElement {
  const heads = [l10n.t('Probability'), l10n.t('Images'), l10n.t('Mean'), l10n.t('Right')];
  const share = (value: number | null): string => (value === null ? '–' : percent(value));
  return el(
    'table',
    { class: 'plain' },
    el('thead', {}, el('tr', {}, ...heads.map((head) => el('th', { scope: 'col' }, head)))),
    el('tbody', {}, ...bins.map(({ count, confidence, accuracy }, m) =>
      el('tr', {}, el('th', { scope: 'row' }, rangeOf(m, bins.length)), ...[integer(count), share(confidence), share(accuracy)].map((cell) => el('td', {}, cell))))),
  );
}
