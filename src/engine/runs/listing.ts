import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import * as l10n from '@vscode/l10n';
import { epochsDone } from '../../epochs';
import type { MetricRow, Metrics, RunNotes, RunsPart, RunSummary } from '../../protocol';
import { codeOf, disk, ensureFolder, reasonOf, writeFileAtomic } from '../atomic';
import { cacheFolder } from '../cacheFolder';
import { isObject } from '../json';
import { UserError } from '../userError';
import { VERSION } from '../version';
import { withoutDetails } from './details';
import { exists, files, indexSchema, noPoints, parsed, type PointIndex, readIndex, readRecord, recordSchema, type RunRecord } from './files';
import { readRows } from './metricsFile';
import { noNotes, notesFrom, readNotes } from './notes';
import { isOwned } from './owner';
import { absentIn, askDisk, isSlow, type Pace, stampsOf } from './stamps';
import { trackingFiles, trackingOf } from './tracking';

/** What a list tells of a run that does not change by itself: all but whether its process lives. */
export interface Listed {
  readonly state: RunRecord['state'];
  readonly told: Omit<RunSummary, 'path' | 'state' | 'resumable' | 'start'>;
  /** The weights that it started from. */
  readonly start?: string;
  /** Names of the checkpoints with training state. */
  readonly states: readonly string[];
  /** Whether something of it was sent to a tracking server. */
  readonly tracked?: true;
  /** Of an interrupted run, whose rows nobody adds to: read once. */
  measured?: Metrics;
}

interface Known {
  /** What its files looked like on the disk. */
  readonly stamp: string;
  readonly listed: Listed;
}

/** By run folder. Ten thousand runs are listed by 30,000 stats; what each is told by, is read once. */
const known = new Map<string, Known>();

/** An index in the cache folder saves a new process from reading every run. Written when so many entries were missing in it. */
const WRITE_AT = 64;
const indexed = new Map<string, { missing: number }>();

/** So many runs are asked for at once; who looks on sees them when they are there. */
const PART = 1024;
/** The first tell how quickly the disk answers; of a slow one, whoever looks on gets so many at a time. */
const FEW = 64;

/**
 * All runs of a folder, newest first. A folder that cannot be read becomes a summary with `problem`.
 *
 * @param onPart gets the runs of a long list, or of a slow disk, as they come, about the newest first
 */
export async function listRuns(runs: string, onPart?: (part: RunsPart) => void): Promise<readonly RunSummary[]> {
  const store = path.resolve(runs);
  const names = await folderNames(store);
  if (names.length >= WRITE_AT) await readIndexOf(store);
  const folders = names.map((name) => `${store}${path.sep}${name}`);
  const pace: Pace = { slow: 0 };
  const all: RunSummary[] = [];
  let told = 0;
  for (let at = 0; at < folders.length; ) {
    const end = Math.min(at === 0 || isSlow(pace) ? at + FEW : (Math.floor(at / PART) + 1) * PART, folders.length);
    all.push(...(await summariesOf(folders.slice(at, end), pace)));
    at = end;
    if (!isSlow(pace) && (at === FEW || folders.length <= PART)) continue;
    onPart?.({ done: at, of: folders.length, runs: all.slice(told) });
    told = all.length;
  }
  if (names.length >= WRITE_AT) writeIndexSoon(store, names);
  return all.sort(newestFirst);
}

async function summariesOf(folders: readonly string[], pace: Pace): Promise<RunSummary[]> {
  const asked = folders.map((run) => ({ run, files: stamped(run) }));
  const stamps = await stampsOf(asked.map((one) => one.files), pace);
  const told = asked.map(({ run }, i) => ({ run, stamp: stamps[i]! }));
  await askDisk(told.filter(({ run, stamp }) => known.get(run)?.stamp !== stamp), learn, learnLater, pace);
  const summaries = told.map(({ run, stamp }) => unchanged(run, stamp));
  // Most are known by now: only the others are waited for.
  const others = told.map((one, i) => ({ ...one, i })).filter(({ i }) => summaries[i] === undefined);
  await Promise.all(others.map(async ({ run, stamp, i }) => (summaries[i] = (await summaryIn(run, stamp)) ?? undefined)));
  return summaries.filter((summary) => summary !== undefined);
}

/** Times are written in one form, so that their order is that of their letters. */
function newestFirst(a: RunSummary, b: RunSummary): number {
  if (a.created !== b.created) return a.created < b.created ? 1 : -1;
  return a.path < b.path ? 1 : -1;
}

/** What most of thousands of runs are: over, of which nothing has changed since, and nothing has to be asked. */
function unchanged(run: string, stamp: string): RunSummary | undefined {
  const before = known.get(run);
  if (before?.stamp !== stamp) return undefined;
  const { state, told, start, tracked } = before.listed;
  return state === 'finished' && start === undefined && !tracked ? { path: run, ...told, state, resumable: false } : undefined;
}

async function folderNames(runs: string): Promise<string[]> {
  const entries = await disk.readdir(runs, { withFileTypes: true }).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return [];
    throw new UserError(l10n.t('Cannot read {0}: {1}', runs, reasonOf(error)), { file: runs });
  });
  const dated = entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.')).map(({ name }) => [name, timeIn(name)] as const);
  return dated.sort(([, a], [, b]) => (a < b ? 1 : a > b ? -1 : 0)).map(([name]) => name);
}

/** When a run began, as far as the name of its folder tells. */
function timeIn(name: string): string {
  return /_(\d{8}-\d{6})_[\da-f]{4}$/.exec(name)?.[1] ?? '';
}

/** null where the folder is no run. */
async function summaryIn(run: string, stamp: string): Promise<RunSummary | null> {
  if (absentIn(stamp).every(Boolean) && !(await looksLikeRun(run))) return null;
  return summaryOf(run, stamp);
}

/** What tells that a run is not as it was. */
const stamped = (run: string): readonly string[] => STAMPED.map((file) => run + file);
/** Joined once and not for each of ten thousand runs. */
const STAMPED = [files.record, files.index, files.notes, trackingFiles.mlflow].map((file) => file(path.sep));

/** A folder without `run.json` is broken when it has other parts of a run, and else none of our business. */
export async function looksLikeRun(run: string): Promise<boolean> {
  return (await exists(files.record(run))) || (await exists(files.config(run))) || (await exists(files.index(run)));
}

/** Never throws: what cannot be read is the summary's `problem`. */
export async function readRun(folder: string): Promise<RunSummary> {
  const [summary] = await readRuns([folder]);
  return summary!;
}

/** The same of many, in their order. */
export async function readRuns(folders: readonly string[]): Promise<readonly RunSummary[]> {
  const runs = folders.map((folder) => path.resolve(folder));
  const stamps = await stampsOf(runs.map(stamped));
  return Promise.all(runs.map((run, i) => summaryOf(run, stamps[i]!)));
}

async function summaryOf(run: string, stamp: string): Promise<RunSummary> {
  try {
    const { listed, state } = await listedNow(run, stamp);
    const resumable = state !== 'running' && state !== 'finished' && hasState(run, listed.states);
    const start = listed.start === undefined ? {} : { start: startOf(listed.start) };
    const tracking = listed.tracked && (await trackingOf(run, state === 'running'));
    const more = { ...start, ...(tracking && { tracking }) };
    if (state !== 'interrupted') return { path: run, ...listed.told, state, resumable, ...more };
    const latest = (listed.measured ??= await latestOf(run, listed.told.latest));
    return { path: run, ...listed.told, latest, state, resumable, ...more };
  } catch (error) {
    return broken(run, reasonOf(error));
  }
}

/** A run that ended between its record and the look for its owner was not interrupted: the record says by now how it ended. */
async function listedNow(run: string, stamp: string): Promise<{ readonly listed: Listed; readonly state: RunRecord['state'] }> {
  const before = await listedOf(run, stamp);
  const state = await stateOf(run, before.state);
  if (state === before.state) return { listed: before, state };
  const [now] = await stampsOf([stamped(run)]);
  if (now === stamp) return { listed: before, state };
  const listed = await listedOf(run, now!);
  return { listed, state: await stateOf(run, listed.state) };
}

async function listedOf(run: string, stamp: string): Promise<Listed> {
  const before = known.get(run);
  if (before?.stamp === stamp) return before.listed;
  // What was not there a moment ago is not looked for again; should it be there now, the next list has another stamp.
  const [, noIndex, noNote, untracked] = absentIn(stamp);
  const record = await readRecord(run);
  const index = noIndex ? noPoints : await readIndex(run);
  const notes = noNote ? noNotes : await readNotes(run).catch((error: unknown) => reasonOf(error));
  return keep(run, stamp, listedFrom(record, index, notes, !untracked && (await exists(trackingFiles.mlflow(run)))));
}

interface Stamped {
  readonly run: string;
  readonly stamp: string;
}

/**
 * Reads what a run is told by without the thread pool: of ten thousand, most of the time went there. Whatever is not as it
 * should be is left to `listedOf`, which says what it is.
 */
function learn({ run, stamp }: Stamped): void {
  const [noRecord, noIndex, noNote, untracked] = absentIn(stamp);
  if (noRecord || !untracked) return;
  try {
    const record = parsed(files.record(run), readFileSync(files.record(run), 'utf8'), recordSchema);
    const index = noIndex ? noPoints : parsed(files.index(run), readFileSync(files.index(run), 'utf8'), indexSchema);
    const notes = noNote ? noNotes : notesFrom(run, readFileSync(files.notes(run), 'utf8'));
    keep(run, stamp, listedFrom(record, index, notes, false));
  } catch {
    // As said: it is read again, with care.
  }
}

async function learnLater({ run, stamp }: Stamped): Promise<void> {
  if (!absentIn(stamp)[0]) await listedOf(run, stamp).catch(() => undefined);
}

function keep(run: string, stamp: string, listed: Listed): Listed {
  known.set(run, { stamp, listed });
  const inIndex = indexed.get(path.dirname(run));
  if (inIndex) inIndex.missing++;
  return listed;
}

/** @param notes what they say, or why they cannot be read */
function listedFrom(record: RunRecord, index: PointIndex, notes: RunNotes | string, tracked: boolean): Listed {
  const best = index.points.find(({ name }) => name === index.best)?.metrics;
  const { name, created, ended, reason, epoch, epochs, step, steps, latest, warnings, sweep, seed, params, seconds } = record;
  const told = {
    name, created, epoch: epochsDone(record, epoch), epochs, step, steps, latest, seed, params, seconds,
    ...(ended !== undefined && { ended }),
    ...(reason !== undefined && { reason }),
    ...(best !== undefined && { best }),
    engine: record.engine.label,
    dataset: record.dataset.name,
    ...(warnings && warnings.length > 0 && { warnings }),
    ...(sweep !== undefined && { sweep }),
    ...(typeof notes === 'string' ? { notesProblem: notes } : notes === noNotes ? {} : { notes }),
  };
  const states = index.points.filter((point) => point.state).map((point) => point.name);
  return { state: record.state, told, states, ...(tracked && { tracked }), ...(record.start && { start: record.start.path }) };
}

/** A run whose process is gone was interrupted, whatever its last word. */
async function stateOf(run: string, state: RunRecord['state']): Promise<RunRecord['state']> {
  return state !== 'running' || (await isOwned(run)) ? state : 'interrupted';
}

/** What a killed process measured last: its rows are on the disk, though it had no time to write its record again. */
async function latestOf(run: string, latest: Metrics): Promise<Metrics> {
  // Rows that cannot be read are told where they are shown; they do not take the run off the list.
  const rows = await readRows(run).catch((): MetricRow[] => []);
  return Object.assign({}, latest, ...rows.map(({ values }) => withoutDetails(values))) as Metrics;
}

function hasState(run: string, states: readonly string[]): boolean {
  return states.some((name) => existsSync(files.state(run, name)) && existsSync(files.weights(run, name)));
}

function startOf(file: string): NonNullable<RunSummary['start']> {
  const run = path.dirname(path.dirname(file));
  return file === files.weights(run, path.basename(file, '.safetensors')) && existsSync(files.record(run)) ? { path: file, run } : { path: file };
}

function broken(run: string, problem: string): RunSummary {
  const none = { epoch: 0, epochs: 0, step: 0, steps: 0, latest: {}, dataset: '', resumable: false };
  return { path: run, name: path.basename(run), state: 'failed', created: '', ...none, problem };
}

// ---------------------------------------------------------------------------------------------------------------------
// The index: a cache that can always be made again. What in it does not match the disk is read anew.

function indexFile(store: string): string | undefined {
  const folder = cacheFolder();
  return folder === undefined ? undefined : path.join(folder, 'runs', `${createHash('sha256').update(store).digest('hex').slice(0, 24)}.json`);
}

async function readIndexOf(store: string): Promise<void> {
  const file = indexFile(store);
  if (indexed.has(store) || file === undefined) return;
  indexed.set(store, { missing: 0 });
  const text = await disk.readFile(file, 'utf8').catch(() => '');
  for (const [name, entry] of entriesOf(text, store)) if (!known.has(path.join(store, name))) known.set(path.join(store, name), entry);
}

/** A damaged index, one of another version or of another folder is none. */
function entriesOf(text: string, store: string): readonly (readonly [string, Known])[] {
  try {
    const index = JSON.parse(text) as unknown;
    if (!isObject(index) || index['version'] !== VERSION || index['store'] !== store || !isObject(index['runs'])) return [];
    const entries = Object.entries(index['runs']).filter((entry): entry is [string, Known] => isKnown(entry[1]));
    if (/:\s*null\b/.test(text)) for (const [, { listed }] of entries) for (const metrics of [listed.told.latest, listed.told.best, listed.measured]) restoreNaN(metrics);
    return entries;
  } catch {
    return [];
  }
}

function isKnown(entry: unknown): entry is Known {
  if (!isObject(entry) || typeof entry['stamp'] !== 'string' || !isObject(entry['listed'])) return false;
  const { told, states, state } = entry['listed'];
  return isObject(told) && typeof told['name'] === 'string' && typeof told['created'] === 'string' && isObject(told['latest']) && Array.isArray(states) && typeof state === 'string';
}

/** JSON has no NaN, and a metric may be one. */
function restoreNaN(metrics: Record<string, number | null> = {}): void {
  for (const name in metrics) if (metrics[name] === null) metrics[name] = NaN;
}

let writing: Promise<void> = Promise.resolve();

/** Resolves when the index of all lists until now is on the disk. */
export function indexWritten(): Promise<void> {
  return writing;
}

/** After the list is given: who asked for it need not wait. */
function writeIndexSoon(store: string, names: readonly string[]): void {
  if ((indexed.get(store)?.missing ?? 0) < WRITE_AT) return;
  writing = writing.then(async () => {
    await setImmediate();
    await writeIndexOf(store, names);
  });
}

async function writeIndexOf(store: string, names: readonly string[]): Promise<void> {
  const [file, index] = [indexFile(store), indexed.get(store)];
  if (file === undefined || !index || index.missing < WRITE_AT) return;
  index.missing = 0;
  const runs = names.flatMap((name) => {
    const entry = known.get(path.join(store, name));
    return entry ? [[name, entry] as const] : [];
  });
  const text = JSON.stringify({ version: VERSION, store, runs: Object.fromEntries(runs) });
  // A cache that cannot be written is a slow list, and no error.
  await ensureFolder(path.dirname(file)).then(() => writeFileAtomic(file, text)).catch(() => undefined);
}
