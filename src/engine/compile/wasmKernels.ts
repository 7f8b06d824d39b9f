import * as tf from '@tensorflow/tfjs';

/**
 * Faster forms of kernels that the wasm backend of TensorFlow.js 4.22 has, in terms of its own faster kernels. The
 * model stays plain: `matMul` and `sum` mean the same everywhere, and the gradients that tfjs derives profit as well.
 */
export function speedUpWasm(): void {
  replace('BatchMatMul', fastMatMul);
  replace('Sum', fastSum);
}

type Kernel = (args: KernelArgs, original: tf.KernelFunc) => tf.TensorInfo | tf.TensorInfo[];
interface KernelArgs {
  readonly inputs: tf.NamedTensorInfoMap;
  readonly attrs: tf.NamedAttrMap;
  readonly backend: tf.KernelBackend;
}

const replaced = new Set<string>();

function replace(name: string, kernel: Kernel): void {
  const config = tf.getKernel(name, 'wasm');
  if (!config || replaced.has(name)) return;
  replaced.add(name);
  tf.unregisterKernel(name, 'wasm');
  tf.registerKernel({ ...config, kernelFunc: (args) => kernel(args as unknown as KernelArgs, config.kernelFunc) });
}

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
  if (batchOf(a) * batchOf(b) !== 1) return original({ inputs, attrs, backend });
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

function batchOf({ shape }: tf.TensorInfo): number {
  return shape.slice(0, -2).reduce((product, side) => product * side, 1);
}

function matrix(x: tf.TensorInfo): tf.TensorInfo {
  return withShape(x, x.shape.slice(-2));
}

/** A sum over leading axes is ones · x, by XNNPACK; the backend would transpose the whole tensor first. */
const fastSum: Kernel = ({ inputs, attrs, backend }, original) => {
  const { axis, keepDims } = attrs as { axis: number | number[]; keepDims: boolean };
  const x = inputs['x']!;
  const axes = tf.util.parseAxisParam(axis, x.shape).sort((i, j) => i - j);
  const leading = axes.length < x.shape.length && axes.every((value, i) => value === i);
  const rows = axes.reduce((product, i) => product * x.shape[i]!, 1);
  if (!leading || x.dtype !== 'float32' || rows < 2) return original({ inputs, attrs, backend });
  const rest = x.shape.slice(axes.length);
  const columns = rest.reduce((product, side) => product * side, 1);
  const ones = call('Fill', {}, { shape: [1, rows], value: 1, dtype: 'float32' }, backend);
  const sum = call('BatchMatMul', { a: ones, b: withShape(x, [rows, columns]) }, { transposeA: false, transposeB: false }, backend);
  backend.disposeData(ones.dataId);
  return withShape(sum, keepDims ? [...axes.map(() => 1), ...rest] : rest);
};
