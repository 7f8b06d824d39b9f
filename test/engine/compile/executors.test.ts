import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { openExecutor } from '../../../src/engine/compile/backends';
import type { Executor, StepInput, TrainSession } from '../../../src/engine/compile/executor';
import { toKernels } from '../../../src/engine/compile/layout';
import { configSchema } from '../../../src/engine/config/schema';
import { initParams } from '../../../src/engine/model/params';
import { vitSpec, type ViTSpec } from '../../../src/engine/model/spec';
import { randomAt } from '../../../src/engine/random';
import { vitForward as forward } from '../../../src/engine/model/vit';
import type { FloatTensor, TensorMap } from '../../../src/engine/tensors';
import { relativeError } from '../../fixtures/golden';

const recipe = configSchema.parse({}).train;

function specOf(model: object): ViTSpec {
  const config = configSchema.parse({ image: { size: [8, 12], channels: 3 }, model: { patch_size: 4, depth: 2, num_heads: 2, embed_dim: 16, ...model } });
  return vitSpec(config.image, config.model, 4);
}

function images(B: number, salt = 0): FloatTensor {
  const random = randomAt(salt, 'test images');
  return { shape: [B, 8, 12, 3], data: Float32Array.from({ length: B * 8 * 12 * 3 }, () => random.normal()) };
}

function input(step: number, B = 3): StepInput {
  const targets = new Float32Array(B * 4);
  for (let row = 0; row < B; row++) targets[row * 4 + (row % 4)] = 1;
  return { images: images(B, step), targets: { shape: [B, 4], data: targets }, lr: 1e-3, noiseSeed: [1, step] };
}

async function session(executor: Executor, spec: ViTSpec): Promise<TrainSession> {
  const params = initParams(spec, 0);
  const zeros = new Map([...params].map(([name, { shape, data }]) => [name, { shape, data: new Float32Array(data.length) }]));
  return executor.train(spec, { params, m: zeros, v: zeros, step: 0 }, recipe);
}

/** The same gradient by every executor, and so by the one that is checked against finite differences. */
const references: Float32Array[] = [];

/** Finite differences of Σ cotangent · logits for every entry of the attention of layer 1. */
function slopes(spec: ViTSpec, params: TensorMap, input: FloatTensor, cotangent: FloatTensor): Float64Array {
  const weights = Object.fromEntries([...toKernels(params)].map(([name, { shape, data }]) => [name, tf.tensor(data, [...shape])]));
  const shape = [2, spec.heads, 7, 7];
  const score = (nudge: Float32Array): number =>
    tf.tidy(() => {
      const { logits } = forward(spec, weights, tf.tensor(input.data, [2, 8, 12, 3]), {}, {}, { attention: { 1: tf.tensor(nudge, shape) }, input: {} });
      return tf.sum(tf.mul(logits, tf.tensor(cotangent.data, [2, 4]))).dataSync()[0]!;
    });
  const h = 3e-2;
  const found = Float64Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => {
    const at = (by: number): number => score(Float32Array.from({ length: 2 * spec.heads * 49 }, (__, k) => (k === i ? by : 0)));
    return (at(h) - at(-h)) / (2 * h);
  });
  tf.dispose(weights);
  return found;
}

describe.each(['onnx', 'wasm', 'cpu'] as const)('on %s', (backend) => {
  let executor: Executor;
  beforeAll(async () => {
    executor = await openExecutor(backend);
  });

  test('the order in which the parameters come changes no bit of a step, or a run resumed from a file would drift', async () => {
    const spec = specOf({});
    const params = initParams(spec, 0);
    const reversed = new Map([...params].reverse());
    const zeros = new Map([...params].map(([name, { shape, data }]) => [name, { shape, data: new Float32Array(data.length) }]));
    const norms = await Promise.all(
      [params, reversed].map(async (from) => {
        const training = await executor.train(spec, { params: from, m: zeros, v: zeros, step: 0 }, recipe);
        const { gradNorm } = await training.step(input(0));
        const names = [...(await training.state()).params.keys()];
        training.dispose();
        return { gradNorm, names };
      }),
    );
    expect(norms[1]).toEqual(norms[0]);
  });

  test.each([
    ['plain', {}],
    ['average pooling, ReLU', { global_pool: 'avg', act_layer: 'relu' }],
    ['no positions', { pos_embed: 'none' }],
    ['sincos1d with convolution', { pos_embed: 'sincos1d', projection: 'conv' }],
    ['dropout and drop path', { drop_rate: 0.2, drop_path_rate: 0.3 }],
  ])('%s: state survives the way through the device, and steps move every weight', async (_, model) => {
    const spec = specOf(model);
    const training = await session(executor, spec);
    expect((await training.state()).params).toEqual(initParams(spec, 0));
    await training.step(input(0));
    await training.step(input(1));
    const { params, step } = await training.state();
    training.dispose();
    expect(step).toBe(2);
    for (const [name, { data }] of initParams(spec, 0)) expect(params.get(name)!.data, name).not.toEqual(data);
  });

  test('an image is computed alike alone and in a batch; its attention sums to 1', async () => {
    const inference = await executor.infer(specOf({}), initParams(specOf({}), 2));
    const batch = images(3);
    const { logits, taps } = await inference.forward(batch, { attention: true });
    const alone = await inference.forward({ shape: [1, 8, 12, 3], data: batch.data.slice(288, 576) });
    inference.dispose();
    // Only the blocking of the sums may differ.
    expect(relativeError(alone.logits.data, logits.data.slice(4, 8))).toBeLessThan(1e-5);
    const { data, shape } = taps.get('attention.1')!;
    expect(shape).toEqual([3, 2, 7, 7]);
    for (let row = 0; row < data.length; row += 7) expect(data.slice(row, row + 7).reduce((a, b) => a + b)).toBeCloseTo(1, 5);
  });

  test('a head that is turned off is a head whose columns of the projection are 0, and factors of 1 change nothing', async () => {
    const spec = specOf({ global_pool: 'token' });
    const params = new Map([...initParams(spec, 2)].map(([name, { shape, data }]) => [name, { shape, data: data.map((x, i) => x + 0.3 * Math.sin(i)) }]));
    const [L, H, D] = [spec.depth, spec.heads, spec.width];
    const d = D / H;
    const inference = await executor.infer(spec, params);
    const whole = await inference.forward(images(2));
    const ones = { shape: [2, L, H], data: new Float32Array(2 * L * H).fill(1) };
    expect(relativeError((await inference.forward(images(2), { headMask: true }, undefined, ones)).logits.data, whole.logits.data)).toBeLessThan(1e-5);
    // Layer 2, head 1 in the first image; none in the second.
    const off = { ...ones, data: ones.data.map((x, i) => (i === H ? 0 : x)) };
    const { logits } = await inference.forward(images(2), { headMask: true }, undefined, off);
    inference.dispose();
    const proj = params.get('blocks.1.attn.proj.weight')!;
    const cut = new Map([...params, ['blocks.1.attn.proj.weight', { ...proj, data: proj.data.map((x, i) => (i % D < d ? 0 : x)) }]]);
    const other = await executor.infer(spec, cut);
    const expected = await other.forward(images(2));
    other.dispose();
    const K = spec.classes;
    expect(relativeError(logits.data.slice(0, K), expected.logits.data.slice(0, K))).toBeLessThan(1e-5);
    expect(relativeError(logits.data.slice(K), whole.logits.data.slice(K))).toBeLessThan(1e-5);
    // The control: the head does something.
    expect(relativeError(logits.data.slice(0, K), whole.logits.data.slice(0, K))).toBeGreaterThan(1e-3);
  });

  test('a mask that is wished and not given is refused', async () => {
    const inference = await executor.infer(specOf({}), initParams(specOf({}), 2));
    await expect(inference.forward(images(2), { headMask: true })).rejects.toThrow();
    inference.dispose();
  });

  test.each([['token', {}], ['avg', {}], ['seq', { projection: 'conv_stem', stem_dim: 4 }], ['map', {}], ['token_avg', {}]] as const)('the lens of the last layer is what the network says, and its features make its logits: %s', async (global_pool, more) => {
    const spec = specOf({ global_pool, ...more });
    const params = new Map([...initParams(spec, 2)].map(([name, { shape, data }]) => [name, { shape, data: data.map((x, i) => x + 0.2 * Math.sin(i)) }]));
    const inference = await executor.infer(spec, params);
    const { logits, taps } = await inference.forward(images(2), { lens: true, features: true, summaries: true });
    inference.dispose();
    expect([...taps.keys()].filter((name) => name.startsWith('lens')).length).toBe(spec.depth + 1);
    expect(relativeError(taps.get(`lens.${spec.depth}`)!.data, logits.data)).toBeLessThan(1e-5);
    const features = taps.get('features')!;
    const F = features.shape[1]!;
    const [weight, bias] = [params.get('head.weight')!.data, params.get('head.bias')!.data];
    const said = logits.data.map((_, at) => {
      const [image, k] = [Math.floor(at / spec.classes), at % spec.classes];
      return features.data.slice(image * F, (image + 1) * F).reduce((sum, x, f) => sum + x * weight[k * F + f]!, bias[k]!);
    });
    expect(relativeError(said, logits.data)).toBeLessThan(1e-5);
    expect(taps.get('summary.0')!.shape).toEqual([2, spec.classToken ? 2 : 1, spec.width]);
  });

  test('the gradient of a class for the attention is that of finite differences, for the wished layers only', async () => {
    const spec = specOf({ global_pool: 'token' });
    const params = new Map([...initParams(spec, 2)].map(([name, { shape, data }]) => [name, { shape, data: data.map((x, i) => x + 0.3 * Math.sin(i)) }]));
    const inference = await executor.infer(spec, params);
    const cotangent = { shape: [2, 4], data: Float32Array.of(0, 0, 1, 0, 1, 0, 0, 0) };
    const { logits, taps } = await inference.forward(images(2), { attentionGradients: [1] }, cotangent);
    expect([...taps.keys()]).toEqual(['attention_gradient.1']);
    const gradient = taps.get('attention_gradient.1')!;
    expect(gradient.shape).toEqual([2, 2, 7, 7]);
    expect(relativeError((await inference.forward(images(2))).logits.data, logits.data)).toBeLessThan(1e-5);
    const both = await inference.forward(images(2), { attention: [0], attentionGradients: true }, cotangent);
    expect([...both.taps.keys()].sort()).toEqual(['attention.0', 'attention_gradient.0', 'attention_gradient.1']);
    await expect(inference.forward(images(2), { attentionGradients: true })).rejects.toThrow();
    inference.dispose();
    // The score as a function of the attention of layer 1, by the network's own parts.
    const layer = backend === 'cpu' ? slopes(spec, params, images(2), cotangent) : undefined;
    if (layer) expect(relativeError(gradient.data, layer)).toBeLessThan(2e-3);
    references.push(gradient.data);
    for (const other of references) expect(relativeError(gradient.data, other)).toBeLessThan(2e-5);
  });

  test('without positions and with average pooling the order of the patches is nothing; with positions it is', async () => {
    const swapped = images(1);
    const other = { ...swapped, data: swapped.data.slice() };
    for (let y = 0; y < 8; y++) for (let x = 0; x < 12 * 3; x++) other.data[y * 36 + x] = swapped.data[((y + 4) % 8) * 36 + x]!;
    const difference = async (pos: string): Promise<number> => {
      const spec = specOf({ pos_embed: pos, global_pool: 'avg' });
      const inference = await executor.infer(spec, initParams(spec, 2));
      const [a, b] = [await inference.forward(swapped), await inference.forward(other)];
      inference.dispose();
      return relativeError(a.logits.data, b.logits.data);
    };
    expect(await difference('none')).toBeLessThan(1e-5);
    // Fresh weights mix the patches little: float32 noise is 1e-7, the order shows at 2e-4.
    expect(await difference('sincos2d')).toBeGreaterThan(1e-4);
  });
});

test.each(['wasm', 'cpu'] as const)('%s: no tensor is left behind by steps, forward passes, bad steps or sessions', async (backend) => {
  const executor = await openExecutor(backend);
  const before = tf.memory().numTensors;
  const training = await session(executor, specOf({ drop_rate: 0.1, drop_path_rate: 0.2, pos_embed: 'sincos2d' }));
  const held = tf.memory().numTensors;
  for (let step = 0; step < 4; step++) {
    await training.step(input(step));
    await training.forward(images(2), { attention: true, tokens: true });
    expect(tf.memory().numTensors).toBe(held);
  }
  const bad = input(9);
  expect((await training.step({ ...bad, images: { ...bad.images, data: bad.images.data.map(() => Infinity) } })).loss).toBeNaN();
  await training.state();
  expect(tf.memory().numTensors).toBe(held);
  training.dispose();
  expect(tf.memory().numTensors).toBe(before);
});

test('all agree on a training step with dropout', async () => {
  const spec = specOf({ drop_rate: 0.1 });
  const results = [];
  for (const backend of ['cpu', 'wasm', 'onnx'] as const) {
    const training = await session(await openExecutor(backend), spec);
    results.push(await training.step(input(0)));
    training.dispose();
  }
  // The masks are the same bits; the rest is float32 rounding.
  for (const { loss, gradNorm } of results.slice(1)) {
    expect(loss / results[0]!.loss).toBeCloseTo(1, 5);
    expect(gradNorm / results[0]!.gradNorm).toBeCloseTo(1, 4);
  }
});
