import { InferenceSession, Tensor } from 'onnxruntime-node';
import { emitOnnx, type EmitOptions } from '../../../../src/engine/compile/onnx/emit';
import { sizeOf, value, type Constant, type Graph, type Node, type Value } from '../../../../src/engine/compile/graph';

export type Numbers = Float32Array | Int32Array | Uint8Array;

/** A tensor of a test: fed, or part of the graph as a constant. */
export interface Given {
  readonly dtype: 'float32' | 'int32' | 'bool';
  readonly shape: readonly number[];
  readonly data: readonly number[];
  readonly constant: boolean;
}

export interface Result {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

const typed = { float32: Float32Array, int32: Int32Array, bool: Uint8Array };

/** A graph of one node. */
export function oneNode(op: string, attrs: Node['attrs'], given: readonly Given[], results: readonly Omit<Result, 'data'>[]): Graph {
  const inputs = given.map(({ dtype, shape }) => value(dtype, shape));
  const outputs = results.map(({ dtype, shape }) => value(dtype as Value['dtype'], shape));
  const constants = new Map<Value, Constant>();
  given.forEach(({ constant, data, dtype }, i) => {
    const [first] = data;
    const uniform = first !== undefined && data.every((element) => element === first);
    if (constant) constants.set(inputs[i]!, uniform ? { splat: first } : { data: typed[dtype].from(data) });
  });
  return {
    inputs: inputs.flatMap((input, i) => (given[i]!.constant ? [] : [{ name: `x${i}`, value: input }])),
    outputs: outputs.map((output, i) => ({ name: `y${i}`, value: output })),
    constants,
    nodes: [{ op, inputs, outputs, attrs }],
  };
}

export function feedsOf(given: readonly Given[]): Record<string, Given> {
  return Object.fromEntries(given.flatMap((one, i) => (one.constant ? [] : [[`x${i}`, one]])));
}

/** Runs a graph in ONNX Runtime and gives its outputs by name. */
export async function runOnnx(graph: Graph, feeds: Readonly<Record<string, Given>>, options: EmitOptions = {}, session: InferenceSession.SessionOptions = {}): Promise<Record<string, Result>> {
  const runtime = await InferenceSession.create(emitOnnx(graph, options), { logSeverityLevel: 3, intraOpNumThreads: 1, ...session });
  try {
    const tensors = Object.fromEntries(Object.entries(feeds).map(([name, one]) => [name, new Tensor(one.dtype, typed[one.dtype].from(one.data) as Float32Array, one.shape)]));
    const results = await runtime.run(tensors);
    return Object.fromEntries(Object.entries(results).map(([name, { type, dims, data }]) => [name, { dtype: type, shape: dims, data: Array.from(data as Float32Array, Number) }]));
  } finally {
    await runtime.release();
  }
}

/** The largest difference, relative where numbers are above 1; infinite where shape or type differ or one has NaN and the other not. */
export function difference(a: Result, b: Result): number {
  if (a.dtype !== b.dtype || String(a.shape) !== String(b.shape) || a.data.length !== sizeOf(a.shape)) return Infinity;
  const errors = a.data.map((x, i) => {
    const y = b.data[i]!;
    return Object.is(x, y) || x === y ? 0 : Math.abs(x - y) / Math.max(1, Math.abs(y));
  });
  return errors.some(Number.isNaN) ? Infinity : Math.max(0, ...errors);
}
