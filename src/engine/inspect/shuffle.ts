import { permutation, randomAt } from '../random';
import type { FloatTensor } from '../tensors';

/** Rows and columns into which an image is cut before its pieces are shuffled. */
export type Pieces = readonly [rows: number, columns: number];

/**
 * The grids of pieces from the whole image to single patches: all that divide the grid of the patches, so that no patch is cut
 * (Naseer et al. 2021, Intriguing Properties of Vision Transformers, section 3.3). Rows and columns are divided alike as far as they go.
 */
export function piecesOf(rows: number, columns: number): readonly Pieces[] {
  const [down, across] = [divisors(rows), divisors(columns)];
  const steps = Math.max(down.length, across.length);
  const at = (all: readonly number[], i: number): number => all[steps === 1 ? 0 : Math.round((i * (all.length - 1)) / (steps - 1))]!;
  return Array.from({ length: steps }, (_, i): Pieces => [at(down, i), at(across, i)]);
}

function divisors(n: number): readonly number[] {
  return Array.from({ length: n }, (_, i) => i + 1).filter((d) => n % d === 0);
}

/** In which order the pieces come: the piece at place i of the shuffled image is piece order[i] of the image. Each seed has its own. */
export function pieceOrder([rows, columns]: Pieces, seed: number): Int32Array {
  return permutation(rows * columns, randomAt(seed, 'shuffled pieces', rows, columns));
}

/**
 * Images whose pieces have changed places.
 *
 * @param image [1, H, W, C]; H and W can be divided by rows and columns
 * @param orders one for each image
 * @returns [orders.length, H, W, C]
 */
export function shuffled({ shape, data }: FloatTensor, [rows, columns]: Pieces, orders: readonly Int32Array[]): FloatTensor {
  const [, H = 0, W = 0, C = 0] = shape;
  const [height, run] = [H / rows, (W / columns) * C];
  const out = new Float32Array(orders.length * data.length);
  orders.forEach((order, image) => {
    order.forEach((from, to) => {
      for (let row = 0; row < height; row++) {
        const source = (Math.floor(from / columns) * height + row) * W * C + (from % columns) * run;
        const target = (Math.floor(to / columns) * height + row) * W * C + (to % columns) * run;
        out.set(data.subarray(source, source + run), image * data.length + target);
      }
    });
  });
  return { shape: [orders.length, H, W, C], data: out };
}
