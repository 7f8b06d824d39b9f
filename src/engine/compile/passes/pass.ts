import { useCounts, value, type Attribute, type Constant, type DType, type Graph, type Node, type Value } from '../graph';

/** One rewriting of a graph into an equal one. */
export interface Pass {
  readonly name: string;
  run(graph: Graph): Graph;
}

/** What a rule sees while the graph is written anew, node by node. */
export interface Site {
  /** Puts in a node with one output and gives it. */
  add(op: string, inputs: readonly Value[], shape: readonly number[], attrs?: Node['attrs'], dtype?: DType): Value;
  /** Puts in a node with several outputs. */
  addMany(op: string, inputs: readonly Value[], outputs: readonly Value[], attrs?: Node['attrs']): readonly Value[];
  constant(constant: Constant, shape: readonly number[], dtype?: DType): Value;
  /** The node that made a value; undefined for inputs and constants. */
  producer(of: Value): Node | undefined;
  constantOf(of: Value): Constant | undefined;
  /** The number that all elements of a constant are, when it is one and they are. */
  splat(of: Value): number | undefined;
  /** How often the value is read in the graph that is being rewritten. */
  uses(of: Value): number;
}

/** Gives the values that take the place of a node's outputs, or undefined to leave the node as it is. */
export type Rule = (node: Node, site: Site) => readonly Value[] | undefined;

/**
 * Writes the graph anew: each node, its inputs already replaced, is shown to the rule. Nodes that nobody reads any more
 * stay; `dropDead` takes them out.
 */
export function rewrite(graph: Graph, rule: Rule): Graph {
  const uses = new Map(useCounts(graph));
  const constants = new Map(graph.constants);
  const made = new Map<Value, Node>();
  const replaced = new Map<Value, Value>();
  const nodes: Node[] = [];
  const now = (old: Value): Value => replaced.get(old) ?? old;
  const push = (node: Node): readonly Value[] => {
    nodes.push(node);
    node.outputs.forEach((output) => made.set(output, node));
    return node.outputs;
  };
  const site: Site = {
    add: (op, inputs, shape, attrs = {}, dtype = 'float32') => push({ op, inputs, outputs: [value(dtype, shape)], attrs })[0]!,
    addMany: (op, inputs, outputs, attrs = {}) => push({ op, inputs, outputs, attrs }),
    constant(constant, shape, dtype = 'float32') {
      const made = value(dtype, shape);
      constants.set(made, constant);
      return made;
    },
    producer: (of) => made.get(of),
    constantOf: (of) => constants.get(of),
    splat(of) {
      const constant = constants.get(of);
      if (!constant) return undefined;
      if ('splat' in constant) return constant.splat;
      const [first] = constant.data;
      return first !== undefined && constant.data.every((element) => element === first) ? first : undefined;
    },
    uses: (of) => uses.get(of) ?? 0,
  };
  for (const old of graph.nodes) {
    const node = { ...old, inputs: old.inputs.map(now) };
    const results = rule(node, site);
    if (!results) push(node);
    else
      old.outputs.forEach((output, i) => {
        replaced.set(output, results[i]!);
        uses.set(results[i]!, (uses.get(results[i]!) ?? 0) + (uses.get(output) ?? 0));
      });
  }
  return { ...graph, constants, nodes, outputs: graph.outputs.map(({ name, value: output }) => ({ name, value: now(output) })) };
}

export function numbersOf(attr: Attribute | undefined): readonly number[] {
  if (!Array.isArray(attr)) throw new Error(`Expected a list of numbers, not ${String(attr)}`);
  return attr as readonly number[];
}
