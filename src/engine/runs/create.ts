import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import * as path from 'node:path';
import { promisify } from 'node:util';
import * as l10n from '@vscode/l10n';
import { stringify } from 'yaml';
import type { DatasetFacts, EngineInfo, Origin } from '../../protocol';
import { cleanLeftovers, codeOf, disk, diskError, ensureFolder, writeFileAtomic, reasonOf } from '../atomic';
import { loadCheckpoint, loadTrainPoint } from '../checkpoint';
import type { Config } from '../config/schema';
import { trainedSpecs } from '../model/params';
import { vitSpec } from '../model/spec';
import { tunedFor } from '../model/tuning';
import type { TrainPoint } from '../trainer';
import { UserError } from '../userError';
import { VERSION } from '../version';
import { configChanges } from './compare';
import { files, readIndex, readRecord, type RunRecord } from './files';
import { openMetrics, truncateRows } from './metricsFile';
import { folderName, runName } from './name';
import { claim, thisProcess } from './owner';
import { sweep } from './points';
import { readRunConfig } from './read';
import { openWriter, type RunWriter, writeRecord } from './writer';

export interface NewRun {
  /** The folder that holds all runs; made when missing. */
  readonly runs: string;
  readonly config: Config;
  /** The configuration as its author wrote it; kept beside the resolved one. */
  readonly configText: string;
  readonly dataset: DatasetFacts;
  readonly engine: EngineInfo;
  /** Number of parameters. */
  readonly params: number;
  /** The weights it starts from, if any. */
  readonly start?: NonNullable<RunRecord['start']>;
  readonly teacher?: NonNullable<RunRecord['teacher']>;
  /** The sweep that it is one training of. */
  readonly sweep?: string;
  /** What was matched of them, where they are of another project. */
  readonly origin?: Origin;
  /** Git revision; asked of `git` in the folder of the runs when left out, `null` for none. */
  readonly git?: string | null;
}

export interface OpenedRun {
  readonly writer: RunWriter;
  /** Its `dataset.path` is absolute and, if the run was moved together with its data, the new place. */
  readonly config: Config;
  readonly point: TrainPoint;
  /** As recorded: the data must still have this fingerprint. */
  readonly dataset: RunRecord['dataset'];
  /** As recorded: what it learned from must still be that. */
  readonly teacher?: RunRecord['teacher'];
  /** Newer checkpoints that were passed over because they cannot be read, for people. */
  readonly skipped: readonly string[];
}

/** Makes a run folder and opens it. */
export async function createRun(wanted: NewRun): Promise<RunWriter> {
  const { config, dataset } = wanted;
  const name = runName(config, dataset.name, vitSpec(config.image, config.model, dataset.classes.length));
  const run = await makeFolder(path.resolve(wanted.runs), name);
  const self = await thisProcess();
  const release = await claim(run, self);
  try {
    const git = wanted.git === undefined ? await gitRevision(path.resolve(wanted.runs)) : wanted.git;
    const now = new Date().toISOString();
    const record = { ...freshRecord(wanted, run, name), git, created: now, owner: { ...self, heartbeat: now } };
    await writeRecord(run, record);
    await writeFileAtomic(files.config(run), resolvedText(config, dataset, run));
    await writeFileAtomic(files.source(run), wanted.configText);
    if (wanted.start) await writeFileAtomic(files.start(run), `${JSON.stringify({ ...wanted.start, ...wanted.origin }, null, 1)}\n`);
    return openWriter({ run, config, record, release, metrics: await openMetrics(run) });
  } catch (error) {
    await release();
    throw error;
  }
}

/** `mkdir` is the lock: a name that two processes choose at once goes to one of them, and the other draws again. */
async function makeFolder(runs: string, name: string): Promise<string> {
  const run = path.join(runs, folderName(name, new Date()));
  try {
    await ensureFolder(runs);
    await disk.mkdir(run);
    await disk.mkdir(files.checkpoints(run));
    return run;
  } catch (error) {
    if (codeOf(error) === 'EEXIST' && existsSync(run)) return makeFolder(runs, name);
    throw await diskError(run, error, 0);
  }
}

function freshRecord({ config, dataset, engine, params, start, teacher, sweep: of }: NewRun, run: string, name: string): Omit<RunRecord, 'git' | 'created' | 'owner'> {
  // What was found odd is in the log; the names of files belong in no index of runs.
  const { findings: _, ...facts } = dataset;
  return {
    format: 1,
    version: VERSION,
    name,
    state: 'running',
    epoch: 0,
    epochs: config.train.epochs,
    step: 0,
    steps: config.train.epochs * Math.ceil(dataset.sizes.train / config.train.batch_size),
    seconds: 0,
    latest: {},
    seed: config.seed,
    params,
    node: process.version,
    platform: `${process.platform}-${process.arch}`,
    machine: machineHere(),
    engine: { ...engine, rejected: [...engine.rejected] },
    dataset: {
      ...facts,
      path: config.dataset.path ?? '',
      classes: [...dataset.classes],
      relative: dataset.path === '' ? '' : path.relative(run, path.resolve(dataset.path)),
      broken: dataset.broken.length,
    },
    ...(start && { start }),
    ...(teacher && { teacher }),
    ...(of !== undefined && { sweep: of }),
  };
}

/** As the record of a run names it. */
export function machineHere(): NonNullable<RunRecord['machine']> {
  return { processor: cpus()[0]?.model.trim() ?? '?', cores: availableParallelism() };
}

/** Every default written out; the path as seen from the run folder, since that is what this file lies in. */
function resolvedText(config: Config, dataset: DatasetFacts, run: string): string {
  const { path: written, ...rest } = config.dataset;
  const seen = written === undefined || path.resolve(run, written) === path.resolve(dataset.path) ? written : path.resolve(dataset.path);
  const resolved = { ...config, dataset: seen === undefined ? rest : { path: seen, ...rest } };
  const words = [
    l10n.t('The configuration of this run with every default filled in. As its author wrote it: config.source.yaml'),
    ...(seen === undefined ? [] : [whereDataLie(seen)]),
  ];
  return [...words.map((line) => `# ${line}`), stringify(resolved)].join('\n');
}

function whereDataLie(dataset: string): string {
  return path.isAbsolute(dataset)
    ? l10n.t('dataset.path is absolute; if the data have moved, correct it here.')
    : l10n.t('dataset.path is relative to this file; if the data have moved, correct it here.');
}

/** Best effort: no git, no repository, or a slow disk give no revision. */
async function gitRevision(folder: string): Promise<string | null> {
  const found = promisify(execFile)('git', ['-C', folder, 'rev-parse', 'HEAD'], { timeout: 2000 });
  return await found.then(
    ({ stdout }) => stdout.trim() || null,
    () => null,
  );
}

/**
 * Takes over a run that is not running, at its last checkpoint; metric rows after it are forgotten, to be written again.
 *
 * @throws UserError when another process trains it, when it is finished, when its configuration was edited since, or when
 *   it has no training state to go on from.
 */
export async function reopenRun(folder: string): Promise<OpenedRun> {
  const run = path.resolve(folder);
  refuseFinished(run, await readRecord(run));
  const self = await thisProcess();
  const release = await claim(run, self);
  try {
    // Read again: another may have owned and changed it in between.
    const old = await readRecord(run);
    refuseFinished(run, old);
    await cleanLeftovers(run);
    await sweep(run);
    const { point, trained, skipped } = await lastPoint(run);
    const config = await readRunConfig(run, old);
    refuseEdited(run, trained, config);
    const kept = await truncateRows(run, point.state.step);
    await disk.rm(files.stop(run), { force: true });
    const record = resumedRecord(old, point, self, kept.at(-1)?.time ?? 0);
    await writeRecord(run, record);
    return { writer: openWriter({ run, config, record, release, metrics: await openMetrics(run) }), config, point, dataset: old.dataset, ...(old.teacher && { teacher: old.teacher }), skipped };
  } catch (error) {
    await release();
    throw error;
  }
}

function refuseFinished(run: string, { state, reason }: RunRecord): void {
  if (state !== 'finished') return;
  throw new UserError(l10n.t('{0} is finished already: {1} To train more, start a new training.', run, reason ?? ''), { file: files.record(run) });
}

/** The training state fits the configuration that it was trained with, and goes on bit for bit only with that. */
function refuseEdited(run: string, trained: Config, now: Config): void {
  const changes = configChanges(trained, now);
  if (changes.length === 0) return;
  const lines = changes.map(({ key, values: [before, after] }) => l10n.t('{0} was {1} and is now {2}', key, before || '–', after || '–'));
  const file = files.config(run);
  throw new UserError(
    l10n.t(
      '{0} was edited after this run was trained, so it cannot be resumed:\n{1}\nRestore these values, or start a new training with that configuration.',
      file,
      lines.join('\n'),
    ),
    { file },
  );
}

function resumedRecord(old: RunRecord, point: TrainPoint, self: { pid: number; start: string | null; host: string }, seconds: number): RunRecord {
  const { ended: _ended, reason: _reason, ...rest } = old;
  const owner = { ...self, heartbeat: new Date().toISOString() };
  return { ...rest, state: 'running', epoch: point.epoch, step: point.state.step, seconds, owner };
}

/** The newest point whose two files can be read; the one before it is kept for the day the newest cannot. */
async function lastPoint(run: string): Promise<{ readonly point: TrainPoint; readonly trained: Config; readonly skipped: string[] }> {
  const { points } = await readIndex(run);
  const states = points.filter(({ state }) => state).reverse();
  const skipped: string[] = [];
  let failure: unknown = new UserError(l10n.t('{0} has no checkpoint to resume from. Train it once more from its folder: Run Again, in a terminal vit-lab rerun.', run));
  for (const { name } of states) {
    try {
      const { params, meta, spec } = await loadCheckpoint(files.weights(run, name));
      return { point: await loadTrainPoint(files.state(run, name), params, trainedSpecs(tunedFor(spec, meta.config.finetune))), trained: meta.config, skipped };
    } catch (error) {
      failure = error;
      skipped.push(l10n.t('Checkpoint {0} cannot be read and was passed over: {1}', name, reasonOf(error)));
    }
  }
  throw failure;
}
