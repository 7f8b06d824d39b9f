import { existsSync } from 'node:fs';
import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import type { RunSummary } from '../../protocol';
import type { SweepResults, SweepRow, SweepState, SweepSummary, SweepTrial, TrialState } from '../../sweepProtocol';
import { codeOf, disk, reasonOf } from '../atomic';
import { isOwned } from '../runs/owner';
import { readRun } from '../runStore';
import { UserError } from '../userError';
import { nextOf, queueOf } from './advance';
import { describeSetting } from './plan';
import { readSweep, SWEEP_FILE, type SweepRecord } from './record';
import { axesOf, ranked, shortKey, shown, toCsv } from './results';

/** Everything here only reads: any process may, while another leads the sweep. */

/** What is under way comes first, then what is to come, then what is over. */
const ORDER: readonly TrialState[] = ['running', 'stopped', 'waiting', 'failed', 'finished', 'skipped'];

/** All sweeps of a folder of runs, newest first. One that cannot be read becomes a summary with `problem`. */
export async function listSweeps(runs: string): Promise<readonly SweepSummary[]> {
  const entries = await disk.readdir(path.resolve(runs), { withFileTypes: true }).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return [];
    throw new UserError(l10n.t('Cannot read {0}: {1}', runs, reasonOf(error)), { file: runs });
  });
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => path.join(path.resolve(runs), name)).filter((folder) => existsSync(path.join(folder, SWEEP_FILE)));
  const all = await Promise.all(folders.map((folder) => sweepSummary(folder).catch((error: unknown) => unreadable(folder, reasonOf(error)))));
  return all.sort((a, b) => b.created.localeCompare(a.created) || b.path.localeCompare(a.path));
}

function unreadable(folder: string, problem: string): SweepSummary {
  return { path: folder, name: path.basename(folder), created: '', config: '', state: 'paused', monitor: '', keys: [], rounds: 1, trials: [], problem };
}

/** @throws UserError when it cannot be read */
export async function sweepSummary(folder: string, known?: SweepRecord): Promise<SweepSummary> {
  const place = path.resolve(folder);
  const record = known ?? (await readSweep(place));
  const led = await isOwned(place);
  const trials = await Promise.all(inOrder(record).map((index) => trialOf(place, record, index, led)));
  const { name, created, config, monitor, rounds } = record;
  return { path: place, name, created, config, state: stateOf(record, led), monitor, keys: axesOf(record).map((key, _, all) => shortKey(key, all)), rounds: rounds.length, trials };
}

function stateOf(record: SweepRecord, led: boolean): SweepState {
  if (led) return record.pause ? 'pausing' : 'running';
  return nextOf(record) === undefined ? 'finished' : 'paused';
}

function inOrder(record: SweepRecord): readonly number[] {
  const queue = queueOf(record);
  const rank = (index: number): number => ORDER.indexOf(record.entries[index]!.state) * record.entries.length + Math.max(0, queue.indexOf(index));
  return [...record.entries.keys()].sort((a, b) => rank(a) - rank(b) || a - b);
}

async function trialOf(folder: string, record: SweepRecord, index: number, led: boolean): Promise<SweepTrial> {
  const { setting, seed, round, epochs, state, run, reason, val, test, seconds } = record.entries[index]!;
  const { values } = record.settings[setting]!;
  const axes = axesOf(record);
  const place = run === undefined ? undefined : path.resolve(folder, run);
  const begun = place !== undefined && (state === 'running' || state === 'stopped') ? await readRun(place).catch(() => undefined) : undefined;
  return {
    index,
    setting,
    label: describeSetting(values),
    short: axes.length < 2 ? describeSetting(values) : axes.map((key) => shown(values[key], key)).join(' · '),
    seed,
    round,
    // Whoever led it was killed: it goes on from its last checkpoint.
    state: state === 'running' && !led ? 'stopped' : state,
    epochs,
    ...(place !== undefined && { run: place }),
    ...(reason !== undefined && { reason }),
    ...(val !== undefined && { val }),
    ...(test !== undefined && { test }),
    ...(seconds !== undefined && { seconds }),
    ...progressOf(begun),
  };
}

function progressOf(run: RunSummary | undefined): Pick<SweepTrial, 'epoch' | 'step' | 'steps'> {
  return run && run.problem === undefined ? { epoch: run.epoch, step: run.step, steps: run.steps } : {};
}

/** What came of a sweep so far, for tables and pictures. */
export async function sweepResults(folder: string): Promise<SweepResults> {
  const record = await readSweep(path.resolve(folder));
  const varying = axesOf(record);
  const keys = varying.length > 0 ? varying : Object.keys(record.settings[0]?.values ?? {});
  const rows = ranked(record).map(({ values, round: _, val, test, seconds, ...rest }): SweepRow => ({
    ...rest,
    values: keys.map((key) => shown(values[key], key)),
    ...(val && { val }),
    ...(test && { test }),
    ...(seconds && { seconds }),
  }));
  return { sweep: await sweepSummary(folder, record), axes: keys.map((key) => axisOf(record, key, keys)), rows, csv: toCsv(record) };
}

function axisOf({ settings, ranges }: SweepRecord, key: string, keys: readonly string[]): SweepResults['axes'][number] {
  const values = [...new Map(settings.map((setting) => [shown(setting.values[key], key), setting.values[key]])).entries()];
  const numeric = values.every(([, given]) => typeof given === 'number');
  if (numeric) values.sort(([, a], [, b]) => Number(a) - Number(b));
  return { key, name: shortKey(key, keys), values: values.map(([name]) => name), numeric, ...(ranges?.[key] && { scale: ranges[key] }) };
}
