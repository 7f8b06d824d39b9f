/** What is asked of a project's folder, and what is told while its pipeline runs. Types only, as `protocol.ts`. */

export interface NewProjectQuestion {
  /** Where it is made; a folder that is there keeps what it has. */
  readonly folder: string;
  /** Of the project; the folder's name where it is left out. */
  readonly name?: string;
  /** A folder, zip or data file; without one a sample is drawn. */
  readonly dataset?: string;
  /** Of README, comments and report, e.g. `es`; that of the process where it is left out. */
  readonly language?: string;
}

export interface NewProject {
  /** Absolute, as are the next two. */
  readonly folder: string;
  readonly readme: string;
  readonly pipeline: string;
  /** Names of the written files, from the folder; of the drawn images only their folder. */
  readonly files: readonly string[];
}

/** Which kind of work a step is; one kind may have a step for each configuration and seed. */
export type StepKind = 'raw' | 'check' | 'split' | 'train' | 'evaluate' | 'compare' | 'figures' | 'report';

/**
 * What became of a step: `skipped` because nothing has changed, `left out` by `--only` or `--from`; `would run` and `may run`
 * of a dry run, the latter where it depends on what comes out of the steps before it.
 */
export type StepState = 'skipped' | 'left out' | 'would run' | 'may run' | 'running' | 'done' | 'stopped' | 'failed';

export interface StepEvent {
  readonly type: 'step';
  /** e.g. `train/vit/seed-0`. */
  readonly step: string;
  readonly kind: StepKind;
  readonly state: StepState;
  /** Why it runs, each once, for people; empty of what is skipped. */
  readonly reasons: readonly string[];
  readonly seconds?: number;
  /** From the project's folder. */
  readonly outputs?: readonly string[];
  /** Why it failed. */
  readonly message?: string;
}

/** A result of the comparison: a configuration over its seeds. Shares are from 0 to 1. */
export interface ComparedConfig {
  readonly config: string;
  readonly seeds: number;
  readonly images: number;
  /** Mean, and the standard deviation of the sample; null of a single seed. */
  readonly metrics: Readonly<Record<string, { readonly mean: number; readonly sd: number | null }>>;
}

export interface PipelineResult {
  readonly type: 'pipeline';
  readonly done: boolean;
  readonly steps: readonly StepEvent[];
  readonly comparison: readonly ComparedConfig[];
  /** The page of HTML, where there is one; absolute. */
  readonly report: string | null;
}
