import { px } from '../../svg';
import { below, scaleOf, svg, WIDTH, write } from './frame';

export interface Row {
  readonly label: string;
  readonly value: number;
  /** What of it is beyond chance. */
  readonly interval: readonly [number, number] | null;
  /** What stands to the right. */
  readonly words: string;
}

const ROW = 20;

/** A point with its interval for each row, on one scale; a line where there is something to hold against. */
export function intervalsChart(rows: readonly Row[], words: (value: number) => string, line?: { readonly at: number; readonly label: string }): string {
  const longest = Math.max(...rows.map(({ label }) => [...label].length));
  const left = Math.min(240, 16 + longest * 6.7);
  const right = WIDTH - 14 - Math.max(...rows.map((row) => [...row.words].length)) * 6.6;
  const top = line ? 22 : 8;
  const bottom = top + rows.length * ROW;
  const ends = rows.flatMap(({ value, interval }) => [value, ...(interval ?? [])]);
  const all = [...ends, ...(line ? [line.at] : [])];
  const scale = scaleOf(Math.min(...all), Math.max(...all), left + 8, right - 8, 5);
  return svg(WIDTH, bottom + 26, [
    ...scale.ticks.map((tick) => `<line x1="${px(scale.at(tick))}" x2="${px(scale.at(tick))}" y1="${px(top)}" y2="${px(bottom)}" stroke="currentColor" stroke-opacity="0.15"/>`),
    ...below(scale, bottom, words),
    ...(line ? [`<line x1="${px(scale.at(line.at))}" x2="${px(scale.at(line.at))}" y1="${px(top)}" y2="${px(bottom)}" stroke="currentColor" stroke-dasharray="4 3"/>`, lineLabel(line.label, scale.at(line.at), left, right)] : []),
    ...rows.map((row, i) => oneRow(row, top + (i + 0.5) * ROW, left, right, scale.at)),
  ]);
}

function lineLabel(label: string, x: number, left: number, right: number): string {
  const anchor = x > (left + right) / 2 ? 'end' : 'start';
  return write(label, x + (anchor === 'end' ? -5 : 5), 14, { anchor, size: 11, pale: true });
}

function oneRow({ label, value, interval, words }: Row, y: number, left: number, right: number, at: (value: number) => number): string {
  const bar = interval
    ? `<line x1="${px(at(interval[0]))}" x2="${px(at(interval[1]))}" y1="${px(y)}" y2="${px(y)}" stroke="#2f81f7" stroke-width="2"/>${interval.map((end) => `<line x1="${px(at(end))}" x2="${px(at(end))}" y1="${px(y - 4)}" y2="${px(y + 4)}" stroke="#2f81f7" stroke-width="2"/>`).join('')}`
    : '';
  return `${write(label, left - 8, y + 4, { anchor: 'end', room: left - 8 })}${bar}<circle cx="${px(at(value))}" cy="${px(y)}" r="4" fill="#2f81f7"/>${write(words, right + 10, y + 4, { size: 11 })}`;
}
