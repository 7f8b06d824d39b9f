import { resizeMatrix, type Matrix } from '../model/resizeMatrix';
import type { FloatTensor } from '../tensors';
import type { PositionRule } from '../weights/schemes/scheme';

export type Grid = readonly [rows: number, columns: number];

/**
 * A position table [1, prefix + rows · columns, D] for another grid; the prefix stays.
 *
 * @param rule of the family that trained it
 */
export function resizePositions({ shape, data }: FloatTensor, prefix: number, from: Grid, to: Grid, rule: PositionRule): FloatTensor {
  const D = shape[2]!;
  const table = along(along({ rows: from[0], columns: from[1] * D, data: Float64Array.from(data.subarray(prefix * D)) }, resizeMatrix(from[0], to[0], rule)), resizeMatrix(from[1], to[1], rule), { rows: to[0], from: from[1], D });
  const out = new Float32Array((prefix + to[0] * to[1]) * D);
  out.set(data.subarray(0, prefix * D));
  out.set(table.data, prefix * D);
  return { shape: [1, prefix + to[0] * to[1], D], data: out };
}

interface Table {
  readonly rows: number;
  readonly columns: number;
  readonly data: Float64Array;
}

/** Multiplies the rows by a matrix; with `inner`, the second axis of [rows, from, D]. */
function along(table: Table, matrix: Matrix, inner?: { readonly rows: number; readonly from: number; readonly D: number }): Table {
  if (inner) {
    const { rows, from, D } = inner;
    const out = new Float64Array(rows * matrix.length * D);
    for (let r = 0; r < rows; r++) out.set(along({ rows: from, columns: D, data: table.data.subarray(r * from * D, (r + 1) * from * D) }, matrix).data, r * matrix.length * D);
    return { rows, columns: matrix.length * D, data: out };
  }
  const { columns, data } = table;
  const out = new Float64Array(matrix.length * columns);
  for (const [i, weights] of matrix.entries())
    for (const [j, weight] of weights.entries()) if (weight !== 0) for (let c = 0; c < columns; c++) out[i * columns + c] = out[i * columns + c]! + weight * data[j * columns + c]!;
  return { rows: matrix.length, columns, data: out };
}

/**
 * A patch projection [D, C, P₁, P₂] for patches of another size, so that resized patches give the same tokens (Beyer et al.
 * 2023, FlexiViT, section 3.4): the pseudo-inverse of the resize, which is one of each axis, as timm's `resample_patch_embed`.
 */
export function resizePatches({ shape, data }: FloatTensor, to: Grid): FloatTensor {
  const [D, C, P1, P2] = shape as [number, number, number, number];
  const [down, across] = [pseudoInverse(transposed(resizeMatrix(P1, to[0], 'timm'))), pseudoInverse(transposed(resizeMatrix(P2, to[1], 'timm')))];
  const size = to[0] * to[1];
  const out = new Float32Array(D * C * size);
  for (let k = 0; k < D * C; k++) {
    const patch = { rows: P1, columns: P2, data: Float64Array.from(data.subarray(k * P1 * P2, (k + 1) * P1 * P2)) };
    out.set(along(along(patch, down), across, { rows: to[0], from: P2, D: 1 }).data, k * size);
  }
  return { shape: [D, C, ...to], data: out };
}

function transposed(matrix: Matrix): Matrix {
  return Array.from(matrix[0]!, (_, j) => Float64Array.from(matrix, (row) => row[j]!));
}

function product(a: Matrix, b: Matrix): Matrix {
  return a.map((row) => Float64Array.from(b[0]!, (_, j) => row.reduce((sum, value, k) => sum + value * b[k]![j]!, 0)));
}

/** Of a matrix of full rank: Mᵀ(MMᵀ)⁻¹ where it is wide, (MᵀM)⁻¹Mᵀ where it is tall. */
function pseudoInverse(matrix: Matrix): Matrix {
  const flipped = transposed(matrix);
  return matrix.length <= matrix[0]!.length ? product(flipped, inverse(product(matrix, flipped))) : product(inverse(product(flipped, matrix)), flipped);
}

/** Gauss and Jordan, with pivots. */
function inverse(matrix: Matrix): Matrix {
  const n = matrix.length;
  const rows = matrix.map((row, i) => Float64Array.from({ length: 2 * n }, (_, j) => (j < n ? row[j]! : j - n === i ? 1 : 0)));
  for (let column = 0; column < n; column++) {
    const pivot = rows.reduce((best, row, i) => (i >= column && Math.abs(row[column]!) > Math.abs(rows[best]![column]!) ? i : best), column);
    [rows[column], rows[pivot]] = [rows[pivot]!, rows[column]!];
    const own = rows[column]!.map((value) => value / rows[column]![column]!);
    rows[column] = own;
    for (let i = 0; i < n; i++) {
      const factor = rows[i]![column]!;
      if (i !== column && factor !== 0) rows[i] = rows[i]!.map((value, j) => value - factor * own[j]!);
    }
  }
  return rows.map((row) => row.slice(n));
}
