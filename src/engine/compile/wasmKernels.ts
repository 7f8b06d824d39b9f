import * as tf from '@tensorflow/tfjs';
import { batchMatMulOver, FEWEST_COLUMNS, type BatchMatMul, type WasmMemory } from './batchMatMul';
import { replaceKernel, type Kernel } from './replaceKernel';

/**
 * Faster forms of kernels that the wasm backend of TensorFlow.js 4.22 has, in terms of its own faster kernels. The
 * model stays plain: `matMul` and `sum` mean the same everywhere, and the gradients that tfjs derives profit as well.
 */
export function speedUpWasm(): void {
  smallProducts ??= batchMatMulOver((tf.backend() as unknown as WasmBackend).wasm.asm.memory);
  replaceKernel('wasm', 'BatchMatMul', fastMatMul);
  replaceKernel('wasm', 'Sum', fastSum);
  replaceKernel('wasm', 'Identity', sharedIdentity);
}

/** What is used of the wasm backend beyond its public face: where a tensor lies in its memory. */
interface WasmBackend {
  readonly wasm: { readonly asm: { readonly memory: WasmMemory } };
  readonly dataIdMap: { get(dataId: object): { readonly memoryOffset: number } };
  makeOutput(shape: number[], dtype: 'float32'): tf.TensorInfo;
}

let smallProducts: BatchMatMul | null = null;

function call(name: string, inputs: tf.NamedTensorInfoMap, attrs: tf.NamedAttrMap, backend: tf.KernelBackend): tf.TensorInfo {
  return tf.getKernel(name, 'wasm').kernelFunc({ inputs, attrs, backend }) as tf.TensorInfo;
}

function transposed(x: tf.TensorInfo, backend: tf.KernelBackend): tf.TensorInfo {
  return call('Transpose', { x }, { perm: [1, 0] }, backend);
}

function withShape(x: tf.TensorInfo, shape: number[]): tf.TensorInfo {
  return { dataId: x.dataId, dtype: x.dtype, shape };
}

/**
 * A product of two matrices reaches XNNPACK only untransposed; with a transposed operand the backend runs a naive loop
 * ten times slower. So the operand is transposed first, which costs little.
 */
const fastMatMul: Kernel = ({ inputs, attrs, backend }, original) => {
  const { transposeA, transposeB } = attrs as { transposeA: boolean; transposeB: boolean };
  const a = inputs['a']!;
  const b = inputs['b']!;
  if (batchOf(a) * batchOf(b) !== 1) return manyProducts(a, b, transposeA, transposeB, backend) ?? original({ inputs, attrs, backend });
  const left = transposeA ? transposed(matrix(a), backend) : matrix(a);
  const right = transposeB ? transposed(matrix(b), backend) : unmistakable(matrix(b), backend);
  const product = original({ inputs: { a: left, b: right }, attrs: { transposeA: false, transposeB: false }, backend }) as tf.TensorInfo;
  if (transposeA) backend.disposeData(left.dataId);
  if (right.dataId !== b.dataId) backend.disposeData(right.dataId);
  return withShape(product, [...a.shape.slice(0, -2), ...product.shape.slice(-2)]);
};

const packed = new WeakMap<object, string>();

/**
 * The backend remembers how it packed a right operand by the operand's memory alone. The same memory seen in another
 * shape would then be read out of bounds, and the heap destroyed: such an operand is copied first.
 */
function unmistakable(b: tf.TensorInfo, backend: tf.KernelBackend): tf.TensorInfo {
  const shape = b.shape.join();
  const before = packed.get(b.dataId);
  packed.set(b.dataId, before ?? shape);
  return before === undefined || before === shape ? b : call('Slice', { x: b }, { begin: [0, 0], size: b.shape }, backend);
}

/** A product for each pair of matrices; null for what `batchMatMul` cannot do, such as repeating one side over the batch. */
function manyProducts(a: tf.TensorInfo, b: tf.TensorInfo, transposeA: boolean, transposeB: boolean, backend: tf.KernelBackend): tf.TensorInfo | null {
  const rank = a.shape.length;
  const [rows, inner] = transposeA ? [a.shape[rank - 1]!, a.shape[rank - 2]!] : [a.shape[rank - 2]!, a.shape[rank - 1]!];
  const columns = b.shape.at(transposeB ? -2 : -1)!;
  const sameBatch = a.shape.slice(0, -2).join() === b.shape.slice(0, -2).join();
  if (!smallProducts || !sameBatch || a.dtype !== 'float32' || b.dtype !== 'float32' || columns < FEWEST_COLUMNS) return null;
  const memory = backend as unknown as WasmBackend;
  const right = transposeB ? call('Transpose', { x: b }, { perm: swappedAxes(rank) }, backend) : b;
  const out = memory.makeOutput([...a.shape.slice(0, -2), rows, columns], 'float32');
  const [rowStride, innerStride] = transposeA ? [4, 4 * rows] : [4 * inner, 4];
  smallProducts(batchOf(a), rows, inner, columns, addressOf(a, memory), rowStride, innerStride, 4 * rows * inner, addressOf(right, memory), addressOf(out, memory));
  if (transposeB) backend.disposeData(right.dataId);
  return out;
}

function addressOf(x: tf.TensorInfo, memory: WasmBackend): number {
  return memory.dataIdMap.get(x.dataId).memoryOffset;
}

function swappedAxes(rank: number): number[] {
  return [...Array.from({ length: rank - 2 }, (_, axis) => axis), rank - 1, rank - 2];
}

function batchOf({ shape }: tf.TensorInfo): number {
  return shape.slice(0, -2).reduce((product, side) => product * side, 1);
}

function matrix(x: tf.TensorInfo): tf.TensorInfo {
  return withShape(x, x.shape.slice(-2));
}

/** A sum over leading axes is 1ᵀ · x, row by row through the memory; the backend would transpose the whole tensor first. */
const fastSum: Kernel = ({ inputs, attrs, backend }, original) => {
  const { axis, keepDims } = attrs as { axis: number | number[]; keepDims: boolean };
  const x = inputs['x']!;
  const axes = tf.util.parseAxisParam(axis, x.shape).sort((i, j) => i - j);
  const leading = axes.length < x.shape.length && axes.every((value, i) => value === i);
  const rest = x.shape.slice(axes.length);
  const columns = tf.util.sizeFromShape(rest);
  if (!smallProducts || !leading || x.dtype !== 'float32' || columns < FEWEST_COLUMNS) return original({ inputs, attrs, backend });
  const memory = backend as unknown as WasmBackend;
  const rows = tf.util.sizeFromShape(x.shape.slice(0, axes.length));
  const one = call('Fill', {}, { shape: [1], value: 1, dtype: 'float32' }, backend);
  const sum = memory.makeOutput(keepDims ? [...axes.map(() => 1), ...rest] : rest, 'float32');
  // With strides of zero the single 1 is the whole row of ones.
  smallProducts(1, 1, rows, columns, addressOf(one, memory), 0, 0, 0, addressOf(x, memory), addressOf(sum, memory));
  backend.disposeData(one.dataId);
  return sum;
};

/** A copy that shares the memory, as on the other backends: tensors never change. Autodiff makes hundreds of them a step. */
const sharedIdentity: Kernel = ({ inputs, attrs, backend }, original) => {
  const x = inputs['x']!;
  if (x.dtype === 'string') return original({ inputs, attrs, backend });
  backend.incRef(x.dataId);
  return withShape(x, x.shape);
};
