/** 8-bit samples in row-major order, channels interleaved: [height, width, channels]. */
export interface Raster {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly data: Uint8Array;
}

/** Part of the output that is wanted, in output pixels. */
export interface Window {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Pillow's `Image.Resampling`. */
export type Filter = 'nearest' | Kernel;

type Kernel = 'box' | 'bilinear' | 'hamming' | 'bicubic' | 'lanczos';

/** Fraction bits of the weights: 32 − 8 (a sample) − 2 (head room), as in Pillow's Resample.c. */
const BITS = 22;

/** For every output position: the first input position, the number of taps, and the weights times 2^BITS. */
interface Taps {
  readonly first: Int32Array;
  readonly count: Int32Array;
  readonly weights: Int32Array;
  readonly stride: number;
}

/**
 * Resizes the way Pillow 13 does (`Image.resize`, libImaging/Resample.c): separable, antialiased, each pass rounded to
 * 8 bits with fixed-point weights. The result equals Pillow's byte for byte; Pillow before 13 always ran the horizontal
 * pass first and so differs by a few levels where the height shrinks most. `window` computes only that part of the
 * output; its bytes are those of the whole.
 */
export function resample(source: Raster, width: number, height: number, filter: Filter, window?: Window): Raster {
  const part = window ?? { x: 0, y: 0, width, height };
  if (filter === 'nearest') return nearest(source, width, height, part);
  // No kernel changes an image of the same size.
  if (width === source.width && height === source.height) return part.width === width && part.height === height ? source : cut(source, part);
  const across = tapsOf(source.width, width, part.x, part.width, filter);
  const down = tapsOf(source.height, height, part.y, part.height, filter);
  const [left, right] = reach(across);
  const [top, bottom] = reach(down);
  if (downFirst(source, width, height)) return horizontal(vertical(source, down, 0, left, right), across, left, 0, part.height);
  return vertical(horizontal(source, across, 0, top, bottom), down, top, 0, part.width);
}

/** A copy of a part. */
export function cut(source: Raster, { x, y, width, height }: Window): Raster {
  const { channels } = source;
  const data = new Uint8Array(width * height * channels);
  for (let row = 0; row < height; row++) {
    const from = ((y + row) * source.width + x) * channels;
    data.set(source.data.subarray(from, from + width * channels), row * width * channels);
  }
  return { width, height, channels, data };
}

/** Which pass Pillow 13 runs first: down when that takes away more than twice as many rows as columns. */
function downFirst(source: Raster, width: number, height: number): boolean {
  return height < source.height && source.height - height > 2 * (source.width - width);
}

/** The input positions that are needed: the first, and the one after the last. */
function reach(taps: Taps): readonly [number, number] {
  const last = taps.first.length - 1;
  return [taps.first[0]!, taps.first[last]! + taps.count[last]!];
}

/** Pillow's `precompute_coeffs` and `normalize_coeffs_8bpc` for the outputs `from` … `from + wanted − 1`. */
function tapsOf(input: number, output: number, from: number, wanted: number, filter: Kernel): Taps {
  const scale = input / output;
  const stretch = Math.max(scale, 1);
  const [reach, kernel] = KERNELS[filter];
  const support = reach * stretch;
  const stride = Math.ceil(support) * 2 + 1;
  const taps = {
    first: new Int32Array(wanted),
    count: new Int32Array(wanted),
    weights: new Int32Array(wanted * stride),
    stride,
  };
  const exact = new Float64Array(stride);
  for (let i = 0; i < wanted; i++) {
    const centre = (from + i + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - support + 0.5));
    const count = Math.min(input, Math.trunc(centre + support + 0.5)) - first;
    let sum = 0;
    for (let t = 0; t < count; t++) {
      const weight = kernel((t + first - centre + 0.5) * (1 / stretch));
      exact[t] = weight;
      sum += weight;
    }
    for (let t = 0; t < count; t++) {
      const weight = sum === 0 ? exact[t]! : exact[t]! / sum;
      taps.weights[i * stride + t] = Math.trunc(weight * 2 ** BITS + (weight < 0 ? -0.5 : 0.5));
    }
    taps.first[i] = first;
    taps.count[i] = count;
  }
  return taps;
}

/** Half the width of each kernel, and its values, as in Resample.c. */
const KERNELS: Readonly<Record<Kernel, readonly [reach: number, kernel: (x: number) => number]>> = {
  box: [0.5, (x) => (x > -0.5 && x <= 0.5 ? 1 : 0)],
  bilinear: [1, triangle],
  // Pillow writes its two constants in single precision.
  hamming: [1, (x) => (Math.abs(x) >= 1 ? 0 : sinc(x) * (Math.fround(0.54) + Math.fround(0.46) * Math.cos(x * Math.PI)))],
  bicubic: [2, cubic],
  lanczos: [3, (x) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0)],
};

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(x * Math.PI) / (x * Math.PI);
}

/** Keys' cubic with a = −0.5, as in PIL. */
function cubic(x: number): number {
  const a = -0.5;
  const d = Math.abs(x);
  if (d < 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
  return d < 2 ? (((d - 5) * d + 8) * d - 4) * a : 0;
}

function triangle(x: number): number {
  return Math.max(0, 1 - Math.abs(x));
}

/** Rows `top` … `bottom − 1` resized across; column 0 of `source` is column `shift` of the image that `taps` counts in. */
function horizontal(source: Raster, taps: Taps, shift: number, top: number, bottom: number): Raster {
  const { channels } = source;
  const width = taps.first.length;
  const data = new Uint8Array(width * (bottom - top) * channels);
  const row = channels === 3 ? coloured : grey;
  for (let y = top; y < bottom; y++) row(source.data, (y * source.width - shift) * channels, taps, data, (y - top) * width * channels);
  return { width, height: bottom - top, channels, data };
}

/** A weighted sum begins with the half that rounds it. */
const HALF = 1 << (BITS - 1);

/** One row of three channels: each weight is fetched once for all of them. */
function coloured(from: Uint8Array, row: number, { first, count, weights, stride }: Taps, to: Uint8Array, at: number): void {
  for (let x = 0; x < first.length; x++) {
    let [red, green, blue] = [HALF, HALF, HALF];
    let sample = row + first[x]! * 3;
    const end = x * stride + count[x]!;
    for (let t = x * stride; t < end; t++, sample += 3) {
      const weight = weights[t]!;
      red = (red + Math.imul(from[sample]!, weight)) | 0;
      green = (green + Math.imul(from[sample + 1]!, weight)) | 0;
      blue = (blue + Math.imul(from[sample + 2]!, weight)) | 0;
    }
    to[at++] = clipped(red);
    to[at++] = clipped(green);
    to[at++] = clipped(blue);
  }
}

/** One row of one channel. */
function grey(from: Uint8Array, row: number, { first, count, weights, stride }: Taps, to: Uint8Array, at: number): void {
  for (let x = 0; x < first.length; x++) {
    let sum = HALF;
    let sample = row + first[x]!;
    const end = x * stride + count[x]!;
    for (let t = x * stride; t < end; t++) sum = (sum + Math.imul(from[sample++]!, weights[t]!)) | 0;
    to[at++] = clipped(sum);
  }
}

/** Columns `left` … `right − 1` resized down; row 0 of `source` is row `shift` of the image that `taps` counts in. */
function vertical(source: Raster, taps: Taps, shift: number, left: number, right: number): Raster {
  const { channels } = source;
  const height = taps.first.length;
  const row = source.width * channels;
  const run = (right - left) * channels;
  const data = new Uint8Array(run * height);
  // A whole row of sums at once: the samples are then read as they lie.
  const sums = new Int32Array(run);
  for (let y = 0; y < height; y++) {
    sums.fill(HALF);
    for (let t = 0; t < taps.count[y]!; t++) {
      const weight = taps.weights[y * taps.stride + t]!;
      const from = (taps.first[y]! - shift + t) * row + left * channels;
      for (let x = 0; x < run; x++) sums[x] = sums[x]! + Math.imul(source.data[from + x]!, weight);
    }
    for (let x = 0; x < run; x++) data[y * run + x] = clipped(sums[x]!);
  }
  return { width: right - left, height, channels, data };
}

/** A sum in 32-bit integers, which holds its rounding, as a sample of 0…255. */
function clipped(sum: number): number {
  const value = sum >> BITS;
  return value < 0 ? 0 : value > 255 ? 255 : value;
}

/** Pillow's `ImagingScaleAffine`: the sample under the centre of the output pixel; positions are summed up as there. */
function nearest(source: Raster, width: number, height: number, part: Window): Raster {
  const { channels } = source;
  const columns = positions(source.width, width).subarray(part.x, part.x + part.width);
  const rows = positions(source.height, height).subarray(part.y, part.y + part.height);
  const data = new Uint8Array(part.width * part.height * channels);
  let out = 0;
  for (const y of rows)
    for (const x of columns) {
      const at = (y * source.width + x) * channels;
      for (let c = 0; c < channels; c++) data[out++] = source.data[at + c]!;
    }
  return { width: part.width, height: part.height, channels, data };
}

function positions(input: number, output: number): Int32Array {
  const step = input / output;
  const at = new Int32Array(output);
  let position = step * 0.5;
  for (let i = 0; i < output; i++, position += step) at[i] = Math.min(input - 1, Math.floor(position));
  return at;
}
