import type { Result } from './run';

/** Convolution and pooling by their definition, one multiplication at a time: independent of any library, for small images. */

export interface Window {
  readonly strides: readonly [number, number];
  /** top, left, bottom, right */
  readonly pads: readonly [number, number, number, number];
  readonly dilations: readonly [number, number];
}

type Shape = readonly number[];

/** Height and width of a result. */
export function resultSides([, height, width]: Shape, [rows, columns]: readonly [number, number], { strides, pads, dilations }: Window): [number, number] {
  const side = (i: 0 | 1, whole: number, kernel: number): number => Math.floor((whole + pads[i] + pads[i + 2]! - dilations[i] * (kernel - 1) - 1) / strides[i]) + 1;
  return [side(0, height!, rows), side(1, width!, columns)];
}

/** Calls back for each place of each window: where it lies in the image, the result and the filter. Padding is left out. */
export function eachPlace(image: Shape, made: Shape, filter: readonly [number, number], window: Window, visit: (at: { b: number; h: number; w: number; y: number; x: number; i: number; j: number }) => void): void {
  const [batch, height, width] = image as [number, number, number];
  for (let b = 0; b < batch; b++)
    for (let y = 0; y < made[1]!; y++)
      for (let x = 0; x < made[2]!; x++)
        for (let i = 0; i < filter[0]; i++)
          for (let j = 0; j < filter[1]; j++) {
            const h = y * window.strides[0] + i * window.dilations[0] - window.pads[0];
            const w = x * window.strides[1] + j * window.dilations[1] - window.pads[1];
            if (h >= 0 && h < height && w >= 0 && w < width) visit({ b, h, w, y, x, i, j });
          }
}

const index = (shape: Shape, ...at: number[]): number => at.reduce((sum, place, axis) => sum * shape[axis]! + place, 0);
const zeros = (shape: Shape): Result & { data: number[] } => ({ dtype: 'float32', shape, data: Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => 0) });

type Numbers = readonly number[];

/** y, and the gradients dx and df for a given dy: every product x·f of y appears in each. */
export function convolution(image: Shape, filter: Shape, made: Shape, window: Window, { x, f, dy }: { x: Numbers; f: Numbers; dy: Numbers }): { y: Result; dx: Result; df: Result } {
  const [y, dx, df] = [zeros(made), zeros(image), zeros(filter)];
  eachPlace(image, made, [filter[0]!, filter[1]!], window, (at) => {
    for (let i = 0; i < filter[2]!; i++)
      for (let o = 0; o < filter[3]!; o++) {
        const [ix, iy, ifilter] = [index(image, at.b, at.h, at.w, i), index(made, at.b, at.y, at.x, o), index(filter, at.i, at.j, i, o)];
        y.data[iy]! += x[ix]! * f[ifilter]!;
        dx.data[ix]! += dy[iy]! * f[ifilter]!;
        df.data[ifilter]! += x[ix]! * dy[iy]!;
      }
  });
  return { y, dx, df };
}

/** Maxima and means of windows, and what arrives at the image of a given dy; of equal elements the first is the maximum. */
export function pooling(image: Shape, made: Shape, filter: readonly [number, number], window: Window, x: Numbers, dy: Numbers): Record<'max' | 'maxGrad' | 'avg' | 'avgGrad', Result> {
  const best = Array.from(zeros(made).data, () => -1);
  const [max, maxGrad, avg, avgGrad, count] = [zeros(made), zeros(image), zeros(made), zeros(image), zeros(made)];
  const places = (visit: (ix: number, iy: number) => void): void =>
    eachPlace(image, made, filter, window, (at) => {
      for (let c = 0; c < image[3]!; c++) visit(index(image, at.b, at.h, at.w, c), index(made, at.b, at.y, at.x, c));
    });
  places((ix, iy) => {
    count.data[iy]! += 1;
    if (best[iy] === -1 || x[ix]! > x[best[iy]!]!) best[iy] = ix;
  });
  best.forEach((ix, iy) => {
    max.data[iy] = x[ix]!;
    maxGrad.data[ix]! += dy[iy]!;
  });
  places((ix, iy) => {
    avg.data[iy]! += x[ix]! / count.data[iy]!;
    avgGrad.data[ix]! += dy[iy]! / count.data[iy]!;
  });
  return { max, maxGrad, avg, avgGrad };
}
