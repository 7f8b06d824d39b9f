import { placesOf } from '../src/telling';

/** Numbers as the user's language writes them. The language is the page's, which the host takes from VS Code. */

function language(): string {
  const lang = typeof document === 'undefined' ? '' : document.documentElement.lang;
  return lang || 'en';
}

const formats = new Map<string, Intl.NumberFormat>();

function format(options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = language() + JSON.stringify(options);
  const known = formats.get(key);
  if (known) return known;
  // What rounds to zero has no sign: "-0.0" would seem to be less than nothing.
  const made = new Intl.NumberFormat(language(), { ...options, signDisplay: 'negative' });
  formats.set(key, made);
  return made;
}

/** A share: the digits that mean something, from 0.04 % to 61 %. */
export function percent(share: number): string {
  const size = Math.abs(share) * 100;
  // "100%" is said of the whole only: beside it others would seem to be nothing.
  if (share < 1 && size >= 99.5) return size < 99.95 ? shareFormat(1).format(share) : `>${shareFormat(1).format(0.999)}`;
  if (size > 0 && size < 0.005) return `<${percent(0.0001)}`;
  const digits = size === 0 || size >= 9.95 ? 0 : size >= 0.995 ? 1 : 2;
  return shareFormat(digits).format(share);
}

/** Both ends of a scale, with as many digits as tell them apart: an untrained network looks at all patches nearly alike. */
export function scaleEnds({ low, high }: { readonly low: number; readonly high: number }, write: (value: number) => string): readonly [low: string, high: string] {
  const plain = [write(low), write(high)] as const;
  if (plain[0] !== plain[1] || !(low < high)) return plain;
  const style = plain[0].includes('%') ? 'percent' : 'decimal';
  for (let digits = 2; digits <= 6; digits++) {
    const exact = format({ style, minimumFractionDigits: digits, maximumFractionDigits: digits });
    if (exact.format(low) !== exact.format(high)) return [exact.format(low), exact.format(high)];
  }
  return plain;
}

function shareFormat(digits: number): Intl.NumberFormat {
  return format({ style: 'percent', minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** The labels of an axis, with as many digits as tell its ticks apart. */
export function tickLabels(ticks: readonly number[], share: boolean): readonly string[] {
  const small = ticks.every((tick) => Math.abs(tick) < 0.01);
  const write = (tick: number, digits: number): string => {
    if (share) return shareFormat(digits).format(tick);
    return small && tick !== 0 ? tick.toExponential(digits) : format({ maximumFractionDigits: digits }).format(tick);
  };
  const gap = Math.min(...ticks.slice(1).map((tick, i) => Math.abs(tick - ticks[i]!)));
  const rounded = (tick: number, digits: number): number => (share ? Number((100 * tick).toFixed(digits)) / 100 : small ? Number(tick.toExponential(digits)) : Number(tick.toFixed(digits)));
  for (let digits = 0; digits < 8; digits++) {
    const labels = ticks.map((tick) => write(tick, digits));
    // Apart is not enough: 1.6 and 1.4 must not read 2 and 1.
    if (new Set(labels).size === ticks.length && ticks.every((tick) => Math.abs(rounded(tick, digits) - tick) <= gap / 50)) return labels;
  }
  return ticks.map(String);
}

/** A difference of two shares in percentage points, with its sign: +3.4. Without `digits` as many as its size deserves. */
export function points(difference: number, digits = Math.abs(difference) < 0.0995 ? 1 : 0): string {
  const text = fixed(difference * 100, digits);
  return difference * 100 >= 0.5 * 10 ** -digits ? `+${text}` : text;
}

export function fixed(value: number, digits: number): string {
  return format({ minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value);
}

/** Of a scale that means nothing by itself: its first digits, 0.0123, 1.2e-7. */
export function significant(value: number, digits = 3): string {
  if (value !== 0 && (Math.abs(value) < 1e-4 || Math.abs(value) >= 1e5)) return value.toExponential(digits - 1).replace('.', format({ minimumFractionDigits: 1 }).format(0).charAt(1));
  return format({ maximumSignificantDigits: digits }).format(value);
}

export function integer(value: number): string {
  return format({ maximumFractionDigits: 0 }).format(value);
}

/** Three significant digits with a unit of thousands: 5.72 M, 1.26 G. */
export function compact(value: number): string {
  const units = ['', 'k', 'M', 'G', 'T', 'P'];
  const power = value === 0 ? 0 : Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.abs(value)) / 3)));
  const scaled = value / 1000 ** power;
  const text = format({ maximumSignificantDigits: 3 }).format(scaled);
  return power === 0 ? text : `${text} ${units[power] ?? ''}`;
}

/** Bytes in powers of 1024, as VS Code's own explorer writes them. */
export function bytes(value: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  const power = value < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(value) / 10));
  return `${format({ maximumSignificantDigits: 3 }).format(value / 1024 ** power)} ${units[power] ?? ''}`;
}

/** A metric: shares as percent, the rest with four significant digits. */
export function metric(name: string, value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (isShare(name)) return value < 1 && value >= 0.9995 ? percent(value) : shareFormat(1).format(value);
  if (value !== 0 && Math.abs(value) < 1e-3) return value.toExponential(2);
  return format({ minimumSignificantDigits: 4, maximumSignificantDigits: 4 }).format(value);
}

/** A metric over several seeds, mean ± standard deviation, neither with more digits than the deviation has that matter. */
export function metricSpread(name: string, mean: number, sd: number): string {
  if (isShare(name) || sd === 0 || !Number.isFinite(sd) || Math.abs(mean) < 1e-3) return `${metric(name, mean)} ± ${metric(name, sd)}`;
  return `${fixed(mean, placesOf(sd))} ± ${fixed(sd, placesOf(sd))}`;
}

/** Whether a metric is a share of 1, by its name: `val/top1`, `test/f1` … */
export function isShare(name: string): boolean {
  return /(^|\/)(top\d+|accuracy|balanced_accuracy|precision|recall|f1|ece)$/.test(name);
}

/** Whether a larger value of this metric is the better one. */
export function largerIsBetter(name: string): boolean {
  return !/loss|error|ece$/.test(name);
}
