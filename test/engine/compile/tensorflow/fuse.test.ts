import fc from 'fast-check';
import { expect, test } from 'vitest';
import { value, type Graph, type Node, type Value } from '../../../../src/engine/compile/graph';
import { emitTensorFlow } from '../../../../src/engine/compile/tensorflow/emit';
import { clustersOf } from '../../../../src/engine/compile/tensorflow/fuse';
import { graphs } from './graphs';
import { readSavedModel } from './savedModel';

/** Whether the graph can still be computed one by one when each cluster is one operation. */
function canRun(graph: Graph): boolean {
  const clusters = clustersOf(graph);
  const fused = new Set(clusters.flatMap(({ own }) => own));
  const known = new Set<Value>([...graph.inputs.map((input) => input.value), ...graph.constants.keys()]);
  const units = [...clusters, ...graph.nodes.filter((node) => !fused.has(node))];
  const left = new Set(units);
  for (let before = -1; left.size !== before; ) {
    before = left.size;
    for (const unit of left) {
      if (!unit.inputs.every((input) => known.has(input))) continue;
      unit.outputs.forEach((output) => known.add(output));
      left.delete(unit);
    }
  }
  return left.size === 0 && graph.outputs.every(({ value: output }) => known.has(output));
}

test('clusters can run one after the other, whatever the graph, and give all that is read of them', () => {
  fc.assert(fc.property(graphs, canRun), { numRuns: 300 });
});

test('no operation is computed in two clusters but casts to float32, and no cluster has another kind of operation', () => {
  fc.assert(
    fc.property(graphs, (graph) => {
      const clusters = clustersOf(graph);
      const own = clusters.flatMap((cluster) => cluster.own);
      expect(new Set(own).size).toBe(own.length);
      for (const { nodes } of clusters) expect(nodes.map(({ op }) => op).filter((op) => ['MatMul', 'Transpose', 'Sum'].includes(op))).toEqual([]);
    }),
  );
});

const [x, a, b, c, d] = Array.from({ length: 5 }, () => value('float32', [64, 64]));
const unary = (op: string, from: Value, to: Value): Node => ({ op, inputs: [from], outputs: [to], attrs: {} });
const graph = (nodes: readonly Node[], output: Value): Graph => ({ inputs: [{ name: 'x', value: x! }], outputs: [{ name: 'y', value: output }], constants: new Map(), nodes });
const product: Node = { op: 'MatMul', inputs: [a!, a!], outputs: [b!], attrs: { transposeA: false, transposeB: false } };

test('operations with another one on a path between them are not in one cluster', () => {
  // a → product → c, and a → c at once: with a and c in one, it would have to run before and after the product.
  const around = graph([unary('Neg', x!, a!), product, { op: 'Add', inputs: [a!, b!], outputs: [c!], attrs: {} }, unary('Exp', c!, d!)], d!);
  expect(clustersOf(around).map(({ nodes }) => nodes.map(({ op }) => op))).toEqual([['Add', 'Exp']]);
});

test('clusters that are alike share one function, and one operation alone has none', () => {
  const twice = graph([unary('Neg', x!, a!), unary('Exp', a!, b!), { ...product, inputs: [b!, b!], outputs: [c!] }, unary('Neg', c!, d!)], d!);
  const more = value('float32', [64, 64]);
  const calls = (one: Graph): readonly unknown[] => [...readSavedModel(emitTensorFlow({ run: one }, { fused: true }).model).nodes.values()].filter(({ op }) => op === 'PartitionedCall').map(({ attrs }) => attrs['f']);
  expect(calls(twice)).toHaveLength(1);
  const both = graph([...twice.nodes, unary('Exp', d!, more)], more);
  expect(calls(both)).toEqual(['fused_0', 'fused_0']);
  expect([...readSavedModel(emitTensorFlow({ run: both }).model).nodes.values()].map(({ op }) => op)).not.toContain('PartitionedCall');
});
