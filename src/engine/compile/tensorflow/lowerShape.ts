import type { DType, Value } from '../graph';
import { numbersOf } from '../passes/pass';
import { type, type Lower, type Lowering, type Writer } from './writer';

/** Operations that reduce, move or multiply matrices. */

const int32 = { type: 'int32' } as const;

const reduction = (op: string): Lowering => ({
  attrs: ['axes', 'keepDims'],
  lower: ({ inputs: [x], attrs }, write) => [
    write.node(op, [write.name(x!), write.ints(numbersOf(attrs['axes']))], { T: type(x!), Tidx: int32, keep_dims: { bool: attrs['keepDims'] === true } }),
  ],
});

const argMax: Lower = ({ inputs: [x], attrs }, write) => [
  write.node('ArgMax', [write.name(x!), write.scalar(Number(attrs['axis']), 'int32')], { T: type(x!), Tidx: int32, output_type: int32 }),
];

const expand: Lower = ({ inputs: [x], outputs: [result] }, write) => [
  write.node('BroadcastTo', [write.name(x!), write.ints(result!.shape)], { T: type(x!), Tidx: int32 }),
];

const transpose: Lower = ({ inputs: [x], attrs }, write) => [
  write.node('Transpose', [write.name(x!), write.ints(numbersOf(attrs['perm']))], { T: type(x!), Tperm: int32 }),
];

const concat: Lower = ({ inputs, attrs }, write) => {
  const names = inputs.map((input) => write.name(input));
  if (names.length === 1) return names;
  return [write.node('ConcatV2', [...names, write.scalar(Number(attrs['axis']), 'int32')], { N: { int: names.length }, T: type(inputs[0]!), Tidx: int32 })];
};

const slice: Lower = ({ inputs: [x], attrs }, write) => [
  write.node('Slice', [write.name(x!), write.ints(numbersOf(attrs['begin'])), write.ints(numbersOf(attrs['size']))], { T: type(x!), Index: int32 }),
];

const split: Lower = ({ inputs: [x], attrs }, write) => {
  const sizes = numbersOf(attrs['sizes']);
  const operands = [write.name(x!), write.ints(sizes), write.scalar(Number(attrs['axis']), 'int32')];
  return write.nodes('SplitV', operands, { T: type(x!), Tlen: int32, num_split: { int: sizes.length } }, sizes.length);
};

const pad: Lower = ({ inputs: [x], attrs }, write) => {
  const [before, after] = [numbersOf(attrs['before']), numbersOf(attrs['after'])];
  return [padded(write.name(x!), x!, before, after, Number(attrs['value']), write)];
};

/** Puts `value` around a tensor, so many before and after on every axis. */
export function padded(name: string, x: Value, before: readonly number[], after: readonly number[], value: number, write: Writer): string {
  const paddings = write.ints(before.flatMap((left, axis) => [left, after[axis]!]), [before.length, 2]);
  return write.node('PadV2', [name, paddings, write.scalar(value, x.dtype)], { T: type(x), Tpaddings: int32 });
}

const tile: Lower = ({ inputs: [x], attrs }, write) => [write.node('Tile', [write.name(x!), write.ints(numbersOf(attrs['reps']))], { T: type(x!), Tmultiples: int32 })];

const gather: Lower = ({ inputs: [x, indices], attrs }, write) => [
  write.node('GatherV2', [write.name(x!), write.name(indices!), write.scalar(Number(attrs['axis']), 'int32')], { Tparams: type(x!), Tindices: int32, Taxis: int32, batch_dims: { int: 0 } }),
];

const reverse: Lower = ({ inputs: [x], attrs }, write) => [write.node('ReverseV2', [write.name(x!), write.ints(numbersOf(attrs['axes']))], { T: type(x!), Tidx: int32 })];

/** Two matrices, or stacks of them that broadcast. */
const matMul: Lower = ({ inputs: [a, b], attrs }, write) => {
  const [left, right] = [{ bool: attrs['transposeA'] === true }, { bool: attrs['transposeB'] === true }];
  const operands = [write.name(a!), write.name(b!)];
  if (a!.shape.length === 2 && b!.shape.length === 2) return [write.node('MatMul', operands, { T: type(a!), transpose_a: left, transpose_b: right })];
  return [write.node('BatchMatMulV2', operands, { T: type(a!), adj_x: left, adj_y: right })];
};

export function reshaped(name: string, shape: readonly number[], write: Writer, dtype: DType = 'float32'): string {
  return write.node('Reshape', [name, write.ints(shape)], { T: { type: dtype }, Tshape: int32 });
}

export const shaping: Readonly<Record<string, Lowering>> = {
  ...Object.fromEntries(['Sum', 'Mean', 'Max', 'Min', 'Prod'].map((op) => [op, reduction(op)])),
  ArgMax: { attrs: ['axis'], lower: argMax },
  Reshape: { attrs: [], lower: ({ inputs: [x], outputs: [result] }, write) => [reshaped(write.name(x!), result!.shape, write, x!.dtype)] },
  Expand: { attrs: [], lower: expand },
  Transpose: { attrs: ['perm'], lower: transpose },
  Concat: { attrs: ['axis'], lower: concat },
  Slice: { attrs: ['begin', 'size'], lower: slice },
  Split: { attrs: ['axis', 'sizes'], lower: split },
  Pad: { attrs: ['before', 'after', 'value'], lower: pad },
  Tile: { attrs: ['reps'], lower: tile },
  Gather: { attrs: ['axis'], lower: gather },
  Reverse: { attrs: ['axes'], lower: reverse },
  MatMul: { attrs: ['transposeA', 'transposeB'], lower: matMul },
};
