import type { FloatTensor } from '../tensors';

type Grid = readonly [rows: number, columns: number];

/**
 * A learned position embedding [1, prefix + N, D] for another grid of patches, as timm's `resample_abs_pos_embed` does:
 * bicubic (a = −0.5), antialiased where it shrinks; the rows of prefix tokens stay as they are.
 */
export function resizePositions({ shape, data }: FloatTensor, from: Grid, to: Grid): FloatTensor {
  const [, count, D] = shape as [number, number, number];
  const prefix = (count - from[0] * from[1]) * D;
  const across = resizeAxis(data.subarray(prefix), { outer: from[0], from: from[1], to: to[1], inner: D });
  const down = resizeAxis(across, { outer: 1, from: from[0], to: to[0], inner: to[1] * D });
  const out = new Float32Array(prefix + down.length);
  out.set(data.subarray(0, prefix));
  out.set(down, prefix);
  return { shape: [1, out.length / D, D], data: out };
}

/** Along the middle axis of [outer, from, inner]. */
function resizeAxis(data: ArrayLike<number>, { outer, from, to, inner }: { outer: number; from: number; to: number; inner: number }): Float64Array {
  const out = new Float64Array(outer * to * inner);
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < to; i++) {
      const { first, weights } = tapsAt(i, from / to, from);
      const at = (o * to + i) * inner;
      weights.forEach((weight, t) => {
        const source = (o * from + first + t) * inner;
        for (let k = 0; k < inner; k++) out[at + k]! += weight * data[source + k]!;
      });
    }
  }
  return out;
}

/** The inputs that make output `i`, with weights that add up to 1. */
function tapsAt(i: number, scale: number, count: number): { readonly first: number; readonly weights: readonly number[] } {
  const stretch = Math.max(scale, 1);
  const centre = (i + 0.5) * scale;
  const first = Math.max(0, Math.trunc(centre - 2 * stretch + 0.5));
  const last = Math.min(count, Math.trunc(centre + 2 * stretch + 0.5));
  const weights = Array.from({ length: last - first }, (_, t) => cubic((t + first - centre + 0.5) / stretch));
  const sum = weights.reduce((a, b) => a + b, 0);
  return { first, weights: weights.map((weight) => weight / sum) };
}

/** Keys' cubic with a = −0.5, as antialiased resizing has it in PyTorch and PIL. */
function cubic(x: number): number {
  const t = Math.abs(x);
  if (t < 1) return (1.5 * t - 2.5) * t * t + 1;
  return t < 2 ? ((-0.5 * t + 2.5) * t - 4) * t + 2 : 0;
}
