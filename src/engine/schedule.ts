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
