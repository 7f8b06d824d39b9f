import type { SweepRow, SweepSpread } from '../../sweepProtocol';
import { csvText } from '../csv';
import { valueWords, VARIANT } from './plan';
import type { Entry, SweepRecord } from './record';

/** A combination with what its trainings reached, in the last round that it came to. */
export interface Row extends Omit<SweepRow, 'values' | 'val' | 'test' | 'seconds'> {
  readonly values: SweepRecord['settings'][number]['values'];
  readonly round: number;
  readonly val: SweepSpread | undefined;
  readonly test: SweepSpread | undefined;
  readonly seconds: SweepSpread | undefined;
}

/** Every combination, in the order of the plan. */
export function rowsOf(record: SweepRecord): readonly Row[] {
  return record.settings.map(({ values, set: _, patches, ...costs }, setting) => {
    const own = record.entries.filter((entry) => entry.setting === setting);
    const round = Math.max(0, ...own.map((entry) => entry.round));
    const last = own.filter((entry) => entry.round === round);
    const spread = (key: 'val' | 'test' | 'seconds'): SweepSpread | undefined => spreadOf(last.flatMap((entry) => (entry.state === 'finished' && entry[key] !== undefined ? [entry[key]] : [])));
    return { setting, values, round, epochs: last[0]?.epochs ?? record.rounds[round]!, val: spread('val'), test: spread('test'), seconds: spread('seconds'), patches: patches ?? costs.tokens, ...costs, finished: last.filter(({ state }) => state === 'finished').length, of: last.length };
  });
}

export function spreadOf(values: readonly number[]): SweepSpread | undefined {
  const n = values.length;
  if (n === 0) return undefined;
  const mean = values.reduce((a, b) => a + b, 0) / n;
  return { mean, sd: n === 1 ? 0 : Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (n - 1)), n };
}

/** Whether less is better of what the sweep looks at. */
export function isLoss(monitor: string): boolean {
  return /loss$/.test(monitor);
}

/** The best first; those without a result last. */
export function ranked(record: SweepRecord, rows = rowsOf(record)): readonly Row[] {
  const sign = isLoss(record.monitor) ? 1 : -1;
  const score = ({ val, round }: Row): number => (val === undefined ? Infinity : sign * val.mean) - 1e6 * round;
  return [...rows].sort((a, b) => score(a) - score(b));
}

/** The keys that vary, in their order. */
export function axesOf({ settings }: SweepRecord): readonly string[] {
  const keys = Object.keys(settings[0]?.values ?? {});
  return keys.filter((key) => new Set(settings.map(({ values }) => JSON.stringify(values[key]))).size > 1);
}

export function shown(value: SweepRecord['settings'][number]['values'][string] | undefined, key: string): string {
  return value === undefined ? '' : valueWords(value, key);
}

/** One line for every training, with what it cost. */
export function toCsv(record: SweepRecord): string {
  const keys = Object.keys(record.settings[0]?.values ?? {});
  const head = [...keys, 'seed', 'round', 'epochs', 'state', record.monitor, 'test/top1', 'seconds', 'parameters', 'macs', 'patches', 'tokens', 'omega_msa', 'run'];
  const line = (entry: Entry): string[] => {
    const { values, params, macs, patches, tokens, omegaMsa } = record.settings[entry.setting]!;
    const { seed, round, epochs, state, val, test, seconds, run } = entry;
    return [...keys.map((key) => shown(values[key], key)), ...[seed, round, epochs, state, val, test, seconds, params, macs, patches, tokens, omegaMsa, run].map((cell) => String(cell ?? ''))];
  };
  return csvText([head, ...record.entries.map(line)]);
}

/** How a key is called in pictures and tables: without its section, unless two would be called alike. */
export function shortKey(key: string, all: readonly string[]): string {
  if (key === VARIANT) return key;
  const last = (name: string): string => name.slice(name.lastIndexOf('.') + 1);
  return all.filter((other) => last(other) === last(key)).length > 1 ? key : last(key);
}
