import type { Graph, Named } from '../graph';
import { lower } from './lower';
import { GraphWriter } from './lowerWriter';
import { encodeModel, type OnnxGraph, type OnnxNode, type OnnxPort, type OnnxTensor } from './proto';

export interface EmitOptions {
  readonly name?: string;
  /**
   * Names of inputs that become initializers whose data is given when the session opens: with onnxruntime-node as
   * `externalData: [{ path: NAME, data }]`. ONNX Runtime can then prepare them (packing, folding), and a run feeds less.
   */
  readonly external?: ReadonlySet<string>;
  /** Data of inputs that become initializers inside the model, by their names. */
  readonly weights?: ReadonlyMap<string, { readonly data: Float32Array | Int8Array | Uint16Array }>;
  /** Whether com.microsoft's operators may be used, which only ONNX Runtime has. Default true. */
  readonly contrib?: boolean;
}

/**
 * The graph as an ONNX model (opset 21, and com.microsoft where its operators occur).
 *
 * @throws Error that names an operation or attribute that cannot be said in ONNX.
 */
export function emitOnnx(graph: Graph, options: EmitOptions = {}): Uint8Array {
  return encodeModel(lowerGraph(graph, options));
}

/** The same, not yet encoded. */
export function lowerGraph(graph: Graph, options: EmitOptions = {}): OnnxGraph {
  const weights = options.weights ?? new Map<string, never>();
  const external = options.external ?? new Set<string>();
  const unknown = [...external].find((name) => !graph.inputs.some((input) => input.name === name));
  if (unknown !== undefined) throw new Error(`ONNX: there is no input ${unknown} to give outside the file`);
  const taken = new Set([...graph.inputs, ...graph.outputs].map(({ name }) => name));
  const writer = new GraphWriter(graph.constants, taken, options.contrib ?? true);
  for (const { name, value } of graph.inputs) writer.bind(value, name);
  for (const node of graph.nodes) {
    const names = lower(node, writer);
    node.outputs.forEach((output, i) => writer.bind(output, names[i]!));
  }
  const nodes = nameOutputs(graph, writer);
  const read = new Set(nodes.flatMap((node) => node.inputs));
  const outside: OnnxTensor[] = graph.inputs.filter(({ name }) => external.has(name)).map(({ name, value }) => ({ name, type: value.dtype, shape: value.shape }));
  const inside = graph.inputs.flatMap(({ name, value }): OnnxTensor[] => {
    const weight = weights.get(name);
    return weight ? [{ name, type: value.dtype, shape: value.shape, data: new Uint8Array(weight.data.buffer, weight.data.byteOffset, weight.data.byteLength) }] : [];
  });
  return {
    name: options.name ?? 'graph',
    nodes,
    initializers: [...writer.initializers, ...inside, ...outside].filter(({ name }) => read.has(name)),
    inputs: graph.inputs.filter(({ name }) => !external.has(name) && !weights.has(name)).map(port),
    outputs: graph.outputs.map(port),
  };
}

function port({ name, value }: Named): OnnxPort {
  return { name, type: value.dtype, shape: value.shape };
}

/** Results get the names of the graph's outputs; what is given or constant, or already an output, is passed through an Identity. */
function nameOutputs(graph: Graph, writer: GraphWriter): readonly OnnxNode[] {
  const made = new Set(writer.written.flatMap((node) => node.outputs));
  const renamed = new Map<string, string>();
  const passed: OnnxNode[] = [];
  for (const { name, value } of graph.outputs) {
    const source = writer.name(value);
    if (made.has(source) && !renamed.has(source)) renamed.set(source, name);
    else passed.push({ op: 'Identity', domain: '', inputs: [source], outputs: [name], attrs: {} });
  }
  const rename = (name: string): string => renamed.get(name) ?? name;
  return [...writer.written, ...passed].map((node) => ({ ...node, inputs: node.inputs.map(rename), outputs: node.outputs.map(rename) }));
}
