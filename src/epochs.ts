/** How far a training is. */
export interface Progress {
  readonly epochs: number;
  readonly step: number;
  readonly steps: number;
}

/**
 * Epochs that are over: what lists count, as checkpoints do. A run that stopped in its first epoch has done none.
 *
 * @param recorded what stands for it where the steps are not known
 */
export function epochsDone({ epochs, step, steps }: Progress, recorded: number): number {
  return steps > 0 ? Math.min(epochs, Math.floor((step * epochs) / steps)) : recorded;
}

/** Whether an epoch has begun and is not over. */
export function isWithinEpoch({ epochs, step, steps }: Progress): boolean {
  return steps > 0 && (step * epochs) % steps !== 0;
}

/** Whether a checkpoint, by its name or its file, was saved within an epoch, as a stop does: the epoch that it tells is the last whole one before. */
export function isFromWithin(checkpoint: string): boolean {
  return /-step-\d+(\.safetensors)?$/.test(checkpoint);
}
