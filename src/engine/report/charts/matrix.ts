import * as l10n from '@vscode/l10n';
import { viridis } from '../../pictures/colours';
import { px } from '../../svg';
import { svg, WIDTH, write } from './frame';

/** Beyond these, numbers would lie over each other, and names be too small to read. */
const MOST_NUMBERS = 16;
const MOST_NAMES = 40;

/** A confusion matrix: rows are true classes, columns predicted ones; the colour is the share of its row, the number the images. */
export function matrixChart(labels: readonly string[], counts: readonly (readonly number[])[]): string {
  const K = labels.length;
  const names = K <= MOST_NAMES;
  const size = K <= 20 ? 12 : 9;
  const longest = Math.min(22, Math.max(...labels.map((label) => [...label].length)));
  const margin = names ? 14 + longest * size * 0.58 : 10;
  const left = 18 + margin;
  const cell = Math.min(34, (WIDTH - left - 80) / K);
  const [top, side] = [22, K * cell];
  const cells = counts.flatMap((row, i) => row.map((count, k) => cellOf(count, row, left + k * cell, top + i * cell, cell, K <= MOST_NUMBERS)));
  const room = margin - 8;
  const named = names ? labels.flatMap((label, k) => [
    write(label, left - 8, top + (k + 0.5) * cell + size / 3, { anchor: 'end', size, room }),
    `<g transform="translate(${px(left + (k + 0.5) * cell + size / 3)} ${px(top + side + 8)}) rotate(-90)">${write(label, 0, 0, { anchor: 'end', size, room })}</g>`,
  ]) : [];
  const foot = top + side + margin + 16;
  const middle = top + side / 2;
  return svg(WIDTH, foot + 8, [
    ...cells,
    `<rect x="${px(left)}" y="${px(top)}" width="${px(side)}" height="${px(side)}" fill="none" stroke="currentColor" stroke-opacity="0.5"/>`,
    ...named,
    write(l10n.t('predicted class'), left + side / 2, foot, { anchor: 'middle', size: 11, pale: true }),
    `<g transform="translate(11 ${px(middle)}) rotate(-90)">${write(l10n.t('true class'), 0, 0, { anchor: 'middle', size: 11, pale: true })}</g>`,
    ...shades(left + side + 20, top, Math.min(side, 180)),
  ]);
}

function cellOf(count: number, row: readonly number[], x: number, y: number, cell: number, numbers: boolean): string {
  const all = row.reduce((a, b) => a + b, 0);
  const share = all === 0 ? 0 : count / all;
  const box = `<rect x="${px(x)}" y="${px(y)}" width="${px(cell + 0.3)}" height="${px(cell + 0.3)}" fill="${colour(share)}"/>`;
  return numbers ? `${box}${write(String(count), x + cell / 2, y + cell / 2 + 4, { anchor: 'middle', size: cell > 28 ? 12 : 10, fill: share > 0.62 ? '#1f2328' : '#ffffff' })}` : box;
}

function shades(x: number, y: number, height: number): string[] {
  const steps = 30;
  return [
    ...Array.from({ length: steps }, (_, i) => `<rect x="${px(x)}" y="${px(y + (i * height) / steps)}" width="12" height="${px(height / steps + 0.4)}" fill="${colour(1 - i / (steps - 1))}"/>`),
    write('100 %', x + 17, y + 10, { size: 11, pale: true }),
    write('0 %', x + 17, y + height, { size: 11, pale: true }),
  ];
}

function colour(share: number): string {
  return `#${viridis(share).map((part) => part.toString(16).padStart(2, '0')).join('')}`;
}
