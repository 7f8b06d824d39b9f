/**
 * What is said of sweeps: what they hold, how they are changed, and what came of them. Types only, as `protocol.ts`.
 */

/** `stopped` goes on from its checkpoint; `skipped` was taken out of the queue by hand. */
export type TrialState = 'waiting' | 'running' | 'finished' | 'stopped' | 'failed' | 'skipped';

/** One training of a sweep. */
export interface SweepTrial {
  /** Its place in the plan, by which it is named in requests; the queue may have another order. */
  readonly index: number;
  /** Which combination. */
  readonly setting: number;
  /** E.g. "patch_size 4, embed_dim 64". */
  readonly label: string;
  /** The values alone where several keys vary, for places that are too narrow for their names: "4 · 64". */
  readonly short: string;
  readonly seed: number;
  /** Of successive halving, from 0. */
  readonly round: number;
  readonly state: TrialState;
  /** Absolute path of its run, as soon as there is one. */
  readonly run?: string;
  readonly reason?: string;
  /** The best of `monitor` on the validation images. */
  readonly val?: number;
  /** Accuracy on the test images. */
  readonly test?: number;
  readonly seconds?: number;
  /** Of one that runs or was stopped, as its run tells; `epochs` is always known. */
  readonly epoch?: number;
  readonly epochs: number;
  readonly step?: number;
  readonly steps?: number;
}

/** `paused` has trainings left and no process that leads it. */
export type SweepState = 'running' | 'pausing' | 'paused' | 'finished';

export interface SweepSummary {
  /** Absolute path of the sweep's folder: its identity. */
  readonly path: string;
  readonly name: string;
  readonly created: string;
  /** Absolute path of its configuration. */
  readonly config: string;
  readonly state: SweepState;
  readonly monitor: string;
  /** Names of the keys that vary, in the order of `short`. */
  readonly keys: readonly string[];
  readonly rounds: number;
  /** In the order of the queue: what is over and what runs, then what waits. */
  readonly trials: readonly SweepTrial[];
  /** Set instead of the rest being trusted when `sweep.json` cannot be read. */
  readonly problem?: string;
}

/** How the queue is to change. Trials are named by their `index`. */
export type SweepChange =
  | { readonly type: 'pause' }
  | { readonly type: 'skip'; readonly trials: readonly number[] }
  /** Those that failed, were skipped or, without `trials`, all that failed. */
  | { readonly type: 'retry'; readonly trials?: readonly number[] }
  | { readonly type: 'move'; readonly trials: readonly number[]; readonly to: 'first' | 'up' | 'down' }
  /** In front of another one that waits; null is the end. */
  | { readonly type: 'place'; readonly trials: readonly number[]; readonly before: number | null };

/** Mean and sample standard deviation over the seeds. */
export interface SweepSpread {
  readonly mean: number;
  readonly sd: number;
  readonly n: number;
}

/** A combination with what its trainings reached in the last round that it came to. */
export interface SweepRow {
  readonly setting: number;
  /** By dotted key, as text, in the order of `SweepResults.axes`. */
  readonly values: readonly string[];
  readonly epochs: number;
  readonly val?: SweepSpread;
  readonly test?: SweepSpread;
  readonly seconds?: SweepSpread;
  readonly params: number;
  /** Multiply-adds of one image. */
  readonly macs: number;
  /** N = HW / P², of the patches alone; 0 without any. */
  readonly patches: number;
  /** With class token and registers: the length of the sequence. */
  readonly tokens: number;
  /** Ω(MSA) of one block. */
  readonly omegaMsa: number;
  readonly finished: number;
  readonly of: number;
}

/** What came of a sweep so far. */
export interface SweepResults {
  readonly sweep: SweepSummary;
  /** What varies: `values` in the order of an axis, numbers by their size. */
  readonly axes: readonly { readonly key: string; readonly name: string; readonly values: readonly string[]; readonly numeric: boolean; /** Of one that was drawn from a range. */ readonly scale?: 'linear' | 'log' }[];
  /** The best first. */
  readonly rows: readonly SweepRow[];
  readonly csv: string;
}
