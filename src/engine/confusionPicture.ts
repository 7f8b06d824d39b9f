import * as l10n from '@vscode/l10n';
import type { ConfusionMatrix } from '../protocol';
import { escaped, px, SVG_STYLE } from './svg';
import { viridis } from './terminal/colours';

/** Beyond these, numbers would lie over each other, and names be too small to read. */
const MOST_NUMBERS = 25;
const MOST_NAMES = 60;

/** From here on the colour is so light that dark numbers stand on it. */
const LIGHT = 0.5;

/**
 * A confusion matrix as SVG: rows are true classes, columns predicted ones; the colour is the share of the row, so that a
 * rare class is judged by itself, and the numbers are images.
 */
export function confusionPicture({ labels, counts, epoch }: ConfusionMatrix): string {
  const K = labels.length;
  const cell = K <= 10 ? 48 : K <= MOST_NUMBERS ? 34 : Math.max(4, Math.floor(640 / K));
  const names = K <= MOST_NAMES;
  const left = names ? 34 + Math.min(160, 7 * Math.max(...labels.map(({ length }) => length))) : 40;
  const top = 76;
  const side = K * cell;
  const foot = names ? 24 + Math.min(160, 7 * Math.max(...labels.map(({ length }) => length))) : 30;
  const [width, height] = [Math.max(320, left + side + 90), top + side + foot + 24];
  const rows = counts.flatMap((row, i) => row.map((count, k) => cellOf(count, share(row, k), { x: left + k * cell, y: top + i * cell, side: cell, number: K <= MOST_NUMBERS })));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    SVG_STYLE,
    `<text x="16" y="26" class="title" style="font-size:16px">${escaped(l10n.t('Confusion matrix'))}</text>`,
    `<text x="16" y="46" class="small">${escaped(subtitle(counts, epoch))}</text>`,
    ...rows,
    ...(names ? namesOf(labels, { left, top, cell, side }) : []),
    `<text x="${px(left + side / 2)}" y="${top - 10}" text-anchor="middle" class="small">${escaped(l10n.t('predicted class (columns) · true class (rows)'))}</text>`,
    ...legend(left + side + 22, top, Math.min(side, 200)),
    '</svg>',
  ].join('\n');
}

function subtitle(counts: ConfusionMatrix['counts'], epoch: number | undefined): string {
  const images = counts.flat().reduce((a, b) => a + b, 0);
  const right = counts.reduce((sum, row, k) => sum + row[k]!, 0);
  const accuracy = images === 0 ? '–' : `${((100 * right) / images).toFixed(1)} %`;
  const said = l10n.t('{0} images, {1} of them recognised', images, accuracy);
  return epoch === undefined ? said : `${said} · ${l10n.t('epoch {0}', epoch)}`;
}

function share(row: readonly number[], k: number): number {
  const all = row.reduce((a, b) => a + b, 0);
  return all === 0 ? 0 : row[k]! / all;
}

function cellOf(count: number, value: number, { x, y, side, number }: { readonly x: number; readonly y: number; readonly side: number; readonly number: boolean }): string {
  const box = `<rect x="${px(x)}" y="${px(y)}" width="${side}" height="${side}" fill="#${colour(value)}"/>`;
  if (!number) return box;
  const ink = value > LIGHT ? '#1f2328' : '#ffffff';
  return `${box}<text x="${px(x + side / 2)}" y="${px(y + side / 2 + 4)}" text-anchor="middle" style="fill:${ink};font-size:${side > 40 ? 12 : 10}px">${count}</text>`;
}

function namesOf(labels: readonly string[], { left, top, cell, side }: { readonly left: number; readonly top: number; readonly cell: number; readonly side: number }): string[] {
  const size = Math.min(12, Math.max(7, cell - 1));
  return labels.flatMap((label, k) => {
    const name = escaped(label.length > 22 ? `${label.slice(0, 21)}…` : label);
    const at = k * cell + cell / 2;
    return [
      `<text x="${px(left - 6)}" y="${px(top + at + size / 3)}" text-anchor="end" style="font-size:${size}px">${name}</text>`,
      `<text x="${px(left + at + size / 3)}" y="${px(top + side + 8)}" text-anchor="end" transform="rotate(-90 ${px(left + at + size / 3)} ${px(top + side + 8)})" style="font-size:${size}px">${name}</text>`,
    ];
  });
}

function legend(x: number, y: number, height: number): string[] {
  const steps = 40;
  const bars = Array.from({ length: steps }, (_, i) => `<rect x="${px(x)}" y="${px(y + (i * height) / steps)}" width="12" height="${px(height / steps + 0.5)}" fill="#${colour(1 - i / (steps - 1))}"/>`);
  return [...bars, `<text x="${px(x + 17)}" y="${px(y + 9)}" class="small">100 %</text>`, `<text x="${px(x + 17)}" y="${px(y + height)}" class="small">0 %</text>`, `<text x="${px(x)}" y="${px(y + height + 18)}" class="small">${escaped(l10n.t('of the row'))}</text>`];
}

function colour(value: number): string {
  return viridis(value).map((part) => part.toString(16).padStart(2, '0')).join('');
}
