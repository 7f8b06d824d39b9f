import type { FloatTensor, TensorMap } from '../tensors';

/**
 * Between timm's layout, which every file and message uses, and the kernels that the ops want: linear weights
 * [out, in] ↔ [in, out], patch projection [D, C, P, P] ↔ [P, P, C, D]. Values are moved, never computed with, so the
 * way there and back is exact.
 */
export function toKernels(params: TensorMap): TensorMap {
  return new Map([...params].map(([name, tensor]) => [name, transpose(tensor, tensor.shape.length === 4 ? [2, 3, 1, 0] : [1, 0])]));
}

/**
 * As `toKernels`, with the linear weights left [out, in]: for products that turn them by themselves, see `turnWeights`. What lies
 * in shared memory is not copied.
 */
export function toRows(params: TensorMap): TensorMap {
  const rows = (tensor: FloatTensor): FloatTensor => (tensor.data.buffer instanceof SharedArrayBuffer ? tensor : { shape: tensor.shape, data: tensor.data.slice() });
  return new Map([...params].map(([name, tensor]) => [name, tensor.shape.length === 4 ? transpose(tensor, [2, 3, 1, 0]) : rows(tensor)]));
}

export function fromKernels(params: TensorMap): TensorMap {
  return new Map([...params].map(([name, tensor]) => [name, transpose(tensor, tensor.shape.length === 4 ? [3, 2, 0, 1] : [1, 0])]));
}

/** Permutes the axes of a tensor of as many; another tensor (biases, norms, embeddings) is copied as it is. */
function transpose({ shape, data }: FloatTensor, axes: readonly number[]): FloatTensor {
  if (shape.length !== axes.length) return { shape, data: data.slice() };
  if (shape.length === 2) return { shape: [shape[1]!, shape[0]!], data: transposed(data, shape[0]!, shape[1]!) };
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1));
  const to = axes.map((axis) => shape[axis]!);
  const steps = axes.map((axis) => strides[axis]!);
  const out = new Float32Array(data.length);
  const at = to.map(() => 0);
  let from = 0;
  for (let i = 0; i < out.length; i++) {
    out[i] = data[from]!;
    for (let axis = to.length - 1; axis >= 0; axis--) {
      from += steps[axis]!;
      if (++at[axis]! < to[axis]!) break;
      from -= steps[axis]! * to[axis]!;
      at[axis] = 0;
    }
  }
  return { shape: to, data: out };
}

/** Rows and columns of a tile: both of its sides stay in the processor's nearest cache. */
const TILE = 16;

/** A matrix tile by tile: a column at a time would fetch a line of the cache for each number, four times as slow for the 86 million of a ViT-B/16. */
function transposed(data: Float32Array, rows: number, columns: number): Float32Array {
  const out = new Float32Array(data.length);
  for (let top = 0; top < rows; top += TILE)
    for (let left = 0; left < columns; left += TILE) {
      const [bottom, right] = [Math.min(rows, top + TILE), Math.min(columns, left + TILE)];
      for (let c = left; c < right; c++) for (let r = top; r < bottom; r++) out[c * rows + r] = data[r * columns + c]!;
    }
  return out;
}
