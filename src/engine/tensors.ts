/** A float tensor outside the executor: plain memory, row-major. */
export interface FloatTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/**
 * Named tensors. Outside the executor parameters always carry timm's names **and timm's layout** (linear weights
 * [out, in], patch projection [D, C, P, P]): what is saved, exported and compared is what PyTorch would hold.
 */
export type TensorMap = ReadonlyMap<string, FloatTensor>;
