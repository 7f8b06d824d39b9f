import type { SweepResults, SweepRow, SweepSpread, SweepTrial } from '../../src/protocol';

/** What a combination costs; axes of the last picture. */
export const costs = ['params', 'macs', 'tokens', 'omegaMsa', 'seconds'] as const;
export type Cost = (typeof costs)[number];
/** `axis:0` is the first of the keys that vary. */
export type Column = `axis:${number}` | 'val' | 'test' | 'finished' | 'epochs' | Cost;

/** What is chosen; kept over reloads. */
export interface Shown {
  readonly column: Column;
  readonly descending: boolean;
  /** A combination that is marked in table and pictures. */
  readonly chosen: number | null;
  readonly metric: 'val' | 'test';
  readonly cost: Cost;
  /** Places of the two keys of the heat map. */
  readonly down: number;
  readonly across: number;
}

export function columnsOf({ axes }: SweepResults): readonly Column[] {
  return [...axes.map((_, i): Column => `axis:${i}`), 'val', 'test', 'finished', 'epochs', 'tokens', 'omegaMsa', 'params', 'macs', 'seconds'];
}

export function readShown(kept: unknown): Shown {
  const given = (typeof kept === 'object' && kept !== null ? kept : {}) as Partial<Record<keyof Shown, unknown>>;
  const place = (value: unknown, fallback: number): number => (typeof value === 'number' && Number.isInteger(value) && value >= 0 ? value : fallback);
  return {
    column: typeof given.column === 'string' && /^(axis:\d+|val|test|finished|epochs|params|macs|tokens|omegaMsa|seconds)$/.test(given.column) ? (given.column as Column) : 'val',
    descending: given.descending !== false,
    chosen: typeof given.chosen === 'number' ? given.chosen : null,
    metric: given.metric === 'test' ? 'test' : 'val',
    cost: costs.find((cost) => cost === given.cost) ?? 'params',
    down: place(given.down, 0),
    across: place(given.across, 1),
  };
}

const collator = new Intl.Collator(undefined, { numeric: true });

/** Rows in the order of a column; what has no value yet comes last. */
export function arrange(rows: readonly SweepRow[], { column, descending }: Pick<Shown, 'column' | 'descending'>): readonly SweepRow[] {
  const sign = descending ? -1 : 1;
  return [...rows].sort((a, b) => {
    const [x, y] = [valueOf(a, column), valueOf(b, column)];
    if (x === undefined || y === undefined) return Number(x === undefined) - Number(y === undefined) || a.setting - b.setting;
    return sign * (typeof x === 'number' && typeof y === 'number' ? x - y : collator.compare(String(x), String(y))) || a.setting - b.setting;
  });
}

export function valueOf(row: SweepRow, column: Column): number | string | undefined {
  if (column.startsWith('axis:')) return row.values[Number(column.slice(5))];
  if (column === 'val' || column === 'test' || column === 'seconds') return row[column]?.mean;
  // N = HW/P², as on the axis: without a class token.
  if (column === 'tokens') return row.patches;
  return row[column as 'finished' | 'epochs' | 'params' | 'macs' | 'omegaMsa'];
}

/** What is measured of a row, where it is. */
export function spreadOf(row: SweepRow, metric: 'val' | 'test'): SweepSpread | undefined {
  return row[metric];
}

/** The trainings of a combination in the last round that it came to, by seed. */
export function trialsOf({ sweep, rows }: SweepResults, setting: number): readonly SweepTrial[] {
  const epochs = rows.find((row) => row.setting === setting)?.epochs;
  return sweep.trials.filter((trial) => trial.setting === setting && (epochs === undefined || trial.epochs === epochs)).sort((a, b) => a.seed - b.seed);
}

/** Whether trainings with these values of two keys have failed. */
export function hasFailed({ sweep, rows }: SweepResults, [down, across]: readonly [number, number], [y, x]: readonly [string, string]): boolean {
  const settings = rows.filter((row) => row.values[down] === y && row.values[across] === x).map(({ setting }) => setting);
  return sweep.trials.some(({ setting, state }) => state === 'failed' && settings.includes(setting));
}

/** The mean of a metric over all combinations with these values of two keys, weighed alike; NaN where there is none. */
export function cellOf(results: SweepResults, metric: 'val' | 'test', [down, across]: readonly [number, number], [y, x]: readonly [string, string]): { readonly rows: readonly SweepRow[]; readonly mean: number } {
  const rows = results.rows.filter((row) => row.values[down] === y && row.values[across] === x && row[metric] !== undefined);
  return { rows, mean: rows.reduce((sum, row) => sum + row[metric]!.mean, 0) / rows.length };
}
