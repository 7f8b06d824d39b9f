import * as tf from '@tensorflow/tfjs';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { beforeAll, describe, expect, test } from 'vitest';
import { openExecutor } from '../../../../src/engine/compile/backends';
import { sizeOf, type Graph } from '../../../../src/engine/compile/graph';
import { toKernels } from '../../../../src/engine/compile/layout';
import { emitOnnx } from '../../../../src/engine/compile/onnx/emit';
import { exportModel } from '../../../../src/engine/compile/onnx/exportModel';
import { foldWeights } from '../../../../src/engine/compile/passes/foldWeights';
import { optimise } from '../../../../src/engine/compile/passes/pipeline';
import { quantised, type MixedWeights } from '../../../../src/engine/compile/passes/quantise';
import { traceForward, traceStep } from '../../../../src/engine/compile/programs';
import { configSchema } from '../../../../src/engine/config/schema';
import { vitForward as forward } from '../../../../src/engine/model/vit';
import type { FloatTensor, TensorMap } from '../../../../src/engine/tensors';
import { relativeError } from '../../../fixtures/golden';
import { smallNetwork } from '../networks';

// max|Δ| over max|expected|: two float32 implementations that sum in another order.
const TOLERANCE = 1e-5;
const B = 3;
const taps = { attention: true, tokens: true };

const plain = smallNetwork({});
const others = [smallNetwork({ global_pool: 'avg', act_layer: 'relu', projection: 'conv' }), smallNetwork({ pos_embed: 'none', num_heads: 4 })];

function imagesOf(count: number): FloatTensor {
  const shape = [count, 12, 12, 3];
  return { shape, data: Float32Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(i * 0.7 + 0.7)) };
}

/** What eager TensorFlow.js gives in plain JavaScript. */
function eager({ spec, params }: typeof plain, count: number): Record<string, Float32Array> {
  const upload = ({ shape, data }: FloatTensor): tf.Tensor => tf.tensor(data, [...shape]);
  const weights = Object.fromEntries([...toKernels(params)].map(([name, one]) => [name, upload(one)]));
  const { logits, taps: tapped } = forward(spec, weights, upload(imagesOf(count)) as tf.Tensor4D, taps);
  return Object.fromEntries(Object.entries({ logits, ...tapped }).map(([name, tensor]) => [name, tensor.dataSync<'float32'>()]));
}

async function run(model: Uint8Array, count: number): Promise<Record<string, Float32Array>> {
  const session = await InferenceSession.create(model, { logSeverityLevel: 3, intraOpNumThreads: 1 });
  const { data, shape } = imagesOf(count);
  const results = await session.run({ images: new Tensor('float32', data, shape) });
  await session.release();
  return Object.fromEntries(Object.entries(results).map(([name, { data: found }]) => [name, found as Float32Array]));
}

function errors(found: Record<string, Float32Array>, expected: Record<string, Float32Array>): number[] {
  expect(Object.keys(found).sort()).toEqual(Object.keys(expected).sort());
  return Object.entries(expected).map(([name, values]) => relativeError(found[name]!, values));
}

const traced = ({ spec }: typeof plain, target: 'inference' | 'portable'): Graph => optimise(traceForward(spec, { batch: B, taps, packed: false }), target);
const ops = ({ nodes }: Graph): string[] => nodes.map(({ op }) => op);

beforeAll(async () => {
  await openExecutor('cpu');
});

describe.each(['inference', 'portable'] as const)('%s', (target) => {
  test.each([plain, ...others])('gives what eager TensorFlow.js gives, with weights as they are and folded', async (one) => {
    const weights = toKernels(one.params);
    const folded = foldWeights(traced(one, target), (name) => weights.has(name));
    const expected = eager(one, B);
    const [whole, lean] = await Promise.all([
      run(emitOnnx(traced(one, target), { weights }), B),
      run(emitOnnx(folded.graph, { weights: folded.compute(weights) }), B),
    ]);
    expect(Math.max(...errors(whole, expected))).toBeLessThan(TOLERANCE);
    expect(Math.max(...errors(lean, expected))).toBeLessThan(TOLERANCE);
  });

  // The control: the comparison notices one weight that is off by 1 %.
  test('with one weight off by 1 % is noticed', async () => {
    const weights = new Map(toKernels(plain.params));
    const { shape, data } = weights.get('blocks.0.mlp.fc1.weight')!;
    weights.set('blocks.0.mlp.fc1.weight', { shape, data: data.map((x, i) => (i === 7 ? 1.01 * x : x)) });
    const folded = foldWeights(traced(plain, target), (name) => weights.has(name));
    const found = await run(emitOnnx(folded.graph, { weights: folded.compute(weights) }), B);
    expect(Math.max(...errors(found, eager(plain, B)))).toBeGreaterThan(2 * TOLERANCE);
  });

  test('computes nothing of weights only, and its weights have names of their origin', () => {
    const weights = toKernels(plain.params);
    const { graph, names } = foldWeights(traced(plain, target), (name) => weights.has(name));
    // Constants are no weights; whatever else a node reads must come from the images.
    const fromImages = new Set(graph.inputs.filter(({ name }) => name === 'images').map(({ value }) => value));
    for (const node of graph.nodes) {
      const live = node.inputs.some((input) => fromImages.has(input)) || node.op === 'Expand';
      expect(live, node.op).toBe(true);
      node.outputs.forEach((output) => fromImages.add(output));
    }
    expect([...names].filter((name) => name.startsWith('blocks.0.')).sort()).toEqual(
      [
        ...['attn.proj.bias', 'attn.proj.weight', 'attn.qkv.bias', 'attn.qkv.weight.0', 'attn.qkv.weight.1', 'attn.qkv.weight.2'],
        ...['mlp.fc1.bias', 'mlp.fc1.weight', 'mlp.fc2.bias', 'mlp.fc2.weight'],
      ].map((name) => `blocks.0.${name}`),
    );
  });
});

test('a forward pass has one operation for the activation, a training step keeps those of its gradient', () => {
  expect(ops(traced(plain, 'portable')).filter((op) => op === 'onnx.Gelu')).toHaveLength(2);
  expect(ops(traced(plain, 'inference')).filter((op) => op === 'com.microsoft.BiasGelu')).toHaveLength(2);
  expect(ops(traced(plain, 'inference'))).not.toContain('Erf');
  const config = configSchema.parse({ dataset: { format: 'shapes' }, image: { size: 12 } });
  const step = traceStep(plain.spec, config.train, { batch: B, part: 'whole' });
  for (const target of ['onnx', 'inference'] as const) expect(ops(optimise(step, target)).filter((op) => op === 'Erf')).toHaveLength(2);
});

test("the portable form has ai.onnx's operators only", () => {
  expect(ops(traced(plain, 'portable')).filter((op) => op.startsWith('com.microsoft'))).toEqual([]);
});

test('a weight that is not given is named', () => {
  const weights = toKernels(plain.params);
  const { compute } = foldWeights(traced(plain, 'portable'), (name) => weights.has(name));
  weights.forEach((_, name) => name === 'blocks.1.norm2.bias' && (weights as Map<string, FloatTensor>).delete(name));
  expect(() => compute(weights)).toThrow('The weight blocks.1.norm2.bias is not given');
});

describe('8 bits', () => {
  const quantise = (one: typeof plain): { full: TensorMap; graph: Graph; weights: MixedWeights } => {
    const kernels = toKernels(one.params);
    const folded = foldWeights(traced(one, 'portable'), (name) => kernels.has(name));
    const full = folded.compute(kernels);
    return { full, ...quantised(folded.graph, full) };
  };

  test('every weight of the blocks is within half a step, and the others are as they were', () => {
    const { full, weights } = quantise(plain);
    for (const [name, { shape, data }] of full) {
      if (!(name.startsWith('blocks.') && shape.length === 2)) expect(weights.get(name)!.data).toBe(data);
      else {
        expect(weights.has(name)).toBe(false);
        const [whole, scale] = [weights.get(`${name}.int8`)!, weights.get(`${name}.scale`)!];
        expect(whole.data).toBeInstanceOf(Int8Array);
        const off = data.map((x, i) => Math.abs(x - whole.data[i]! * scale.data[i % shape[1]!]!) / scale.data[i % shape[1]!]!);
        // Half a step, and the rounding of the scale times 127.
        expect(Math.max(...off), name).toBeLessThan(0.5 + 1e-4);
        expect(Math.max(...whole.data.map(Math.abs))).toBe(127);
      }
    }
  });

  test('a column of zeros stays zeros', () => {
    const { full } = quantise(plain);
    const name = 'blocks.0.mlp.fc2.weight';
    const { shape, data } = full.get(name)!;
    const emptied = new Map([...full, [name, { shape, data: data.map((x, i) => (i % shape[1]! === 3 ? 0 : x)) }]]);
    const kernels = toKernels(plain.params);
    const { weights } = quantised(foldWeights(traced(plain, 'portable'), (one) => kernels.has(one)).graph, emptied);
    expect(weights.get(`${name}.scale`)!.data[3]).toBe(1);
    expect(weights.get(`${name}.int8`)!.data.filter((_, i) => i % shape[1]! === 3).every((x) => x === 0)).toBe(true);
  });

  test('the network stays near the one in float32, and is not the same', async () => {
    const { graph, weights } = quantise(plain);
    const [found, expected] = [await run(emitOnnx(graph, { weights }), B), eager(plain, B)];
    // Two blocks, each weight off by at most 1/254 of its column's largest and each activation by 1/510 of its range.
    expect(relativeError(found['logits']!, expected['logits']!)).toBeLessThan(0.03);
    expect(relativeError(found['logits']!, expected['logits']!)).toBeGreaterThan(TOLERANCE);
  });
});

test('half precision gives nearly what eager TensorFlow.js gives, for any batch', async () => {
  const model = exportModel(plain.spec, plain.params, { taps, batch: 'dynamic', precision: 'fp16', contrib: false, metadata: {} });
  const full = exportModel(plain.spec, plain.params, { taps, batch: 'dynamic', precision: 'fp32', contrib: false, metadata: {} });
  expect(model.length).toBeLessThan(0.8 * full.length);
  const off = Math.max(...errors(await run(model, 4), eager(plain, 4)));
  // A number of 16 bits is off by at most 2⁻¹¹ = 5e-4; some dozen operations follow each other.
  expect(off).toBeLessThan(5e-3);
  expect(off).toBeGreaterThan(TOLERANCE);
});

describe('a model for any batch', () => {
  test.each([plain, ...others])('gives for 1, 2 and 7 images what eager TensorFlow.js gives', async (one) => {
    const model = exportModel(one.spec, one.params, { taps, batch: 'dynamic', precision: 'fp32', contrib: false, metadata: {} });
    for (const count of [1, 2, 7]) expect(Math.max(...errors(await run(model, count), eager(one, count))), `${count}`).toBeLessThan(TOLERANCE);
  });

  test('is refused where a constant depends on the batch', () => {
    expect(() => exportModel(plain.spec, plain.params, { taps, batch: 'dynamic', precision: 'fp32', contrib: true, metadata: {} })).toThrow('depends on the batch');
  });
});
