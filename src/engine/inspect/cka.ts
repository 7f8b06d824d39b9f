/**
 * How alike two representations of the same images are, whatever rotates or scales their features: linear centred kernel
 * alignment (Kornblith et al. 2019, section 3; used for ViTs by Raghu et al. 2021).
 */

/** Products of the rows of all pairs of images: [M, F] → [M, M]. */
export function gram(rows: Float32Array, M: number): Float64Array {
  const F = rows.length / M;
  const out = new Float64Array(M * M);
  for (let i = 0; i < M; i++)
    for (let j = i; j < M; j++) {
      let sum = 0;
      for (let f = 0; f < F; f++) sum += rows[i * F + f]! * rows[j * F + f]!;
      out[i * M + j] = sum;
      out[j * M + i] = sum;
    }
  return out;
}

/** A Gram matrix without the means of its rows and columns: HKH with H = I − 1/M. */
export function centred(K: Float64Array, M: number): Float64Array {
  const means = Float64Array.from({ length: M }, (_, i) => K.subarray(i * M, (i + 1) * M).reduce((a, b) => a + b, 0) / M);
  const all = means.reduce((a, b) => a + b, 0) / M;
  return K.map((value, at) => value - means[Math.floor(at / M)]! - means[at % M]! + all);
}

/** ⟨HKH, HLH⟩ / (‖HKH‖ ‖HLH‖), of matrices that are centred. */
export function cka(K: Float64Array, L: Float64Array): number {
  return inner(K, L) / Math.sqrt(inner(K, K) * inner(L, L));
}

/** Whether the images differ at all in their features, and by more than rounding: the class token of the embedding is the same for all. */
export function varies(K: Float64Array, HKH: Float64Array): boolean {
  return inner(HKH, HKH) > 1e-10 * inner(K, K);
}

/** A Gram matrix prepared for `debiasedCka`: its diagonal at 0, and the sums of its rows. */
export interface Hollow {
  readonly K: Float64Array;
  readonly sums: Float64Array;
}

export function hollow(matrix: Float64Array, M: number): Hollow {
  const K = matrix.map((value, at) => (at % (M + 1) === 0 ? 0 : value));
  return { K, sums: Float64Array.from({ length: M }, (_, i) => K.subarray(i * M, (i + 1) * M).reduce((a, b) => a + b, 0)) };
}

/**
 * The same with the unbiased estimate of HSIC (Song et al. 2012, equation 5; Nguyen et al. 2021): where images are not many
 * more than features, the plain one is near 1 for features that have nothing in common. Needs four images.
 */
export function debiasedCka(a: Hollow, b: Hollow, M: number): number {
  return unbiasedHsic(a, b, M) / Math.sqrt(unbiasedHsic(a, a, M) * unbiasedHsic(b, b, M));
}

function unbiasedHsic(a: Hollow, b: Hollow, M: number): number {
  const [all, other] = [a.sums, b.sums].map((sums) => sums.reduce((x, y) => x + y, 0)) as [number, number];
  const sum = inner(a.K, b.K) + (all * other) / ((M - 1) * (M - 2)) - (2 / (M - 2)) * inner(a.sums, b.sums);
  return sum / (M * (M - 3));
}

function inner(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
