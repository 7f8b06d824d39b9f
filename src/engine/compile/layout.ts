import type { FloatTensor, TensorMap } from '../tensors';

/**
 * Between timm's layout, which every file and message uses, and the kernels that the ops want: linear weights
 * [out, in] ↔ [in, out], patch projection [D, C, P, P] ↔ [P, P, C, D]. Values are moved, never computed with, so the
 * way there and back is exact.
 */
export function toKernels(params: TensorMap): TensorMap {
  return new Map([...params].map(([name, tensor]) => [name, transpose(tensor, tensor.shape.length === 4 ? [2, 3, 1, 0] : [1, 0])]));
}

export function fromKernels(params: TensorMap): TensorMap {
  return new Map([...params].map(([name, tensor]) => [name, transpose(tensor, tensor.shape.length === 4 ? [3, 2, 0, 1] : [1, 0])]));
}

/** Permutes the axes of a tensor of as many; another tensor (biases, norms, embeddings) is copied as it is. */
function transpose({ shape, data }: FloatTensor, axes: readonly number[]): FloatTensor {
  if (shape.length !== axes.length) return { shape, data: data.slice() };
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
