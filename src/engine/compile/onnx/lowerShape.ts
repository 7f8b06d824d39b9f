import { sameShape, type Node } from '../graph';
import { numbersOf } from '../passes/pass';
import type { Lower, Lowering, Writer } from './lowerWriter';
import { elementType } from './proto';

/** Operations that move elements, and those that sum them up along axes. */

const reshape: Lower = ({ inputs: [x], outputs: [result] }, write) => [
  sameShape(x!.shape, result!.shape) ? write.name(x!) : write.reshape(write.name(x!), result!.shape),
];

const expand: Lower = ({ inputs: [x], outputs: [result] }, write) => [
  sameShape(x!.shape, result!.shape) ? write.name(x!) : write.node('Expand', [write.name(x!), write.ints(result!.shape)]),
];

/** A transposition that leaves the order of the axes longer than 1 is a Reshape, which copies nothing. */
const transpose: Lower = ({ inputs: [x], outputs: [result], attrs }, write) => {
  const perm = numbersOf(attrs['perm']);
  const long = perm.filter((axis) => x!.shape[axis] !== 1);
  const still = long.every((axis, i) => i === 0 || axis > long[i - 1]!);
  if (!still) return [write.node('Transpose', [write.name(x!)], { perm })];
  return [sameShape(x!.shape, result!.shape) ? write.name(x!) : write.reshape(write.name(x!), result!.shape)];
};

const concat: Lower = ({ inputs, attrs }, write) => [
  inputs.length === 1 ? write.name(inputs[0]!) : write.node('Concat', inputs.map((input) => write.name(input)), { axis: attrs['axis']! }),
];

const slice: Lower = ({ inputs: [x], outputs: [result], attrs }, write) => {
  const begin = numbersOf(attrs['begin']);
  const size = numbersOf(attrs['size']);
  if (!sameShape(size, result!.shape)) throw new Error(`Slice: size [${size}] does not give [${result!.shape}]`);
  const axes = x!.shape.flatMap((side, axis) => (side === size[axis] ? [] : [axis]));
  if (axes.length === 0) return [write.name(x!)];
  const starts = write.ints(axes.map((axis) => begin[axis]!));
  return [write.node('Slice', [write.name(x!), starts, write.ints(axes.map((axis) => begin[axis]! + size[axis]!)), write.ints(axes)])];
};

const split: Lower = ({ inputs: [x], outputs, attrs }, write) => {
  if (outputs.length === 1) return [write.name(x!)];
  return write.nodes('Split', [write.name(x!), write.ints(numbersOf(attrs['sizes']))], { axis: attrs['axis']! }, outputs.length);
};

const pad: Lower = ({ inputs: [x], attrs }, write) => {
  const pads = write.ints([...numbersOf(attrs['before']), ...numbersOf(attrs['after'])]);
  return [write.node('Pad', [write.name(x!), pads, write.scalar(Number(attrs['value']), x!.dtype)])];
};

/** Where only axes of length 1 are repeated the tiling is a broadcast, which reads less. */
const tile: Lower = ({ inputs: [x], outputs: [result], attrs }, write) => {
  const reps = numbersOf(attrs['reps']);
  const spread = reps.every((times, axis) => times === 1 || x!.shape[axis] === 1);
  return [spread ? write.node('Expand', [write.name(x!), write.ints(result!.shape)]) : write.node('Tile', [write.name(x!), write.ints(reps)])];
};

const gather: Lower = ({ inputs: [data, indices], attrs }, write) => [write.node('Gather', [write.name(data!), write.name(indices!)], { axis: attrs['axis']! })];

/** A slice that runs backwards: from the last element to the one before the first. */
const reverse: Lower = ({ inputs: [x], attrs }, write) => {
  const axes = numbersOf(attrs['axes']);
  if (axes.length === 0) return [write.name(x!)];
  const [starts, ends] = [axes.map(() => -1), axes.map((axis) => -x!.shape[axis]! - 1)];
  return [write.node('Slice', [write.name(x!), write.ints(starts), write.ints(ends), write.ints(axes), write.ints(starts)])];
};

const reduce = (op: string): Lowering => ({
  attrs: ['axes', 'keepDims'],
  lower({ inputs: [x], attrs }, write) {
    const axes = numbersOf(attrs['axes']);
    // Without axes ONNX reduces over all of them, TensorFlow over none.
    if (axes.length === 0) return [write.name(x!)];
    return [write.node(op, [write.name(x!), write.ints(axes)], { keepdims: Number(attrs['keepDims']) })];
  },
});

/** ONNX gives int64. */
const argMax: Lower = ({ inputs: [x], attrs }, write) => {
  const found = write.node('ArgMax', [write.name(x!)], { axis: attrs['axis']!, keepdims: 0 });
  return [write.node('Cast', [found], { to: elementType.int32 })];
};

const matMul: Lower = (node, write) => {
  const [a, b] = node.inputs;
  const [transA, transB] = [Number(node.attrs['transposeA']), Number(node.attrs['transposeB'])];
  const names = [write.name(a!), write.name(b!)];
  if (transA + transB === 0) return [write.node('MatMul', names)];
  if (a!.shape.length === 2 && b!.shape.length === 2) return [write.node('Gemm', names, { transA, transB })];
  // FusedMatMul does not broadcast a transposed operand of another rank.
  if (write.contrib && a!.shape.length === b!.shape.length) return write.nodes('FusedMatMul', names, { transA, transB }, 1, 'com.microsoft');
  return [write.node('MatMul', [turned(node, 0, transA, write), turned(node, 1, transB, write)])];
};

/** An operand of a matrix product with its last two axes exchanged when they are to be. */
function turned({ inputs }: Node, index: number, exchange: number, write: Writer): string {
  const operand = inputs[index]!;
  const rank = operand.shape.length;
  const axes = [...operand.shape.keys()];
  const perm = [...axes.slice(0, -2), rank - 1, rank - 2];
  return exchange === 1 ? write.node('Transpose', [write.name(operand)], { perm }) : write.name(operand);
}

export const shaping: Readonly<Record<string, Lowering>> = {
  Reshape: { attrs: [], lower: reshape },
  Expand: { attrs: [], lower: expand },
  Transpose: { attrs: ['perm'], lower: transpose },
  Concat: { attrs: ['axis'], lower: concat },
  Slice: { attrs: ['begin', 'size'], lower: slice },
  Split: { attrs: ['axis', 'sizes'], lower: split },
  Pad: { attrs: ['before', 'after', 'value'], lower: pad },
  Tile: { attrs: ['reps'], lower: tile },
  Gather: { attrs: ['axis'], lower: gather },
  Reverse: { attrs: ['axes'], lower: reverse },
  Sum: reduce('ReduceSum'),
  Mean: reduce('ReduceMean'),
  Max: reduce('ReduceMax'),
  Min: reduce('ReduceMin'),
  Prod: reduce('ReduceProd'),
  ArgMax: { attrs: ['axis'], lower: argMax },
  MatMul: { attrs: ['transposeA', 'transposeB'], lower: matMul },
};
