import { producers, sizeOf, type Constant, type DType, type Graph, type Node, type Value } from '../graph';
import { lower } from './lower';
import { elementwise } from './lowerElementwise';
import type { TfFunction, TfNode } from './proto';
import { GraphWriter } from './writer';

/** Elementwise operations that are computed in one go. */
export interface Cluster {
  readonly nodes: readonly Node[];
  /** Those of them that nobody else computes. */
  readonly own: readonly Node[];
  /** What they read from outside. */
  readonly inputs: readonly Value[];
  /** What is read of them outside. */
  readonly outputs: readonly Value[];
}

/** Of smaller tensors a pass costs less than starting one. */
const SMALLEST = 4096;
/** Longer constants stay outside, so that functions that differ in nothing else are one. */
const LONGEST = 64;

const fusible = new Set(['Expand', ...Object.keys(elementwise).filter((op) => op !== 'Softmax' && op !== 'LogSoftmax')]);

function isFusible({ op, outputs: [output] }: Node): boolean {
  return fusible.has(op) && sizeOf(output!.shape) >= SMALLEST;
}

/**
 * Groups elementwise operations that read each other. Two are in one group only if no other operation lies on any path
 * between them: the level of an operation is the number of such operations on the longest path to it, and within a level
 * there is none.
 */
export function clustersOf(graph: Graph): readonly Cluster[] {
  const made = producers(graph);
  const levels = new Map<Node, number>();
  const groups = new Map<Node, Set<Node>>();
  for (const node of graph.nodes) {
    const before = node.inputs.flatMap((input) => made.get(input) ?? []);
    const level = Math.max(0, ...before.map((one) => levels.get(one)! + (isFusible(one) ? 0 : 1)));
    // An operation of its own counts behind all elementwise ones of its level.
    levels.set(node, isFusible(node) ? level : level + 1);
    if (!isFusible(node)) continue;
    const joined = new Set([node]);
    for (const one of before) if (isFusible(one) && levels.get(one) === level) for (const member of groups.get(one)!) joined.add(member);
    for (const member of joined) groups.set(member, joined);
  }
  const clusters = [...new Set(groups.values())].map((members) => clusterOf(graph, members, made)).filter(({ nodes }) => nodes.length > 1);
  const own = new Set(clusters.flatMap((cluster) => cluster.own));
  const rest = graph.nodes.filter((node) => !own.has(node));
  const read = new Set([...[...clusters, ...rest].flatMap(({ inputs }) => inputs), ...graph.outputs.map(({ value }) => value)]);
  return clusters.map((cluster) => ({ ...cluster, outputs: cluster.own.flatMap(({ outputs }) => outputs).filter((output) => read.has(output)) }));
}

function clusterOf(graph: Graph, members: ReadonlySet<Node>, made: ReadonlyMap<Value, Node>): Omit<Cluster, 'outputs'> {
  const own = graph.nodes.filter((node) => members.has(node));
  const casts = [...readBy(own)].flatMap((input) => (isWidened(made.get(input)) ? [made.get(input)!] : []));
  const nodes = [...casts, ...own];
  return { nodes, own, inputs: [...readBy(nodes)].filter((input) => !isInside(graph.constants.get(input))) };
}

/** What nodes read and do not make themselves. */
function readBy(nodes: readonly Node[]): ReadonlySet<Value> {
  const made = new Set(nodes.flatMap(({ outputs }) => outputs));
  return new Set(nodes.flatMap(({ inputs }) => inputs).filter((input) => !made.has(input)));
}

/** Such a cast is made again in every cluster that reads it, which reads half the bytes then. */
function isWidened(node: Node | undefined): boolean {
  return node?.op === 'Cast' && node.inputs[0]!.dtype === 'bfloat16';
}

function isInside(constant: Constant | undefined): boolean {
  return constant !== undefined && ('splat' in constant || constant.data.length <= LONGEST);
}

/** The functions of a model; clusters that differ only in what they read are one, and are compiled once. */
export class FunctionLibrary {
  readonly functions: TfFunction[] = [];
  private readonly names = new Map<string, string>();

  /** The name of the function that computes a cluster. */
  add(cluster: Cluster, constants: ReadonlyMap<Value, Constant>): string {
    const body = bodyOf(cluster, constants);
    const key = JSON.stringify(body, (_, part: unknown) => (ArrayBuffer.isView(part) ? Array.from(part as Float32Array) : part));
    const known = this.names.get(key);
    if (known !== undefined) return known;
    const name = `fused_${this.functions.length}`;
    this.names.set(key, name);
    this.functions.push({ name, ...body });
    return name;
  }
}

function bodyOf({ nodes, inputs, outputs }: Cluster, constants: ReadonlyMap<Value, Constant>): Omit<TfFunction, 'name'> {
  const writer = new FunctionWriter('f', constants);
  const argument = (prefix: string, i: number, { dtype, shape }: Value): { name: string; type: DType; shape: readonly number[] } => ({ name: `${prefix}${i}`, type: dtype, shape });
  inputs.forEach((input, i) => writer.bind(input, `x${i}`));
  for (const node of nodes) {
    const names = lower(node, writer);
    node.outputs.forEach((output, i) => writer.bind(output, names[i]!));
  }
  return {
    inputs: inputs.map((input, i) => argument('x', i, input)),
    outputs: outputs.map((output, i) => ({ ...argument('y', i, output), from: writer.name(output) })),
    nodes: writer.written,
  };
}

/** What TensorFlow calls the only output of an operation, by which functions refer to it; of the others it is `z`. */
const outputNames: Readonly<Record<string, string>> = {
  ...Object.fromEntries(['Neg', 'Abs', 'Square', 'Sqrt', 'Rsqrt', 'Exp', 'Log', 'Erf', 'Tanh', 'Sigmoid', 'Reciprocal', 'Sin', 'Cos', 'Floor', 'Cast', 'LogicalNot'].map((op) => [op, 'y'])),
  ...Object.fromEntries(['Const', 'BroadcastTo', 'SelectV2'].map((op) => [op, 'output'])),
  Relu: 'activations',
  AddN: 'sum',
};

/** Writes the body of a function, where a tensor is `node:output:0`. */
class FunctionWriter extends GraphWriter {
  override nodes(op: string, inputs: readonly string[], attrs: TfNode['attrs'], count: number): readonly string[] {
    const [name] = super.nodes(op, inputs, attrs, count);
    return [`${name}:${outputNames[op] ?? 'z'}:0`];
  }
}
