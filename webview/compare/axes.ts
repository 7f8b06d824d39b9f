import * as l10n from '@vscode/l10n';
import { compact, fixed, integer, percent, significant } from '../numbers';
import type { Axis } from './series';

/** How the horizontal axes are called and written. */

export function axisName(axis: Axis): string {
  switch (axis) {
    case 'epoch':
      return l10n.t('Epoch');
    case 'step':
      return l10n.t('Step');
    case 'time':
      return l10n.t('Training time');
    case 'examples':
      return l10n.t('Training images seen');
    case 'macs':
      return l10n.t('Multiply-adds of the training');
  }
}

/** A place of an axis in words, as a tooltip says it. */
export function placeOn(axis: Axis, x: number): string {
  switch (axis) {
    case 'epoch':
      return l10n.t('Epoch {0}', fixed(x, 1));
    case 'step':
      return l10n.t('Step {0}', integer(x));
    case 'time':
      return clock(x);
    case 'examples':
      return l10n.t('{0} images', compact(x));
    case 'macs':
      return l10n.t('{0} multiply-adds', large(x));
  }
}

export function axisLabels(axis: Axis, ticks: readonly number[]): readonly string[] {
  if (axis === 'time') return ticks.map(clock);
  if (axis === 'examples') return ticks.map(compact);
  return ticks.map(axis === 'macs' ? large : (tick) => significant(tick, 6));
}

/** Numbers beyond the units of thousands: 3.2e18. */
function large(value: number): string {
  return value < 1e18 ? compact(value) : value.toExponential(1);
}

/** Seconds as a clock shows them: 0:45, 12:30, 3:05:00. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (n: number): string => String(n).padStart(2, '0');
  return h > 0 ? `${String(h)}:${two(m)}:${two(s)}` : `${String(m)}:${two(s)}`;
}

/** Steps of a clock's axis. */
export const CLOCK_STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 432000, 864000];

/** Ticks of a logarithmic axis: 1, 2 and 5 of each power of ten; where those are fewer than three, tenths of the range. */
export function logTicks(low: number, high: number): number[] {
  const ticks: number[] = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power++)
    for (const digit of [1, 2, 5]) ticks.push(digit * 10 ** power);
  const within = ticks.filter((tick) => tick >= low && tick <= high);
  if (within.length >= 3) return within.length <= 7 ? within : within.filter((tick) => /^1/.test(tick.toExponential()));
  const step = [1, 2, 5, 10].map((digit) => digit * 10 ** Math.floor(Math.log10((high - low) / 4))).find((one) => (high - low) / one <= 5) ?? high - low;
  return Array.from({ length: 8 }, (_, i) => (Math.ceil(low / step) + i) * step).filter((tick) => tick <= high);
}

/** The numbers of a logarithmic axis, all written alike. */
export function logLabels(ticks: readonly number[], share: boolean): readonly string[] {
  if (share) return ticks.map(percent);
  return ticks.some((tick) => tick < 1e-3) ? ticks.map((tick) => tick.toExponential(0)) : ticks.map((tick) => significant(tick));
}
