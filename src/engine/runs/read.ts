import { existsSync } from 'node:fs';
import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import { parse } from 'yaml';
import { z } from 'zod';
import type { CheckpointInfo, ConfusionMatrix, MetricRow, Metrics, RunSummary } from '../../protocol';
import { codeOf, disk, reasonOf } from '../atomic';
import { type Config, configSchema } from '../config/schema';
import { complaints } from '../config/words';
import { UserError } from '../userError';
import { withoutDetails } from './details';
import { exists, files, type PointIndex, readIndex, readJson, readRecord, readText, type RunRecord } from './files';
import { readRows } from './metricsFile';
import { isOwned } from './owner';
import { trackingOf } from './tracking';

/** Everything here only reads: any process may, while another writes. */

const confusionSchema = z.object({ epoch: z.int().optional(), labels: z.array(z.string()), counts: z.array(z.array(z.int())) });

interface Facts {
  readonly record: RunRecord;
  readonly index: PointIndex;
  /** Of an interrupted run, whose rows nobody adds to: read once. */
  measured?: Promise<Metrics>;
}

/** Parsed files by run folder, with what they looked like on the disk: 500 runs are listed by 1,000 stats. */
const cache = new Map<string, { readonly stamp: string; readonly facts: Facts }>();

/** All runs of a folder, newest first. A folder that cannot be read becomes a summary with `problem`. */
export async function listRuns(runs: string): Promise<readonly RunSummary[]> {
  const folders = await runFolders(path.resolve(runs));
  const summaries = await Promise.all(folders.map((run) => readRun(run)));
  return summaries.sort((a, b) => b.created.localeCompare(a.created) || b.path.localeCompare(a.path));
}

async function runFolders(runs: string): Promise<string[]> {
  const entries = await disk.readdir(runs, { withFileTypes: true }).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return [];
    throw new UserError(l10n.t('Cannot read {0}: {1}', runs, reasonOf(error)), { file: runs });
  });
  const folders = entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'));
  const looks = folders.map(({ name }) => path.join(runs, name)).map(async (run) => ((await looksLikeRun(run)) ? run : []));
  return (await Promise.all(looks)).flat();
}

/** A folder without `run.json` is broken when it has other parts of a run, and else none of our business. */
async function looksLikeRun(run: string): Promise<boolean> {
  return (await exists(files.record(run))) || (await exists(files.config(run))) || (await exists(files.index(run)));
}

/** Never throws: what cannot be read is the summary's `problem`. */
export async function readRun(folder: string): Promise<RunSummary> {
  const run = path.resolve(folder);
  try {
    const facts = await readFacts(run);
    const state = await stateOf(run, facts.record);
    const resumable = state !== 'running' && state !== 'finished' && hasState(run, facts.index);
    const tracking = await trackingOf(run, state === 'running');
    const more = tracking ? { tracking } : {};
    if (state !== 'interrupted') return { ...summary(run, facts, state, resumable), ...more };
    const latest = await (facts.measured ??= latestOf(run, facts.record));
    return { ...summary(run, { ...facts, record: { ...facts.record, latest } }, state, resumable), ...more };
  } catch (error) {
    return broken(run, reasonOf(error));
  }
}

async function readFacts(run: string): Promise<Facts> {
  const stamp = (await Promise.all([stampOf(files.record(run)), stampOf(files.index(run))])).join();
  const known = cache.get(run);
  if (known?.stamp === stamp) return known.facts;
  const facts = { record: await readRecord(run), index: await readIndex(run) };
  cache.set(run, { stamp, facts });
  return facts;
}

/** Changes with every atomic write, as that makes a new file. */
async function stampOf(file: string): Promise<string> {
  return await disk.stat(file).then(
    ({ mtimeMs, size, ino }) => `${mtimeMs}:${size}:${ino}`,
    () => '-',
  );
}

/** A run whose process is gone was interrupted, whatever its last word. */
async function stateOf(run: string, { state }: RunRecord): Promise<RunRecord['state']> {
  return state !== 'running' || (await isOwned(run)) ? state : 'interrupted';
}

/** What a killed process measured last: its rows are on the disk, though it had no time to write its record again. */
async function latestOf(run: string, { latest }: RunRecord): Promise<Metrics> {
  // Rows that cannot be read are told where they are shown; they do not take the run off the list.
  const rows = await readRows(run).catch((): MetricRow[] => []);
  return Object.assign({}, latest, ...rows.map(({ values }) => withoutDetails(values))) as Metrics;
}

function hasState(run: string, { points }: PointIndex): boolean {
  return points.some(({ name, state }) => state && existsSync(files.state(run, name)) && existsSync(files.weights(run, name)));
}

function summary(run: string, { record, index }: Facts, state: RunRecord['state'], resumable: boolean): RunSummary {
  const best = index.points.find(({ name }) => name === index.best)?.metrics;
  return {
    path: run,
    name: record.name,
    state,
    created: record.created,
    ...(record.ended === undefined ? {} : { ended: record.ended }),
    ...(record.reason === undefined ? {} : { reason: record.reason }),
    epoch: record.epoch,
    epochs: record.epochs,
    step: record.step,
    steps: record.steps,
    latest: record.latest,
    ...(best === undefined ? {} : { best }),
    engine: record.engine.label,
    dataset: record.dataset.name,
    ...(record.start && { start: startOf(record.start.path) }),
    ...(record.warnings && record.warnings.length > 0 && { warnings: record.warnings }),
    resumable,
  };
}

function startOf(file: string): NonNullable<RunSummary['start']> {
  const run = path.dirname(path.dirname(file));
  return file === files.weights(run, path.basename(file, '.safetensors')) && existsSync(files.record(run)) ? { path: file, run } : { path: file };
}

function broken(run: string, problem: string): RunSummary {
  const none = { epoch: 0, epochs: 0, step: 0, steps: 0, latest: {}, dataset: '', resumable: false };
  return { path: run, name: path.basename(run), state: 'failed', created: '', ...none, problem };
}

/** The configuration a run was made with. Its `dataset.path` becomes absolute: where the file says, else where they lay from the run. */
export async function readRunConfig(run: string, record?: RunRecord): Promise<Config> {
  const file = files.config(run);
  const written: unknown = parse(await readText(file), { maxAliasCount: 0 });
  const parsed = configSchema.safeParse(written);
  if (!parsed.success) throw new UserError(l10n.t('{0} is damaged: {1}', file, complaints(parsed.error, written)), { file });
  const { dataset } = parsed.data;
  if (dataset.path === undefined) return parsed.data;
  const { relative } = (record ?? (await readRecord(run))).dataset;
  const first = path.resolve(run, dataset.path);
  const place = [first, path.resolve(run, relative)].find((candidate) => existsSync(candidate)) ?? first;
  return { ...parsed.data, dataset: { ...dataset, path: place } };
}

/** Rows with `step` > `since`. */
export async function readMetrics(run: string, since = -Infinity): Promise<readonly MetricRow[]> {
  return (await readRows(run)).filter((row) => row.step > since);
}

/** The confusion matrix of the newest evaluation, if there was one. */
export async function readConfusion(run: string): Promise<ConfusionMatrix | null> {
  const file = files.confusion(run);
  return (await exists(file)) ? await readJson(file, confusionSchema) : null;
}

/** Newest first; what somebody deleted is left out. */
export async function listCheckpoints(folder: string): Promise<readonly CheckpointInfo[]> {
  const run = path.resolve(folder);
  const { record, index } = await readFacts(run);
  const infos = index.points.map(async (point): Promise<CheckpointInfo | null> => {
    const file = files.weights(run, point.name);
    const stats = await disk.stat(file).catch(() => null);
    return stats && checkpointInfo(run, record, index, point, { bytes: stats.size, modified: stats.mtime.toISOString() });
  });
  return (await Promise.all(infos)).filter((info) => info !== null).reverse();
}

function checkpointInfo(
  run: string,
  record: RunRecord,
  index: PointIndex,
  point: { readonly name: string; readonly epoch: number; readonly step: number; readonly metrics: Metrics },
  size: { readonly bytes: number; readonly modified: string },
): CheckpointInfo {
  const { name, epoch, step, metrics } = point;
  const marks = { best: name === index.best, last: name === index.last };
  return { path: files.weights(run, name), run, runName: record.name, epoch, step, metrics, ...marks, ...size };
}

/**
 * The safetensors file that is meant by a file, a run folder (its best, else its last), or `RUN@best`, `RUN@last`,
 * `RUN@epoch-3`.
 */
export async function resolveCheckpoint(pathOrRun: string, which?: string): Promise<string> {
  const at = pathOrRun.lastIndexOf('@');
  if (which === undefined && at > 0 && !existsSync(pathOrRun)) return resolveCheckpoint(pathOrRun.slice(0, at), pathOrRun.slice(at + 1));
  const file = path.resolve(pathOrRun);
  if (!existsSync(file)) throw new UserError(l10n.t('There is no checkpoint and no run at {0}.', file), { file });
  if (!(await disk.stat(file)).isDirectory()) return file;
  // The folder of a model that was trained elsewhere is no run; what it lacks, whoever opens it tells.
  if (which === undefined && !(await looksLikeRun(file))) return file;
  if (!(await looksLikeRun(file))) throw new UserError(l10n.t('{0} is no run, so it has no checkpoint "{1}".', file, which!), { file });
  const all = await listCheckpoints(file);
  const found = pick(all, which);
  if (found !== undefined) return found.path;
  const known = all.map((info) => path.basename(info.path, '.safetensors')).join(', ');
  throw new UserError(
    all.length === 0 ? l10n.t('{0} has no checkpoint yet.', file) : l10n.t('{0} has no checkpoint "{1}". It has: best, last, {2}', file, which ?? 'best', known),
  );
}

function pick(all: readonly CheckpointInfo[], which: string | undefined): CheckpointInfo | undefined {
  if (which === undefined) return all.find(({ best }) => best) ?? all[0];
  if (which === 'best') return all.find(({ best }) => best);
  if (which === 'last') return all[0];
  const epoch = /^epoch-0*(\d+)$/.exec(which)?.[1];
  const named = (info: CheckpointInfo): boolean => path.basename(info.path, '.safetensors') === which;
  return all.find(named) ?? all.find((info) => epoch !== undefined && info.epoch === Number(epoch) && !info.path.includes('-step-'));
}
