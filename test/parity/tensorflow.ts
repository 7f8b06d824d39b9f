import { describe } from 'vitest';
import { arrayOf, findAddon, loadTensorFlow, type Tensors, type TensorFlow } from '../../src/engine/compile/tensorflow/binding';
import { emitTensorFlow, type EmitOptions } from '../../src/engine/compile/tensorflow/emit';
import type { Graph } from '../../src/engine/compile/graph';
import type { Given, Result } from '../engine/compile/onnx/run';

/** The folder with tfjs-node, when there is one; `scripts/build-tfjs-node.mjs` makes it. */
export const folder = process.env['VITLAB_TFJS_NODE'];

export const addon = folder ? findAddon('@tensorflow/tfjs-node', folder) : undefined;

// Who names a folder means it: leaving its comparisons out would be quiet.
if (folder && !addon) throw new Error(`VITLAB_TFJS_NODE names ${folder}, which has no @tensorflow/tfjs-node with a binding for this Node.`);
if (!addon) console.warn('SKIPPED: no native TensorFlow (VITLAB_TFJS_NODE); `npm run test:parity` builds it.');

/** A suite that needs native TensorFlow, and is skipped, loudly, where there is none. */
export const withTensorFlow = describe.skipIf(!addon);

export function tensorFlow(): TensorFlow {
  // What TensorFlow notes on the console is no result of a test.
  process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '2';
  return loadTensorFlow(addon!);
}

/** Runs one graph in TensorFlow and gives its outputs by name. */
export function runTensorFlow(graph: Graph, feeds: Readonly<Record<string, Given>>, options: EmitOptions = {}): Record<string, Result> {
  const emitted = emitTensorFlow({ run: graph }, options);
  const session = tensorFlow().load(emitted);
  try {
    const tensors: Tensors = Object.fromEntries(Object.entries(feeds).map(([name, { dtype, shape, data }]) => [name, { shape, data: arrayOf[dtype].from(data) }]));
    const { outputs } = tensorFlow().compute(session, 'run', tensors);
    return Object.fromEntries(emitted.programs['run']!.outputs.map(({ name, dtype, shape }) => [name, { dtype, shape, data: [...outputs[name]!.data] }]));
  } finally {
    session.dispose();
  }
}
