import type { CheckpointInfo, Comparison, ConfusionMatrix, DatasetFacts, EngineInfo, MetricRow, Metrics, RunState, RunSummary } from '../protocol';
import type { Config } from './config/schema';
import type { TrainEvent, TrainPoint } from './trainer';
import type { ViTSpec } from './model/spec';

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
  /** Git revision; asked of `git` in the folder of the runs when left out, `null` for none. */
  readonly git?: string | null;
}

export type LogLevel = 'debug' | 'info' | 'warning' | 'error';
export type PointEvent = Extract<TrainEvent, { readonly type: 'point' }>;

/** Where the training is; written into `run.json` at most every two seconds. */
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
  /** Seconds of training before this process took over; add to it for `MetricRow.time`. */
  readonly timeBefore: number;
  log(level: LogLevel, message: string): Promise<void>;
  event(row: MetricRow): Promise<void>;
  /** Training state, weights, then the index that commits both. Returns the path of the weights. */
  savePoint(event: Omit<PointEvent, 'type'>): Promise<string>;
  saveConfusion(confusion: ConfusionMatrix, epoch: number): Promise<void>;
  progress(progress: Progress): Promise<void>;
  /** True when someone, in any process, asked this run to stop. */
  stopRequested(): Promise<boolean>;
  finish(state: Exclude<RunState, 'running'>, reason: string, metrics: Metrics): Promise<void>;
}

export interface OpenedRun {
  readonly writer: RunWriter;
  readonly config: Config;
  readonly point: TrainPoint;
  /** As `run.json` recorded it: the data must still have this fingerprint. */
  readonly dataset: { readonly name: string; readonly fingerprint: string; readonly classes: readonly string[] };
}

const soon = (): never => {
  throw new Error('being built');
};

/** e.g. "vit-p4-d64-l6 cifar10". */
export const runName = (_config: Config, _datasetName: string, _spec: ViTSpec): string => soon();
export const createRun = async (_run: NewRun): Promise<RunWriter> => soon();
/** Takes over a run that is not running, at its last checkpoint. Throws UserError when another process owns it. */
export const reopenRun = async (_run: string): Promise<OpenedRun> => soon();
/** Newest first. A folder that cannot be read becomes a summary with `problem`. */
export const listRuns = async (_runs: string): Promise<readonly RunSummary[]> => soon();
export const readRun = async (_run: string): Promise<RunSummary> => soon();
/** Rows with `step` > `since`. */
export const readMetrics = async (_run: string, _since?: number): Promise<readonly MetricRow[]> => soon();
/** Newest first. */
export const listCheckpoints = async (_run: string): Promise<readonly CheckpointInfo[]> => soon();
/** A safetensors file, a run folder (best, else last), or `RUN@best`, `RUN@last`, `RUN@epoch-3`. Absolute path. */
export const resolveCheckpoint = async (_pathOrRun: string, _which?: string): Promise<string> => soon();
export const requestStop = async (_run: string): Promise<void> => soon();
export const compareRuns = async (_runs: readonly string[]): Promise<Comparison> => soon();
export const readConfusion = async (_run: string): Promise<ConfusionMatrix | null> => soon();
