import { sizeOf, type Node, type Value } from '../graph';
import { numbersOf } from '../passes/pass';
import type { Lower, Lowering, Writer } from './lowerWriter';

/**
 * Convolutions and pooling. The graph's images are NHWC and its filters HWIO, as in TensorFlow; ONNX has NCHW and OIHW,
 * so each operation stands between transpositions. Neighbouring ones cancel in ONNX Runtime's transpose optimizer.
 */

const toNCHW = [0, 3, 1, 2];
const toNHWC = [0, 2, 3, 1];
const toOIHW = [3, 2, 0, 1];

const transposed = (write: Writer, name: string, perm: readonly number[]): string => write.node('Transpose', [name], { perm });

interface Window {
  readonly strides: readonly number[];
  /** top, left, bottom, right */
  readonly pads: readonly number[];
  readonly dilations: readonly number[];
}

const windowOf = ({ attrs }: Node): Window => ({
  strides: numbersOf(attrs['strides']),
  pads: numbersOf(attrs['pads']),
  dilations: numbersOf(attrs['dilations'] ?? [1, 1]),
});

const convolve: Lower = (node, write) => {
  const [x, filter] = node.inputs;
  const { strides, pads, dilations } = windowOf(node);
  const inputs = [transposed(write, write.name(x!), toNCHW), transposed(write, write.name(filter!), toOIHW)];
  return [transposed(write, write.node('Conv', inputs, { strides, pads, dilations, kernel_shape: filter!.shape.slice(0, 2) }), toNHWC)];
};

/**
 * Rows and columns at the end that no window of the convolution reached: strides need not divide.
 *
 * @param whole height and width of the image, @param made of the convolution's result, @param kernel of its filter
 */
function unreached(whole: readonly number[], made: readonly number[], kernel: readonly number[], { strides, pads, dilations }: Window): number[] {
  return [0, 1].map((i) => whole[i]! + pads[i]! + pads[i + 2]! - (kernel[i]! - 1) * dilations[i]! - 1 - strides[i]! * (made[i]! - 1));
}

const sides = ({ shape }: Value): readonly number[] => shape.slice(1, 3);

/** The gradient with respect to the image: ONNX's ConvTranspose, whose own filter layout (in, out) is again OIHW. */
const backpropInput: Lower = (node, write) => {
  const [dy, filter] = node.inputs;
  const window = windowOf(node);
  const inputs = [transposed(write, write.name(dy!), toNCHW), transposed(write, write.name(filter!), toOIHW)];
  const kernel = filter!.shape.slice(0, 2);
  const output_padding = unreached(sides(node.outputs[0]!), sides(dy!), kernel, window);
  return [transposed(write, write.node('ConvTranspose', inputs, { ...window, kernel_shape: kernel, output_padding }), toNHWC)];
};

/**
 * The gradient with respect to the filter sums over images and positions: a convolution in which the batch takes the
 * place of the channels, dy that of the filter, and strides and dilations change places.
 */
const backpropFilter: Lower = (node, write) => {
  const [x, dy] = node.inputs;
  const { strides, pads, dilations } = windowOf(node);
  const inputs = [transposed(write, write.name(x!), [3, 0, 1, 2]), transposed(write, write.name(dy!), [3, 0, 1, 2])];
  const swapped = write.node('Conv', inputs, { strides: dilations, pads, dilations: strides, kernel_shape: sides(dy!) });
  // Unreached rows and columns would be further offsets of the filter.
  const kernel = node.outputs[0]!.shape.slice(0, 2);
  const cut = write.node('Slice', [swapped, write.ints([0, 0]), write.ints(kernel), write.ints([2, 3])]);
  return [transposed(write, cut, [2, 3, 0, 1])];
};

const poolOf = (node: Node) => {
  const { strides, pads } = windowOf(node);
  return { kernel_shape: numbersOf(node.attrs['filter']), strides, pads };
};

const maxPool: Lower = (node, write) => {
  const pooled = write.node('MaxPool', [transposed(write, write.name(node.inputs[0]!), toNCHW)], poolOf(node));
  return [transposed(write, pooled, toNHWC)];
};

/** MaxPool tells where in the flattened image each maximum lay (the first of equals, as in TensorFlow); dy is added there. */
const maxPoolGrad: Lower = (node, write) => {
  const [dy, x] = node.inputs;
  const [, indices] = write.nodes('MaxPool', [transposed(write, write.name(x!), toNCHW)], poolOf(node), 2);
  const [b, h, w, c] = x!.shape;
  const flat = (name: string): string => write.reshape(name, [sizeOf(dy!.shape)]);
  const zeros = write.node('Expand', [write.scalar(0, 'float32'), write.ints([sizeOf(x!.shape)])]);
  const scattered = write.node('ScatterElements', [zeros, flat(indices!), flat(transposed(write, write.name(dy!), toNCHW))], { axis: 0, reduction: 'add' });
  return [transposed(write, write.reshape(scattered, [b!, c!, h!, w!]), toNHWC)];
};

/** Padding counts neither in the sum nor in the number of elements, as in TensorFlow. */
const avgPool: Lower = (node, write) => {
  const pooled = write.node('AveragePool', [transposed(write, write.name(node.inputs[0]!), toNCHW)], { ...poolOf(node), count_include_pad: 0 });
  return [transposed(write, pooled, toNHWC)];
};

/** How many elements of the image each window along one axis covers. */
function covered(whole: number, made: number, filter: number, stride: number, before: number): number[] {
  return Array.from({ length: made }, (_, i) => Math.min(i * stride - before + filter, whole) - Math.max(i * stride - before, 0));
}

/** dy, divided by how many elements its window has, goes to each of them: ConvTranspose with a filter of ones, channel by channel. */
const avgPoolGrad: Lower = (node, write) => {
  const [dy] = node.inputs;
  const [result] = node.outputs;
  const window = windowOf(node);
  const filter = numbersOf(node.attrs['filter']);
  const [made, whole] = [sides(dy!), sides(result!)];
  const [rows, columns] = [0, 1].map((i) => covered(whole[i]!, made[i]!, filter[i]!, window.strides[i]!, window.pads[i]!));
  const shares = write.floats(rows!.flatMap((row) => columns!.map((column) => 1 / (row * column))), [1, 1, ...made]);
  const shared = write.node('Mul', [transposed(write, write.name(dy!), toNCHW), shares]);
  const [b, , , c] = result!.shape;
  const ones = write.floats(Array.from({ length: sizeOf(filter) }, () => 1), [1, 1, ...filter]);
  const attrs = { strides: window.strides, pads: window.pads, kernel_shape: filter, output_padding: unreached(whole, made, filter, window) };
  const spread = write.node('ConvTranspose', [write.reshape(shared, [b! * c!, 1, ...made]), ones], attrs);
  return [transposed(write, write.reshape(spread, [b!, c!, ...whole]), toNHWC)];
};

const convAttrs = ['strides', 'pads', 'dilations'];
const poolAttrs = ['filter', 'strides', 'pads'];

export const convolving: Readonly<Record<string, Lowering>> = {
  Conv2D: { attrs: convAttrs, lower: convolve },
  Conv2DBackpropInput: { attrs: convAttrs, lower: backpropInput },
  Conv2DBackpropFilter: { attrs: convAttrs, lower: backpropFilter },
  MaxPool: { attrs: poolAttrs, lower: maxPool },
  MaxPoolGrad: { attrs: poolAttrs, lower: maxPoolGrad },
  AvgPool: { attrs: poolAttrs, lower: avgPool },
  AvgPoolGrad: { attrs: poolAttrs, lower: avgPoolGrad },
};
