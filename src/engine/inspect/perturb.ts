import type { FloatTensor } from '../tensors';
import type { PatchGrid } from './patches';

/** Patches from the one that counts most; equal ones in the order of reading. */
export function ranking(map: Float32Array): readonly number[] {
  return Array.from(map.keys()).sort((a, b) => map[b]! - map[a]! || a - b);
}

/**
 * Images in which only some patches are to be seen; the others have the value 0 of normalised images, the mean colour.
 *
 * @param image normalised, [1, H, W, C]
 * @param shown for each image whether a patch is to be seen
 * @returns [shown.length, H, W, C]
 */
export function withPatches(image: FloatTensor, grid: Pick<PatchGrid, 'rows' | 'columns' | 'patch'>, shown: readonly ((patch: number) => boolean)[]): FloatTensor {
  const [, height = 0, width = 0, channels = 0] = image.shape;
  const data = new Float32Array(shown.length * image.data.length);
  shown.forEach((isShown, at) => {
    const offset = at * image.data.length;
    for (let patch = 0; patch < grid.rows * grid.columns; patch++) {
      if (!isShown(patch)) continue;
      const [top, left] = [Math.floor(patch / grid.columns) * grid.patch[0], (patch % grid.columns) * grid.patch[1]];
      for (let row = top; row < top + grid.patch[0]; row++) {
        const from = (row * width + left) * channels;
        data.set(image.data.subarray(from, from + grid.patch[1] * channels), offset + from);
      }
    }
  });
  return { shape: [shown.length, height, width, channels], data };
}

/** Area under values at equal distances, by the trapezoid rule, over 0 to 1. */
export function area(values: Float32Array): number {
  let sum = 0;
  for (let i = 1; i < values.length; i++) sum += (values[i - 1]! + values[i]!) / 2;
  return sum / Math.max(1, values.length - 1);
}
