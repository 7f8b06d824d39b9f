/** What an evaluation finds, and what its panel and the host say to each other. Types only, as `protocol.ts`. */
import type { GlossaryLink } from './glossaryProtocol';
import type { ConfusionMatrix, DatasetFacts, Metrics } from './protocol';

/** The ends of a 95 % interval. */
export type Interval = readonly [low: number, high: number];

/** What a checkpoint does on images of known classes, in full. docs/metrics.md defines the numbers. */
export interface Analysis {
  readonly images: number;
  /** Without their first part: `loss`, `top1` … */
  readonly metrics: Metrics;
  /** Of those metrics that are shares of images: `top1`, `top5`. */
  readonly intervals: Readonly<Record<string, Interval>>;
  /** Means over the classes, each weighted by its images. */
  readonly weighted: { readonly precision: number; readonly recall: number; readonly f1: number };
  /** Means over the classes that have them; null without any. */
  readonly macro: { readonly auc: number | null; readonly ap: number | null };
  readonly classes: readonly ClassScores[];
  /** Images of the class `is` that were taken for `as` (indices), most first; not all pairs. */
  readonly confused: readonly { readonly is: number; readonly as: number; readonly count: number }[];
  readonly calibration: Calibration;
  /** Why there are no curves, AUC and AP: they would need too much memory, or probabilities were no numbers. */
  readonly omitted?: 'memory' | 'nan' | undefined;
}

/** An analysis and what was measured. */
export interface EvaluationReport extends Analysis {
  readonly split: 'train' | 'val' | 'test';
  /** Of the checkpoint. */
  readonly epoch: number;
  /** Test-time augmentation, where there was one: `flip`, the mean of the probabilities of an image and its mirror image. */
  readonly tta?: 'flip' | undefined;
  /** Of weights that are a moving average (`train.model_ema_decay`). */
  readonly averaged?: boolean | undefined;
  /** Set where the images are not those that the run was trained with: a split is drawn anew, and may hold images of the training. */
  readonly otherImages?: { readonly then: string; readonly now: string } | undefined;
}

/** Which of a run's weights: the best epoch's, the last one's, which may be the same, and of a run that averages its weights those that it does not average. */
export type WeightsName = 'best' | 'last' | 'best, last' | 'last, not averaged';

/** What some weights of a run reach. */
export interface WeighedWeights extends Pick<EvaluationReport, 'split' | 'epoch' | 'images' | 'metrics' | 'intervals' | 'averaged' | 'otherImages'> {
  readonly weights: WeightsName;
  readonly tta: 'none' | 'flip';
}

export interface WeighingQuestion {
  readonly split: EvaluationReport['split'];
  /** Test-time augmentation. */
  readonly tta: WeighedWeights['tta'];
}

/** How one class fares against all others. Ratios 0/0 are 0, and have no interval. */
export interface ClassScores {
  readonly label: string;
  /** Images of the class, and images that were taken for it. */
  readonly support: number;
  readonly predicted: number;
  readonly precision: number;
  readonly precisionInterval: Interval | null;
  readonly recall: number;
  readonly recallInterval: Interval | null;
  readonly f1: number;
  /** Area under the ROC curve, and average precision; null where they are not defined. */
  readonly auc: number | null;
  readonly ap: number | null;
  readonly curves: ClassCurves | null;
}

/** Points of at most 200 thresholds, from the highest to the lowest. */
export interface ClassCurves {
  readonly roc: { readonly fpr: readonly number[]; readonly tpr: readonly number[] };
  readonly pr: { readonly recall: readonly number[]; readonly precision: readonly number[] };
}

/** How far probabilities are what they say: bins of equal width by the probability of the predicted class. */
export interface Calibration {
  /** Expected and maximal calibration error. */
  readonly ece: number;
  readonly mce: number;
  /** From 0 to 2. */
  readonly brier: number;
  /** Means over the images of the bin; null where it has none. */
  readonly bins: readonly { readonly count: number; readonly confidence: number | null; readonly accuracy: number | null }[];
}

/** What a run's best checkpoint says of every image of its test, image by image in the order of the split. */
export interface Verdicts {
  readonly run: string;
  readonly split: 'test' | 'val';
  readonly classes: readonly string[];
  /** Indices of classes: what the images are, and what they were taken for. */
  readonly labels: Int32Array;
  readonly guesses: Int32Array;
  /** Probabilities of the predicted class, and of the right one. */
  readonly confidence: Float32Array;
  readonly own: Float32Array;
}

/** Two runs on the same test images; docs/metrics.md defines the numbers. */
export interface PairedVerdicts {
  /** Images by which of the two is right. */
  readonly counts: { readonly both: number; readonly onlyFirst: number; readonly onlySecond: number; readonly neither: number };
  /** Of McNemar's exact test, two-sided. */
  readonly p: number;
  /** What the second has more than the first, with the 95 % interval of a paired bootstrap. */
  readonly top1: { readonly value: number; readonly interval: Interval };
  readonly balanced: { readonly value: number; readonly interval: Interval };
}

/** An image of a run's test. */
export interface JudgedImage {
  readonly index: number;
  /** Where it lies, for people. */
  readonly name: string;
  /** `data:` address of a small picture, as the network gets it. */
  readonly url: string;
}

export interface VerdictApi {
  /** Evaluates the best checkpoint once more and keeps what it says of every image. Progress: `{done, of}`. */
  judgeImages(q: { readonly run: string }): Verdicts;
  /** Sets two judged runs side by side; null where their images are not the same. */
  pairVerdicts(q: { readonly runs: readonly [string, string] }): PairedVerdicts | null;
  judgedImages(q: { readonly run: string; readonly indices: readonly number[] }): readonly JudgedImage[];
  /** A file of the image: its own, else one that is written into the cache. */
  judgedFile(q: { readonly run: string; readonly index: number }): { readonly file: string };
}

// ---------------------------------------------------------------------------------------------------------------------
// The panel. As every webview it pulls `state` first; the host then sends whole snapshots.

export interface EvaluationState {
  /** Name of the run; null while none is chosen. */
  readonly run: string | null;
  /** null where the test kept none: of an earlier version, or not done yet. */
  readonly report: EvaluationReport | null;
  /** Set while the report is read or made; the old one stays. */
  readonly busy: { readonly text: string; readonly done?: number; readonly of?: number } | null;
  /** Whether the run has a checkpoint that could be evaluated now. */
  readonly evaluable: boolean;
  readonly error: string | null;
  /** Whether the error is that images were not found: `locate` asks where they lie. */
  readonly missing: boolean;
  /** Of the report; null where it is not known. */
  readonly confusion: ConfusionMatrix | null;
  /** Another run beside it. */
  readonly other: { readonly run: string; readonly report: EvaluationReport | null; readonly confusion: ConfusionMatrix | null } | null;
  /** The weights of the first run side by side, as often as that was asked for. */
  readonly weighed: readonly WeighedWeights[];
  /** How many images each split of the first run has; null where that is not known. */
  readonly sizes: DatasetFacts['sizes'] | null;
  /** Which of the two, or both, were judged image by image: changes with what `judged` answers. 0 is neither. */
  readonly judged: number;
}

/** What is known image by image. */
export interface Judged {
  readonly first: Verdicts | null;
  readonly second: Verdicts | null;
  readonly paired: PairedVerdicts | null;
  /** Why two cannot be compared image by image. */
  readonly unlike: boolean;
}

export interface EvaluationApi extends GlossaryLink {
  state(q: Record<string, never>): EvaluationState;
  /** Asks which run is shown beside. */
  chooseOther(q: Record<string, never>): void;
  dropOther(q: Record<string, never>): void;
  /** Evaluates image by image, one run or both. */
  judge(q: Record<string, never>): void;
  judged(q: Record<string, never>): Judged;
  images(q: { readonly indices: readonly number[] }): readonly JudgedImage[];
  /** Opens an image of the test and looks inside with the checkpoint of the run, the first or the second. */
  inspect(q: { readonly index: number; readonly which: 0 | 1 }): void;
  /** Shows images of the test in the gallery, with where the network of the first or the second run looks. `cell`: of what class they are, and for which they were taken. */
  showGallery(q: { readonly which: 0 | 1; readonly indices: readonly number[]; readonly cell?: readonly [is: number, as: number] }): void;
  /** Evaluates the best checkpoint now. */
  evaluate(q: Record<string, never>): void;
  /** Evaluates the weights of the first run side by side: best, last, and those before the average. */
  weigh(q: WeighingQuestion): void;
  cancel(q: Record<string, never>): void;
  /** Asks where the images lie now, keeps that with the run, and does again what failed for it. */
  locate(q: Record<string, never>): void;
  saveCsv(q: { readonly csv: string; /** Of the file, without its ending. */ readonly name: 'classes' | 'weights' }): void;
}

export interface EvaluationEvents {
  state: EvaluationState;
}
