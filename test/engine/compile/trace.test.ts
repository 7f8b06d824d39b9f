import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, test } from 'vitest';
import { openExecutor } from '../../../src/engine/compile/backends';
import { traceForward, traceStep } from '../../../src/engine/compile/programs';
import { trace } from '../../../src/engine/compile/trace';
import { configSchema } from '../../../src/engine/config/schema';
import { vitSpec } from '../../../src/engine/model/spec';

const config = configSchema.parse({ image: { size: 8 }, model: { patch_size: 4, depth: 2, num_heads: 2, embed_dim: 8, drop_rate: 0.1, pos_embed: 'sincos2d' } });
const spec = vitSpec(config.image, config.model, 3);

beforeAll(async () => {
  await openExecutor('cpu');
});

/** Everything that a process emits, and how many listen. */
function listeners(): Record<string, number> {
  return Object.fromEntries(process.eventNames().map((name) => [String(name), process.listenerCount(name)]));
}

test('tracing leaves no tensor, no backend and no listener behind, and the backend that was set', () => {
  const once = (): void => {
    for (const part of ['whole', 'add', 'last'] as const) traceStep(spec, config.train, { batch: 2, part });
    traceForward(spec, { batch: 2, taps: { attention: true, tokens: true }, packed: false });
  };
  once();
  const held = (): object => ({ tensors: tf.memory().numTensors, buffers: tf.memory().numDataBuffers, backends: Object.keys(tf.engine().registry).length, listeners: listeners() });
  const before = held();
  for (let round = 0; round < 10; round++) once();
  expect(held()).toEqual(before);
  expect(tf.getBackend()).toBe('cpu');
});

test('the same function gives the same graph, and nothing of the outside freezes into it', () => {
  const shape = (): unknown[] => traceStep(spec, config.train, { batch: 2, part: 'whole' }).nodes.map(({ op, attrs }) => [op, attrs]);
  expect(shape()).toEqual(shape());
  expect(() => trace([{ name: 'x', shape: [2] }], ({ x }) => ({ y: tf.mul(x!, x!.dataSync()[0]!) }))).toThrow();
});

test('a kernel that cannot be recorded is named, and tracing goes on to work', () => {
  expect(() => trace([{ name: 'x', shape: [4, 4] }], ({ x }) => ({ y: tf.image.rotateWithOffset(tf.reshape(x!, [1, 4, 4, 1]), 1) }))).toThrow('RotateWithOffset');
  expect(tf.getBackend()).toBe('cpu');
  expect(trace([{ name: 'x', shape: [2] }], ({ x }) => ({ y: tf.add(x!, 1) })).nodes.map(({ op }) => op)).toEqual(['Add']);
});
