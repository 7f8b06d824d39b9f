import * as path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import * as l10n from '@vscode/l10n';
import type { CheckpointInfo, MetricRow, RunState } from '../../../protocol';
import { ensureFolder, writeFileAtomic } from '../../atomic';
import { loadCheckpoint } from '../../checkpoint';
import type { Config } from '../../config/schema';
import type { Looker } from '../../looking';
import { flatten } from '../../runs/flat';
import { readRecord } from '../../runs/files';
import { listCheckpoints, readMetrics, readRun, readRunConfig } from '../../runStore';
import { figuresOf } from '../figures';
import { fileVersion, histogram, image, scalars, sessionEnd, sessionStart, type At, type HyperParameter } from './events';
import { histogramOf } from './histogram';

/** Seconds since 1970 when a run began. */
export type Start = number;

export function rowRecord({ step, time, values }: MetricRow, start: Start): Uint8Array {
  return scalars({ seconds: start + time, step }, values);
}

/** The configuration, with numbers and truth values as such. */
export function sessionRecord(at: At, name: string, config: Config, params: number): Uint8Array {
  const { tracking: _, sweep: __, $schema: ___, ...shaping } = config;
  const values = [...flatten(shaping)].filter(([, text]) => text !== undefined).map(([key, text]): [string, HyperParameter] => [key, typed(text)]);
  return sessionStart(at, name, Object.fromEntries([...values, ['parameters', params]]));
}

function typed(text: string): HyperParameter {
  if (text === 'true' || text === 'false') return text === 'true';
  return text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text;
}

export function endRecord(at: At, state: RunState): Uint8Array {
  return sessionEnd(at, state === 'finished' ? 'succeeded' : state === 'running' ? 'running' : 'failed');
}

/** How the weights of a checkpoint are spread, tensor by tensor; other work may go on between two of them. */
export async function weightRecords({ path: file, step }: CheckpointInfo, seconds: number): Promise<readonly Uint8Array[]> {
  const { params } = await loadCheckpoint(file);
  const records: Uint8Array[] = [];
  for (const [name, { data }] of params) {
    const found = histogramOf(data);
    if (found) records.push(histogram({ seconds, step }, `weights/${name}`, found));
    await setImmediate();
  }
  return records;
}

export async function figureRecords(run: string, looker: Looker | undefined, at: At): Promise<readonly Uint8Array[]> {
  const records: Uint8Array[] = [];
  for (const { name, png } of await figuresOf(run, looker)) records.push(image(at, `figures/${name}`, await png()));
  return records;
}

/** When a step was, as the rows of metrics tell it. */
export function timeOf(rows: readonly MetricRow[], step: number): number {
  return rows.find((row) => row.step >= step)?.time ?? rows.at(-1)?.time ?? 0;
}

/**
 * Writes a whole run as an event file, into a folder of the run's name. Written again it takes the place of what was written before.
 *
 * @returns the file
 * @throws UserError when the run cannot be read, or the folder not be written
 */
export async function writeTensorboard(run: string, folder: string, { looker, signal, onProgress }: { readonly looker?: Looker; readonly signal: AbortSignal; readonly onProgress: (message: string) => void }): Promise<readonly string[]> {
  const record = await readRecord(run);
  const [{ state }, config, rows, checkpoints] = await Promise.all([readRun(run), readRunConfig(run, record), readMetrics(run), listCheckpoints(run)]);
  const start = Date.parse(record.created) / 1000;
  const last = { seconds: start + (rows.at(-1)?.time ?? 0), step: rows.at(-1)?.step ?? 0 };
  const records = [fileVersion(start), sessionRecord({ seconds: start, step: 0 }, path.basename(run), config, record.params), ...rows.map((row) => rowRecord(row, start))];
  for (const [i, checkpoint] of [...checkpoints].reverse().entries()) {
    signal.throwIfAborted();
    onProgress(l10n.t('Weights of checkpoint {0} of {1}', i + 1, checkpoints.length));
    records.push(...(await weightRecords(checkpoint, start + timeOf(rows, checkpoint.step))));
  }
  onProgress(l10n.t('Drawing the figures'));
  records.push(...(await figureRecords(run, looker, last)));
  if (state !== 'running') records.push(endRecord(last, state));
  const place = path.join(path.resolve(folder), path.basename(run));
  await ensureFolder(place);
  const file = path.join(place, `events.out.tfevents.${Math.floor(start)}.vit-lab`);
  await writeFileAtomic(file, Buffer.concat(records));
  return [file];
}
