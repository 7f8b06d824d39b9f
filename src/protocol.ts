/**
 * What the rooms say to each other: plain data and the interfaces of the RPC. Types only; emits no code.
 * Pictures and maps are typed arrays in row-major order; shapes stand beside them.
 */

import type { CompletionQuestion, ConfigFix, ConfigHover, ConfigPlace, Suggestions, TrainingEstimate } from './authoringProtocol';
import type { EvaluationReport, VerdictApi, WeighedWeights, WeighingQuestion } from './evaluationProtocol';
import type { Examination } from './examinationProtocol';
import type { ExplanationOptions, ExplanationScore, ExplanationView } from './explanationProtocol';
import type { FilterView, FlowBox, FlowQuestion, FlowValues, FlowView, Plan, PlanQuestion, TokenisedView } from './flowProtocol';
import type { FeatureApi, ImageSet } from './featureProtocol';
import type { GalleryEngineApi } from './galleryProtocol';
import type { BatchPreview, PreviewQuestion } from './previewProtocol';
import type { NewProject, NewProjectQuestion } from './projectProtocol';
import type { PracticalApi } from './practicalProtocol';
import type { ReportQuestion, WrittenReport } from './reportProtocol';
import type { SweepChange, SweepResults, SweepSummary } from './sweepProtocol';
import type { StoreApi } from './storeProtocol';
import type { RunSummary, MetricRow, CheckpointInfo, ConfusionMatrix, DatasetFacts, RunEvent, ProbeView, Difference, Comparison, MovedPlaces } from './runProtocol';
import type { Classified, ImageView, TokenIndex, AttentionDirection, AttentionStack, AttentionView, HeadStatistics, ScoresView, RolloutOptions, RolloutView, PositionView, ImageQuestion } from './pictureProtocol';
import type { TrackingAccess, TrackQuestion, TrackReport, WriteRunQuestion } from './trackingProtocol';
import type { Imported, ImportOptions, GotModel, ListedModel, ModelQuestion } from './modelProtocol';

export type {
  Analysis, Calibration, ClassCurves, ClassScores, EvaluationApi, EvaluationEvents, EvaluationReport, EvaluationState, Interval, Judged, JudgedImage, PairedVerdicts, VerdictApi, Verdicts, WeighedWeights, WeighingQuestion, WeightsName,
} from './evaluationProtocol';
export type { CompletionQuestion, ConfigFix, ConfigHover, ConfigPlace, Suggestion, Suggestions, TrainingEstimate } from './authoringProtocol';
export type { EngineTrial, Examination } from './examinationProtocol';
export type { ExplanationMethod, ExplanationOptions, ExplanationScore, ExplanationView } from './explanationProtocol';
export type { FilterView, FlowAxis, FlowBox, FlowFacts, FlowMatrix, FlowPicture, FlowQuestion, FlowStats, FlowValues, FlowView, Plan, PlanQuestion, PlanSizes, TokenisedView } from './flowProtocol';
export type {
  AlignmentOptions, AlignmentView, ColourOptions, ColoursView, EmbeddingView, EncodingView, FeatureApi, FiltersView, HeadIndex, HeadsOffView, HeadsView, ImageSet, LensView, Neighbour, NeighboursView,
  PositionStructure, ShuffleCurve, ShuffledView, ShuffleOptions, TokenSimilarity, TokensView,
} from './featureProtocol';
export type {
  GalleryCard, GalleryEngineApi, GalleryEvents, GalleryFilter, GalleryList, GalleryMethod, GalleryPanelApi, GalleryQuestion, GalleryState, GalleryWish,
} from './galleryProtocol';
export type { DownloadProgress, GotModel, Imported, ImportOptions, ListedModel, MappingReport, ModelQuestion, Origin } from './modelProtocol';
export type { GlossaryApi, GlossaryEvents, GlossaryLink, GlossaryState } from './glossaryProtocol';
export type { BatchPreview, PreviewImage, PreviewQuestion } from './previewProtocol';
export type { MlflowCredentials, TrackingAccess, TrackingState, TrackQuestion, TrackReport, WriteRunQuestion } from './trackingProtocol';
export type { FilteredRuns, FilterWords, NotesChange, RunNotes, RunsPart, StoreApi } from './storeProtocol';
export type { PracticalApi, PracticalNumber, PracticalQuestion, WrittenPractical } from './practicalProtocol';
export type { ReportQuestion, WrittenReport } from './reportProtocol';
export type { SweepChange, SweepResults, SweepRow, SweepSpread, SweepState, SweepSummary, SweepTrial, TrialState } from './sweepProtocol';
export type {
  Against, AgainstState, CompareApi, CompareEvents, CompareState, InspectorApi, InspectorEvents, InspectorState, MeasuredHeads, PreviewApi, PreviewEvents, PreviewState, ResultsApi, ResultsEvents, ResultsState, StandalonePage, SweepPanelApi, SweepPanelEvents, SweepPanelState,
} from './panelProtocol';

export type {
  Prediction, Classified, Pixels, ImageView, TokenIndex, AttentionDirection, AttentionStack, AttentionView, HeadStatistics, ScoresView, RolloutOptions, RolloutView, PositionView, ImageQuestion,
} from './pictureProtocol';
export type {
  RunState, RunSummary, RunWarning, Metrics, MetricRow, CheckpointInfo, ConfusionMatrix, BrokenFile, DatasetFacts, Duplicate, DatasetFindings, RunEvent, ProbeView, ProbeImage, Difference, MovedPlaces, ComparedRun, Comparison, MetricIntervals, RunCost, RunCurve,
} from './runProtocol';

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
  /** How an image becomes tokens: patches by a linear layer, convolutions in place of it, or a ResNet before it. Of a ResNet it says nothing. */
  readonly projection: 'linear' | 'conv' | 'conv_stem' | 'resnetv2' | 'shifted_patches';
  /** Channels of each convolution that stands before the blocks in place of a patch projection; empty without. */
  readonly stem: readonly number[];
  readonly depth: number;
  readonly heads: number;
  readonly width: number;
  readonly classes: number;
  readonly posEmbed: string;
  readonly globalPool: string;
  /** Left out where a norm stands before attention and before the MLP, one after the other. */
  readonly block?: 'post_norm' | 'parallel';
  /** The last norm stands behind the pooling, and not before it. */
  readonly fcNorm?: true;
}

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
  /** What is odd in the configuration but no error, as a training tells it when it starts. */
  readonly warnings: readonly string[];
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
  /** The nearest valid key or word, when one is unknown. */
  readonly suggestion?: string;
  readonly severity: 'error' | 'warning';
  /** Whether the JSON schema, or a reader of YAML, says the same: unknown keys, types, ranges of a single value, syntax. */
  readonly schema?: boolean;
  /** Keys that put it right when they are set so, the likeliest first; values as they are written. */
  readonly remedies?: readonly { readonly key: string; readonly value: string }[];
  /** The same as changes of the text. */
  readonly fixes?: readonly ConfigFix[];
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

export interface EngineApi extends FeatureApi, GalleryEngineApi, StoreApi, VerdictApi, PracticalApi {
  /** Opens weights of other projects, tells what was matched, and writes them as a checkpoint. */
  importWeights(q: ImportOptions): Imported;
  /** Tests every engine that may compute here. Progress: `{done, of}`. */
  examine(q: Record<string, never>): Examination;
  about(q: Record<string, never>): EngineInfo;
  /** Builds native TensorFlow in a folder of the user's caches, with npm, pip and a C++ compiler; progress is a sentence. */
  buildTensorFlow(q: Record<string, never>): { readonly folder: string; readonly version: string };
  /** Also what neither schema nor rules can tell: files that are missing, numbers of classes, memory. */
  checkConfig(q: { readonly file: string; readonly text: string }): readonly ConfigProblem[];
  /** What can be written at a place; the text may be unfinished. */
  completeConfig(q: CompletionQuestion): Suggestions | null;
  /** What there is to say of the key at a place. */
  hoverConfig(q: ConfigPlace): ConfigHover | null;
  /** Calibrates on this machine for a few seconds; nothing is kept. Progress is a sentence. */
  estimateTraining(q: { readonly config: string; readonly set?: readonly string[]; readonly seconds?: number }): TrainingEstimate;
  /** Writes the weights that a training of this configuration would begin with, as a checkpoint that says so. */
  writeUntrained(q: { readonly config: string; readonly text?: string; readonly file: string }): CheckpointInfo;
  /**
   * Learning rate and phases over the steps of a training. `text` stands in for the file's content, and `images` (of the
   * training) for opening the dataset. Progress: `{done, of}` images.
   */
  previewSchedule(q: { readonly config: string; readonly text?: string; readonly set?: readonly string[]; readonly images?: number }): SchedulePreview;
  /** A batch as the network would be given it, which a training of this configuration will see bit for bit. Progress: `{done, of}` images. */
  previewBatch(q: PreviewQuestion): BatchPreview;
  /** Facts of a configuration file or of a checkpoint. */
  describe(q: { readonly path: string }): ModelFacts;
  /** Networks by timm's names, each with its size in a few words. */
  listPresets(q: Record<string, never>): readonly { readonly name: string; readonly detail: string }[];
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
  compareWithRecord(q: { readonly run: string } & MovedPlaces): readonly Difference[];
  /** Trains once more, from nothing but the folder of a run. */
  rerunTraining(q: { readonly run: string; readonly runs?: string } & MovedPlaces): { readonly run: string };
  /** @param q `data` and `teacher` as for `rerunTraining`; the run keeps where its data lie now */
  resumeTraining(q: { readonly run: string } & Omit<MovedPlaces, 'weights'>): { readonly run: string };
  /** Keeps with a run where its images lie now, when they are the same, and with the runs beside it that miss them, too: how many. `data` is absolute. Progress: `{done, of}`. */
  locateImages(q: { readonly run: string; readonly data: string }): { readonly runs: number };
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
  /** The pictures of a sweep as one, of what it is judged by or of the test; without fonts on this machine PNG has no letters. */
  drawSweep(q: { readonly folder: string; readonly as: 'svg' | 'png'; readonly metric?: 'val' | 'test' }): { readonly bytes: Uint8Array; readonly lettered: boolean };
  /** Where this process sends trainings, and with whose name; kept in memory alone. */
  useTracking(q: TrackingAccess): void;
  /** Sends a run, or a sweep with all its runs, to an MLflow server: what is not there yet. Progress is a sentence. */
  trackRun(q: TrackQuestion): readonly TrackReport[];
  /** Resolves when what a training of this process has left is sent, or kept for another time; cancelled, it is kept. */
  settleTracking(q: { readonly run: string }): void;
  /** Writes a run for other programs; gives the files. Progress is a sentence. */
  writeRun(q: WriteRunQuestion): readonly string[];
  /** Lets go of the networks, pictures and answers of this process, whose memory nobody looks at any more. */
  letGo(q: Record<string, never>): void;
  /** With `parts` the runs of a long list come as they are read, too: progress is `RunsPart`. */
  listRuns(q: { readonly runs: string; readonly parts?: boolean }): readonly RunSummary[];
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
  /** Evaluates the weights of a run side by side: best, last, and those before the average. Progress: `{done, of}`. */
  weighRun(q: { readonly run: string } & WeighingQuestion): { readonly weighed: readonly WeighedWeights[]; /** Why others could not be. */ readonly problems: readonly string[] };
  /** How many images each split of a run's dataset has. */
  splitSizes(q: { readonly run: string }): DatasetFacts['sizes'];
  /** Writes a report of runs: HTML, Markdown with figures, BibTeX. Progress is a sentence. */
  writeReport(q: ReportQuestion): WrittenReport;
  /** Files and folders (walked). One unreadable file does not stop the others. Progress: `{done, of}`. */
  classify(q: { readonly checkpoint: string; readonly paths: readonly string[]; readonly top: number; readonly precision?: Precision; readonly size?: ImageQuestion['size'] }): readonly Classified[];
  /** The classes that a checkpoint knows, in the order of its outputs. */
  listClasses(q: { readonly checkpoint: string; readonly precision?: Precision }): readonly string[];
  /** What a lower precision changes, on validation images of the checkpoint's own run. Progress: `{done, of}`. */
  measurePrecision(q: { readonly checkpoint: string; readonly precision: Exclude<Precision, 'fp32'>; readonly data?: string }): PrecisionChange;
  /** Writes a checkpoint for others; progress is a sentence. */
  exportCheckpoint(q: ExportOptions): Exported;
  /** Downloads a published model, or goes on with it; its folder appears when it is complete. Progress: `DownloadProgress`. */
  getModel(q: ModelQuestion): GotModel;
  /** The catalogue, and what a folder of models holds. */
  listModels(q: { readonly models: string }): readonly ListedModel[];
  viewImage(q: ImageQuestion): ImageView;
  viewAttention(q: ImageQuestion & { readonly query: TokenIndex; readonly direction?: AttentionDirection }): AttentionView;
  /** All of it at once; null where it would take more than `most` bytes even in float16. */
  viewAttentionStack(q: ImageQuestion & { readonly most: number }): AttentionStack | null;
  /**
   * Distance and entropy of each head over files and folders, or over the validation images of the checkpoint's run where
   * none are given; the first `most` of them. Progress: `{done, of}`.
   */
  measureHeads(q: { readonly checkpoint: string; readonly paths?: readonly string[]; readonly most: number; readonly size?: ImageQuestion['size'] }): HeadStatistics;
  /** Queries, keys and scores of a layer, counted from 0. */
  viewScores(q: ImageQuestion & { readonly layer: number }): ScoresView;
  viewRollout(q: ImageQuestion & RolloutOptions & { readonly query?: TokenIndex }): RolloutView;
  /** A map of the patches for each method. */
  explain(q: ImageQuestion & ExplanationOptions): readonly ExplanationView[];
  /** Deletion and insertion curves of the methods, and of a random order. Progress: `{done, of}`. */
  scoreExplanations(q: ImageQuestion & ExplanationOptions): readonly ExplanationScore[];
  /** Where an image of a set is to be had as a file: its own, or one that is written for it where it lies in an archive. */
  fileOf(q: { readonly checkpoint: string; readonly images: ImageSet; readonly index: number }): { readonly file: string };
  viewPositions(q: { readonly checkpoint: string; readonly size?: ImageQuestion['size'] }): PositionView;
  /** The whole network as this image runs through it: each box small, of one block. */
  viewFlow(q: FlowQuestion): FlowView;
  /** One box of it with all its numbers. */
  viewFlowBox(q: FlowQuestion & { readonly box: FlowBox }): FlowValues;
  /** How an image becomes tokens. */
  viewTokenised(q: ImageQuestion): TokenisedView;
  /** What one dimension of the embedding is made with; `weights` is empty where the projection is not linear. */
  viewFilter(q: Omit<ImageQuestion, 'file'> & { readonly dimension: number }): FilterView;
  /** What a network of these sizes would cost. */
  planNetwork(q: PlanQuestion): Plan;
  /** Writes the sample workspace (images in class folders, a configuration, a small trained run). Progress: `{done, of}`. */
  createSample(q: { readonly folder: string }): { readonly folder: string; readonly image: string };
  /** Writes a commented configuration file for a dataset folder. */
  newConfig(q: NewConfigOptions): void;
  /** Writes a project with a pipeline; never replaces a file. Progress: `{done, of}` images of the sample. */
  newProject(q: NewProjectQuestion): NewProject;
  /** All that is wrong with a `pipeline.yaml`. */
  checkPipeline(q: { readonly file: string; readonly text: string }): readonly ConfigProblem[];
}

export interface EngineEvents {
  run: RunEvent;
  log: { readonly level: 'debug' | 'info' | 'warning' | 'error'; readonly message: string };
}

