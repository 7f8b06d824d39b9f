import type { ImageView } from './protocol';

/** Multiply-adds up to which many passes are computed unasked. */
const LIGHT = 3e9;

/** Orders that the curve of a shuffled image is over. */
export const SHUFFLE_SEEDS = 8;

/** Whether so many passes of a network are cheap enough to be there at once. */
export function areLight({ facts }: ImageView, passes: number): boolean {
  return facts.macs * passes <= LIGHT;
}

/** How many grids of pieces an image can be shuffled by: as many as the longer side of the grid of patches has divisors. */
export function shuffleGrids({ model, grid }: ImageView): number {
  const count = (n: number): number => Array.from({ length: n }, (_, i) => i + 1).filter((d) => n % d === 0).length;
  if (model.architecture !== 'resnet') return Math.max(count(grid.rows), count(grid.columns));
  return Math.max(...model.imageSize.map((side) => count(Array.from({ length: Math.min(side, 16) }, (_, i) => i + 1).findLast((n) => side % n === 0) ?? 1)));
}
