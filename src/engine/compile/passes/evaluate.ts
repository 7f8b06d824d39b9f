import { sizeOf, type Constant, type Node } from '../graph';
import { numbersOf, type Site } from './pass';

/** What operations give for constants; undefined where it is not worth it, or would not be exact. */

/** Above so many elements the emitter's own runtime folds better, and the file stays small. */
const SMALL = 4096;

const unary: Readonly<Record<string, (x: number) => number>> = {
  Neg: (x) => -x,
  Abs: Math.abs,
  Square: (x) => x * x,
  Sqrt: Math.sqrt,
  Rsqrt: (x) => 1 / Math.sqrt(x),
  Reciprocal: (x) => 1 / x,
  Exp: Math.exp,
  Log: Math.log,
  Floor: Math.floor,
  Relu: (x) => Math.max(x, 0),
};

const binary: Readonly<Record<string, (a: number, b: number) => number>> = {
  Add: (a, b) => a + b,
  Sub: (a, b) => a - b,
  Multiply: (a, b) => a * b,
  RealDiv: (a, b) => a / b,
  Maximum: Math.max,
  Minimum: Math.min,
  Pow: (a, b) => a ** b,
  SquaredDifference: (a, b) => (a - b) ** 2,
  Greater: (a, b) => Number(a > b),
  GreaterEqual: (a, b) => Number(a >= b),
  Less: (a, b) => Number(a < b),
  LessEqual: (a, b) => Number(a <= b),
  Equal: (a, b) => Number(a === b),
  NotEqual: (a, b) => Number(a !== b),
};

/** The constants that a node's outputs are, when its inputs are constants. */
export function evaluate(node: Node, site: Site): readonly Constant[] | undefined {
  const given = node.inputs.map((input) => site.constantOf(input));
  if (given.length === 0 || !given.every((constant) => constant !== undefined)) return undefined;
  const one = elementwise(node, given) ?? moved(node, given, site) ?? cast(node, given);
  return one && node.outputs.map(() => one);
}

/** Computed in double precision and rounded once. */
function elementwise({ op, inputs, outputs: [result] }: Node, given: readonly Constant[]): Constant | undefined {
  const compute = ownOf(unary, op) ?? ownOf(binary, op);
  if (!compute || inputs.some(({ dtype }) => dtype !== 'float32')) return undefined;
  const at = (i: number): number => Math.fround(compute(...(given.map((constant, k) => elementOf(constant, inputs[k]!.shape, result!.shape, i)) as [number, number])));
  if (given.every((constant) => 'splat' in constant)) return { splat: at(0) };
  const size = sizeOf(result!.shape);
  if (size > SMALL) return undefined;
  const elements = Array.from({ length: size }, (_, i) => at(i));
  return { data: result!.dtype === 'bool' ? Uint8Array.from(elements) : Float32Array.from(elements) };
}

/** Operations that only move elements, or whose result for equal elements is that element. */
const keepsEqual = new Set(['Reshape', 'Expand', 'Transpose', 'Slice', 'Split', 'Tile', 'Gather', 'Reverse', 'Concat', 'Max', 'Min', 'Mean']);

function moved(node: Node, given: readonly Constant[], site: Site): Constant | undefined {
  const { op, inputs, outputs, attrs } = node;
  const [first] = given;
  const splats = (op === 'Gather' ? inputs.slice(0, 1) : inputs).map((input) => site.splat(input));
  const [splat] = splats;
  const equal = splat !== undefined && splats.every((other) => Object.is(other, splat));
  if (equal && (keepsEqual.has(op) || (op === 'Pad' && attrs['value'] === splat))) return { splat };
  if (equal && op === 'Sum') return { splat: Math.fround((splat * sizeOf(inputs[0]!.shape)) / sizeOf(outputs[0]!.shape)) };
  if (op === 'Reshape') return first;
  return op === 'Transpose' && sizeOf(outputs[0]!.shape) <= SMALL ? transposed(node, first!) : undefined;
}

function transposed({ inputs: [x], outputs: [result], attrs }: Node, constant: Constant): Constant | undefined {
  if ('splat' in constant) return constant;
  const perm = numbersOf(attrs['perm']);
  const strides = stridesOf(x!.shape);
  const steps = perm.map((axis) => strides[axis]!);
  return { data: constant.data.map((_, i, all) => all[offsetOf(i, result!.shape, steps)]!) };
}

function cast({ op, inputs: [x], outputs: [result] }: Node, [constant]: readonly Constant[]): Constant | undefined {
  const dtype = result!.dtype;
  if (op !== 'Cast' || (dtype !== 'float32' && dtype !== 'int32' && dtype !== 'bool')) return undefined;
  const convert = (element: number): number => (dtype === 'bool' ? Number(element !== 0) : dtype === 'int32' ? Math.trunc(element) | 0 : Math.fround(element));
  if ('splat' in constant!) return { splat: convert(constant.splat) };
  if (sizeOf(x!.shape) > SMALL) return undefined;
  const Typed = { bool: Uint8Array, int32: Int32Array, float32: Float32Array }[dtype];
  return { data: Typed.from(Array.from(constant!.data, convert)) };
}

function ownOf<T>(table: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}

/** Element i of the result's shape, of a constant that broadcasts to it. */
function elementOf(constant: Constant, shape: readonly number[], to: readonly number[], i: number): number {
  if ('splat' in constant) return Math.fround(constant.splat);
  const strides = stridesOf(shape).map((stride, axis) => (shape[axis] === 1 ? 0 : stride));
  return constant.data[offsetOf(i, to, [...to.slice(shape.length).map(() => 0), ...strides])]!;
}

function stridesOf(shape: readonly number[]): number[] {
  return shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
}

/** Where the element i of a shape lies when one step along each axis is so long. */
function offsetOf(i: number, shape: readonly number[], steps: readonly number[]): number {
  let [offset, rest] = [0, i];
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    offset += (rest % shape[axis]!) * steps[axis]!;
    rest = Math.floor(rest / shape[axis]!);
  }
  return offset;
}
