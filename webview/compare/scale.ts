import { linearTicks } from './picture';

/** A scale of what stands in a configuration or a table: numbers along a line or by their logarithm, names side by side. */
export interface Scale {
  readonly kind: 'linear' | 'log' | 'names';
  /** From 0 to 1; null of what has no place. */
  readonly at: (value: string) => number | null;
  readonly ticks: readonly { readonly at: number; readonly text: string }[];
}

/** So many times as large as the smallest: then what is small would lie on top of each other. */
const WIDE = 20;
const MOST_NAMES = 12;

/** Numbers where all values are numbers. A single value stands in the middle. */
export function scaleOf(values: readonly string[], write: (value: number) => string): Scale {
  const given = values.filter((value) => value !== '');
  const numbers = given.map(Number);
  if (given.length === 0 || numbers.some((value) => !Number.isFinite(value)) || given.some((value) => value.trim() === '')) return namesOf(given);
  const [low, high] = [Math.min(...numbers), Math.max(...numbers)];
  const log = low > 0 && high / low > WIDE;
  const place = (value: number): number => (log ? Math.log(value) : value);
  const at = (value: string): number | null => {
    const number = Number(value);
    if (value === '' || !Number.isFinite(number) || (log && number <= 0)) return null;
    return low === high ? 0.5 : (place(number) - place(low)) / (place(high) - place(low));
  };
  const distinct = [...new Set(numbers)].sort((a, b) => a - b);
  const shown = distinct.length <= 6 ? distinct : log ? [low, Math.sqrt(low * high), high] : [low, ...linearTicks(low, high, 4).filter((tick) => tick > low && tick < high), high];
  return { kind: log ? 'log' : 'linear', at, ticks: shown.map((tick) => ({ at: at(String(tick)) ?? 0, text: write(tick) })) };
}

function namesOf(values: readonly string[]): Scale {
  const names = [...new Set(values)].sort((a, b) => a.localeCompare(b, undefined, { numeric: true }));
  const place = (i: number): number => (names.length === 1 ? 0.5 : i / (names.length - 1));
  const every = Math.ceil(names.length / MOST_NAMES);
  return {
    kind: 'names',
    at: (value) => {
      const i = names.indexOf(value);
      return i < 0 ? null : place(i);
    },
    ticks: names.flatMap((text, i) => (i % every === 0 ? [{ at: place(i), text }] : [])),
  };
}

/** Ticks that are at least so far from each other, so that their words do not lie on one another; both ends stay. */
export function apart(ticks: Scale['ticks'], gap: number): Scale['ticks'] {
  const sorted = [...ticks].sort((a, b) => a.at - b.at);
  const end = sorted.at(-1);
  let last = -Infinity;
  return sorted.filter((tick) => {
    const fits = tick === end || (tick.at - last >= gap && end!.at - tick.at >= gap) || last === -Infinity;
    if (fits) last = tick.at;
    return fits;
  });
}
