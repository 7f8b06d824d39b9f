import * as path from 'node:path';
import type { ConfusionMatrix, EvaluationReport, MetricRow, Metrics, RunState, RunWarning } from '../../protocol';
import { disk, reasonOf, writeFileAtomic } from '../atomic';
import type { CheckpointMeta } from '../checkpoint';
import type { Config } from '../config/schema';
import { type LogFile, type LogLevel, openLog } from '../log';
import { VERSION } from '../version';
import { withoutDetails } from './details';
import { evaluationText } from './evaluation';
import { exists, files, type RunRecord } from './files';
import type { MetricsFile } from './metricsFile';
import { commitPoint, type PointEvent, sweep } from './points';

/** `run.json` is written at most so often while training goes on. */
const RECORD_EVERY = 2000;

/** Where the training is. */
export interface Progress {
  readonly epoch: number;
  readonly step: number;
  readonly epochs: number;
  /** Optimizer steps of the whole training. */
  readonly steps: number;
  readonly latest?: Metrics;
}

/** The one who may write into a run folder. Every promise rejects when the disk refuses; nothing is swallowed. */
export interface RunWriter {
  /** Absolute path of the run folder. */
  readonly path: string;
  readonly name: string;
  /** Seconds of training before this process took over; `MetricRow.time` counts on from there. */
  readonly timeBefore: number;
  log(level: LogLevel, message: string): Promise<void>;
  event(row: MetricRow): Promise<void>;
  /** Training state, weights, then the index that commits both. Returns the path of the weights. */
  savePoint(event: Omit<PointEvent, 'type'>): Promise<string>;
  saveConfusion(confusion: ConfusionMatrix, epoch: number): Promise<void>;
  saveEvaluation(report: EvaluationReport): Promise<void>;
  /** Keeps a warning with the run; false when this rule has warned before. */
  warn(warning: RunWarning): Promise<boolean>;
  /** Keeps where the data of the run lie now. `place` is absolute. */
  moveData(place: string): Promise<void>;
  /** Updates `run.json`, at most every two seconds. */
  progress(progress: Progress): Promise<void>;
  /** True when someone, in any process, asked this run to stop. */
  stopRequested(): Promise<boolean>;
  /** Writes how it ended and gives the run back, even when the disk refuses the former. */
  finish(state: Exclude<RunState, 'running'>, reason: string, metrics: Metrics): Promise<void>;
}

export interface WriterParts {
  readonly run: string;
  readonly config: Config;
  readonly record: RunRecord;
  readonly metrics: MetricsFile;
  readonly release: () => Promise<void>;
}

/** Opens the writer of a run that this process has claimed, and keeps its heart beating. */
export function openWriter(parts: WriterParts): RunWriter {
  return new Writer(parts);
}

class Writer implements RunWriter {
  readonly path: string;
  readonly name: string;
  readonly timeBefore: number;
  #record: RunRecord;
  #written = Date.now();
  #tail: Promise<void> = Promise.resolve();
  /** What went wrong while nobody waited; told to the next who does. */
  #failure: unknown = undefined;
  readonly #opened = Date.now();
  readonly #log: LogFile;
  readonly #beat: NodeJS.Timeout;

  constructor(private readonly parts: WriterParts) {
    this.path = parts.run;
    this.name = parts.record.name;
    this.timeBefore = parts.record.seconds;
    this.#record = parts.record;
    this.#log = openLog(files.log(parts.run));
    this.#beat = setInterval(() => void this.#writeIfDue().catch((error: unknown) => (this.#failure = error)), RECORD_EVERY);
    this.#beat.unref();
  }

  log(level: LogLevel, message: string): Promise<void> {
    return this.#log.write(level, message);
  }

  event(row: MetricRow): Promise<void> {
    this.#record = { ...this.#record, latest: { ...this.#record.latest, ...withoutDetails(row.values) } };
    return this.parts.metrics.append(row);
  }

  async savePoint(event: Omit<PointEvent, 'type'>): Promise<string> {
    // Rows must be on the disk before the point that follows them: a resumed run cuts rows off, and cannot add any.
    await this.parts.metrics.sync();
    const saved = await commitPoint(this.path, event, this.#meta(event), this.parts.config.train.keep_checkpoints);
    // The point is safe by now: old files that cannot be deleted are worth a warning, not a failed training.
    await sweep(this.path).catch((error: unknown) => this.log('warning', reasonOf(error)));
    return saved;
  }

  async saveConfusion(confusion: ConfusionMatrix, epoch: number): Promise<void> {
    await writeFileAtomic(files.confusion(this.path), `${JSON.stringify({ epoch, ...confusion })}\n`);
  }

  async saveEvaluation(report: EvaluationReport): Promise<void> {
    await writeFileAtomic(files.evaluation(this.path), evaluationText(report));
  }

  async warn(warning: RunWarning): Promise<boolean> {
    const { warnings = [] } = this.#record;
    if (warnings.some(({ rule }) => rule === warning.rule)) return false;
    this.#record = { ...this.#record, warnings: [...warnings, warning] };
    await this.#write();
    await this.log('warning', `${warning.message} ${warning.advice}`);
    return true;
  }

  async moveData(place: string): Promise<void> {
    this.#record = { ...this.#record, dataset: { ...this.#record.dataset, path: place, relative: path.relative(this.path, place) } };
    await this.#write();
  }

  async progress({ latest, ...place }: Progress): Promise<void> {
    this.#record = { ...this.#record, ...place, latest: { ...this.#record.latest, ...latest } };
    if (this.#failure !== undefined) throw this.#takeFailure();
    await this.#writeIfDue();
  }

  stopRequested(): Promise<boolean> {
    return exists(files.stop(this.path));
  }

  async finish(state: Exclude<RunState, 'running'>, reason: string, metrics: Metrics): Promise<void> {
    clearInterval(this.#beat);
    const latest = { ...this.#record.latest, ...metrics };
    this.#record = { ...this.#record, state, reason, latest, ended: new Date().toISOString() };
    try {
      await this.parts.metrics.close().finally(() => this.#write());
      await disk.rm(files.stop(this.path), { force: true });
    } finally {
      await this.parts.release();
    }
    // The record is safe now, but that it once was not is worth knowing.
    if (this.#failure !== undefined) await this.log('warning', reasonOf(this.#takeFailure()));
  }

  #meta({ point, metrics }: Omit<PointEvent, 'type'>): CheckpointMeta {
    const { dataset, engine } = this.parts.record;
    return {
      format: 'vit-lab/1',
      version: VERSION,
      config: this.parts.config,
      classes: dataset.classes,
      epoch: point.epoch,
      step: point.state.step,
      metrics,
      dataset: { name: dataset.name, fingerprint: dataset.fingerprint },
      engine: engine.label,
      created: new Date().toISOString(),
    };
  }

  #takeFailure(): unknown {
    const failure = this.#failure;
    this.#failure = undefined;
    return failure;
  }

  async #writeIfDue(): Promise<void> {
    if (Date.now() - this.#written >= RECORD_EVERY) await this.#write();
  }

  /** One write after the other: two renames must not overtake each other. */
  #write(): Promise<void> {
    this.#written = Date.now();
    this.#tail = this.#tail.catch(() => undefined).then(() => writeRecord(this.path, this.#stamped()));
    return this.#tail;
  }

  #stamped(): RunRecord {
    const { owner, state } = this.#record;
    const seconds = this.timeBefore + (Date.now() - this.#opened) / 1000;
    const heartbeat = new Date().toISOString();
    return { ...this.#record, seconds, owner: owner === null || state !== 'running' ? null : { ...owner, heartbeat } };
  }
}

export async function writeRecord(run: string, record: RunRecord): Promise<void> {
  await writeFileAtomic(files.record(run), `${JSON.stringify(record, null, 2)}\n`);
}

/** Asks whichever process trains a run to save and stop: a file that it looks for between two steps. */
export async function requestStop(run: string): Promise<void> {
  await writeFileAtomic(files.stop(run), '');
}
