import * as l10n from '@vscode/l10n';
import type { Interval } from '../../protocol';
import { intervalWords, shareWords } from '../metrics/words';
import { spreadOf } from '../sweep/results';
import { placesOf } from '../../telling';
import { grouped } from '../units';
import type { Group, Material, ReportRun } from './material';

/** What is not known or does not apply. */
export const NONE = '–';

export function percent(share: number | undefined | null): string {
  return share === undefined || share === null || !Number.isFinite(share) ? NONE : shareWords(share);
}

/** A share with its 95 % interval. */
export function withInterval(share: number | undefined, interval: Interval | null | undefined): string {
  return share === undefined || !interval ? percent(share) : l10n.t('{0} ({1})', percent(share), intervalWords(interval));
}

/** A number with four digits that matter. */
export function digits(value: number | undefined | null, count = 4): string {
  return value === undefined || value === null || !Number.isFinite(value) ? NONE : String(Number(value.toPrecision(count)));
}

/** A number with so many digits behind the point, so that a column of them stands in line. */
export function fixedDigits(value: number | undefined | null, places: number): string {
  return value === undefined || value === null || !Number.isFinite(value) ? NONE : value.toFixed(places);
}

/** "+1.2": a difference of shares, in percentage points. */
export function points(difference: number): string {
  const value = (100 * difference).toFixed(1);
  return Number(value) === 0 ? '0.0' : difference > 0 ? `+${value}` : value.replace('-', '−');
}

export function pointsBetween([low, high]: Interval): string {
  return l10n.t('{0} to {1}', points(low), points(high));
}

export function pWords(p: number): string {
  return p < 0.001 ? '< 0.001' : p.toFixed(3);
}

/** "a, b and c" */
export function enumerated(items: readonly string[]): string {
  return items.length < 2 ? (items[0] ?? '') : l10n.t('{0} and {1}', items.slice(0, -1).join(', '), items.at(-1)!);
}

/** One run of each seed: the same seed twice tells nothing of how far seeds differ. */
export function seedsOf({ runs: members }: Group, runs: readonly ReportRun[]): readonly ReportRun[] {
  const own = members.map((i) => runs[i]!);
  return own.filter((run, i) => own.findIndex((other) => other.record?.seed === run.record?.seed) === i);
}

/** A share over the seeds of a group, mean ± standard deviation; of a single one the share itself. */
export function overSeeds(group: Group, runs: readonly ReportRun[], of: (run: ReportRun) => number | undefined, write: (value: number) => string = percent): string {
  const values = seedsOf(group, runs).flatMap((run) => {
    const value = of(run);
    return value === undefined || !Number.isFinite(value) ? [] : [value];
  });
  const spread = spreadOf(values);
  if (!spread) return NONE;
  return spread.n === 1 ? write(spread.mean) : `${write(spread.mean).replace(/ %$/, '')} ± ${write(spread.sd)}`;
}

/** The same of a plain number, with as many digits as the deviation has that matter. */
export function numberOverSeeds(group: Group, runs: readonly ReportRun[], of: (run: ReportRun) => number | undefined): string {
  const spread = spreadOf(seedsOf(group, runs).flatMap((run) => {
    const value = of(run);
    return value === undefined || !Number.isFinite(value) ? [] : [value];
  }));
  // Zeros at the end are digits, too: 1.30 beside 1.34.
  if (!spread || spread.n === 1 || spread.sd === 0) return spread && Math.abs(spread.mean) >= 1e-3 && Math.abs(spread.mean) < 100 ? spread.mean.toPrecision(3) : digits(spread?.mean, 3);
  const places = placesOf(spread.sd);
  return `${spread.mean.toFixed(places)} ± ${spread.sd.toFixed(places)}`;
}

/** The same of what is counted: alike in all, it is whole. */
export function countOverSeeds(group: Group, runs: readonly ReportRun[], of: (run: ReportRun) => number | undefined): string {
  const values = new Set(seedsOf(group, runs).map(of).filter((value) => value !== undefined));
  const [only] = values;
  return values.size === 1 && only !== undefined ? grouped(only) : numberOverSeeds(group, runs, of);
}

/** How a group stands in tables and charts: its letter and its name. */
export function groupName({ letter, name }: Group, { groups }: Pick<Material, 'groups'>): string {
  return groups.length === 1 ? name : `${letter} · ${name}`;
}

/** The run that shows what a group does. */
export function firstOf({ runs: [first] }: Group, { runs }: Pick<Material, 'runs'>): ReportRun {
  return runs[first!]!;
}

export function splitWords(split: 'train' | 'val' | 'test'): string {
  return { train: l10n.t('training images'), val: l10n.t('validation images'), test: l10n.t('test images') }[split];
}
