import { escaped, px } from '../svg';
import { shortKey, shown, type Row } from './results';

/** Okabe and Ito 2008, those that stand on a light page and on a dark one, each with dashes of its own. */
const STROKES = [['#2f81f7', ''], ['#d9822b', '7 4'], ['#1a9e78', '2 3'], ['#c2588f', '9 3 2 3'], ['#7a6ff0', '5 2'], ['#a08a00', '12 4'], ['#c24a00', '1 2']] as const;

/** More letters of a name have no room behind a line. */
const LONGEST = 16;

/** The combinations that share the value of the other key, in the order of the key that is drawn. */
export interface Series {
  readonly name: string;
  readonly rows: readonly Row[];
}

export function strokeStyle(index: number): { readonly colour: string; readonly dash: string } {
  const [colour, dash] = STROKES[index % STROKES.length]!;
  return { colour, dash };
}

/** A line for each value of the other one of two keys: how much data each network needs, say. None where there are more lines than a picture can hold. */
export function seriesOf(rows: readonly Row[], key: string, axes: readonly string[]): readonly Series[] {
  const other = axes.length === 2 ? axes.find((one) => one !== key) : undefined;
  if (other === undefined) return [];
  const names = [...new Set(rows.map((row) => shown(row.values[other])))];
  if (names.length < 2 || names.length > STROKES.length) return [];
  return names.map((name) => ({
    name: cut(name === 'true' || name === 'false' || !Number.isNaN(Number(name)) ? `${shortKey(other, axes)} ${name}` : name),
    rows: rows.filter((row) => shown(row.values[other]) === name).sort((a, b) => Number(a.values[key]) - Number(b.values[key])),
  }));
}

function cut(name: string): string {
  const letters = [...name];
  return letters.length > LONGEST ? `${letters.slice(0, LONGEST - 1).join('')}…` : name;
}

/** The lines, each with its name at its end; names that would cover each other move apart. */
export function seriesLines(series: readonly Series[], at: (row: Row) => readonly [x: number, y: number]): string {
  const ends = series.map(({ rows }) => at(rows.at(-1)!));
  const order = ends.map((_, i) => i).sort((a, b) => ends[a]![1] - ends[b]![1]);
  const heights = new Map<number, number>();
  let last = -Infinity;
  for (const i of order) heights.set(i, (last = Math.max(ends[i]![1] + 4, last + 13)));
  return series.map(({ name, rows }, i) => {
    const { colour, dash } = strokeStyle(i);
    const points = rows.map((row) => at(row).map(px).join(',')).join(' ');
    const right = Math.max(...ends.map(([x]) => x)) + 10;
    return `<polyline class="mean" points="${points}" style="stroke: ${colour}; stroke-dasharray: ${dash || 'none'}"/><text class="small" x="${px(right)}" y="${px(heights.get(i)!)}" style="fill: ${colour}">${escaped(name)}</text>`;
  }).join('');
}
