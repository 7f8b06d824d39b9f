import * as l10n from '@vscode/l10n';
import type { Calibration } from '../../../protocol';
import { px } from '../../svg';
import { axes, below, grid, scaleOf, svg, write } from './frame';

const SIDE = 210;
const LEFT = 52;

/** What the network says against what is true: a bar for each bin, and how many images it holds beside it. */
export function reliabilityChart({ bins }: Calibration): string {
  const [top, bottom] = [12, 12 + SIDE];
  const scale = scaleOf(0, 1, bottom, top, 5);
  const across = scaleOf(0, 1, LEFT, LEFT + SIDE, 5);
  const width = SIDE / bins.length;
  const percent = (value: number): string => `${Math.round(100 * value)} %`;
  const bars = bins.flatMap(({ accuracy, confidence }, i) => {
    if (accuracy === null || confidence === null) return [];
    const x = LEFT + i * width;
    return [
      `<rect x="${px(x + 1)}" y="${px(scale.at(accuracy))}" width="${px(width - 2)}" height="${px(bottom - scale.at(accuracy))}" fill="#2f81f7" fill-opacity="0.65"/>`,
      `<line x1="${px(x + 1)}" x2="${px(x + width - 1)}" y1="${px(scale.at(confidence))}" y2="${px(scale.at(confidence))}" stroke="#c24a00" stroke-width="2"/>`,
    ];
  });
  const x0 = LEFT + SIDE + 90;
  return svg(720, bottom + 42, [
    ...grid(scale, LEFT, LEFT + SIDE, percent),
    axes(LEFT, top, LEFT + SIDE, bottom),
    ...below(across, bottom, percent),
    ...bars,
    `<line x1="${LEFT}" x2="${LEFT + SIDE}" y1="${bottom}" y2="${top}" stroke="currentColor" stroke-opacity="0.6" stroke-dasharray="4 3"/>`,
    write(l10n.t('probability of the predicted class'), LEFT + SIDE / 2, bottom + 34, { anchor: 'middle', size: 11, pale: true }),
    `<rect x="${px(x0 - 60)}" y="${top}" width="14" height="10" fill="#2f81f7" fill-opacity="0.65"/>`, write(l10n.t('share that is right'), x0 - 40, top + 10, { size: 11 }),
    `<line x1="${px(x0 - 60)}" x2="${px(x0 - 46)}" y1="${top + 24}" y2="${top + 24}" stroke="#c24a00" stroke-width="2"/>`, write(l10n.t('mean probability'), x0 - 40, top + 28, { size: 11 }),
    ...histogram(bins.map(({ count }) => count), x0, 720 - 22, top + 66, bottom, percent),
  ]);
}

function histogram(counts: readonly number[], left: number, right: number, top: number, bottom: number, percent: (value: number) => string): string[] {
  const scale = scaleOf(0, Math.max(1, ...counts), bottom, top, 4);
  const across = scaleOf(0, 1, left, right, 5);
  const width = (right - left) / counts.length;
  return [
    write(l10n.t('images'), left - 40, top - 12, { size: 11, pale: true }),
    ...grid(scale, left, right),
    axes(left, top, right, bottom),
    ...below(across, bottom, percent),
    ...counts.map((count, i) => `<rect x="${px(left + i * width + 1)}" y="${px(scale.at(count))}" width="${px(width - 2)}" height="${px(bottom - scale.at(count))}" fill="currentColor" fill-opacity="0.45"/>`),
    write(l10n.t('probability of the predicted class'), (left + right) / 2, bottom + 34, { anchor: 'middle', size: 11, pale: true }),
  ];
}
