import type { EmbeddingView } from '../../protocol';
import type { Checkpoint } from '../checkpoint';
import { positionTable } from '../model/positions';
import type { FloatTensor } from '../tensors';
import type { PatchGrid } from './patches';

/**
 * What the projection makes of the patches, their positions, and the sum that the blocks read (Dosovitskiy et al. 2021,
 * equation 1): Z = X + P.
 *
 * @param image normalised, [1, H, W, C]
 * @param embedded the tokens before the first block, [1, T, D]; of a network with a norm there (CLIP) they are not Z, which is
 *   then computed from the projection's weights
 */
export function embeddingView({ spec, params, grid }: Pick<Checkpoint, 'spec' | 'params'> & { readonly grid: PatchGrid }, image: FloatTensor, embedded: FloatTensor): EmbeddingView {
  const D = spec.width;
  const patches = grid.rows * grid.columns;
  const table = positionTable(spec, params)?.data;
  const p = table ? table.slice(table.length - patches * D) : new Float32Array(patches * D);
  const read = embedded.data.slice(embedded.data.length - patches * D);
  const x = spec.preNorm ? projected(image, params.get('patch_embed.proj.weight')!, grid) : read.map((value, at) => value - p[at]!);
  const z = spec.preNorm ? x.map((value, at) => value + p[at]!) : read;
  const length = (rows: Float32Array, patch: number): number => Math.sqrt(rows.subarray(patch * D, (patch + 1) * D).reduce((sum, value) => sum + value * value, 0));
  return { patches, width: D, x, p, z, ratio: Float32Array.from({ length: patches }, (_, patch) => length(p, patch) / length(x, patch)) };
}

/** A projection without a bias: an image [1, H, W, C] and weights [D, C, P₁, P₂] → [N, D]. */
function projected({ shape, data }: FloatTensor, weight: FloatTensor, { rows, columns }: PatchGrid): Float32Array {
  const [, , W = 0, C = 0] = shape;
  const [D, , P1, P2] = weight.shape as [number, number, number, number];
  const out = new Float32Array(rows * columns * D);
  for (let patch = 0; patch < rows * columns; patch++)
    for (let d = 0; d < D; d++) {
      let sum = 0;
      for (let c = 0; c < C; c++)
        for (let i = 0; i < P1; i++)
          for (let j = 0; j < P2; j++) {
            const at = ((Math.floor(patch / columns) * P1 + i) * W + (patch % columns) * P2 + j) * C + c;
            sum += data[at]! * weight.data[((d * C + c) * P1 + i) * P2 + j]!;
          }
      out[patch * D + d] = sum;
    }
  return out;
}
