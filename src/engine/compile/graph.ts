/**
 * The form that a traced computation has between the tracer and an emitter: operations in the order in which they run,
 * every shape known. Operations carry the names of TensorFlow.js kernels, which are those of TensorFlow; a pass that
 * prepares for one emitter may put in that emitter's own (`onnx.LayerNormalization`, `com.microsoft.FusedMatMul`).
 */
export type DType = 'float32' | 'int32' | 'bool' | 'bfloat16' | 'float16' | 'int8' | 'uint8';

/** Something computed or given; two values are the same only when they are the same object. */
export interface Value {
  readonly dtype: DType;
  readonly shape: readonly number[];
}

export type Attribute = number | boolean | string | readonly number[];

export interface Node {
  readonly op: string;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly attrs: Readonly<Record<string, Attribute>>;
}

/** All elements equal, or the elements row by row. */
export type Constant = { readonly splat: number } | { readonly data: Float32Array | Int32Array | Uint8Array };

export interface Named {
  readonly name: string;
  readonly value: Value;
}

export interface Graph {
  readonly inputs: readonly Named[];
  readonly outputs: readonly Named[];
  readonly constants: ReadonlyMap<Value, Constant>;
  /** In an order in which every node comes after those whose outputs it reads. */
  readonly nodes: readonly Node[];
}

export function value(dtype: DType, shape: readonly number[]): Value {
  return { dtype, shape };
}

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, side) => product * side, 1);
}

export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((side, i) => side === b[i]);
}

/** The node that makes each value. */
export function producers(graph: Graph): ReadonlyMap<Value, Node> {
  return new Map(graph.nodes.flatMap((node) => node.outputs.map((output) => [output, node] as const)));
}

/** How often each value is read, by nodes and as an output of the graph. */
export function useCounts(graph: Graph): ReadonlyMap<Value, number> {
  const counts = new Map<Value, number>();
  const count = (read: Value): void => void counts.set(read, (counts.get(read) ?? 0) + 1);
  for (const node of graph.nodes) node.inputs.forEach(count);
  graph.outputs.forEach((output) => count(output.value));
  return counts;
}

/** The graph as text, one line a node: for tests, and for whoever wants to read what a pass did. */
export function print(graph: Graph): string {
  const names = new Map<Value, string>(graph.inputs.map(({ name, value: input }) => [input, `%${name}`]));
  const nameOf = (of: Value): string => {
    const constant = graph.constants.get(of);
    if (constant && 'splat' in constant) return `${constant.splat}${of.shape.length > 0 ? `[${of.shape}]` : ''}`;
    const name = names.get(of) ?? (constant ? `#${names.size}` : `%${names.size}`);
    names.set(of, name);
    return name;
  };
  const lines = graph.nodes.map(({ op, inputs, outputs, attrs }) => {
    const words = Object.entries(attrs).map(([key, attr]) => `${key}=${Array.isArray(attr) ? `[${attr}]` : String(attr)}`);
    const read = inputs.map(nameOf).join(', ');
    return `${outputs.map((output) => `${nameOf(output)} ${output.dtype}[${output.shape}]`).join(', ')} = ${op}(${read})${words.length > 0 ? ` {${words.join(' ')}}` : ''}`;
  });
  return [...lines, ...graph.outputs.map((output) => `${output.name} ← ${nameOf(output.value)}`)].join('\n');
}
