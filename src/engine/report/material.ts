import type { ConfusionMatrix, DatasetFindings, EvaluationReport, Interval, MetricRow, ModelFacts, RunSummary } from '../../protocol';
import type { Config } from '../config/schema';
import type { BootstrappedMetric } from '../metrics/bootstrap';
import type { PairedCounts } from '../metrics/paired';
import type { ViTSpec } from '../model/spec';
import type { RunRecord } from '../runs/files';

/** What a report is written from: numbers, names and pictures, before there is a sentence. */

/** A run folder as far as it can be read; what cannot is null, and told in `problems`. */
export interface RunFolder {
  /** Absolute. */
  readonly folder: string;
  readonly summary: RunSummary;
  readonly record: RunRecord | null;
  readonly config: Config | null;
  /** As its author wrote it; where more was said than that, what is not the default. */
  readonly configText: string | null;
  readonly asWritten: boolean;
  readonly rows: readonly MetricRow[];
  /** Lines of `metrics.jsonl` that are no rows. */
  readonly torn: number;
  readonly recorded: EvaluationReport | null;
  readonly confusion: ConfusionMatrix | null;
  readonly spec: ViTSpec | null;
  /** What its log says above the level `info`. */
  readonly logged: readonly string[];
  readonly problems: readonly string[];
}

/** What a network says of every image of a split. */
export interface Predictions {
  /** True classes, classes that were said, and the probabilities of both. */
  readonly labels: Int32Array;
  readonly guesses: Int32Array;
  readonly confidence: Float32Array;
  readonly own: Float32Array;
  /** Equal for the same images in the same order. */
  readonly images: string;
}

/** An image of the dataset, as the network gets it. Classes by their indices. */
export interface Shown {
  /** A `data:` address; null in a report without images. */
  readonly url: string | null;
  /** Where it is found, as far as it is the same on another machine: below the dataset's folder, or in its archive. */
  readonly name: string;
  readonly truth: number;
  readonly guess: number;
  readonly confidence: number;
}

export type Choice = 'surest right' | 'median right' | 'least sure' | 'surest wrong';

/** An image with two maps over it, or, in a report without images, two maps alone. Both for the class that the network says. */
export interface Explained extends Shown {
  readonly choice: Choice;
  readonly rollout: string;
  readonly relevance: string;
}

export interface Gallery {
  /** Height over width, and width in pixels, of what the network sees. */
  readonly aspect: number;
  readonly width: number;
  readonly surestWrong: readonly Shown[];
  readonly randomWrong: readonly Shown[];
  readonly explained: readonly Explained[];
}

export interface ReportRun extends RunFolder {
  /** In the language of the report. */
  readonly facts: ModelFacts | null;
  /** What the report calls it; no two are called alike. */
  readonly label: string;
  /** Its place among the groups. */
  readonly group: number;
  /** The newest that is known: evaluated now, else as recorded. */
  readonly evaluation: EvaluationReport | null;
  readonly evaluatedNow: boolean;
  readonly predictions: Predictions | null;
  /** Why it was not evaluated now, for people. */
  readonly notEvaluated: string | null;
  readonly gallery: Gallery | null;
  /** 95 % percentile intervals of the bootstrap. */
  readonly intervals: Readonly<Partial<Record<BootstrappedMetric, Interval>>>;
}

/** Runs of one configuration, seeds apart. */
export interface Group {
  readonly name: string;
  /** A, B, C … */
  readonly letter: string;
  /** Places among the runs, in their order; the first is the one that is shown in detail. */
  readonly runs: readonly number[];
}

/** A dataset that runs were trained on; what is not known where it cannot be opened is null. */
export interface DatasetSeen {
  readonly record: RunRecord['dataset'];
  readonly runs: readonly number[];
  readonly findings: DatasetFindings | null;
  /** Why it was not opened, for people; empty where that was not asked for. */
  readonly closed: string | null;
  /** Training images, class by class. */
  readonly examples: readonly { readonly label: string; readonly urls: readonly string[] }[];
  readonly aspect: number;
  readonly width: number;
}

/** Two runs by their places, of which the second is held against the first. */
export interface Pair {
  readonly first: number;
  readonly second: number;
}

/** What the images that both have seen tell of a pair. */
export type Paired = Pair & (
  | { readonly same: true; readonly counts: PairedCounts; readonly p: number; readonly adjusted: number; readonly difference: Difference; readonly balanced: Difference }
  | { readonly same: false; readonly why: 'images' | 'predictions' });

/** How much the second has more than the first. */
export interface Difference {
  readonly value: number;
  readonly interval: Interval;
}

export interface Material {
  readonly runs: readonly ReportRun[];
  readonly groups: readonly Group[];
  readonly datasets: readonly DatasetSeen[];
  /** The place among the runs of the one that the others are compared with; null where all configurations are held against one another. */
  readonly baseline: number | null;
  readonly paired: readonly Paired[];
  readonly resamples: number;
  /** The dataset's images are left out, as was asked. */
  readonly withoutImages: boolean;
  readonly made: Date;
}
