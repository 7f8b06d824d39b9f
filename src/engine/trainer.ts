import type { ConfusionMatrix, Metrics } from '../protocol';
import type { Executor, TrainState } from './compile/executor';
import type { Config } from './config/schema';
import type { Dataset } from './dataset/dataset';
import type { ViTSpec } from './model/spec';

/** Everything a training needs to go on from a step: with the seed in `config` it fixes all that follows. */
export interface TrainPoint {
  readonly state: TrainState;
  /** Epochs completed. */
  readonly epoch: number;
  /** Steps done in the epoch that is under way. */
  readonly stepInEpoch: number;
  /** Sums over the steps of the epoch under way. */
  readonly running: { readonly loss: number; readonly correct: number; readonly seen: number };
  readonly best: { readonly value: number; readonly epoch: number } | null;
  /** Epochs since the last improvement. */
  readonly stale: number;
}

export interface TrainPlan {
  readonly config: Config;
  readonly spec: ViTSpec;
  readonly dataset: Dataset;
  readonly executor: Executor;
  /** Where to go on; without it, a fresh initialisation. */
  readonly from?: TrainPoint;
  /** Asked between two steps: true stops with a checkpoint. */
  readonly signal?: AbortSignal;
}

/** What the trainer yields. It knows neither store nor screen. */
export type TrainEvent =
  | { readonly type: 'step'; readonly epoch: number; readonly step: number; readonly loss: number; readonly lr: number; readonly gradNorm: number; readonly images: number }
  | {
      readonly type: 'epoch';
      readonly epoch: number;
      readonly step: number;
      /** train/loss, train/top1, val/loss, val/top1, val/precision, val/recall, val/f1, lr */
      readonly metrics: Metrics;
      readonly confusion: ConfusionMatrix | null;
      readonly improved: boolean;
    }
  /** The receiver stores it before it asks for the next event. `final` when the training stops here. */
  | { readonly type: 'point'; readonly point: TrainPoint; readonly improved: boolean; readonly metrics: Metrics }
  | {
      readonly type: 'ended';
      readonly reason: 'completed' | 'early-stop' | 'stopped' | 'non-finite';
      readonly epoch: number;
      readonly step: number;
    };
