import type { Graph, Node, Value } from '../graph';
import type { Pass } from './pass';

/**
 * Takes out what no output depends on: the gradients that TensorFlow.js writes down for tensors nobody asked about, and
 * what other passes leave behind. Inputs stay, so that whoever feeds the graph need not know.
 *
 * Gain: what it drops is not emitted; ONNX Runtime and TensorFlow would drop it, too, later.
 */
export const dropDead: Pass = {
  name: 'dropDead',
  run(graph: Graph): Graph {
    const read = new Set<Value>(graph.outputs.map(({ value }) => value));
    const kept: Node[] = [];
    for (const node of graph.nodes.toReversed()) {
      if (!node.outputs.some((output) => read.has(output))) continue;
      kept.push(node);
      node.inputs.forEach((input) => read.add(input));
    }
    return { ...graph, nodes: kept.reverse(), constants: new Map([...graph.constants].filter(([constant]) => read.has(constant))) };
  },
};
