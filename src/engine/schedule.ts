import type { TrainConfig } from './config/schema';

/**
 * The learning rate of a step (the first is 0): linear warm-up from zero to the peak over `warmup_epochs`, then half a
 * cosine (Loshchilov & Hutter 2017, SGDR, without restarts) that reaches `min_lr` at the last step.
 */
export function learningRate(
  step: number,
  stepsPerEpoch: number,
  { lr, min_lr: end, warmup_epochs: warmupEpochs, epochs }: Pick<TrainConfig, 'lr' | 'min_lr' | 'warmup_epochs' | 'epochs'>,
): number {
  const warmup = Math.round(Math.min(warmupEpochs, epochs) * stepsPerEpoch);
  if (step < warmup) return (lr * (step + 1)) / warmup;
  const progress = Math.min(1, (step - warmup) / Math.max(1, epochs * stepsPerEpoch - 1 - warmup));
  return end + (lr - end) * 0.5 * (1 + Math.cos(Math.PI * progress));
}

/**
 * The decay of the running average of the weights at optimizer step t (the first is 1): it begins low, so that the
 * initial weights are soon forgotten, as TensorFlow's `ExponentialMovingAverage` does with `num_updates`.
 */
export function averageDecay(t: number, decay: number): number {
  return Math.min(decay, (1 + t) / (10 + t));
}

/** What AdamW needs to know of a step: its learning rate and the corrections 1 / (1 − β₁ᵗ) and 1 / √(1 − β₂ᵗ) of its moments. */
export interface AdamWNumbers {
  readonly lr: number;
  readonly correction1: number;
  readonly correction2: number;
}

/**
 * The scalars of optimizer step t (the first is 1), computed in double precision on the host as PyTorch does.
 */
export function adamWScalars(lr: number, t: number, [beta1, beta2]: readonly [number, number]): AdamWNumbers {
  return { lr, correction1: 1 / (1 - beta1 ** t), correction2: 1 / Math.sqrt(1 - beta2 ** t) };
}
