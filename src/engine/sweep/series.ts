import { escaped, px } from '../svg';
import { shortKey, shown, type Row } from './results';

/** Okabe and Ito 2008, those that stand on a light page and on a dark one, each with dashes of its own. */
const STROKES = [['#2f81f7', ''], ['#d9822b', '7 4'], ['#1a9e78', '2 3'], ['#c2588f', '9 3 2 3'], ['#7a6ff0', '5 2'], ['#a08a00', '12 4'], ['#c24a00', '1 2']] as const;

/** More letters of a name have no room behind a line. */
const LONGEST = 16;
/** And in the row that says what colours are. */
const LONGEST_BESIDE = 22;

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
  const names = [...new Set(rows.map((row) => shown(row.values[other], other)))];
  if (names.length < 2 || names.length > STROKES.length) return [];
  return names.map((name) => ({
    name: cut(named(other, name, axes), LONGEST),
    rows: rows.filter((row) => shown(row.values[other], other) === name).sort((a, b) => Number(a.values[key]) - Number(b.values[key])),
  }));
}

/** A word speaks for itself; a number or a yes needs its key. */
function named(key: string, value: string, axes: readonly string[]): string {
  return value === 'true' || value === 'false' || !Number.isNaN(Number(value)) ? `${shortKey(key, axes)} ${value}` : value;
}

function cut(name: string, most: number): string {
  const letters = [...name];
  return letters.length > most ? `${letters.slice(0, most - 1).join('')}…` : name;
}

/** What the colours of a picture's dots say, where no line has a name: the values of one key. */
export interface Hue {
  readonly names: readonly string[];
  readonly colourOf: (row: Row) => string;
}

/**
 * The key whose values the colours tell, beside `key` that the picture is about: names before numbers, which a place on an axis tells
 * as well. None where all would be alike or more than can be told apart.
 */
export function hueOf(rows: readonly Row[], axes: readonly string[], key?: string): Hue | undefined {
  const values = (axis: string): string[] => inOrder([...new Set(rows.map((row) => shown(row.values[axis], axis)))]);
  const fit = axes.filter((axis) => axis !== key && values(axis).length > 1 && values(axis).length <= STROKES.length);
  const chosen = fit.find((axis) => values(axis).some((value) => Number.isNaN(Number(value)))) ?? fit[0];
  if (chosen === undefined) return undefined;
  const names = values(chosen);
  return { names: names.map((name) => named(chosen, name, axes)), colourOf: (row) => strokeStyle(names.indexOf(shown(row.values[chosen], chosen))).colour };
}

/** Numbers by their size, names as they come. */
function inOrder(values: string[]): string[] {
  return values.every((value) => !Number.isNaN(Number(value))) ? values.sort((a, b) => Number(a) - Number(b)) : values;
}

/** The names beside their colours, in a row from `x` on, cut where they would take more than `room`. */
export function hueLegend({ names: all }: Hue, x: number, y: number, room: number): string {
  const wide = (most: number): number => all.reduce((sum, name) => sum + 22 + SMALL * Math.min(most, [...name].length), 0);
  let most = LONGEST_BESIDE;
  while (most > 4 && wide(most) > room) most--;
  const names = all.map((name) => cut(name, most));
  const places = names.map((_, i) => x + names.slice(0, i).reduce((sum, name) => sum + 22 + SMALL * [...name].length, 0));
  return names.map((name, i) => `<circle cx="${px(places[i]! + 4)}" cy="${px(y - 4)}" r="4" style="fill: ${strokeStyle(i).colour}"/><text class="small" x="${px(places[i]! + 12)}" y="${px(y)}">${escaped(name)}</text>`).join('');
}

/** A letter of small text is so wide, as a rule. */
const SMALL = 6.8;

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
