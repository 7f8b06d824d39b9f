import { dot } from './eigen';

export interface Near {
  readonly index: number;
  /** Cosine of the angle between the features. */
  readonly similarity: number;
}

/** Rows of [M, F] brought to length 1; a row of zeros stays. */
export function unitRows(rows: Float32Array, F: number): Float32Array {
  const out = Float32Array.from(rows);
  for (let from = 0; from < out.length; from += F) {
    const row = out.subarray(from, from + F);
    const norm = Math.sqrt(dot(row, row));
    if (norm > 0) for (let f = 0; f < F; f++) row[f]! /= norm;
  }
  return out;
}

/**
 * The rows that are nearest to a query by cosine, nearest first; equal ones in their order.
 *
 * @param rows unit rows [M, F]
 */
export function nearest(rows: Float32Array, query: Float32Array, count: number): readonly Near[] {
  const F = query.length;
  const [unit] = [unitRows(query, F)];
  const similar = Float32Array.from({ length: rows.length / F }, (_, i) => dot(rows.subarray(i * F, (i + 1) * F), unit));
  return [...similar.keys()].sort((a, b) => similar[b]! - similar[a]! || a - b).slice(0, count).map((index) => ({ index, similarity: similar[index]! }));
}
