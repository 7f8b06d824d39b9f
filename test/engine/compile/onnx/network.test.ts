import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { openExecutor } from '../../../../src/engine/compile/backends';
import { sizeOf, type Graph } from '../../../../src/engine/compile/graph';
import { toKernels } from '../../../../src/engine/compile/layout';
import { absorbExpand } from '../../../../src/engine/compile/passes/absorbExpand';
import { dropDead } from '../../../../src/engine/compile/passes/dropDead';
import { foldConstants } from '../../../../src/engine/compile/passes/foldConstants';
import { mergeMoves } from '../../../../src/engine/compile/passes/mergeMoves';
import { shareCommon } from '../../../../src/engine/compile/passes/shareCommon';
import { groupsOf } from '../../../../src/engine/compile/groups';
import { traceForward, traceStep } from '../../../../src/engine/compile/programs';
import { gradients } from '../../../../src/engine/compile/step';
import { configSchema } from '../../../../src/engine/config/schema';
import { drawMask, noiseSpecs } from '../../../../src/engine/model/noise';
import { initParams } from '../../../../src/engine/model/params';
import { vitSpec } from '../../../../src/engine/model/spec';
import { vitForward as forward } from '../../../../src/engine/model/vit';
import type { FloatTensor } from '../../../../src/engine/tensors';
import { relativeError } from '../../../fixtures/golden';
import { runOnnx, type Given } from './run';

// Two float32 implementations that sum in another order: what the project allows compiled gradients to be off.
const TOLERANCE = 2e-5;

const B = 3;
const model = { embed_dim: 16, depth: 2, num_heads: 2, patch_size: 4, drop_rate: 0.1, drop_path_rate: 0.1 };
const config = configSchema.parse({ dataset: { format: 'shapes' }, image: { size: 12 }, model });
const spec = vitSpec(config.image, config.model, 5);

const wave = (shape: readonly number[], step: number): FloatTensor => ({ shape, data: Float32Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(i * step + step)) });
const fed = ({ shape, data }: FloatTensor): Given => ({ dtype: 'float32', shape, data: [...data], constant: false });
const eager = ({ shape, data }: FloatTensor): tf.Tensor => tf.tensor(data, [...shape]);

// Beginnings of zero would hide what is multiplied by them.
const params = new Map([...toKernels(initParams(spec, 1))].map(([name, { shape, data }], i) => [name, { shape, data: data.map((x, k) => x + 0.1 * Math.sin(k + i)) }]));
const images = wave([B, 12, 12, 3], 0.7);
const targets: FloatTensor = { shape: [B, 5], data: Float32Array.from({ length: B * 5 }, (_, i) => Number(i % 6 === 0)) };
const noise = Object.fromEntries(noiseSpecs(spec, B).map((one) => [one.name, drawMask(one, 1, 2)]));

const simplified = (graph: Graph): Graph => [foldConstants, absorbExpand, mergeMoves, shareCommon, dropDead].reduce((before, pass) => pass.run(before), graph);

beforeAll(async () => {
  await openExecutor('cpu');
});

describe.each([
  ['as traced', (graph: Graph): Graph => graph],
  ['simplified', simplified],
])('a network in ONNX Runtime, %s', (_, prepare) => {
  test('gives the logits and taps of eager TensorFlow.js', async () => {
    const graph = prepare(traceForward(spec, { batch: B, taps: { attention: true, tokens: true }, packed: false }));
    const results = await runOnnx(graph, { images: fed(images), ...Object.fromEntries([...params].map(([name, one]) => [name, fed(one)])) });
    const expected = forward(spec, Object.fromEntries([...params].map(([name, one]) => [name, eager(one)])), eager(images) as tf.Tensor4D, { attention: true, tokens: true });
    const named: Record<string, tf.Tensor> = { logits: expected.logits, ...expected.taps };
    expect(Object.keys(results).sort()).toEqual(Object.keys(named).sort());
    for (const [name, tensor] of Object.entries(named)) expect(relativeError(results[name]!.data, tensor.dataSync()), name).toBeLessThan(TOLERANCE);
  });

  test('gives the gradients of eager TensorFlow.js, and a weight that is off by 1 % shows', async () => {
    const graph = prepare(traceStep(spec, config.train, { batch: B, part: 'add' }));
    const exact = await gradientErrors(graph, 1);
    expect(Math.max(...exact)).toBeLessThan(TOLERANCE);
    expect(Math.max(...(await gradientErrors(graph, 1.01)))).toBeGreaterThan(TOLERANCE);
  });
});

/** max|Δ| / max|g| for every parameter, with one weight of the network in ONNX Runtime multiplied by a factor. */
async function gradientErrors(graph: Graph, factor: number): Promise<number[]> {
  const groups = groupsOf(spec);
  const packed = groups.map(({ name, size, entries }) => {
    const data = new Float32Array(size);
    for (const entry of entries) data.set(params.get(entry.name)!.data, entry.offset);
    if (name === '0') data[7]! *= factor;
    return [name, { shape: [size], data }] as const;
  });
  const feeds = {
    images: fed(images), targets: fed(targets), share: fed({ shape: [], data: Float32Array.of(1) }),
    ...Object.fromEntries(Object.entries(noise).map(([name, mask]) => [`noise.${name}`, fed(mask)])),
    ...Object.fromEntries(packed.flatMap(([name, one]) => [[`p.${name}`, fed(one)], [`g.${name}`, fed({ shape: one.shape, data: new Float32Array(one.data.length) })]])),
  };
  const results = await runOnnx(graph, feeds);
  const upload = (tensors: Iterable<readonly [string, FloatTensor]>): Record<string, tf.Tensor> => Object.fromEntries([...tensors].map(([name, one]) => [name, eager(one)]));
  const input = { images: eager(images) as tf.Tensor4D, targets: eager(targets) as tf.Tensor2D, noise: upload(Object.entries(noise)) };
  const { grads } = gradients(spec, upload(params), {}, input);
  return groups.flatMap(({ name, entries }) =>
    entries.flatMap((entry) => {
      const expected = grads[entry.name]!.dataSync();
      const found = results[`g.${name}.next`]!.data.slice(entry.offset, entry.offset + expected.length);
      return [relativeError(found, expected)];
    }),
  );
}
