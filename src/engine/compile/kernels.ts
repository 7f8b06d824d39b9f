import { backend_util, slice_util, util, type NamedAttrMap, type NamedTensorInfoMap, type TensorInfo } from '@tensorflow/tfjs';
import { sameShape, sizeOf, value, type Constant, type DType, type Node, type Value } from './graph';

/** Where a kernel writes what it is asked for. */
export interface Recorder {
  valueOf(info: TensorInfo): Value;
  constant(constant: Constant, shape: readonly number[], dtype: DType): Value;
  add(op: string, inputs: readonly Value[], shape: readonly number[], attrs?: Node['attrs'], dtype?: DType): Value;
  addMany(op: string, inputs: readonly Value[], outputs: readonly Value[], attrs: Node['attrs']): readonly Value[];
}

/** Records one call of a kernel: works out the shape of the result and brings the attributes into the graph's form. */
type Rule = (inputs: NamedTensorInfoMap, attrs: NamedAttrMap, to: Recorder) => Value | readonly Value[];

const unary = ['Neg', 'Abs', 'Square', 'Sqrt', 'Rsqrt', 'Exp', 'Log', 'Erf', 'Tanh', 'Sigmoid', 'Relu', 'Reciprocal', 'Sin', 'Cos', 'Floor', 'LogicalNot'];
const binary = ['Add', 'Sub', 'Multiply', 'RealDiv', 'Maximum', 'Minimum', 'Pow', 'SquaredDifference'];
const comparisons = ['Greater', 'GreaterEqual', 'Less', 'LessEqual', 'Equal', 'NotEqual', 'LogicalAnd'];

/** Of every kernel that can be recorded, by its TensorFlow.js name. */
export const kernelRules: Readonly<Record<string, Rule>> = {
  ...Object.fromEntries(unary.map((op) => [op, (({ x }, _, to) => to.add(op, [to.valueOf(x!)], x!.shape, {}, x!.dtype as DType)) satisfies Rule])),
  ...Object.fromEntries(binary.map((op) => [op, elementwise(op)])),
  ...Object.fromEntries(comparisons.map((op) => [op, elementwise(op, 'bool')])),
  Step: ({ x }, { alpha }, to) => to.add('Step', [to.valueOf(x!)], x!.shape, { alpha: alpha as number }, x!.dtype as DType),
  Identity: ({ x }, _, to) => to.valueOf(x!),
  Select: ({ condition, t, e }, _, to) => to.add('Select', [condition!, t!, e!].map((info) => to.valueOf(info)), t!.shape, {}, t!.dtype as DType),
  Cast: ({ x }, { dtype }, to) => (x!.dtype === dtype ? to.valueOf(x!) : to.add('Cast', [to.valueOf(x!)], x!.shape, {}, dtype as DType)),
  Sum: reduction('Sum', 'axis'),
  Mean: reduction('Mean', 'axis'),
  Prod: reduction('Prod', 'axis'),
  Max: reduction('Max', 'reductionIndices'),
  Min: reduction('Min', 'axis'),
  ArgMax: ({ x }, { axis }, to) => to.add('ArgMax', [to.valueOf(x!)], without(x!.shape, [axis as number]), { axis: axis as number }, 'int32'),
  Softmax: ({ logits }, { dim }, to) => to.add('Softmax', [to.valueOf(logits!)], logits!.shape, { axis: dim as number }),
  LogSoftmax: ({ logits }, { axis }, to) => to.add('LogSoftmax', [to.valueOf(logits!)], logits!.shape, { axis: axis as number }),
  Reshape: ({ x }, { shape }, to) => reshape(to.valueOf(x!), util.inferFromImplicitShape(shape as number[], sizeOf(x!.shape)), to),
  ExpandDims: ({ input }, { dim }, to) => reshape(to.valueOf(input!), inserted(input!.shape, dim as number), to),
  Transpose: ({ x }, { perm }, to) => to.add('Transpose', [to.valueOf(x!)], (perm as number[]).map((axis) => x!.shape[axis]!), { perm: perm as number[] }, x!.dtype as DType),
  Concat: (inputs, { axis }, to) => concat(Object.values(inputs) as TensorInfo[], axis as number, to),
  Pack: pack,
  Unpack: unpack,
  SplitV: split,
  Slice: slice,
  PadV2: pad,
  Tile: tile,
  BroadcastTo: ({ x }, { shape }, to) => to.add('Expand', [to.valueOf(x!)], shape as number[], {}, x!.dtype as DType),
  Fill: (_, { shape, value: of, dtype }, to) => to.constant({ splat: of as number }, shape as number[], (dtype as DType | undefined) ?? 'float32'),
  OnesLike: ({ x }, _, to) => to.constant({ splat: 1 }, x!.shape, x!.dtype as DType),
  ZerosLike: ({ x }, _, to) => to.constant({ splat: 0 }, x!.shape, x!.dtype as DType),
  GatherV2: gather,
  Reverse: ({ x }, { dims }, to) => to.add('Reverse', [to.valueOf(x!)], x!.shape, { axes: util.parseAxisParam(dims as number[], x!.shape) }, x!.dtype as DType),
  BatchMatMul: matMul,
  Conv2D: ({ x, filter }, attrs, to) => {
    const shape = convolution(x!.shape, filter!.shape, attrs);
    return to.add('Conv2D', [to.valueOf(x!), to.valueOf(filter!)], shape.outShape, shape.attrs);
  },
  Conv2DBackpropInput: ({ dy, filter }, attrs, to) => {
    const inputShape = attrs['inputShape'] as number[];
    return to.add('Conv2DBackpropInput', [to.valueOf(dy!), to.valueOf(filter!)], inputShape, convolution(inputShape, filter!.shape, attrs).attrs);
  },
  Conv2DBackpropFilter: ({ x, dy }, attrs, to) => {
    const filterShape = attrs['filterShape'] as number[];
    return to.add('Conv2DBackpropFilter', [to.valueOf(x!), to.valueOf(dy!)], filterShape, convolution(x!.shape, filterShape, attrs).attrs);
  },
  MaxPool: ({ x }, attrs, to) => to.add('MaxPool', [to.valueOf(x!)], pooling(x!.shape, attrs).outShape, pooling(x!.shape, attrs).attrs),
  AvgPool: ({ x }, attrs, to) => to.add('AvgPool', [to.valueOf(x!)], pooling(x!.shape, attrs).outShape, pooling(x!.shape, attrs).attrs),
  MaxPoolGrad: ({ dy, input, output }, attrs, to) => to.add('MaxPoolGrad', [dy!, input!, output!].map((info) => to.valueOf(info)), input!.shape, pooling(input!.shape, attrs).attrs),
  AvgPoolGrad: ({ dy, input }, attrs, to) => to.add('AvgPoolGrad', [to.valueOf(dy!)], input!.shape, pooling(input!.shape, attrs).attrs),
};

function elementwise(op: string, dtype?: DType): Rule {
  return ({ a, b }, _, to) => {
    const shape = backend_util.assertAndGetBroadcastShape(a!.shape, b!.shape);
    return to.add(op, [to.valueOf(a!), to.valueOf(b!)], shape, {}, dtype ?? (a!.dtype as DType));
  };
}

function without(shape: readonly number[], axes: readonly number[]): number[] {
  return shape.filter((_, axis) => !axes.includes(axis));
}

function inserted(shape: readonly number[], dim: number): number[] {
  return shape.toSpliced(dim < 0 ? dim + shape.length + 1 : dim, 0, 1);
}

function reduction(op: string, key: string): Rule {
  return ({ x }, attrs, to) => {
    const axes = util.parseAxisParam(attrs[key] as number | number[], x!.shape);
    const keepDims = attrs['keepDims'] === true;
    const shape = keepDims ? x!.shape.map((side, axis) => (axes.includes(axis) ? 1 : side)) : without(x!.shape, axes);
    return to.add(op, [to.valueOf(x!)], shape, { axes, keepDims }, x!.dtype as DType);
  };
}

function reshape(x: Value, shape: readonly number[], to: Recorder): Value {
  return sameShape(x.shape, shape) ? x : to.add('Reshape', [x], shape, {}, x.dtype);
}

function concat(inputs: readonly TensorInfo[], axis: number, to: Recorder): Value {
  const [first] = inputs;
  const side = inputs.reduce((sum, { shape }) => sum + shape[axis]!, 0);
  return to.add('Concat', inputs.map((info) => to.valueOf(info)), first!.shape.with(axis, side), { axis }, first!.dtype as DType);
}

function pack(inputs: NamedTensorInfoMap, { axis }: NamedAttrMap, to: Recorder): Value {
  const infos = Object.values(inputs) as TensorInfo[];
  const parts = infos.map((info) => reshape(to.valueOf(info), inserted(info.shape, axis as number), to));
  const shape = inserted(infos[0]!.shape, axis as number).with(axis as number, parts.length);
  return to.add('Concat', parts, shape, { axis: axis as number }, parts[0]!.dtype);
}

function unpack({ value: info }: NamedTensorInfoMap, { axis }: NamedAttrMap, to: Recorder): readonly Value[] {
  const at = axis as number;
  const { shape, dtype } = to.valueOf(info!);
  const sizes = Array.from({ length: shape[at]! }, () => 1);
  const outputs = sizes.map(() => value(dtype, shape.with(at, 1)));
  return to.addMany('Split', [to.valueOf(info!)], outputs, { axis: at, sizes }).map((part) => reshape(part, without(shape, [at]), to));
}

function split({ x }: NamedTensorInfoMap, { numOrSizeSplits, axis }: NamedAttrMap, to: Recorder): readonly Value[] {
  const at = util.parseAxisParam(axis as number, x!.shape)[0]!;
  const sizes = backend_util.prepareSplitSize(x as unknown as Parameters<typeof backend_util.prepareSplitSize>[0], numOrSizeSplits as number[] | number, at);
  const outputs = sizes.map((size) => value(x!.dtype as DType, x!.shape.with(at, size)));
  return to.addMany('Split', [to.valueOf(x!)], outputs, { axis: at, sizes });
}

function slice({ x }: NamedTensorInfoMap, attrs: NamedAttrMap, to: Recorder): Value {
  const [begin, size] = slice_util.parseSliceParams(x!, attrs['begin'] as number[], attrs['size'] as number[]) as [number[], number[]];
  if (sameShape(size, x!.shape)) return to.valueOf(x!);
  return to.add('Slice', [to.valueOf(x!)], size, { begin, size }, x!.dtype as DType);
}

function pad({ x }: NamedTensorInfoMap, { paddings, constantValue }: NamedAttrMap, to: Recorder): Value {
  const pairs = paddings as unknown as [number, number][];
  const [before, after] = [pairs.map(([left]) => left), pairs.map(([, right]) => right)];
  const shape = x!.shape.map((side, axis) => side + before[axis]! + after[axis]!);
  return to.add('Pad', [to.valueOf(x!)], shape, { before, after, value: constantValue as number }, x!.dtype as DType);
}

/** Repeating an axis of one is a broadcast, which costs no loop. */
function tile({ x }: NamedTensorInfoMap, { reps }: NamedAttrMap, to: Recorder): Value {
  const times = reps as number[];
  const shape = x!.shape.map((side, axis) => side * times[axis]!);
  const broadcasts = times.every((time, axis) => time === 1 || x!.shape[axis] === 1);
  return to.add(broadcasts ? 'Expand' : 'Tile', [to.valueOf(x!)], shape, broadcasts ? {} : { reps: times }, x!.dtype as DType);
}

function gather({ x, indices }: NamedTensorInfoMap, { axis, batchDims }: NamedAttrMap, to: Recorder): Value {
  if (batchDims !== 0 && batchDims !== undefined) throw new Error('GatherV2 with batchDims cannot be recorded.');
  const at = util.parseAxisParam(axis as number, x!.shape)[0]!;
  const shape = x!.shape.toSpliced(at, 1, ...indices!.shape);
  return to.add('Gather', [to.valueOf(x!), to.valueOf(indices!)], shape, { axis: at }, x!.dtype as DType);
}

function matMul({ a, b }: NamedTensorInfoMap, attrs: NamedAttrMap, to: Recorder): Value {
  const [transposeA, transposeB] = [attrs['transposeA'] === true, attrs['transposeB'] === true];
  const batch = backend_util.assertAndGetBroadcastShape(a!.shape.slice(0, -2), b!.shape.slice(0, -2));
  const shape = [...batch, a!.shape.at(transposeA ? -1 : -2)!, b!.shape.at(transposeB ? -2 : -1)!];
  return to.add('MatMul', [to.valueOf(a!), to.valueOf(b!)], shape, { transposeA, transposeB });
}

interface Window {
  readonly outShape: readonly number[];
  readonly attrs: Node['attrs'];
}

function convolution(x: readonly number[], filter: readonly number[], { strides, pad: padding, dilations, dimRoundingMode, dataFormat }: NamedAttrMap): Window {
  if (dataFormat !== undefined && dataFormat !== 'NHWC') throw new Error(`A convolution in ${String(dataFormat)} cannot be recorded.`);
  const info = backend_util.computeConv2DInfo(
    x as never,
    filter as never,
    strides as [number, number],
    (dilations ?? 1) as number,
    padding as 'same' | 'valid' | number,
    dimRoundingMode as 'floor' | undefined,
  );
  if (filter[2] !== x[3]) throw new Error('A grouped convolution cannot be recorded.');
  return { outShape: info.outShape, attrs: windowAttrs(info) };
}

function pooling(x: readonly number[], { filterSize, strides, pad: padding, dimRoundingMode }: NamedAttrMap): Window {
  const info = backend_util.computePool2DInfo(x as never, filterSize as number, strides as number, 1, padding as 'same' | 'valid' | number, dimRoundingMode as 'floor' | undefined);
  const { dilations: _, ...attrs } = windowAttrs(info);
  return { outShape: info.outShape, attrs: { ...attrs, filter: [info.filterHeight, info.filterWidth] } };
}

function windowAttrs(info: backend_util.Conv2DInfo): Node['attrs'] {
  const { top, left, bottom, right } = info.padInfo;
  return { strides: [info.strideHeight, info.strideWidth], pads: [top, left, bottom, right], dilations: [info.dilationHeight, info.dilationWidth] };
}
