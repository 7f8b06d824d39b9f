import { createHash } from 'node:crypto';
import type { Split } from '../dataset/dataset';
import { argmax, exponentials, rowOf } from '../metrics/logits';
import { randomAt } from '../random';
import type { FloatTensor } from '../tensors';
import type { Predictions } from './material';

/** Hears an evaluation, and keeps what it says of every image. */
export function startPredictions(split: Split, place: string, classes: number): { readonly add: (logits: FloatTensor, indices: Int32Array) => void; readonly predictions: Predictions } {
  const N = split.size;
  const predictions = { labels: split.labels.slice(), guesses: new Int32Array(N), confidence: new Float32Array(N), own: new Float32Array(N), images: imagesKey(split, place) };
  const weights = new Float64Array(classes);
  return {
    predictions,
    add: (logits, indices) =>
      indices.forEach((image, row) => {
        const values = rowOf(logits, row);
        const guess = argmax(values);
        const sum = exponentials(values, weights);
        predictions.guesses[image] = guess;
        predictions.confidence[image] = weights[guess]! / sum;
        predictions.own[image] = weights[split.labels[image]!]! / sum;
      }),
  };
}

/** Tells whether two runs were given the same images in the same order, wherever these lay: by their names and classes. */
function imagesKey(split: Split, place: string): string {
  const hash = createHash('sha256');
  for (let i = 0; i < split.size; i++) hash.update(`${split.name(i).replace(place, '')}\n${split.labels[i]!}\n`);
  return hash.digest('hex');
}

export function rightOf({ labels, guesses }: Predictions): number[] {
  return [...labels.keys()].filter((i) => guesses[i] === labels[i]);
}

export function wrongOf({ labels, guesses }: Predictions): number[] {
  return [...labels.keys()].filter((i) => guesses[i] !== labels[i]);
}

/** The surest first; equal ones in the order of the split. */
export function bySureness(images: readonly number[], { confidence }: Predictions): number[] {
  return [...images].sort((a, b) => confidence[b]! - confidence[a]! || a - b);
}

/** So many of them, drawn without replacement, the same each time. */
export function drawn(images: readonly number[], count: number): number[] {
  const random = randomAt(0, 'images of a report');
  const left = [...images];
  return Array.from({ length: Math.min(count, left.length) }, () => left.splice(random.int(left.length), 1)[0]!);
}
