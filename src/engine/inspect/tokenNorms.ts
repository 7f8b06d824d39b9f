import type { FloatTensor } from '../tensors';

/** Euclidean length of each token: [1, T, D] → [T]. */
export function tokenNorms({ shape, data }: FloatTensor): Float32Array {
  const D = shape.at(-1)!;
  return Float32Array.from({ length: data.length / D }, (_, token) => {
    let sum = 0;
    for (let d = 0; d < D; d++) sum += data[token * D + d]! ** 2;
    return Math.sqrt(sum);
  });
}
