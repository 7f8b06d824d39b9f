import { existsSync } from 'node:fs';
import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import { parse } from 'yaml';
import { z } from 'zod';
import { isFromWithin } from '../../epochs';
import type { CheckpointInfo, ConfusionMatrix, MetricRow, Metrics } from '../../protocol';
import { disk } from '../atomic';
import { classKey } from '../classKey';
import { withNearest } from '../config/nearest';
import { type Config, configSchema } from '../config/schema';
import { complaints } from '../config/words';
import { UserError } from '../userError';
import { exists, files, type PointIndex, readIndex, readJson, readRecord, readText, type RunRecord } from './files';
import { looksLikeRun } from './listing';
import { readRows } from './metricsFile';
import { stampOf } from './stamps';

/** Everything here only reads: any process may, while another writes. */

const confusionSchema = z.object({ epoch: z.int().optional(), labels: z.array(z.string()), counts: z.array(z.array(z.int())) });

interface Facts {
  readonly record: RunRecord;
  readonly index: PointIndex;
}

/** Parsed files by run folder, with what they looked like on the disk. */
const cache = new Map<string, { readonly stamp: string; readonly facts: Facts }>();

async function readFacts(run: string): Promise<Facts> {
  const stamp = (await Promise.all([files.record(run), files.index(run)].map(stampOf))).join();
  const known = cache.get(run);
  if (known?.stamp === stamp) return known.facts;
  const facts = { record: await readRecord(run), index: await readIndex(run) };
  cache.set(run, { stamp, facts });
  return facts;
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
  return { path: files.weights(run, name), run, runName: record.name, epoch, step, metrics, ...marks, ...size, classKey: classKey(record.dataset.classes), ...(isWithoutImages(run, record) && { withoutImages: true }) };
}

/** Whoever puts the images where the run says that they lie has them all the same. */
function isWithoutImages(run: string, { dataset }: RunRecord): boolean {
  return dataset.shipped === false && !existsSync(path.resolve(run, dataset.relative));
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
  const known = all.map((info) => path.basename(info.path, '.safetensors'));
  throw new UserError(
    all.length === 0 ? l10n.t('{0} has no checkpoint yet.', file) : withNearest(l10n.t('{0} has no checkpoint "{1}". It has: best, last, {2}', file, which ?? 'best', known.join(', ')), which ?? 'best', ['best', 'last', ...known]),
  );
}

function pick(all: readonly CheckpointInfo[], which: string | undefined): CheckpointInfo | undefined {
  if (which === undefined) return all.find(({ best }) => best) ?? all[0];
  if (which === 'best') return all.find(({ best }) => best);
  if (which === 'last') return all[0];
  const epoch = /^epoch-0*(\d+)$/.exec(which)?.[1];
  const named = (info: CheckpointInfo): boolean => path.basename(info.path, '.safetensors') === which;
  return all.find(named) ?? all.find((info) => epoch !== undefined && info.epoch === Number(epoch) && !isFromWithin(info.path));
}
