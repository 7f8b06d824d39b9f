/** What is told of runs: while they train, and of what they leave. Types only, as `protocol.ts`. */
import type { EngineInfo } from './protocol';
import type { TrackingState } from './trackingProtocol';
import type { RunNotes } from './storeProtocol';

export type RunState = 'running' | 'finished' | 'stopped' | 'failed' | 'interrupted';

export interface RunSummary {
  /** Absolute path of the run folder: its identity. */
  readonly path: string;
  /** e.g. "vit-p4-d64-l6 cifar10". */
  readonly name: string;
  readonly state: RunState;
  /** ISO 8601. */
  readonly created: string;
  readonly ended?: string;
  /** Why it ended, for people: "early stop", the error … */
  readonly reason?: string;
  /** Epochs that are over. */
  readonly epoch: number;
  readonly epochs: number;
  readonly step: number;
  readonly steps: number;
  /** The newest value of every metric. */
  readonly latest: Metrics;
  /** The metrics of the best checkpoint's epoch. */
  readonly best?: Metrics;
  readonly engine?: string;
  readonly dataset: string;
  /** The weights that a fine-tuning started from: their file, and their run when they are a checkpoint of one. */
  readonly start?: { readonly path: string; readonly run?: string };
  /** What seemed wrong while it trained, each once; left out where nothing did. */
  readonly warnings?: readonly RunWarning[];
  /** The sweep that it is one training of. */
  readonly sweep?: string;
  /** Left out where `run.json` cannot be read, as are the next two. */
  readonly seed?: number;
  readonly params?: number;
  /** Seconds of training, pauses left out. */
  readonly seconds?: number;
  /** Left out where nobody has said anything. */
  readonly notes?: RunNotes;
  /** Why `notes.json` cannot be read. */
  readonly notesProblem?: string;
  /** True when a checkpoint with training state exists and the run is not running. */
  readonly resumable: boolean;
  /** How far it is on a tracking server; left out where it was sent to none. */
  readonly tracking?: TrackingState;
  /** Set instead of the rest being trusted when `run.json` cannot be read. */
  readonly problem?: string;
}

/** What seems to go wrong in a training, in words. */
export interface RunWarning {
  /** Which rule warns, e.g. `overfitting`. */
  readonly rule: string;
  /** After so many epochs; 0 before the first step. */
  readonly epoch: number;
  readonly message: string;
  /** What to try. */
  readonly advice: string;
}

/**
 * Metric values by name: `train/loss`, `val/loss`, `val/top1`, `val/top5` (of more than five classes), `val/precision`,
 * `val/recall`, `val/f1`, `val/balanced_accuracy`, `val/ece`, `test/…`, `lr`, `time/data_share` (of the time of steps, what they
 * wait for their images; the rest is computing). Many of a kind, which stand in no list of
 * the newest values: `classes/loss/NAME`, `classes/predicted/NAME`, `layers/weight_norm/NAME`, `layers/update_norm/NAME`,
 * `heads/entropy/LAYER.HEAD`, `heads/distance/LAYER.HEAD`; and of the machine `system/…`.
 */
export type Metrics = Readonly<Record<string, number>>;

/** One row of `metrics.jsonl`. */
export interface MetricRow {
  readonly step: number;
  readonly epoch: number;
  /** Seconds since the run started, without pauses between stop and resume. */
  readonly time: number;
  readonly values: Metrics;
}

export interface CheckpointInfo {
  /** Absolute path of the safetensors file: its identity. */
  readonly path: string;
  readonly run: string;
  readonly runName: string;
  readonly epoch: number;
  readonly step: number;
  readonly best: boolean;
  readonly last: boolean;
  readonly bytes: number;
  readonly modified: string;
  readonly metrics: Metrics;
  /** Whose names its tensors had, e.g. `timm`, where it was trained elsewhere. */
  readonly scheme?: string;
  /** Equal where two know the same classes in the same order. */
  readonly classKey?: string;
  /** Set where it came without the images that it was trained on, as a bundled network and weights of others do: there is no split to ask about. */
  readonly withoutImages?: true;
}

/** Rows are true classes, columns predicted ones. */
export interface ConfusionMatrix {
  /** Of the checkpoint that was measured. */
  readonly epoch?: number | undefined;
  readonly labels: readonly string[];
  readonly counts: readonly (readonly number[])[];
}

export interface BrokenFile {
  readonly file: string;
  readonly reason: string;
}

export interface DatasetFacts {
  readonly name: string;
  readonly format: string;
  readonly path: string;
  readonly classes: readonly string[];
  readonly sizes: { readonly train: number; readonly val: number; readonly test: number };
  readonly fingerprint: string;
  readonly broken: readonly BrokenFile[];
  readonly findings: DatasetFindings;
}

/** The same file at two places of a dataset; classes by their indices. */
export interface Duplicate {
  readonly splits: readonly [string, string];
  readonly files: readonly [string, string];
  readonly classes: readonly [number, number];
}

/** How even the classes of a dataset are, and what occurs more than once. */
export interface DatasetFindings {
  /** Images of each class, in the order of the classes. */
  readonly counts: { readonly train: readonly number[]; readonly val: readonly number[]; readonly test: readonly number[] };
  readonly duplicates: {
    /** Further copies within a split. */
    readonly within: { readonly train: number; readonly val: number; readonly test: number };
    /** Images that an earlier split has, too. */
    readonly across: { readonly 'train-val': number; readonly 'train-test': number; readonly 'val-test': number };
    /** Some of those across splits, by name. */
    readonly listed: readonly Duplicate[];
    /** Some of all that stand under two classes. */
    readonly relabelled: readonly Duplicate[];
  };
}

/** What a training says, in order: `started`, then `step`, `epoch` and `checkpoint`, and `ended` last. */
export type RunEvent =
  | { readonly type: 'preparing'; readonly message: string; readonly done?: number; readonly of?: number }
  | {
      readonly type: 'started';
      readonly run: string;
      readonly name: string;
      readonly epochs: number;
      readonly steps: number;
      readonly engine: EngineInfo;
      readonly dataset: DatasetFacts;
      readonly params: number;
      readonly resumedFrom?: number;
      /** What is odd in the configuration but no error, and what is done about it. */
      readonly warnings: readonly string[];
      /** What a fine-tuning starts from: what of the weights was kept, replaced and resized. */
      readonly notes: readonly string[];
    }
  | {
      readonly type: 'step';
      readonly run: string;
      readonly epoch: number;
      readonly step: number;
      readonly loss: number;
      readonly lr: number;
      readonly gradNorm: number;
      readonly imagesPerSecond: number;
      /** Share of the time since the last one in which the step waited for its images. */
      readonly dataShare: number;
      /** Until the last step, as fast as it went so far, evaluations included. */
      readonly secondsLeft?: number;
    }
  | {
      readonly type: 'epoch';
      readonly run: string;
      readonly epoch: number;
      readonly step: number;
      readonly metrics: Metrics;
      readonly improved: boolean;
    }
  | ({ readonly type: 'warning'; readonly run: string } & RunWarning)
  /** What a training decided by itself, for people. */
  | { readonly type: 'note'; readonly run: string; readonly message: string }
  | { readonly type: 'checkpoint'; readonly run: string; readonly epoch: number; readonly step: number; readonly path: string }
  | {
      readonly type: 'ended';
      readonly run: string;
      readonly reason: 'completed' | 'early-stop' | 'stopped' | 'non-finite' | 'error';
      /** For people. */
      readonly message: string;
      readonly metrics: Metrics;
    };

/** How a run's probe images were seen, epoch by epoch. */
export interface ProbeView {
  readonly images: readonly ProbeImage[];
}

export interface ProbeImage {
  /** Absolute path of the copy in the run folder. */
  readonly file: string;
  /** Where the image was. */
  readonly source: string;
  /** What is kept in full, oldest first. Its `path` answers the questions that a checkpoint answers, about this image. */
  readonly frames: readonly { readonly path: string; readonly epoch: number; readonly step: number }[];
  /** Probabilities of the classes that were likeliest at the end, most probable first: one value for each of `epochs`. */
  readonly curve: { readonly epochs: readonly number[]; readonly classes: readonly { readonly label: string; readonly values: readonly number[] }[] };
}

/** Something that is not as it was when a run was trained. */
export interface Difference {
  /** e.g. "dataset". */
  readonly what: string;
  readonly recorded: string;
  readonly now: string;
  /** Whether a training cannot begin before it is put right. */
  readonly missing: boolean;
  /** What can be named elsewhere, of what is missing. */
  readonly place?: keyof MovedPlaces;
}

export interface ComparedRun {
  readonly path: string;
  readonly name: string;
  readonly state: RunState;
  readonly created: string;
  readonly curves: Readonly<Record<string, RunCurve>>;
  readonly final: Metrics;
  readonly best: Metrics;
  /** 95 % intervals of those metrics that are shares of images. */
  readonly intervals: { readonly final: MetricIntervals; readonly best: MetricIntervals };
  readonly cost: RunCost;
  /** Equal for runs of which only the seed differs; null where the configuration cannot be read. */
  readonly recipe: string | null;
  /** null where the configuration cannot be read. */
  readonly seed: number | null;
  /** What of it cannot be read, for people; the rest and the other runs are compared all the same. */
  readonly problem?: string;
}

export interface RunCurve {
  readonly steps: readonly number[];
  readonly epochs: readonly number[];
  /** Seconds of training, pauses left out. */
  readonly times: readonly number[];
  readonly values: readonly number[];
}

export type MetricIntervals = Readonly<Record<string, readonly [low: number, high: number]>>;

/** What a run cost, and what a step of it is worth on other axes. null where it cannot be read. */
export interface RunCost {
  readonly params: number | null;
  /** Multiply-adds of one forward pass of one image. */
  readonly macs: number | null;
  /** Seconds of training. */
  readonly seconds: number | null;
  /** Training images of an epoch, and its steps; the last step of an epoch may have fewer images. */
  readonly images: number | null;
  readonly stepsPerEpoch: number | null;
  readonly batch: number | null;
}

export interface Comparison {
  readonly runs: readonly ComparedRun[];
  /** Keys whose values differ, with the value of each run in order. */
  readonly differences: readonly { readonly key: string; readonly values: readonly string[] }[];
}

/** Where lies now what a run was trained on, for what is not where the run says: absolute paths. */
export interface MovedPlaces {
  readonly data?: string;
  /** The weights that it started from: a checkpoint or a run. */
  readonly weights?: string;
  readonly teacher?: string;
}
