import { px } from '../../svg';
import { below, scaleOf, strokeOf, svg, WIDTH, write } from './frame';

const ROW = 20;

/** How many of each, as bars from zero with their numbers. */
export function barsChart(rows: readonly { readonly label: string; readonly count: number }[]): string {
  const left = Math.min(220, 16 + Math.max(...rows.map(({ label }) => [...label].length)) * 6.7);
  const scale = scaleOf(0, Math.max(1, ...rows.map(({ count }) => count)), left, WIDTH - 60, 5);
  const bottom = 6 + rows.length * ROW;
  return svg(WIDTH, bottom + 26, [
    ...below(scale, bottom),
    ...rows.map(({ label, count }, i) => {
      const y = 6 + i * ROW;
      return `${write(label, left - 8, y + 14, { anchor: 'end', room: left - 8 })}<rect x="${px(left)}" y="${px(y + 3)}" width="${px(Math.max(0.5, scale.at(count) - left))}" height="${ROW - 6}" fill="${strokeOf(0).colour}" fill-opacity="0.75"/>${write(String(count), scale.at(count) + 6, y + 14, { size: 11, pale: true })}`;
    }),
  ]);
}
