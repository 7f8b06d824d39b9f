/**
 * Mean cosine similarity of all pairs of different rows: that of patches grows with depth where tokens become alike
 * (over-smoothing: Dong et al. 2021; the measure of Wang et al. 2022, Anti-Oversmoothing in Deep Vision Transformers).
 * The sum over all pairs is the square of the sum of unit rows, so that no matrix is needed.
 *
 * @param rows [n, width]
 * @returns NaN for fewer than two rows
 */
export function meanCosine(rows: Float32Array, width: number): number {
  const n = rows.length / width;
  const sum = new Float64Array(width);
  let own = 0;
  for (let i = 0; i < n; i++) {
    let square = 0;
    for (let d = 0; d < width; d++) square += rows[i * width + d]! ** 2;
    if (square === 0) continue;
    own += 1;
    const scale = 1 / Math.sqrt(square);
    for (let d = 0; d < width; d++) sum[d]! += rows[i * width + d]! * scale;
  }
  return (sum.reduce((total, x) => total + x * x, 0) - own) / (n * (n - 1));
}

/** Mean of the cosines of one row with the others; a row of zeros is like nothing. */
export function cosineWith(rows: Float32Array, width: number, one: Float32Array): number {
  const n = rows.length / width;
  const length = Math.hypot(...one);
  let total = 0;
  for (let i = 0; i < n; i++) {
    let [product, square] = [0, 0];
    for (let d = 0; d < width; d++) {
      product += rows[i * width + d]! * one[d]!;
      square += rows[i * width + d]! ** 2;
    }
    if (square > 0 && length > 0) total += product / (Math.sqrt(square) * length);
  }
  return total / n;
}
