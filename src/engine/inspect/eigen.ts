/** Eigenvalues of a symmetric matrix, largest first, and their unit eigenvectors, row by row. */
export interface Eigen {
  readonly values: Float64Array;
  /** [n, n] */
  readonly vectors: Float64Array;
}

/**
 * All eigenvalues and eigenvectors of a symmetric matrix: Householder reflections to a tridiagonal one, then implicit QL steps
 * (Golub and Van Loan, Matrix Computations, sections 8.3.1 and 8.3.3). About 5 n³ operations.
 *
 * @param matrix [n, n]; it is left as it is
 */
export function symmetricEigen(matrix: Float64Array, n: number): Eigen {
  const { diagonal, beside, reflections } = tridiagonal(matrix, n);
  const rows = new Float64Array(n * n);
  for (let i = 0; i < n; i++) rows[i * n + i] = 1;
  implicitQl(diagonal, beside, rows);
  const order = [...diagonal.keys()].sort((a, b) => diagonal[b]! - diagonal[a]!);
  const vectors = new Float64Array(n * n);
  order.forEach((from, to) => vectors.set(rows.subarray(from * n, (from + 1) * n), to * n));
  for (let i = 0; i < n; i++) reflectBack(vectors.subarray(i * n, (i + 1) * n), reflections, n);
  return { values: Float64Array.from(order, (i) => diagonal[i]!), vectors };
}

interface Tridiagonal {
  readonly diagonal: Float64Array;
  /** Entry i stands between i and i + 1; the last is 0. */
  readonly beside: Float64Array;
  /** [n, n]: the unit vectors of the reflections, in their order; row k begins at k + 1. */
  readonly reflections: Float64Array;
}

function tridiagonal(matrix: Float64Array, n: number): Tridiagonal {
  const a = matrix.slice();
  const reflections = new Float64Array(n * n);
  const p = new Float64Array(n);
  for (let k = 0; k < n - 2; k++) {
    const v = reflections.subarray(k * n, (k + 1) * n);
    if (!reflectionOf(a, k, n, v)) continue;
    for (let i = k; i < n; i++) p[i] = 2 * dot(a.subarray(i * n + k, (i + 1) * n), v.subarray(k));
    const along = dot(v, p);
    for (let i = k; i < n; i++) p[i]! -= along * v[i]!;
    for (let i = k; i < n; i++) {
      const vi = v[i]!;
      const wi = p[i]!;
      const row = i * n;
      for (let j = k; j < n; j++) a[row + j]! -= vi * p[j]! + wi * v[j]!;
    }
    p.fill(0);
  }
  const diagonal = Float64Array.from({ length: n }, (_, i) => a[i * n + i]!);
  const beside = Float64Array.from({ length: n }, (_, i) => (i < n - 1 ? a[(i + 1) * n + i]! : 0));
  return { diagonal, beside, reflections };
}

/** The unit vector whose reflection leaves one number below the diagonal in column k; false when there is none already. */
function reflectionOf(a: Float64Array, k: number, n: number, v: Float64Array): boolean {
  let below = 0;
  for (let i = k + 2; i < n; i++) below += a[i * n + k]! ** 2;
  if (below === 0) return false;
  const first = a[(k + 1) * n + k]!;
  const length = Math.sqrt(first * first + below);
  for (let i = k + 1; i < n; i++) v[i] = a[i * n + k]!;
  v[k + 1]! += first < 0 ? -length : length;
  const norm = Math.sqrt(dot(v, v));
  for (let i = k + 1; i < n; i++) v[i]! /= norm;
  return true;
}

/** Brings `diagonal` to the eigenvalues, and rows, an identity at first, to the eigenvectors of the tridiagonal matrix. */
function implicitQl(diagonal: Float64Array, beside: Float64Array, rows: Float64Array): void {
  const n = diagonal.length;
  for (let l = 0; l < n; l++) {
    for (let m = splitAt(diagonal, beside, l); m > l; m = splitAt(diagonal, beside, l)) qlStep({ diagonal, beside, rows }, l, m);
  }
}

/** The first place from l where the matrix falls into two. */
function splitAt(diagonal: Float64Array, beside: Float64Array, l: number): number {
  let m = l;
  while (m < diagonal.length - 1 && Math.abs(beside[m]!) > Number.EPSILON * (Math.abs(diagonal[m]!) + Math.abs(diagonal[m + 1]!))) m++;
  return m;
}

function qlStep({ diagonal: d, beside: e, rows }: { readonly diagonal: Float64Array; readonly beside: Float64Array; readonly rows: Float64Array }, l: number, m: number): void {
  const half = (d[l + 1]! - d[l]!) / (2 * e[l]!);
  const root = Math.sqrt(half * half + 1);
  let g = d[m]! - d[l]! + e[l]! / (half + (half < 0 ? -root : root));
  let [s, c, p] = [1, 1, 0];
  for (let i = m - 1; i >= l; i--) {
    const [f, b] = [s * e[i]!, c * e[i]!];
    const r = Math.sqrt(f * f + g * g);
    e[i + 1] = r;
    if (r === 0) {
      d[i + 1]! -= p;
      e[m] = 0;
      return;
    }
    [s, c] = [f / r, g / r];
    const rest = d[i + 1]! - p;
    const turn = (d[i]! - rest) * s + 2 * c * b;
    p = s * turn;
    d[i + 1] = rest + p;
    g = c * turn - b;
    rotate(rows, i, s, c, d.length);
  }
  d[l]! -= p;
  e[l] = g;
  e[m] = 0;
}

function rotate(rows: Float64Array, i: number, s: number, c: number, n: number): void {
  const upper = rows.subarray(i * n, (i + 1) * n);
  const lower = rows.subarray((i + 1) * n, (i + 2) * n);
  for (let k = 0; k < n; k++) {
    const a = upper[k]!;
    const b = lower[k]!;
    lower[k] = s * a + c * b;
    upper[k] = c * a - s * b;
  }
}

/** From an eigenvector of the tridiagonal matrix to one of the matrix that it was made of. */
function reflectBack(vector: Float64Array, reflections: Float64Array, n: number): void {
  for (let k = n - 3; k >= 0; k--) {
    const v = reflections.subarray(k * n, (k + 1) * n);
    const twice = 2 * dot(v, vector);
    if (twice !== 0) for (let i = k + 1; i < n; i++) vector[i]! -= twice * v[i]!;
  }
}

export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
