import { dot, symmetricEigen } from './eigen';

/** The directions in which rows differ most. */
export interface Components {
  /** [width] */
  readonly mean: Float64Array;
  /** [count, width], unit vectors; the entry of each that is largest by size is positive, for the sign of a component means nothing. */
  readonly axes: Float64Array;
  /** Variance along each, largest first. */
  readonly variance: Float64Array;
  /** Variance along all. */
  readonly total: number;
}

/**
 * Principal components of n rows: eigenvectors of their covariance (divided by n − 1), or, where rows are fewer than columns,
 * those of their products, which are the same (Jolliffe 2002, section 3.5).
 *
 * @param rows [n, width]
 * @param count at most as many; fewer where the rows do not differ in more directions
 */
export function principalComponents(rows: Float32Array, width: number, count: number): Components {
  const n = rows.length / width;
  const mean = meanRow(rows, width);
  const centred = Float64Array.from(rows, (value, at) => value - mean[at % width]!);
  const few = n < width;
  const size = few ? n : width;
  const { values, vectors } = symmetricEigen(few ? products(centred, n, width) : products(transposed(centred, n, width), width, n), size);
  const scale = 1 / Math.max(1, n - 1);
  const most = Math.max(values[0] ?? 0, 0);
  // What is left of a direction in which nothing differs is rounding.
  const kept = [...values.keys()].slice(0, count).filter((i) => values[i]! > most * size * Number.EPSILON * 8);
  const axes = new Float64Array(kept.length * width);
  kept.forEach((from, to) => {
    const vector = vectors.subarray(from * size, (from + 1) * size);
    axes.set(oriented(few ? combined(vector, centred, width) : vector), to * width);
  });
  return { mean, axes, variance: Float64Array.from(kept, (i) => values[i]! * scale), total: Math.max(0, centred.reduce((sum, x) => sum + x * x, 0) * scale) };
}

/** Where each row lies along the axes: [n, count]. */
export function project(rows: Float32Array, { mean, axes }: Components): Float32Array {
  const width = mean.length;
  const [n, count] = [rows.length / width, axes.length / width];
  const out = new Float32Array(n * count);
  const row = new Float64Array(width);
  for (let i = 0; i < n; i++) {
    for (let d = 0; d < width; d++) row[d] = rows[i * width + d]! - mean[d]!;
    for (let k = 0; k < count; k++) out[i * count + k] = dot(row, axes.subarray(k * width, (k + 1) * width));
  }
  return out;
}

function meanRow(rows: Float32Array, width: number): Float64Array {
  const mean = new Float64Array(width);
  rows.forEach((value, at) => (mean[at % width]! += value));
  return mean.map((sum) => (sum * width) / rows.length);
}

/** Products of all pairs of rows: [n, n]. */
function products(rows: Float64Array, n: number, width: number): Float64Array {
  const out = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    const row = rows.subarray(i * width, (i + 1) * width);
    for (let j = i; j < n; j++) {
      const value = dot(row, rows.subarray(j * width, (j + 1) * width));
      out[i * n + j] = value;
      out[j * n + i] = value;
    }
  }
  return out;
}

function transposed(rows: Float64Array, n: number, width: number): Float64Array {
  const out = new Float64Array(rows.length);
  for (let i = 0; i < n; i++) for (let d = 0; d < width; d++) out[d * n + i] = rows[i * width + d]!;
  return out;
}

/** The direction that weights of the rows make. */
function combined(weights: Float64Array, rows: Float64Array, width: number): Float64Array {
  const out = new Float64Array(width);
  weights.forEach((weight, i) => {
    for (let d = 0; d < width; d++) out[d]! += weight * rows[i * width + d]!;
  });
  const norm = Math.sqrt(dot(out, out));
  return out.map((x) => x / norm);
}

function oriented(axis: Float64Array): Float64Array {
  const largest = axis.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a), 0);
  return largest < 0 ? axis.map((x) => -x) : axis;
}
