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

/** Tensors one after the other along their first axis; the other sides are those of the first. */
export function concatenated(parts: readonly FloatTensor[]): FloatTensor {
  const data = new Float32Array(parts.reduce((sum, part) => sum + part.data.length, 0));
  let at = 0;
  for (const part of parts) {
    data.set(part.data, at);
    at += part.data.length;
  }
  return { shape: [parts.reduce((sum, { shape }) => sum + shape[0]!, 0), ...parts[0]!.shape.slice(1)], data };
}
