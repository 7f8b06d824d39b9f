import { sizeOf, value, type Node, type Value } from '../graph';
import { numbersOf } from '../passes/pass';
import { padded, reshaped } from './lowerShape';
import type { TfNode } from './proto';
import { type, type Lower, type Lowering, type Writer } from './writer';

/** Convolutions and pools, on NHWC tensors and HWIO filters. */

/** Smaller than anything that a pool meets: what padding counts for in a maximum. */
const LOWEST = -3.4028234663852886e38;

function windowAttrs({ attrs }: Node, dilations = numbersOf(attrs['dilations'])): TfNode['attrs'] {
  const [top, left, bottom, right] = numbersOf(attrs['pads']) as [number, number, number, number];
  return {
    T: { type: 'float32' },
    strides: { ints: [1, ...numbersOf(attrs['strides']), 1] },
    dilations: { ints: [1, ...dilations, 1] },
    padding: { string: 'EXPLICIT' },
    explicit_paddings: { ints: [0, 0, top, bottom, left, right, 0, 0] },
    data_format: { string: 'NHWC' },
    use_cudnn_on_gpu: { bool: true },
  };
}

/**
 * TensorFlow 2.21 with oneDNN computes some convolutions of one channel wrongly whose strides differ (seen where one
 * window is all that fits across): those get a second channel of zeros, which changes nothing else.
 */
const conv2d: Lower = (node, write) => {
  const [x, filter] = node.inputs as [Value, Value];
  const [down, across] = numbersOf(node.attrs['strides']);
  const widened = x.shape[3] === 1 && down !== across;
  const operand = (of: Value, axis: number): string => (widened ? padded(write.name(of), of, none(4), none(4).with(axis, 1), 0, write) : write.name(of));
  return [write.node('Conv2D', [operand(x, 3), operand(filter, 2)], windowAttrs(node))];
};

const backpropInput: Lower = (node, write) => {
  const [dy, filter] = node.inputs as [Value, Value];
  const spread = spreadOf(filter.shape, numbersOf(node.attrs['dilations']));
  const operands = [write.ints(node.outputs[0]!.shape), dilated(write.name(filter), spread, write), write.name(dy)];
  return [write.node('Conv2DBackpropInput', operands, windowAttrs(node, [1, 1]))];
};

const backpropFilter: Lower = (node, write) => {
  const [x, dy] = node.inputs as [Value, Value];
  const spread = spreadOf(node.outputs[0]!.shape, numbersOf(node.attrs['dilations']));
  const grad = write.node('Conv2DBackpropFilter', [write.name(x), write.ints(spread.shape), write.name(dy)], windowAttrs(node, [1, 1]));
  return [gathered(grad, spread, write)];
};

/**
 * A filter [h, w, I, O] whose taps lie apart. TensorFlow's gradients on CPUs know no dilation: they get the filter with
 * zeros between its taps, and of the gradient of that one what lies at the taps.
 */
interface Spread {
  readonly filter: readonly number[];
  readonly dilations: readonly number[];
  /** Sides of the filter with its zeros. */
  readonly shape: readonly number[];
  readonly none: boolean;
}

function spreadOf(filter: readonly number[], dilations: readonly number[]): Spread {
  const shape = filter.map((side, axis) => (axis < 2 ? (side - 1) * dilations[axis]! + 1 : side));
  return { filter, dilations, shape, none: dilations.every((step) => step === 1) };
}

/** [h, 1, w, 1, I, O], and the zeros that make it [h, dilation, w, dilation, I, O]. */
function tapsOf({ filter: [h, w, I, O], dilations: [down, across] }: Spread): { readonly taps: readonly number[]; readonly zeros: readonly number[]; readonly whole: readonly number[] } {
  const zeros = [0, down! - 1, 0, across! - 1, 0, 0];
  return { taps: [h!, 1, w!, 1, I!, O!], zeros, whole: [h! * down!, w! * across!, I!, O!] };
}

const none = (axes: number): readonly number[] => Array.from({ length: axes }, () => 0);

function dilated(filter: string, spread: Spread, write: Writer): string {
  if (spread.none) return filter;
  const { taps, zeros, whole } = tapsOf(spread);
  const apart = padded(reshaped(filter, taps, write), value('float32', taps), none(6), zeros, 0, write);
  return sliced(reshaped(apart, whole, write), spread.shape, write);
}

function gathered(grad: string, spread: Spread, write: Writer): string {
  if (spread.none) return grad;
  const { taps, zeros, whole } = tapsOf(spread);
  const border = whole.map((side, axis) => side - spread.shape[axis]!);
  const apart = reshaped(padded(grad, value('float32', spread.shape), none(4), border, 0, write), taps.map((side, axis) => side + zeros[axis]!), write);
  return reshaped(sliced(apart, taps, write), spread.filter, write);
}

/** The first elements of every axis. */
function sliced(name: string, size: readonly number[], write: Writer, begin = none(size.length)): string {
  return write.node('Slice', [name, write.ints(begin), write.ints(size)], { T: { type: 'float32' }, Index: { type: 'int32' } });
}

/** A pool pads only so that the result has a certain size; other padding is put around the image first. */
interface Border {
  readonly before: readonly number[];
  readonly after: readonly number[];
  /** Shape of the image with its border. */
  readonly shape: readonly number[];
  readonly none: boolean;
}

function borderOf({ attrs }: Node, image: readonly number[]): Border {
  const [top, left, bottom, right] = numbersOf(attrs['pads']) as [number, number, number, number];
  const [before, after] = [[0, top, left, 0], [0, bottom, right, 0]];
  return { before, after, shape: image.map((side, axis) => side + before[axis]! + after[axis]!), none: top + left + bottom + right === 0 };
}

function poolAttrs({ attrs }: Node): TfNode['attrs'] {
  const ints = (key: string): { ints: readonly number[] } => ({ ints: [1, ...numbersOf(attrs[key]), 1] });
  return { T: { type: 'float32' }, ksize: ints('filter'), strides: ints('strides'), padding: { string: 'VALID' }, data_format: { string: 'NHWC' } };
}

function bordered(x: Value, border: Border, fill: number, write: Writer): string {
  return border.none ? write.name(x) : padded(write.name(x), x, border.before, border.after, fill, write);
}

function withoutBorder(name: string, image: Value, border: Border, write: Writer): string {
  if (border.none) return name;
  return sliced(name, image.shape, write, border.before);
}

const maxPool: Lower = (node, write) => {
  const x = node.inputs[0]!;
  return [write.node('MaxPool', [bordered(x, borderOf(node, x.shape), LOWEST, write)], poolAttrs(node))];
};

const maxPoolGrad: Lower = (node, write) => {
  const [dy, x, y] = node.inputs as [Value, Value, Value];
  const border = borderOf(node, x.shape);
  const grad = write.node('MaxPoolGrad', [bordered(x, border, LOWEST, write), write.name(y), write.name(dy)], poolAttrs(node));
  return [withoutBorder(grad, x, border, write)];
};

/** TensorFlow.js leaves padding out of a mean: the mean over the whole window is scaled by what of it is no padding. */
const avgPool: Lower = (node, write) => {
  const x = node.inputs[0]!;
  const border = borderOf(node, x.shape);
  const mean = write.node('AvgPool', [bordered(x, border, 0, write)], poolAttrs(node));
  return [border.none ? mean : scaled(mean, node, x.shape, node.outputs[0]!.shape, write)];
};

const avgPoolGrad: Lower = (node, write) => {
  const [dy, image] = [node.inputs[0]!, node.outputs[0]!];
  const border = borderOf(node, image.shape);
  const upstream = border.none ? write.name(dy) : scaled(write.name(dy), node, image.shape, dy.shape, write);
  const grad = write.node('AvgPoolGrad', [write.ints(border.shape), upstream], poolAttrs(node));
  return [withoutBorder(grad, image, border, write)];
};

/** Multiplies [B, H′, W′, C] by area of the window / its part inside the image. */
function scaled(name: string, { attrs }: Node, image: readonly number[], windows: readonly number[], write: Writer): string {
  const [filter, strides, pads] = [numbersOf(attrs['filter']), numbersOf(attrs['strides']), numbersOf(attrs['pads'])];
  const inside = (axis: 0 | 1, at: number): number => {
    const start = at * strides[axis]! - pads[axis]!;
    return Math.min(start + filter[axis]!, image[axis + 1]!) - Math.max(start, 0);
  };
  const shape = [1, windows[1]!, windows[2]!, 1];
  const data = new Float32Array(sizeOf(shape));
  data.forEach((_, i) => {
    data[i] = (filter[0]! * filter[1]!) / (inside(0, Math.floor(i / shape[2]!)) * inside(1, i % shape[2]!));
  });
  return write.node('Mul', [name, write.constant({ data }, shape, 'float32')], { T: type(value('float32', shape)) });
}

const convolution = (lower: Lower): Lowering => ({ attrs: ['strides', 'pads', 'dilations'], lower });
const pool = (lower: Lower): Lowering => ({ attrs: ['filter', 'strides', 'pads'], lower });

export const windowing: Readonly<Record<string, Lowering>> = {
  Conv2D: convolution(conv2d),
  Conv2DBackpropInput: convolution(backpropInput),
  Conv2DBackpropFilter: convolution(backpropFilter),
  MaxPool: pool(maxPool),
  MaxPoolGrad: pool(maxPoolGrad),
  AvgPool: pool(avgPool),
  AvgPoolGrad: pool(avgPoolGrad),
};
