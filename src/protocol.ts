/**
 * What the rooms say to each other: plain data and the interfaces of the RPC. Types only; emits no code.
 * Pictures and maps are typed arrays in row-major order; shapes stand beside them.
 */

import type { EvaluationReport } from './evaluationProtocol';
import type { Examination } from './examinationProtocol';
import type { ExplanationOptions, ExplanationScore, ExplanationView } from './explanationProtocol';
import type { BatchPreview, PreviewQuestion } from './previewProtocol';
import type { SweepChange, SweepResults, SweepSummary } from './sweepProtocol';
import type { Imported, ImportOptions, GotModel, ListedModel, ModelQuestion } from './modelProtocol';

export type {
  Analysis, Calibration, ClassCurves, ClassScores, EvaluationApi, EvaluationEvents, EvaluationReport, EvaluationState, Interval,
} from './evaluationProtocol';
export type { EngineTrial, Examination } from './examinationProtocol';
export type { ExplanationMethod, ExplanationOptions, ExplanationScore, ExplanationView } from './explanationProtocol';
export type { DownloadProgress, GotModel, Imported, ImportOptions, ListedModel, MappingReport, ModelQuestion, Origin } from './modelProtocol';
export type { BatchPreview, PreviewImage, PreviewQuestion } from './previewProtocol';
export type { SweepChange, SweepResults, SweepRow, SweepSpread, SweepState, SweepSummary, SweepTrial, TrialState } from './sweepProtocol';
export type {
  CompareApi, CompareEvents, CompareState, InspectorApi, InspectorEvents, InspectorState, PreviewApi, PreviewEvents, PreviewState, ResultsApi, ResultsEvents, ResultsState, SweepPanelApi, SweepPanelEvents, SweepPanelState,
} from './panelProtocol';

// ---------------------------------------------------------------------------------------------------------------------
// Plain data

/** Which backend computes, and why no better one does. */
export interface EngineInfo {
  readonly name: 'onnx' | 'tfjs-node-gpu' | 'tfjs-node' | 'wasm' | 'cpu';
  /** For people, e.g. "wasm (SIMD), TensorFlow.js 4.22.0". */
  readonly label: string;
  /** The better ones that were tried first, best first, each with the reason why it does not run. */
  readonly rejected: readonly { readonly name: string; readonly reason: string }[];
}

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
  /** True when a checkpoint with training state exists and the run is not running. */
  readonly resumable: boolean;
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
 * `heads/entropy/LAYER.HEAD`, `heads/distance/LAYER.HEAD`.
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
}

/** Rows are true classes, columns predicted ones. */
export interface ConfusionMatrix {
  /** Of the checkpoint that was measured. */
  readonly epoch?: number | undefined;
  readonly labels: readonly string[];
  readonly counts: readonly (readonly number[])[];
}

export interface Prediction {
  readonly label: string;
  readonly probability: number;
}

export interface Classified {
  readonly file: string;
  readonly predictions: readonly Prediction[];
  readonly error?: string;
}

/** Sizes and costs of a model on one image. */
export interface ModelFacts {
  readonly name: string;
  readonly params: number;
  /** Multiply-adds of one forward pass. */
  readonly macs: number;
  /** Tokens, prefix included; a network of convolutions has none, and no patches: they are 0. */
  readonly tokens: number;
  readonly patches: readonly [rows: number, columns: number];
  /** Ω(MSA) = 4hwC² + 2(hw)²C, per block; 0 without attention. */
  readonly omegaMsa: number;
  /** Bytes; of a training with `batch` images at a time. */
  readonly memory: { readonly parameters: number; readonly inference: number; readonly training: number; readonly batch: number };
  readonly receptiveField: ReceptiveField;
  readonly bias: InductiveBias;
  readonly config: ModelShape;
  /** How a side that is no multiple of the patch is dealt with, when that happens. */
  readonly note?: string;
}

/** What of the image one position sees, in pixels, [height, width]. */
export interface ReceptiveField {
  /** Behind the first convolution; where there are tokens, a token before the first block. */
  readonly first: readonly [number, number];
  /** Before the pooling; null for the whole image, which every token sees behind the first block. It may be larger than the image. */
  readonly last: readonly [number, number] | null;
}

/** What a network knows of images before it has seen one (Dosovitskiy et al. 2021, section 3.1), in a few words each, for people. */
export interface InductiveBias {
  /** Where what is near is taken together. */
  readonly locality: string;
  /** Where a shifted image gives shifted features. */
  readonly translation: string;
  /** Where rows and columns are told apart. */
  readonly structure: string;
  /** Whether features become fewer and wider with depth. */
  readonly hierarchy: string;
}

/** Models side by side. */
export interface ModelComparison {
  /** In the order of the question. `file` as it was asked for, `title` its short name; `assumed` when the number of classes could not be read from the data. */
  readonly models: readonly (ModelFacts & { readonly file: string; readonly title: string; readonly assumed: boolean })[];
  /** The same in words and numbers for people: a value for each model. */
  readonly rows: readonly { readonly label: string; readonly values: readonly string[] }[];
}

export interface ModelShape {
  /** A `resnet` has no blocks (`depth` 0), and its one patch is the whole image; a `mixer` has patches and no attention. */
  readonly architecture: 'vit' | 'mixer' | 'resnet';
  readonly imageSize: readonly [height: number, width: number];
  readonly channels: number;
  readonly patchSize: readonly [height: number, width: number];
  /** Channels of each convolution that stands before the blocks in place of a patch projection; empty without. */
  readonly stem: readonly number[];
  readonly depth: number;
  readonly heads: number;
  readonly width: number;
  readonly classes: number;
  readonly posEmbed: string;
  readonly globalPool: string;
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
  | { readonly type: 'checkpoint'; readonly run: string; readonly epoch: number; readonly step: number; readonly path: string }
  | {
      readonly type: 'ended';
      readonly run: string;
      readonly reason: 'completed' | 'early-stop' | 'stopped' | 'non-finite' | 'error';
      /** For people. */
      readonly message: string;
      readonly metrics: Metrics;
    };

/** A part of a training in which something holds that is not so all along. */
export interface SchedulePhase {
  /** `size`: the side of the images in pixels; `mixing`: mixup or CutMix; `patch_dropout`: the share of the patches that are left out. */
  readonly kind: 'warmup' | 'decay' | 'cooldown' | 'size' | 'mixing' | 'patch_dropout';
  /** For people. */
  readonly label: string;
  /** Steps, of which the first is 0; `end` is not in it. */
  readonly begin: number;
  readonly end: number;
  readonly value?: number;
}

/** What a recipe will do, before it is run. The arrays have one number for each point, in the order of the steps; of a long training not every step is one. */
export interface SchedulePreview {
  readonly epochs: number;
  readonly stepsPerEpoch: number;
  /** The first is 0. */
  readonly step: readonly number[];
  /** Epochs that are over at that step, with their fraction. */
  readonly epoch: readonly number[];
  readonly lr: readonly number[];
  readonly phases: readonly SchedulePhase[];
  /** What cannot be known before the run, for people. */
  readonly notes: readonly string[];
}

/** A problem of a configuration file. Lines and columns count from 1. */
export interface ConfigProblem {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
  /** Dotted key, e.g. "model.depth". */
  readonly key: string;
  readonly message: string;
  /** The nearest valid key, when a key is unknown. */
  readonly suggestion?: string;
  readonly severity: 'error' | 'warning';
}

// ---------------------------------------------------------------------------------------------------------------------
// Inspection

/** 8-bit RGBA pixels, row by row. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly rgba: Uint8Array;
}

/** The picture that is looked at, and what the model makes of it. */
export interface ImageView {
  readonly file: string;
  readonly checkpoint: CheckpointInfo;
  readonly model: ModelShape;
  readonly facts: ModelFacts;
  /** What the model is given, de-normalised, at its own size. */
  readonly seen: Pixels;
  /** The same region of the original at a size for the screen (longest side up to 768). */
  readonly original: Pixels;
  /** Size of the file's image after EXIF rotation. */
  readonly fileSize: readonly [width: number, height: number];
  /** How the image was brought to the model's size, in one sentence. */
  readonly preprocessing: string;
  readonly grid: { readonly rows: number; readonly columns: number };
  /** Names of the tokens before the patches, in order: `[cls]`, `[dist]`, `[reg1]` …, those that the model has. */
  readonly prefix: readonly string[];
  readonly predictions: readonly Prediction[];
  /** All classes in the order of the logits, and how probable each is; empty without a head. */
  readonly classes: readonly string[];
  readonly probabilities: Float32Array;
  readonly engine: EngineInfo;
}

/** A query token: the index of a prefix token or of a patch, counted as the model does (prefix first). */
export type TokenIndex = number;

/** Attention of every layer and head from one query token; `weights` is [layers, heads, tokens], rows sum to 1. */
export interface AttentionView {
  readonly query: TokenIndex;
  readonly layers: number;
  readonly heads: number;
  readonly tokens: number;
  readonly weights: Float32Array;
  /** Entropy of each row in nats, [layers, heads]. */
  readonly entropy: Float32Array;
  /** Mean attention distance in pixels over all patch queries, prefix dropped and rows renormalised, [layers, heads]. */
  readonly distance: Float32Array;
}

export interface RolloutOptions {
  readonly fusion: 'mean' | 'max' | 'min';
  /** Share of the smallest weights of each layer set to zero (never the class token's own). */
  readonly discard: number;
}

/** Attention rollout from one query token (or the mean over patches); `map` is [rows, columns]. */
export interface RolloutView {
  readonly map: Float32Array;
  readonly fusion: RolloutOptions['fusion'];
  /** What a model without class token is read from. */
  readonly from: 'class token' | 'mean of patches' | 'patch' | 'other token';
}

/** Cosine similarity of the position embeddings of all pairs of patches; `similarity` is [patches, patches]. */
export interface PositionView {
  readonly grid: { readonly rows: number; readonly columns: number };
  readonly similarity: Float32Array | null;
  /** Why there is none, or what kind it is. */
  readonly note: string;
}

export interface ImageQuestion {
  readonly checkpoint: string;
  readonly file: string;
  /** Side in pixels, height and width, or so many times its own, to give the image to the network at; without it, its own. */
  readonly size?: number | readonly [height: number, width: number] | { readonly times: number };
}

// ---------------------------------------------------------------------------------------------------------------------
// Engine process ← host

/**
 * What an inference computes in. `int8`: linear layers of the blocks with weights of 8 bits, faster on CPUs and not quite
 * the same network; `fp16`: half precision, for devices that compute in it.
 */
export type Precision = 'fp32' | 'fp16' | 'int8';

/** How a checkpoint's answers differ between fp32 and a lower precision; all shares from 0 to 1. */
export interface PrecisionChange {
  /** Images that were compared. */
  readonly images: number;
  readonly top1: { readonly fp32: number; readonly lower: number };
  /** Images for which both say the same class. */
  readonly agreement: number;
  /** Mean |Δ probability| over images and classes. */
  readonly probability: number;
}

/** For whom a checkpoint is written: any runtime of ONNX, TensorFlow (a SavedModel), timm on PyTorch, or Hugging Face's `transformers`. */
export type ExportTarget = 'onnx' | 'tensorflow' | 'timm' | 'huggingface';

export interface ExportOptions {
  /** A file, a run folder, or `RUN@last`. */
  readonly checkpoint: string;
  readonly to: ExportTarget;
  /** A folder; for ONNX a name that ends in `.onnx` is one file. */
  readonly out: string;
  readonly taps: readonly ('attention' | 'tokens')[];
  /** Images of a batch, or any number; a graph of TensorFlow is for one number, 1 where it is not said. */
  readonly batch: number | 'dynamic';
  readonly precision: Precision;
  /** Uses operators that only ONNX Runtime has; needs a fixed batch. */
  readonly optimise: boolean;
  /** Replaces a file that is there. */
  readonly force: boolean;
}

export interface Exported {
  /** The file or folder. */
  readonly file: string;
  /** What is in the folder. */
  readonly files: readonly string[];
  readonly bytes: number;
  readonly checkpoint: string;
  /** What of it is not as the network is here, for people. */
  readonly notes: readonly string[];
}

/** What a configuration is to be written for. */
export interface NewConfigOptions {
  readonly file: string;
  /** Without one, the generated sample. */
  readonly dataset?: string;
  /** Weights to fine-tune: a checkpoint, a run folder, or `RUN@last`. */
  readonly from?: string;
  /** What of them is trained: `all`, `head`, or the last N blocks. */
  readonly unfreeze?: string;
}

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
}

export interface EngineApi {
  /** Opens weights of other projects, tells what was matched, and writes them as a checkpoint. */
  importWeights(q: ImportOptions): Imported;
  /** Tests every engine that may compute here. Progress: `{done, of}`. */
  examine(q: Record<string, never>): Examination;
  about(q: Record<string, never>): EngineInfo;
  /** Builds native TensorFlow in a folder of the user's caches, with npm, pip and a C++ compiler; progress is a sentence. */
  buildTensorFlow(q: Record<string, never>): { readonly folder: string; readonly version: string };
  checkConfig(q: { readonly file: string; readonly text: string }): readonly ConfigProblem[];
  /**
   * Learning rate and phases over the steps of a training. `text` stands in for the file's content, and `images` (of the
   * training) for opening the dataset. Progress: `{done, of}` images.
   */
  previewSchedule(q: { readonly config: string; readonly text?: string; readonly set?: readonly string[]; readonly images?: number }): SchedulePreview;
  /** A batch as the network would be given it, which a training of this configuration will see bit for bit. Progress: `{done, of}` images. */
  previewBatch(q: PreviewQuestion): BatchPreview;
  /** Facts of a configuration file or of a checkpoint. */
  describe(q: { readonly path: string }): ModelFacts;
  /** The models of configurations, checkpoints and presets side by side; `set` stands above the configurations. */
  compareModels(q: { readonly models: readonly string[]; readonly set?: readonly string[]; readonly classes?: number }): ModelComparison;
  /** Resolves when the run folder exists and training is under way; progress: `RunEvent` of type `preparing`. */
  startTraining(q: {
    readonly config: string;
    readonly runs: string;
    readonly set?: readonly string[];
    /** Go on although more than `dataset.max_broken` of the images are broken. */
    readonly acceptBroken?: boolean;
    /** The sweep that this training is one of, by its name. */
    readonly sweep?: string;
  }): { readonly run: string };
  /** What is not as it was when a run was trained; with nothing different, a training from its folder gives the same bits. */
  compareWithRecord(q: { readonly run: string }): readonly Difference[];
  /** Trains once more, from nothing but the folder of a run. */
  rerunTraining(q: { readonly run: string; readonly runs?: string }): { readonly run: string };
  resumeTraining(q: { readonly run: string }): { readonly run: string };
  /** Asks the process that trains this run, whichever it is, to checkpoint and stop. Resolves when it has. */
  stopTraining(q: { readonly run: string }): void;
  /** Plans the sweep of a configuration, checks every combination, and makes its folder; nothing is trained. Progress: `{done, of}`. */
  createSweep(q: { readonly config: string; readonly runs: string; readonly set?: readonly string[] }): SweepSummary;
  /**
   * Trains what is left of a sweep, each training in a process of its own, `parallel` of them side by side. Resolves when all
   * are done, or it is paused: `done` tells. Progress: `{parallel}` first, then `{trial}` when one begins or ends.
   */
  leadSweep(q: { readonly folder: string; readonly parallel?: number }): { readonly done: boolean };
  /** Changes the queue of a sweep, whichever process leads it. */
  changeSweep(q: { readonly folder: string; readonly change: SweepChange }): SweepSummary;
  listSweeps(q: { readonly runs: string }): readonly SweepSummary[];
  readSweep(q: { readonly folder: string }): SweepResults;
  /** The pictures of a sweep as one; without fonts on this machine PNG has no letters. */
  drawSweep(q: { readonly folder: string; readonly as: 'svg' | 'png' }): { readonly bytes: Uint8Array; readonly lettered: boolean };
  listRuns(q: { readonly runs: string }): readonly RunSummary[];
  /** Rows with `step` > `since`. */
  readMetrics(q: { readonly run: string; readonly since?: number }): readonly MetricRow[];
  compareRuns(q: { readonly runs: readonly string[] }): Comparison;
  listCheckpoints(q: { readonly run: string }): readonly CheckpointInfo[];
  /** Confusion matrix of the newest evaluation that wrote one. */
  readConfusion(q: { readonly run: string }): ConfusionMatrix | null;
  /** How the probe images were seen; null of a run without. */
  readProbe(q: { readonly run: string }): ProbeView | null;
  /** What the test found; null of a run that was not tested, or by a version that kept less. */
  readEvaluation(q: { readonly run: string }): EvaluationReport | null;
  /** Evaluates the best checkpoint of a run on its test images, else on those of the validation. Progress: `{done, of}`. */
  evaluateRun(q: { readonly run: string }): EvaluationReport;
  /** Files and folders (walked). One unreadable file does not stop the others. Progress: `{done, of}`. */
  classify(q: { readonly checkpoint: string; readonly paths: readonly string[]; readonly top: number; readonly precision?: Precision; readonly size?: ImageQuestion['size'] }): readonly Classified[];
  /** What a lower precision changes, on validation images of the checkpoint's own run. Progress: `{done, of}`. */
  measurePrecision(q: { readonly checkpoint: string; readonly precision: Exclude<Precision, 'fp32'>; readonly data?: string }): PrecisionChange;
  /** Writes a checkpoint for others; progress is a sentence. */
  exportCheckpoint(q: ExportOptions): Exported;
  /** Downloads a published model, or goes on with it; its folder appears when it is complete. Progress: `DownloadProgress`. */
  getModel(q: ModelQuestion): GotModel;
  /** The catalogue, and what a folder of models holds. */
  listModels(q: { readonly models: string }): readonly ListedModel[];
  viewImage(q: ImageQuestion): ImageView;
  viewAttention(q: ImageQuestion & { readonly query: TokenIndex }): AttentionView;
  viewRollout(q: ImageQuestion & RolloutOptions & { readonly query?: TokenIndex }): RolloutView;
  /** A map of the patches for each method. */
  explain(q: ImageQuestion & ExplanationOptions): readonly ExplanationView[];
  /** Deletion and insertion curves of the methods, and of a random order. Progress: `{done, of}`. */
  scoreExplanations(q: ImageQuestion & ExplanationOptions): readonly ExplanationScore[];
  viewPositions(q: { readonly checkpoint: string; readonly size?: ImageQuestion['size'] }): PositionView;
  /** Writes the sample workspace (images in class folders, a configuration, a small trained run). Progress: `{done, of}`. */
  createSample(q: { readonly folder: string }): { readonly folder: string; readonly image: string };
  /** Writes a commented configuration file for a dataset folder. */
  newConfig(q: NewConfigOptions): void;
}

export interface EngineEvents {
  run: RunEvent;
  log: { readonly level: 'debug' | 'info' | 'warning' | 'error'; readonly message: string };
}

// ---------------------------------------------------------------------------------------------------------------------
// Comparison

export interface ComparedRun {
  readonly path: string;
  readonly name: string;
  readonly state: RunState;
  readonly created: string;
  readonly curves: Readonly<Record<string, { readonly steps: readonly number[]; readonly epochs: readonly number[]; readonly values: readonly number[] }>>;
  readonly final: Metrics;
  readonly best: Metrics;
}

export interface Comparison {
  readonly runs: readonly ComparedRun[];
  /** Keys whose values differ, with the value of each run in order. */
  readonly differences: readonly { readonly key: string; readonly values: readonly string[] }[];
}
