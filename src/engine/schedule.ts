import type { TrainConfig } from './config/schema';

export type ScheduleConfig = Pick<TrainConfig, 'lr' | 'min_lr' | 'warmup_epochs' | 'epochs' | 'schedule' | 'cycles' | 'decay_epochs' | 'decay_rate' | 'cooldown_epochs'>;

/** Steps of warm-up, and the last step before the cool-down. */
export function scheduleEdges(stepsPerEpoch: number, { warmup_epochs: warmupEpochs, cooldown_epochs: cooldownEpochs, epochs }: ScheduleConfig): { readonly warmup: number; readonly last: number } {
  const warmup = Math.round(Math.min(warmupEpochs, epochs) * stepsPerEpoch);
  return { warmup, last: Math.max(warmup, epochs * stepsPerEpoch - 1 - Math.round(Math.min(cooldownEpochs, epochs) * stepsPerEpoch)) };
}

/** Of the peak, where the rise of one cycle begins (PyTorch's `div_factor`). */
const ONE_CYCLE_START = 1 / 25;

/**
 * The learning rate of a step (the first is 0): warm-up over `warmup_epochs`, then what `schedule` says until
 * `cooldown_epochs` before the end, then `min_lr`.
 *
 * - `cosine`: half a cosine from the peak to `min_lr`, or `cycles` of them, each from the peak again (Loshchilov & Hutter
 *   2017, SGDR; PyTorch's `CosineAnnealingLR` and `CosineAnnealingWarmRestarts` by the step)
 * - `linear`: a straight line to `min_lr`
 * - `step`: times `decay_rate` every `decay_epochs`, never below `min_lr` (`StepLR` by the step)
 * - `constant`
 * - `plateau`: what is left of it after the plateaus so far
 * - `one_cycle`: the warm-up is half a cosine from a 25th of the peak, and what follows one down to `min_lr` (Smith & Topin
 *   2018; `OneCycleLR`)
 *
 * All others warm up linearly from zero.
 *
 * @param plateau of `plateau`; without it there has been none
 */
export function learningRate(step: number, stepsPerEpoch: number, config: ScheduleConfig, plateau?: Pick<Plateau, 'lr'>): number {
  const { lr, min_lr: end, cooldown_epochs: cooldownEpochs, schedule } = config;
  const { warmup, last } = scheduleEdges(stepsPerEpoch, config);
  if (step < warmup) return schedule === 'one_cycle' ? cosine(lr * ONE_CYCLE_START, lr, step / Math.max(1, warmup - 1)) : (lr * (step + 1)) / warmup;
  // What has a step of its own after the cool-down has begun is at its end.
  if (cooldownEpochs > 0 && step > last) return end;
  // The rise of one cycle ends with the step that has the peak; all others begin there.
  const from = schedule === 'one_cycle' ? Math.max(0, warmup - 1) : warmup;
  const progress = Math.min(1, (step - from) / Math.max(1, last - from));
  switch (schedule) {
    case 'cosine':
      return cosine(lr, end, withinCycle(progress, config.cycles));
    case 'one_cycle':
      return cosine(lr, end, progress);
    case 'linear':
      return lr + (end - lr) * progress;
    case 'step':
      return Math.max(Math.min(end, lr), lr * config.decay_rate ** Math.floor((step - warmup) / (config.decay_epochs * stepsPerEpoch)));
    case 'constant':
      return lr;
    case 'plateau':
      return plateau?.lr ?? lr;
  }
}

/** Where the schedule `plateau` is. */
export interface Plateau {
  /** The learning rate behind the warm-up. */
  readonly lr: number;
  /** Of the value that is watched; null before the first. */
  readonly best: number | null;
  /** Epochs without improvement. */
  readonly bad: number;
  /** Epochs that are not counted any more. */
  readonly cooldown: number;
}

export type PlateauConfig = Pick<TrainConfig, 'lr' | 'min_lr' | 'decay_rate' | 'plateau' | 'monitor'>;

/** A smaller change of the learning rate than this is none, as in PyTorch. */
const LEAST_CHANGE = 1e-8;

export function startPlateau({ lr }: Pick<PlateauConfig, 'lr'>): Plateau {
  return { lr, best: null, bad: 0, cooldown: 0 };
}

/** The plateau after an epoch with this value of `monitor`: PyTorch's `ReduceLROnPlateau` with a relative threshold. */
export function plateauAfter({ lr, best, bad, cooldown }: Plateau, value: number, { min_lr: least, decay_rate: factor, plateau, monitor }: PlateauConfig): Plateau {
  const { threshold, patience } = plateau;
  const better = best === null ? !Number.isNaN(value) : monitor === 'val/loss' ? value < best * (1 - threshold) : value > best * (1 + threshold);
  const counted = cooldown > 0 ? 0 : better ? 0 : bad + 1;
  const now = { best: better ? value : best, cooldown: Math.max(0, cooldown - 1) };
  if (counted <= patience) return { lr, bad: counted, ...now };
  const lower = Math.max(lr * factor, least);
  return { lr: lr - lower > LEAST_CHANGE ? lower : lr, bad: 0, best: now.best, cooldown: plateau.cooldown };
}

/** From `a` to `b` along half a cosine. */
function cosine(a: number, b: number, progress: number): number {
  return b + (a - b) * 0.5 * (1 + Math.cos(Math.PI * progress));
}

function withinCycle(progress: number, cycles: number): number {
  return progress >= 1 ? 1 : (progress * cycles) % 1;
}

/**
 * The decay of the running average of the weights at optimizer step t (the first is 1): it begins low, so that the
 * initial weights are soon forgotten, as TensorFlow's `ExponentialMovingAverage` does with `num_updates`.
 */
export function averageDecay(t: number, decay: number): number {
  return Math.min(decay, (1 + t) / (10 + t));
}

/** What an optimizer needs to know of a step: its learning rate and the corrections 1 / (1 − β₁ᵗ) and 1 / √(1 − β₂ᵗ) of its moments. */
export interface OptimizerNumbers {
  readonly lr: number;
  readonly correction1: number;
  readonly correction2: number;
}

/**
 * The scalars of optimizer step t (the first is 1), computed in double precision on the host as PyTorch does.
 */
export function optimizerScalars(lr: number, t: number, [beta1, beta2]: readonly [number, number]): OptimizerNumbers {
  return { lr, correction1: 1 / (1 - beta1 ** t), correction2: 1 / Math.sqrt(1 - beta2 ** t) };
}
