import type { MetricRow } from '../../protocol';
import { spreadOf } from '../sweep/results';
import type { Curve } from './charts/curves';
import type { Material, ReportRun } from './material';
import { seedsOf } from './words';

/** A metric over the epochs for each group: of several seeds the mean and the standard deviation where all of them have a value. */
export function groupCurves({ groups, runs }: Material, metric: string): readonly Curve[] {
  return groups.flatMap((group, series) => {
    const own = seedsOf(group, runs).map((run) => byEpoch(run.rows, metric)).filter(({ size }) => size > 0);
    if (own.length === 0) return [];
    const epochs = [...own[0]!.keys()].filter((epoch) => own.every((values) => values.has(epoch)));
    const spreads = epochs.map((epoch) => spreadOf(own.map((values) => values.get(epoch)!))!);
    return [{ series, x: epochs, y: spreads.map(({ mean }) => mean), spread: own.length > 1 ? spreads.map(({ sd }) => sd) : undefined }];
  });
}

/** The newest value of each epoch. */
function byEpoch(rows: readonly MetricRow[], metric: string): ReadonlyMap<number, number> {
  const values = new Map<number, number>();
  for (const { epoch, values: { [metric]: value } } of rows) if (value !== undefined && Number.isFinite(value)) values.set(epoch, value);
  return values;
}

/** The learning rate as it was, over the epochs that were over at each step, for the first run of each group. */
export function learningRates({ groups, runs }: Material): readonly Curve[] {
  return groups.flatMap((group, series) => {
    const run = runs[group.runs[0]!]!;
    const perEpoch = run.record && run.record.epochs > 0 ? run.record.steps / run.record.epochs : 0;
    const rows = run.rows.filter(({ step, values }) => step > 0 && Number.isFinite(values['lr']));
    return perEpoch > 0 && rows.length > 0 ? [{ series, x: rows.map(({ step }) => step / perEpoch), y: rows.map(({ values }) => values['lr']!) }] : [];
  });
}

/** The last value of a metric that a run has measured. */
export function lastOf({ rows }: Pick<ReportRun, 'rows'>, metric: string): number | undefined {
  return rows.findLast(({ values }) => Number.isFinite(values[metric]))?.values[metric];
}
