import { drawMask, noiseSpecs } from '../model/noise';
import type { ViTSpec } from '../model/spec';
import type { FloatTensor } from '../tensors';
import type { StepInput, StepResult } from './executor';
import { sizeOf } from './graph';
import type { StepPart } from './groups';

/** Rows of a batch, and which part of a step works on them. */
export interface BatchPart {
  readonly part: StepPart;
  readonly rows: number;
  /** `images`, `targets`, `teacher` and the masks, by the names that they have as inputs of `traceStep`. */
  readonly tensors: readonly (readonly [name: string, tensor: FloatTensor])[];
  /** The scalar that weighs this part; none for a batch in one part. */
  readonly share: number | undefined;
}

/** How `count` parts divide a batch of B: rows of each, as even as can be. */
export function rowsOfParts(B: number, count: number): readonly number[] {
  const size = Math.ceil(B / count);
  return Array.from({ length: Math.ceil(B / size) }, (_, i) => Math.min(size, B - i * size));
}

/** Which part of a step the part with this index does. */
export function partAt(index: number, count: number): StepPart {
  if (count === 1) return 'whole';
  return index < count - 1 ? 'add' : 'last';
}

/**
 * The batch in parts. Masks are drawn for the whole batch and cut, so that how a batch is parted changes nothing but the
 * order of sums.
 *
 * @param place where each tensor of the batch, by its name, is put before it is cut
 */
export function partsOf(spec: ViTSpec, { images, targets, teacher, noiseSeed: [seed, step] }: StepInput, count: number, place = (tensor: FloatTensor, _name: string): FloatTensor => tensor): readonly BatchPart[] {
  const B = images.shape[0]!;
  const masks = noiseSpecs(spec, B).map((mask) => [`noise.${mask.name}`, drawMask(mask, seed, step)] as const);
  const all = ([['images', images], ['targets', targets], ...(teacher ? [['teacher', teacher] as const] : []), ...masks] as const).map(([name, tensor]) => [name, place(tensor, name)] as const);
  let from = 0;
  return rowsOfParts(B, count).map((rows, i, { length }) => {
    const part = partAt(i, length);
    const tensors = all.map(([name, tensor]) => [name, rowsOf(tensor, from, from + rows)] as const);
    from += rows;
    return { part, rows, tensors, share: part === 'whole' ? undefined : rows / B };
  });
}

/** Some rows of a tensor, along its first axis; they share its memory. */
export function rowsOf({ shape: [, ...rest], data }: FloatTensor, from: number, to: number): FloatTensor {
  const row = sizeOf(rest);
  return { shape: [to - from, ...rest], data: data.subarray(from * row, to * row) };
}

/** What a part of a batch gives. */
export interface PartResult {
  readonly rows: number;
  readonly loss: number;
  readonly logits: FloatTensor;
}

/** Loss and logits of the whole batch: a mean of means weighs each with its rows. */
export function joined(parts: readonly PartResult[]): Omit<StepResult, 'gradNorm'> {
  if (parts.length === 1) return { loss: parts[0]!.loss, logits: parts[0]!.logits };
  const rows = parts.reduce((sum, part) => sum + part.rows, 0);
  const classes = parts[0]!.logits.shape[1]!;
  const data = new Float32Array(rows * classes);
  let at = 0;
  for (const { logits } of parts) {
    data.set(logits.data, at);
    at += logits.data.length;
  }
  return { loss: parts.reduce((sum, part) => sum + (part.loss * part.rows) / rows, 0), logits: { shape: [rows, classes], data } };
}
