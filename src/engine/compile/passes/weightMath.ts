import type { FloatTensor } from '../../tensors';
import { sizeOf, type Constant, type Node } from '../graph';
import { numbersOf } from './pass';

/** What operations between weights give: computed in double precision, rounded once an operation. */

type Operand = FloatTensor | Constant;
type Compute = (node: Node, operands: readonly Operand[]) => Float32Array;

/** One operand along a row: where it starts, and its step. */
interface Run {
  readonly data: Float32Array;
  readonly from: number;
  readonly step: number;
}

/** Computes a row of the result; a loop for each operation, because a call for each of a hundred million elements is slow. */
type Row = (out: Float32Array, a: Run, b: Run) => void;

const addRow: Row = (out, a, b) => {
  for (let i = 0; i < out.length; i++) out[i] = a.data[a.from + i * a.step]! + b.data[b.from + i * b.step]!;
};

const subtractRow: Row = (out, a, b) => {
  for (let i = 0; i < out.length; i++) out[i] = a.data[a.from + i * a.step]! - b.data[b.from + i * b.step]!;
};

const multiplyRow: Row = (out, a, b) => {
  for (let i = 0; i < out.length; i++) out[i] = a.data[a.from + i * a.step]! * b.data[b.from + i * b.step]!;
};

const binary =
  (computeRow: Row): Compute =>
  ({ inputs, outputs: [result] }, operands) => {
    const [a, b] = operands.map(dataOf) as [Float32Array, Float32Array];
    const strides = inputs.map((input, i) => ('splat' in operands[i]! ? result!.shape.map(() => 0) : broadcastStrides(input.shape, result!.shape)));
    const out = new Float32Array(sizeOf(result!.shape));
    let at = 0;
    eachRow(result!.shape, strides, ([fromA, fromB], count, [stepA, stepB]) => {
      computeRow(out.subarray(at, (at += count)), { data: a, from: fromA!, step: stepA! }, { data: b, from: fromB!, step: stepB! });
    });
    return out;
  };

/** Elements along strides of their own. */
function gathered(x: Float32Array, shape: readonly number[], strides: readonly number[], start = 0): Float32Array {
  const out = new Float32Array(sizeOf(shape));
  let at = 0;
  eachRow(shape, [strides], ([from], count, [step]) => {
    for (let i = 0; i < count; i++) out[at++] = x[start + from! + i * step!]!;
  });
  return out;
}

const transpose: Compute = ({ inputs: [x], outputs: [result], attrs }, [operand]) => {
  const strides = stridesOf(x!.shape);
  return gathered(dataOf(operand!), result!.shape, numbersOf(attrs['perm']).map((axis) => strides[axis]!));
};

const slice: Compute = ({ inputs: [x], outputs: [result], attrs }, [operand]) => {
  const strides = stridesOf(x!.shape);
  const start = numbersOf(attrs['begin']).reduce((sum, begin, axis) => sum + begin * strides[axis]!, 0);
  return gathered(dataOf(operand!), result!.shape, strides, start);
};

const sum: Compute = ({ inputs: [x], outputs: [result], attrs }, [operand]) => {
  const axes = numbersOf(attrs['axes']);
  const kept = stridesOf(x!.shape.map((side, axis) => (axes.includes(axis) ? 1 : side)));
  const data = dataOf(operand!);
  const sums = new Float64Array(sizeOf(result!.shape));
  let at = 0;
  eachRow(x!.shape, [kept.map((stride, axis) => (axes.includes(axis) ? 0 : stride))], ([to], count, [step]) => {
    for (let i = 0; i < count; i++) sums[to! + i * step!]! += data[at++]!;
  });
  return Float32Array.from(sums);
};

const matMul: Compute = ({ inputs: [, right], outputs: [result] }, operands) => {
  const [a, b] = operands.map(dataOf) as [Float32Array, Float32Array];
  const [rows, columns] = result!.shape as [number, number];
  const inner = right!.shape[0]!;
  const out = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    const sums = new Float64Array(columns);
    for (let k = 0; k < inner; k++) {
      const left = a[row * inner + k]!;
      for (let column = 0; column < columns; column++) sums[column]! += left * b[k * columns + column]!;
    }
    out.set(sums, row * columns);
  }
  return out;
};

const computations: Readonly<Record<string, Compute>> = {
  Add: binary(addRow),
  Sub: binary(subtractRow),
  Multiply: binary(multiplyRow),
  Reshape: (_, [x]) => dataOf(x!),
  Transpose: transpose,
  Slice: slice,
  Sum: sum,
  MatMul: matMul,
};

/** Whether weights can be computed through this operation; others are left to whoever runs the graph. */
export function computes({ op, inputs, outputs, attrs }: Node): boolean {
  if (!Object.hasOwn(computations, op) || outputs.length !== 1 || outputs[0]!.dtype !== 'float32') return false;
  return op !== 'MatMul' || (attrs['transposeA'] !== true && attrs['transposeB'] !== true && inputs.every(({ shape }) => shape.length === 2));
}

/** The result of an operation that `computes`. */
export function computeWeight(node: Node, operands: readonly Operand[]): FloatTensor {
  return { shape: node.outputs[0]!.shape, data: computations[node.op]!(node, operands) };
}

function dataOf(operand: Operand): Float32Array {
  return 'splat' in operand ? Float32Array.of(operand.splat) : (operand.data as Float32Array);
}

function stridesOf(shape: readonly number[]): number[] {
  return shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
}

/** How far one step along each axis of the result goes in an operand that is broadcast to it. */
function broadcastStrides(shape: readonly number[], result: readonly number[]): number[] {
  const own = stridesOf(shape);
  return result.map((_, axis) => {
    const at = axis - result.length + shape.length;
    return at < 0 || shape[at] === 1 ? 0 : own[at]!;
  });
}

/** Visits a shape along its last axis: where each operand's row starts, how long it is, and each operand's step in it. */
function eachRow(shape: readonly number[], strides: readonly (readonly number[])[], visit: (starts: readonly number[], count: number, steps: readonly number[]) => void): void {
  const count = shape.at(-1) ?? 1;
  const outer = shape.slice(0, -1);
  const steps = strides.map((own) => own.at(-1) ?? 0);
  const index = outer.map(() => 0);
  const starts = strides.map(() => 0);
  for (let row = 0; row < sizeOf(outer); row++) {
    visit(starts, count, steps);
    for (let axis = outer.length - 1; axis >= 0; axis--) {
      const wraps = ++index[axis]! === outer[axis];
      strides.forEach((own, k) => (starts[k]! += wraps ? -own[axis]! * (outer[axis]! - 1) : own[axis]!));
      if (!wraps) break;
      index[axis] = 0;
    }
  }
}
