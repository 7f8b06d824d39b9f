import { escaped, px, roundStep } from '../../svg';
import { strokeStyle } from '../../sweep/series';

/**
 * What the charts of a report share. They stand in a page among its text, so they have no styles and no ids of their own:
 * letters and axes take the colour of the text around them, on light ground, on dark and on paper.
 */

export const WIDTH = 720;

/** As in the pictures of sweeps: no line is told by its colour alone. */
export const strokeOf = strokeStyle;

export function svg(width: number, height: number, parts: readonly string[]): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${px(width)} ${px(height)}" width="${Math.round(width)}" height="${Math.round(height)}" font-size="12" fill="currentColor">\n${parts.join('\n')}\n</svg>`;
}

export interface Placed {
  readonly anchor?: 'start' | 'middle' | 'end';
  readonly size?: number;
  readonly bold?: boolean;
  readonly pale?: boolean;
  readonly fill?: string;
  /** Pixels that it may take; what is longer is cut, and whole where the pointer rests. */
  readonly room?: number;
}

/** A letter is about so wide, in sizes of the font. */
const LETTER = 0.55;

export function write(words: string, x: number, y: number, { anchor = 'start', size = 12, bold, pale, fill, room }: Placed = {}): string {
  const letters = [...words];
  const fit = room === undefined ? Infinity : Math.max(2, Math.floor(room / (LETTER * size)));
  const shown = letters.length > fit ? `${letters.slice(0, fit - 1).join('').trimEnd()}…` : words;
  const style = [
    ...(anchor === 'start' ? [] : [`text-anchor="${anchor}"`]), ...(size === 12 ? [] : [`font-size="${size}"`]), ...(bold ? ['font-weight="600"'] : []),
    ...(fill === undefined ? [] : [`fill="${fill}"`]), ...(pale ? ['fill-opacity="0.75"'] : []),
  ];
  return `<text x="${px(x)}" y="${px(y)}" ${style.join(' ')}>${shown === words ? '' : `<title>${escaped(words)}</title>`}${escaped(shown)}</text>`;
}

export function widthOf(words: string, size = 12): number {
  return [...words].length * LETTER * size;
}

export interface Scale {
  readonly at: (value: number) => number;
  readonly ticks: readonly number[];
  readonly step: number;
}

/** `smallest` is the least step of the ticks: 1 where what lies between whole numbers has no name. From a round number below the least to one above the most, from pixel `from` to pixel `to`. */
export function scaleOf(least: number, most: number, from: number, to: number, count = 4, smallest = 0): Scale {
  const span = most > least ? most - least : Math.max(Math.abs(most), 1e-3);
  const step = Math.max(smallest, roundStep(span / count));
  const low = Math.floor(least / step + 1e-9) * step;
  const high = Math.max(low + step, Math.ceil(most / step - 1e-9) * step);
  const ticks = Array.from({ length: Math.round((high - low) / step) + 1 }, (_, i) => low + i * step);
  return { at: (value) => from + ((value - low) / (high - low)) * (to - from), ticks, step };
}

/** With as many digits as its neighbours need to differ. */
export function tickWords(value: number, step: number): string {
  if (Math.abs(value) < step / 1e6) return '0';
  return Math.abs(value) >= 1e6 || step < 1e-4 ? value.toExponential(1).replace('e+', 'e').replace('.0e', 'e') : value.toFixed(Math.max(0, -Math.floor(Math.log10(step) + 1e-9)));
}

/** Lines across, with their numbers to the left, and an axis below. */
export function grid({ at, ticks, step }: Scale, left: number, right: number, words: (value: number) => string = (value) => tickWords(value, step)): string[] {
  return ticks.map((tick) => `<line x1="${px(left)}" x2="${px(right)}" y1="${px(at(tick))}" y2="${px(at(tick))}" stroke="currentColor" stroke-opacity="0.18"/>${write(words(tick), left - 6, at(tick) + 4, { anchor: 'end', size: 11, pale: true })}`);
}

/** Numbers below a plot, thinned so that they do not touch. */
export function below({ at, ticks, step }: Scale, bottom: number, words: (value: number) => string = (value) => tickWords(value, step)): string[] {
  return ticks.map((tick) => `<line x1="${px(at(tick))}" x2="${px(at(tick))}" y1="${px(bottom)}" y2="${px(bottom + 4)}" stroke="currentColor" stroke-opacity="0.6"/>${write(words(tick), at(tick), bottom + 16, { anchor: 'middle', size: 11, pale: true })}`);
}

export function axes(left: number, top: number, right: number, bottom: number): string {
  return `<path d="M${px(left)} ${px(top)}V${px(bottom)}H${px(right)}" fill="none" stroke="currentColor" stroke-opacity="0.6"/>`;
}

/** Names beside a piece of their line, in rows as wide as there is room; null has none. Gives the height that they take. */
export function legend(names: readonly (string | null)[], x: number, y: number, room: number): { readonly parts: readonly string[]; readonly height: number } {
  const parts: string[] = [];
  let [left, row] = [x, 0];
  names.forEach((name, i) => {
    if (name === null) return;
    const width = Math.min(room, 34 + widthOf(name) + 18);
    if (left > x && left + width > x + room) [left, row] = [x, row + 1];
    const { colour, dash } = strokeOf(i);
    const middle = y + row * 18;
    parts.push(`<line x1="${px(left)}" x2="${px(left + 26)}" y1="${px(middle)}" y2="${px(middle)}" stroke="${colour}" stroke-width="2" stroke-dasharray="${dash || 'none'}"/>${write(name, left + 33, middle + 4, { room: room - 34 })}`);
    left += width;
  });
  return { parts, height: parts.length === 0 ? 0 : (row + 1) * 18 };
}
