import * as path from 'node:path';
import type { MetricRow } from '../../protocol';
import { ensureFolder, writeFileAtomic } from '../atomic';
import { csvText } from '../csv';
import { classCsv } from '../metrics/classCsv';
import { flatten } from '../runs/flat';
import { readRecord, type RunRecord } from '../runs/files';
import { listCheckpoints, readConfusion, readEvaluation, readMetrics, readProbe, readRun, readRunConfig } from '../runStore';

/** Everything that a run tells, for other programs: tables of CSV, or one document of JSON. */

type Table = readonly (readonly string[])[];

/** One value a line, so that metrics that are measured at other steps need no empty fields. */
export function metricTable(rows: readonly MetricRow[]): Table {
  const lines = rows.flatMap(({ step, epoch, time, values }) => Object.entries(values).map(([name, value]) => [String(step), String(epoch), String(time), name, Number.isFinite(value) ? String(value) : 'NaN']));
  return [['step', 'epoch', 'seconds', 'metric', 'value'], ...lines];
}

async function everythingOf(run: string) {
  const record = await readRecord(run);
  const [summary, config, metrics, checkpoints, confusion, evaluation, probe] = await Promise.all([
    readRun(run), readRunConfig(run, record), readMetrics(run), listCheckpoints(run), readConfusion(run), readEvaluation(run), readProbe(run),
  ]);
  const { owner: _, latest: __, ...facts } = record;
  return { record: { ...facts, state: summary.state }, latest: summary.latest, best: summary.best ?? null, config, metrics, checkpoints, confusion, evaluation, probe };
}

type Everything = Awaited<ReturnType<typeof everythingOf>>;

/**
 * Writes all that a run tells into a folder of the run's name: `run.csv`, `config.csv`, `metrics.csv`, `checkpoints.csv` and
 * what else there is of `confusion.csv`, `classes.csv`, `probe.csv`, `warnings.csv`.
 *
 * @returns the files
 * @throws UserError when the run cannot be read, or the folder not be written
 */
export async function writeTables(run: string, folder: string): Promise<readonly string[]> {
  const all = await everythingOf(run);
  const tables: Readonly<Record<string, Table | null>> = {
    run: [['key', 'value'], ...factRows(all)],
    config: [['key', 'value'], ...flatten(all.config)],
    metrics: metricTable(all.metrics),
    checkpoints: checkpointTable(all),
    confusion: all.confusion && [['true class', ...all.confusion.labels], ...all.confusion.counts.map((row, k) => [all.confusion!.labels[k]!, ...row.map(String)])],
    probe: all.probe && probeTable(all.probe),
    warnings: all.record.warnings ? [['epoch', 'rule', 'message', 'advice'], ...all.record.warnings.map(({ epoch, rule, message, advice }) => [String(epoch), rule, message, advice])] : null,
  };
  const place = path.join(path.resolve(folder), path.basename(run));
  await ensureFolder(place);
  const written: string[] = [];
  for (const [name, table] of Object.entries(tables)) {
    if (!table) continue;
    await writeFileAtomic(path.join(place, `${name}.csv`), csvText(table));
    written.push(path.join(place, `${name}.csv`));
  }
  if (all.evaluation) {
    await writeFileAtomic(path.join(place, 'classes.csv'), classCsv(all.evaluation));
    written.push(path.join(place, 'classes.csv'));
  }
  return written;
}

/** The same as one document, `RUN.json`; a number that is none is null. */
export async function writeDocument(run: string, folder: string): Promise<readonly string[]> {
  const file = path.join(path.resolve(folder), `${path.basename(run)}.json`);
  await ensureFolder(path.dirname(file));
  const { probe, ...all } = await everythingOf(run);
  await writeFileAtomic(file, `${JSON.stringify({ format: 1, run: path.basename(run), ...all, probe: probe?.images.map(({ source, curve }) => ({ source, curve })) ?? null }, null, 1)}\n`);
  return [file];
}

function factRows({ record, latest, best }: Everything): readonly (readonly [string, string])[] {
  const { dataset, warnings: _, ...facts } = record satisfies Partial<RunRecord>;
  const { classes, ...images } = dataset;
  const numbers = (prefix: string, values: object): [string, string][] => Object.entries(values).map(([name, value]) => [`${prefix}${name}`, String(value)]);
  return [...flatten({ ...facts, dataset: { ...images, classes: classes.length } }), ...numbers('latest.', latest), ...numbers('best.', best ?? {})];
}

function checkpointTable({ checkpoints }: Everything): Table {
  const names = [...new Set(checkpoints.flatMap(({ metrics }) => Object.keys(metrics)))];
  const rows = [...checkpoints].reverse().map(({ path: file, epoch, step, best, last, bytes, metrics }) => [path.basename(file), String(epoch), String(step), String(best), String(last), String(bytes), ...names.map((name) => (metrics[name] === undefined ? '' : String(metrics[name])))]);
  return [['file', 'epoch', 'step', 'best', 'last', 'bytes', ...names], ...rows];
}

function probeTable({ images }: NonNullable<Everything['probe']>): Table {
  const rows = images.flatMap(({ source, curve }) => curve.classes.flatMap(({ label, values }) => curve.epochs.map((epoch, i) => [source, String(epoch), label, String(values[i])])));
  return [['image', 'epoch', 'class', 'probability'], ...rows];
}
