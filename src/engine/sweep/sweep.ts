import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import type { RunEvent } from '../../protocol';
import { ensureFolder, reasonOf, writeFileAtomic } from '../atomic';
import { loadConfig } from '../config/load';
import type { DatasetConfig } from '../config/schema';
import { surveyDataset } from '../dataset/open';
import { describeConfig } from '../describe';
import { startFacts } from '../finetune/start';
import { readRecord } from '../runs/files';
import { folderName } from '../runs/name';
import { readRun, readRunConfig } from '../runStore';
import { UserError } from '../userError';
import { advanced, changed, nextOf, planned } from './advance';
import { sweepPicture } from './picture';
import { describeSetting } from './plan';
import { digestOf, readSweep, refuseChanged, writeSweep, type Entry, type SweepRecord } from './record';
import { toCsv } from './results';

type Ended = Extract<RunEvent, { type: 'ended' }>;

/** A sweep that can be gone on with: its folder, and what is to be trained. */
export interface Sweep {
  readonly folder: string;
  readonly record: SweepRecord;
}

/** Who trains: starts a run or goes on with one, and resolves when it has ended. */
export interface Trainer {
  /** @param onRun hears of the run's folder as soon as there is one */
  start(q: { readonly config: string; readonly runs: string; readonly set: readonly string[]; readonly sweep: string }, onRun: (run: string) => Promise<void>): Promise<Ended>;
  resume(run: string): Promise<Ended>;
}

/**
 * Plans the sweep of a configuration, and checks every combination before anything is trained. Nothing is written yet.
 *
 * @throws UserError that names the combination and what is wrong with it
 */
export async function planSweep(file: string, set: readonly string[], onProgress: (done: number, of: number) => void): Promise<SweepRecord> {
  const place = path.resolve(file);
  const config = await loadConfig(place, set, undefined, startFacts);
  if (!config.sweep) throw new UserError(l10n.t('{0} has no section sweep. Give it one, e.g. sweep: {parameters: {model.patch_size: [4, 8]}}.', file), { file: place });
  const { settings, ...plan } = planned(config);
  const described: SweepRecord['settings'] = [];
  const classesOf = classCounter(path.dirname(place));
  for (const [i, setting] of settings.entries()) {
    onProgress(i, settings.length);
    try {
      const one = await loadConfig(place, [...set, ...setting.set], undefined, startFacts);
      const { params, macs, tokens, omegaMsa } = await describeConfig(one, place, await classesOf(one.dataset));
      described.push({ values: { ...setting.values }, set: [...set, ...setting.set], params, macs, tokens, omegaMsa });
    } catch (error) {
      throw new UserError(l10n.t('{0} cannot be trained: {1}', describeSetting(setting.values), reasonOf(error)), { file: place });
    }
  }
  const name = config.name ?? path.basename(place).replace(/(\.vit)?\.(ya?ml|json)$/i, '');
  return { format: 1, name, created: new Date().toISOString(), config: place, text: digestOf(await readFile(place, 'utf8')), ...plan, settings: described };
}

/** How many classes a dataset has, looked for once for all combinations that share it. */
function classCounter(folder: string): (dataset: DatasetConfig) => Promise<number> {
  const known = new Map<string, number>();
  return async (dataset) => {
    const key = JSON.stringify(dataset);
    const count = known.get(key) ?? (await surveyDataset(dataset, folder)).classes.length;
    known.set(key, count);
    return count;
  };
}

/** Makes the folder of a sweep among the runs. */
export async function createSweep(record: SweepRecord, runs: string): Promise<Sweep> {
  const folder = path.join(path.resolve(runs), folderName(`${record.name} sweep`, new Date()));
  await ensureFolder(folder);
  await writeSweep(folder, record);
  return { folder, record };
}

/** @throws UserError when it is none, or its configuration has changed since */
export async function openSweep(folder: string): Promise<Sweep> {
  const record = await readSweep(path.resolve(folder));
  const text = await readFile(record.config, 'utf8').catch((error: unknown): never => {
    throw new UserError(l10n.t('Cannot read {0}: {1}', record.config, reasonOf(error)), { file: record.config });
  });
  refuseChanged(record, text);
  return { folder: path.resolve(folder), record };
}

/**
 * Trains what is left, one training after the other; after each, table and picture are written anew. Ends when all are
 * done, or when a training was stopped, which can be gone on with.
 *
 * @returns whether all are done
 */
export async function runSweep(sweep: Sweep, trainer: Trainer, onChange: (record: SweepRecord, index: number) => void): Promise<boolean> {
  let record = sweep.record;
  const put = async (next: SweepRecord): Promise<void> => {
    record = next;
    await writeSweep(sweep.folder, record);
  };
  for (let index = nextOf(record); index !== undefined; index = nextOf(record)) {
    const entry = record.entries[index]!;
    await put(changed(record, index, { state: 'running' }));
    onChange(record, index);
    // Written down while it trains, so that a process that is killed goes on with it and does not begin again.
    const onRun = (run: string): Promise<void> => put(changed(record, index, { run: seenFrom(sweep.folder, run) }));
    const ended = await trained(sweep, record, entry, trainer, onRun);
    await put(changed(record, index, await outcome(sweep.folder, ended)));
    onChange(record, index);
    // Also before it had a run of its own.
    if (ended.reason === 'stopped') return false;
    await put(advanced(record));
    await writeResults(sweep.folder, record);
  }
  return true;
}

async function trained({ folder }: Sweep, record: SweepRecord, entry: Entry, trainer: Trainer, onRun: (run: string) => Promise<void>): Promise<Ended> {
  const before = entry.run === undefined ? undefined : path.resolve(folder, entry.run);
  if (before !== undefined && (await readRun(before)).resumable) return trainer.resume(before);
  const { values, set } = record.settings[entry.setting]!;
  const name = `${record.name} ${describeSetting(values)}, seed ${entry.seed}`.slice(0, 80);
  const own = [`seed=${entry.seed}`, `name=${JSON.stringify(name)}`, ...(record.rounds.length > 1 ? [`train.epochs=${entry.epochs}`] : [])];
  try {
    return await trainer.start({ config: record.config, runs: path.dirname(folder), set: [...set, ...own], sweep: record.name }, onRun);
  } catch (error) {
    if (error instanceof Error && error.name === 'AbortError') return { type: 'ended', run: '', reason: 'stopped', message: '', metrics: {} };
    return { type: 'ended', run: '', reason: 'error', message: reasonOf(error), metrics: {} };
  }
}

function seenFrom(folder: string, run: string): string {
  return path.relative(folder, run).split(path.sep).join('/');
}

async function outcome(folder: string, { run, reason, message }: Ended): Promise<Partial<Entry>> {
  if (run === '') return reason === 'stopped' ? { state: 'waiting' } : { state: 'failed', reason: message };
  const place = { run: seenFrom(folder, run) };
  if (reason === 'stopped') return { ...place, state: 'stopped' };
  if (reason === 'error' || reason === 'non-finite') return { ...place, state: 'failed', reason: message };
  return { ...place, state: 'finished', ...(await measured(run)) };
}

/** What a run has reached: the best on its validation images, what that reaches on the test images, and how long it took. */
async function measured(run: string): Promise<Pick<Entry, 'val' | 'test' | 'seconds'>> {
  const [{ best, latest }, { seconds }, { train }] = await Promise.all([readRun(run), readRecord(run), readRunConfig(run)]);
  const val = (best ?? latest)[train.monitor];
  const test = latest['test/top1'];
  return { ...(val !== undefined && { val }), ...(test !== undefined && { test }), seconds };
}

export const RESULTS = { table: 'results.csv', picture: 'results.svg' } as const;

export async function writeResults(folder: string, record: SweepRecord): Promise<void> {
  await writeFileAtomic(path.join(folder, RESULTS.table), toCsv(record));
  await writeFileAtomic(path.join(folder, RESULTS.picture), sweepPicture(record));
}

/** Whether a place is the folder of a sweep. */
export function isSweep(place: string): boolean {
  return existsSync(path.join(place, 'sweep.json'));
}
