import type { OnnxGraph, OnnxNode, OnnxPort, OnnxTensor } from './proto';

/** The name of the side that has any length. */
const BATCH = 'batch';

/** A graph that was written for a batch of so many images. */
export interface Sized {
  readonly graph: OnnxGraph;
  readonly batch: number;
}

/**
 * One graph for every batch from the same graph written for two: what differs between them is the batch. Shapes of a
 * Reshape leave that side open (−1), other lists of numbers are put together from the length of the input at run time.
 *
 * @param input the input whose first side is the batch
 * @throws Error when anything else depends on the batch
 */
export function symbolicBatch(one: Sized, other: Sized, input: string): OnnxGraph {
  const { graph } = one;
  if (graph.nodes.length !== other.graph.nodes.length || graph.initializers.length !== other.graph.initializers.length)
    throw new Error('ONNX: the graph has other operations for another batch');
  const before: OnnxNode[] = [];
  const initializers = graph.initializers.flatMap((tensor, i): OnnxTensor[] => {
    const sides = openSides(tensor, other.graph.initializers[i]!, one.batch, other.batch);
    if (!sides) return [tensor];
    if (onlyReshapes(tensor.name, graph.nodes) && sides.filter((side) => typeof side !== 'number').length === 1)
      return [list(tensor.name, sides.map((side) => (typeof side === 'number' ? side : -1)))];
    const parts = assembled(tensor.name, sides);
    before.push(...parts.nodes);
    return parts.initializers;
  });
  const length: OnnxNode = { op: 'Shape', domain: '', inputs: [input], outputs: [BATCH], attrs: { start: 0, end: 1 } };
  return {
    ...graph,
    nodes: [...(before.length > 0 ? [length, ...before] : []), ...graph.nodes],
    initializers,
    inputs: graph.inputs.map((port, i) => open(port, other.graph.inputs[i]!, one.batch)),
    outputs: graph.outputs.map((port, i) => open(port, other.graph.outputs[i]!, one.batch)),
  };
}

/** A number, or so many times the batch. */
type Side = number | { readonly times: number };

/** The elements of a list of int64 that differs between the two; undefined for tensors that are the same. */
function openSides(a: OnnxTensor, b: OnnxTensor, batchA: number, batchB: number): readonly Side[] | undefined {
  const same = a.name === b.name && a.type === b.type && String(a.shape) === String(b.shape);
  // Weights are the same object, or are not there at all in the second graph.
  if (same && (a.type !== 'int64' || a.data === b.data)) return undefined;
  if (!same) throw new Error(`ONNX: the constant ${a.name} depends on the batch`);
  const [left, right] = [numbers(a.data!), numbers(b.data!)];
  if (left.every((side, i) => side === right[i])) return undefined;
  return left.map((side, i) => {
    if (side === right[i]) return side;
    const times = side / batchA;
    if (!Number.isInteger(times) || times * batchB !== right[i]) throw new Error(`ONNX: ${side} in ${a.name} is no multiple of the batch`);
    return { times };
  });
}

function numbers(data: Uint8Array): number[] {
  return Array.from(new BigInt64Array(data.slice().buffer), Number);
}

function onlyReshapes(name: string, nodes: readonly OnnxNode[]): boolean {
  return nodes.every((node) => !node.inputs.includes(name) || node.op === 'Reshape');
}

/** The list as a Concat of the parts that are known and of products with the batch. */
function assembled(name: string, sides: readonly Side[]): { nodes: OnnxNode[]; initializers: OnnxTensor[] } {
  const nodes: OnnxNode[] = [];
  const initializers: OnnxTensor[] = [];
  const parts = sides.map((side, i) => {
    const own = `${name}.${i}`;
    if (typeof side !== 'number' && side.times === 1) return BATCH;
    if (typeof side === 'number') initializers.push(list(own, [side]));
    else {
      initializers.push(list(`${own}.times`, [side.times]));
      nodes.push({ op: 'Mul', domain: '', inputs: [BATCH, `${own}.times`], outputs: [own], attrs: {} });
    }
    return own;
  });
  nodes.push({ op: 'Concat', domain: '', inputs: parts, outputs: [name], attrs: { axis: 0 } });
  return { nodes, initializers };
}

function list(name: string, of: readonly number[]): OnnxTensor {
  return { name, type: 'int64', shape: [of.length], data: new Uint8Array(BigInt64Array.from(of, BigInt).buffer) };
}

function open(port: OnnxPort, other: OnnxPort, batch: number): OnnxPort {
  const shape = port.shape.map((side, axis) => {
    if (side === other.shape[axis]) return side;
    if (side !== batch) throw new Error(`ONNX: a side of ${port.name} is no batch`);
    return BATCH;
  });
  return { ...port, shape };
}
