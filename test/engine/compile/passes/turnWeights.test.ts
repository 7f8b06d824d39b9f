import * as tf from '@tensorflow/tfjs';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { beforeAll, describe, expect, test } from 'vitest';
import { openExecutor } from '../../../../src/engine/compile/backends';
import type { TapWish } from '../../../../src/engine/compile/executor';
import { sizeOf, type Graph } from '../../../../src/engine/compile/graph';
import { toKernels, toRows } from '../../../../src/engine/compile/layout';
import { emitOnnx } from '../../../../src/engine/compile/onnx/emit';
import { optimise } from '../../../../src/engine/compile/passes/pipeline';
import { readParts, turnWeights, withParts } from '../../../../src/engine/compile/passes/turnWeights';
import { traceForward } from '../../../../src/engine/compile/programs';
import { look } from '../../../../src/engine/compile/step';
import { fixedTables } from '../../../../src/engine/model/positions';
import type { FloatTensor, TensorMap } from '../../../../src/engine/tensors';
import { relativeError } from '../../../fixtures/golden';
import { smallNetwork } from '../networks';

// max|Δ| over max|expected|: two float32 implementations that sum in another order, gradients among them.
const TOLERANCE = 2e-5;
const B = 2;

const networks: Readonly<Record<string, object>> = {
  plain: {},
  'layer scale': { init_values: 0.5 },
  'norms behind': { norm_first: false },
  'parallel blocks, norms of queries and keys': { parallel_blocks: true, qk_norm: true },
  'SwiGLU, RMSNorm, rotary positions': { mlp_layer: 'swiglu', norm_layer: 'rmsnorm', pos_embed: 'rope' },
  'locality attention, shifted patches': { attention: 'locality', projection: 'shifted_patches' },
  'stem of convolutions, sequence pooling': { projection: 'conv_stem', global_pool: 'seq', class_token: false },
  'mean of the patches, no biases': { global_pool: 'avg', qkv_bias: false, proj_bias: false },
  'two heads': { distilled: true },
};

const wishes: Readonly<Record<string, TapWish>> = {
  'with attention and tokens': { attention: true, tokens: true },
  'with gradients': { attentionGradients: true, attentionInputs: [1] },
};

const images: FloatTensor = { shape: [B, 12, 12, 3], data: Float32Array.from({ length: B * 12 * 12 * 3 }, (_, i) => Math.sin(i * 0.7 + 0.7)) };
const cotangent: FloatTensor = { shape: [B, 5], data: Float32Array.from({ length: B * 5 }, (_, i) => Math.cos(i)) };

/** What eager TensorFlow.js gives in plain JavaScript, of the network as it is. */
function eager({ spec, params }: ReturnType<typeof smallNetwork>, wish: TapWish): Record<string, Float32Array> {
  const upload = ({ shape, data }: FloatTensor): tf.Tensor => tf.tensor(data, [...shape]);
  const weights = Object.fromEntries([...toKernels(params), ...fixedTables(spec)].map(([name, one]) => [name, upload(one)]));
  const { logits, taps } = look(spec, weights, upload(images) as tf.Tensor4D, wish, { cotangent: upload(cotangent) as tf.Tensor2D });
  return Object.fromEntries(Object.entries({ logits, ...taps }).map(([name, tensor]) => [name, tensor.dataSync<'float32'>()]));
}

/** The graph that the inspector's networks run. */
function graphOf({ spec, params }: ReturnType<typeof smallNetwork>, wish: TapWish): { graph: Graph; weights: TensorMap } {
  const weights = withParts(toRows(params));
  const isWeight = (name: string): boolean => weights.has(name);
  const traced = traceForward({ ...spec, plainWeights: true }, { batch: B, taps: wish, packed: false });
  return { graph: readParts(optimise(turnWeights(traced, isWeight), 'inference'), isWeight), weights };
}

async function run({ graph, weights }: ReturnType<typeof graphOf>): Promise<Record<string, Float32Array>> {
  const given = new Map([...weights].filter(([name]) => graph.inputs.some((input) => input.name === name)));
  const session = await InferenceSession.create(emitOnnx(graph, { weights: given }), { logSeverityLevel: 3, intraOpNumThreads: 1 });
  const feeds = { images, ...(session.inputNames.includes('cotangent') && { cotangent }) };
  const results = await session.run(Object.fromEntries(Object.entries(feeds).map(([name, { data, shape }]) => [name, new Tensor('float32', data, shape)])));
  await session.release();
  return Object.fromEntries(Object.entries(results).map(([name, { data }]) => [name, data as Float32Array]));
}

function worst(found: Record<string, Float32Array>, expected: Record<string, Float32Array>): number {
  expect(Object.keys(found).sort()).toEqual(Object.keys(expected).sort());
  return Math.max(...Object.entries(expected).map(([name, values]) => relativeError(found[name]!, values)));
}

beforeAll(async () => {
  await openExecutor('cpu');
});

describe.each(Object.entries(networks))('%s', (_, parts) => {
  test.each(Object.entries(wishes))('gives what eager TensorFlow.js gives, %s', async (__, wish) => {
    const one = smallNetwork(parts);
    expect(worst(await run(graphOf(one, wish)), eager(one, wish))).toBeLessThan(TOLERANCE);
  });
});

test('one weight that is twice as large is noticed, in a part of a matrix too', async () => {
  const wish = { tokens: true } as const;
  const one = smallNetwork({});
  // Of queries, keys and values the values: what a query's weight does is smaller than that.
  for (const [name, at] of [['blocks.0.mlp.fc1.weight', 7], ['blocks.0.attn.qkv.weight', 2 * 16 * 16 + 7]] as const) {
    const params = new Map(one.params);
    const { shape, data } = params.get(name)!;
    params.set(name, { shape, data: data.map((x, i) => (i === at ? 2 * x : x)) });
    expect(worst(await run(graphOf({ ...one, params }, wish)), eager(one, wish))).toBeGreaterThan(2 * TOLERANCE);
  }
});

test('nothing of a plain network is computed from its matrices alone, and its norms are one operation each', () => {
  const { graph, weights } = graphOf(smallNetwork({}), { attention: true });
  const known = new Set(graph.inputs.filter(({ name }) => weights.has(name)).map(({ value }) => value));
  const early = graph.nodes.filter(({ inputs }) => inputs.every((input) => known.has(input) || graph.constants.has(input)) && inputs.some((input) => known.has(input)));
  // The projection's kernel, the positions and the class token lose an axis; biases of queries and values lie beside each other.
  expect(early.filter(({ inputs }) => sizeOf(inputs[0]!.shape) > 16 ** 2).map(({ op }) => op).filter((op) => op !== 'Reshape')).toEqual([]);
  expect(graph.inputs.map(({ name }) => name).filter((name) => name.startsWith('blocks.0.attn.qkv.weight['))).toHaveLength(3);
  const norms = graph.nodes.filter(({ op }) => op === 'onnx.LayerNormalization');
  expect(norms.map(({ inputs }) => inputs.length)).toEqual([3, 3, 3, 3, 3]);
});

test('parts are views of their matrix', () => {
  const weights = withParts(toRows(smallNetwork({}).params));
  const whole = weights.get('blocks.1.attn.qkv.weight')!;
  const part = weights.get('blocks.1.attn.qkv.weight[16:32]')!;
  expect([part.shape, part.data.buffer === whole.data.buffer, part.data[0]]).toEqual([[16, 16], true, whole.data[16 * 16]]);
});
