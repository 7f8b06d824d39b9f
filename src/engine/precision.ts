import { setImmediate } from 'node:timers/promises';
import type { PrecisionChange } from '../protocol';
import type { Precision } from './compile/executor';
import type { Split } from './dataset/dataset';
import { normalise } from './image';
import { softmax } from './inspect/predictions';
import type { Looker, Opened } from './looking';
import { openOwnSplit } from './ownDataset';
import type { FloatTensor } from './tensors';

/** More validation images change a percentage by less than it is shown with. */
const IMAGES = 1000;
const BATCH = 32;

export interface PrecisionQuestion {
  readonly checkpoint: string;
  readonly precision: Exclude<Precision, 'fp32'>;
  /** Another place of the dataset. */
  readonly data?: string;
}

/**
 * How a checkpoint's answers change when it computes in a lower precision, on the validation images of its own run.
 *
 * @throws UserError when they cannot be found
 */
export async function measurePrecision(
  { checkpoint, precision, data }: PrecisionQuestion,
  looker: Looker,
  signal: AbortSignal,
  onProgress: (progress: { readonly done: number; readonly of: number }) => void,
): Promise<PrecisionChange> {
  return looker.withCheckpoint(checkpoint, (full) =>
    looker.withCheckpoint(checkpoint, async (lower) => compare(full, lower, await openOwnSplit(full, 'val', { data, signal }), signal, onProgress), precision),
  );
}

async function compare(full: Opened, lower: Opened, split: Split, signal: AbortSignal, onProgress: (progress: { done: number; of: number }) => void): Promise<PrecisionChange> {
  const of = Math.min(split.size, IMAGES);
  // Spread over the whole split, which may be in the order of its classes.
  const indices = Int32Array.from({ length: of }, (_, i) => Math.floor((i * split.size) / of));
  const total = { fp32: 0, lower: 0, same: 0, delta: 0 };
  for (let done = 0; done < of; done += BATCH) {
    signal.throwIfAborted();
    onProgress({ done, of });
    const part = indices.subarray(done, done + BATCH);
    const bytes = await split.read(part);
    const images = { shape: [bytes.count, bytes.height, bytes.width, bytes.channels], data: normalise(bytes, full.meta.config.image) };
    const [a, b] = [(await full.session.forward(images)).logits, (await lower.session.forward(images)).logits];
    part.forEach((index, row) => {
      const [p, q] = [softmax(rowOf(a, row)), softmax(rowOf(b, row))];
      const [guess, other] = [likeliest(p), likeliest(q)];
      total.fp32 += Number(guess === split.labels[index]);
      total.lower += Number(other === split.labels[index]);
      total.same += Number(guess === other);
      total.delta += p.reduce((sum, x, k) => sum + Math.abs(x - q[k]!), 0) / p.length;
    });
    await setImmediate();
  }
  onProgress({ done: of, of });
  return { images: of, top1: { fp32: total.fp32 / of, lower: total.lower / of }, agreement: total.same / of, probability: total.delta / of };
}

function rowOf({ shape, data }: FloatTensor, row: number): Float32Array {
  const classes = shape[1]!;
  return data.subarray(row * classes, (row + 1) * classes);
}

function likeliest(probabilities: Float64Array): number {
  return probabilities.reduce((best, value, k) => (value > probabilities[best]! ? k : best), 0);
}
