import { value, type Graph } from '../graph';
import type { TensorFlow } from './binding';
import { emitTensorFlow } from './emit';

const SIZE = 4096;
const known = new WeakMap<TensorFlow, boolean>();

/** Whether this build of TensorFlow has its compiler XLA, and it works here: a small graph is tried, once. */
export function hasXla(tensorFlow: TensorFlow): boolean {
  const works = known.get(tensorFlow) ?? tried(tensorFlow);
  known.set(tensorFlow, works);
  return works;
}

function tried(tensorFlow: TensorFlow): boolean {
  const [x, negative, y] = [value('float32', [SIZE]), value('float32', [SIZE]), value('float32', [SIZE])];
  const nodes = [
    { op: 'Neg', inputs: [x], outputs: [negative], attrs: {} },
    { op: 'Exp', inputs: [negative], outputs: [y], attrs: {} },
  ];
  const graph: Graph = { inputs: [{ name: 'x', value: x }], outputs: [{ name: 'y', value: y }], constants: new Map(), nodes };
  try {
    const session = tensorFlow.load(emitTensorFlow({ try: graph }, { fused: true }));
    try {
      const { outputs } = tensorFlow.compute(session, 'try', { x: { shape: [SIZE], data: new Float32Array(SIZE).fill(1) } });
      return outputs['y']!.data.every((element) => Math.abs(element - Math.exp(-1)) < 1e-6);
    } finally {
      session.dispose();
    }
  } catch {
    // Builds of TensorFlow without XLA refuse such a graph.
    return false;
  }
}
