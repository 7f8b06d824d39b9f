import { useCounts, type Graph } from '../graph';
import type { Pass } from './pass';

/**
 * Takes the mean and 1/σ from the outputs of a LayerNormalization when nobody reads them: only gradients do.
 *
 * Why: ONNX Runtime writes them otherwise, and some other runtimes know the operator with one output only. What it saves
 * does not show above the noise.
 */
export const trimNorms: Pass = {
  name: 'trimNorms',
  run(graph: Graph): Graph {
    const uses = useCounts(graph);
    const nodes = graph.nodes.map((node) => {
      if (node.op !== 'onnx.LayerNormalization') return node;
      const last = node.outputs.findLastIndex((output) => uses.has(output));
      return { ...node, outputs: node.outputs.slice(0, last + 1) };
    });
    return { ...graph, nodes };
  },
};
