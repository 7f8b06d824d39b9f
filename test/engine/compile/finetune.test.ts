import { expect, test } from 'vitest';
import { openExecutor } from '../../../src/engine/compile/backends';
import type { StepInput, TrainState } from '../../../src/engine/compile/executor';
import { groupsFor, groupsOf } from '../../../src/engine/compile/groups';
import { blockCount } from '../../../src/engine/compile/onnx/blocks';
import { traceStep } from '../../../src/engine/compile/programs';
import { configSchema, type TrainConfig } from '../../../src/engine/config/schema';
import { initParams, isBuffer, trainedSpecs, zeroMoments } from '../../../src/engine/model/params';
import { vitSpec, type Tuning, type ViTSpec } from '../../../src/engine/model/spec';
import { randomAt } from '../../../src/engine/random';
import { optimizerScalars } from '../../../src/engine/schedule';
import type { FloatTensor, TensorMap } from '../../../src/engine/tensors';
import { relativeError } from '../../fixtures/golden';

const CLASSES = 4;

function network(model: object, tuning: Tuning): ViTSpec {
  const parsed = configSchema.parse({ image: { size: 16 }, model: { patch_size: 2, depth: 2, num_heads: 2, embed_dim: 16, ...model } });
  return { ...vitSpec(parsed.image, parsed.model, CLASSES), tuning };
}

function recipe(more: Partial<TrainConfig> = {}): TrainConfig {
  return { ...configSchema.parse({}).train, ...more };
}

function input(spec: ViTSpec, step: number, B: number): StepInput {
  const random = randomAt(step, 'finetune test');
  const normal = (n: number): Float32Array => Float32Array.from({ length: n }, () => random.normal());
  const targets = new Float32Array(B * CLASSES);
  for (let row = 0; row < B; row++) targets[row * CLASSES + random.int(CLASSES)] = 1;
  return { images: { shape: [B, ...spec.imageSize, 3], data: normal(B * 768) }, targets: { shape: [B, CLASSES], data: targets }, lr: 1e-2, noiseSeed: [1, step] };
}

function start(spec: ViTSpec): TrainState {
  return { params: initParams(spec, 0), m: zeroMoments(spec), v: zeroMoments(spec), step: 0 };
}

async function trained(backend: 'onnx' | 'wasm' | 'cpu', spec: ViTSpec, { batch = 24, steps = 2, from = start(spec), ...more }: { batch?: number; steps?: number; from?: TrainState } & Partial<TrainConfig> = {}) {
  const session = await (await openExecutor(backend)).train(spec, from, recipe(more));
  const results = [];
  for (let i = 0; i < steps; i++) results.push(await session.step(input(spec, from.step + i, batch)));
  const [state, forward] = [await session.state(), await session.forward(input(spec, 99, 2).images)];
  session.dispose();
  return { state, results, forward };
}

function expectFrozen(spec: ViTSpec, { params, m, v, average }: TrainState): void {
  const before = initParams(spec, 0);
  const names = trainedSpecs(spec).map(({ name }) => name);
  expect([...m.keys()]).toEqual(names);
  expect([...v.keys()]).toEqual(names);
  expect([...params.keys()].sort()).toEqual([...before.keys()].sort());
  for (const [name, { data }] of params) {
    const same = Buffer.from(data.buffer, data.byteOffset, data.byteLength).equals(Buffer.from(before.get(name)!.data.buffer));
    expect([name, same]).toEqual([name, !names.includes(name)]);
    if (average && same) expect(average.get(name)).toEqual(before.get(name));
  }
}

const lastBlock: Tuning = { unfreeze: 1, layerDecay: 0.7 };

// Whole steps, steps in parts, and steps in blocks that threads share.
test.each([
  ['cpu', { batch: 6 }],
  ['wasm', { batch: 6 }],
  ['wasm', { batch: 6, grad_accum_steps: 2 }],
  ['onnx', { batch: 6 }],
  ['onnx', { batch: 6, grad_accum_steps: 2 }],
  ['onnx', { batch: 24 }],
] as const)('on %s with %j, what is frozen stays bit for bit, has no moments, and all else learns', async (backend, options) => {
  for (const unfreeze of ['head', 1] as const) {
    const spec = network({}, { ...lastBlock, unfreeze });
    const { state } = await trained(backend, spec, { ...options, model_ema_decay: 0.9 });
    expectFrozen(spec, state);
    expect(state.average!.get('head.weight')).not.toEqual(state.params.get('head.weight'));
  }
  expect(blockCount(network({}, lastBlock), 24, recipe(), { provider: 'cpu', threads: 0 })).toBe(2);
});

test.each([{ batch: 6 }, { batch: 6, grad_accum_steps: 2 }, { batch: 24 }, { batch: 24, model_ema_decay: 0.9 }])('compiled and op by op, a frozen and slowed network takes the same way: %j', async (options) => {
  for (const tuning of [lastBlock, { unfreeze: 'all', layerDecay: 0.5 }, { unfreeze: 'head', layerDecay: 1 }] as const) {
    const spec = network({ drop_rate: 0.1 }, tuning);
    const [compiled, eager] = [await trained('onnx', spec, options), await trained('wasm', spec, options)];
    compiled.results.forEach(({ loss, gradNorm }, i) => {
      expect(loss).toBeCloseTo(eager.results[i]!.loss, 5);
      expect(gradNorm / eager.results[i]!.gradNorm).toBeCloseTo(1, 4);
    });
    expect(relativeError(compiled.forward.logits.data, eager.forward.logits.data)).toBeLessThan(1e-4);
    for (const [name, { data }] of eager.state.m) expect(relativeError(compiled.state.m.get(name)!.data, data), name).toBeLessThan(1e-4);
  }
});

test('a layer learns at its share of the rate: decay and step are scaled by it', async () => {
  const spec = network({}, { unfreeze: 'all', layerDecay: 0.5 });
  const { state } = await trained('onnx', spec, { steps: 1, weight_decay: 0.1 });
  const { correction1, correction2 } = optimizerScalars(1e-2, 1, [0.9, 0.999]);
  const [before, scales] = [initParams(spec, 0), new Map(trainedSpecs(spec).map((param) => [param.name, param]))];
  for (const [name, { data }] of state.params) {
    const { decay, lrScale } = scales.get(name)!;
    const lr = 1e-2 * lrScale;
    const [m, v] = [state.m.get(name)!.data, state.v.get(name)!.data];
    const expected = before.get(name)!.data.map((x, i) => x * (decay ? 1 - lr * 0.1 : 1) - (lr * correction1 * m[i]!) / (Math.sqrt(v[i]!) * correction2 + 1e-8));
    expect(relativeError(data, expected), name).toBeLessThan(1e-5);
  }
  expect(new Set([...scales.values()].map(({ lrScale }) => lrScale))).toEqual(new Set([0.125, 0.25, 0.5, 1]));
});

test('the head alone is logistic regression on the features of the network', async () => {
  const spec = network({}, { unfreeze: 'head', layerDecay: 1 });
  const one = input(spec, 0, 6);
  const features = await featuresOf(spec, one.images);
  const { state, results } = await trained('onnx', spec, { batch: 6, steps: 1, clip_grad: 0 });
  const expected = regression(features, initParams(spec, 0), one.targets);
  expect(results[0]!.loss).toBeCloseTo(expected.loss, 5);
  // After one step the first moment is a tenth of the gradient.
  expect(relativeError(state.m.get('head.weight')!.data, expected.weight.map((g) => 0.1 * g))).toBeLessThan(1e-4);
  expect(relativeError(state.m.get('head.bias')!.data, expected.bias.map((g) => 0.1 * g))).toBeLessThan(1e-4);
});

/** LayerNorm of the class token behind the last block, [B][D]; γ and β are those of the start, 1 and 0. */
async function featuresOf(spec: ViTSpec, images: FloatTensor): Promise<number[][]> {
  const session = await (await openExecutor('cpu')).infer(spec, initParams(spec, 0));
  const { taps } = await session.forward(images, { tokens: [spec.depth] });
  session.dispose();
  const { shape: [B, T, D], data } = taps.get(`tokens.${spec.depth}`)! as { shape: [number, number, number]; data: Float32Array };
  return Array.from({ length: B }, (_, b) => {
    const x = [...data.subarray(b * T * D, b * T * D + D)];
    const mean = x.reduce((a, c) => a + c, 0) / D;
    const deviation = Math.sqrt(x.reduce((a, c) => a + (c - mean) ** 2, 0) / D + 1e-6);
    return x.map((value) => (value - mean) / deviation);
  });
}

/** Loss and gradients of softmax(W·f + b), written from the textbook. */
function regression(features: readonly number[][], params: TensorMap, targets: FloatTensor) {
  const [W, D] = [params.get('head.weight')!.data, features[0]!.length];
  const [weight, bias] = [new Float64Array(CLASSES * D), new Float64Array(CLASSES)];
  let loss = 0;
  for (const [row, f] of features.entries()) {
    const scores = Array.from({ length: CLASSES }, (_, k) => Math.exp(f.reduce((sum, x, i) => sum + x * W[k * D + i]!, 0)));
    const total = scores.reduce((a, b) => a + b, 0);
    for (let k = 0; k < CLASSES; k++) {
      const target = targets.data[row * CLASSES + k]!;
      loss -= (target * Math.log(scores[k]! / total)) / features.length;
      const error = (scores[k]! / total - target) / features.length;
      bias[k]! += error;
      f.forEach((x, i) => (weight[k * D + i]! += error * x));
    }
  }
  return { loss, weight, bias };
}

test.each(['onnx', 'wasm'] as const)('on %s, a frozen ResNet normalises by its running statistics and keeps them', async (backend) => {
  const spec = network({ architecture: 'resnet', embed_dim: 6 }, { unfreeze: 'head', layerDecay: 1 });
  const { state, results } = await trained(backend, spec, { batch: 4 });
  expectFrozen(spec, state);
  // The loss of the first step is that of the evaluation: the network is the same in both.
  const session = await (await openExecutor('cpu')).infer(spec, initParams(spec, 0));
  const { logits } = await session.forward(input(spec, 0, 4).images);
  session.dispose();
  expect(crossEntropy(logits, input(spec, 0, 4).targets)).toBeCloseTo(results[0]!.loss, 4);
  const partly = network({ architecture: 'resnet', embed_dim: 6 }, { unfreeze: 1, layerDecay: 1 });
  const after = (await trained(backend, partly, { batch: 4 })).state.params;
  const moved = [...initParams(partly, 0)].filter(([name, { data }]) => isBuffer(name) && relativeError(after.get(name)!.data, data) !== 0 && after.get(name)!.data.some((x, i) => x !== data[i]));
  expect(moved.map(([name]) => name)).toEqual(['bn1', 'bn2'].flatMap((norm) => [`layer4.1.${norm}.running_mean`, `layer4.1.${norm}.running_var`]));
});

function crossEntropy({ shape: [B], data }: FloatTensor, targets: FloatTensor): number {
  let loss = 0;
  for (let row = 0; row < B!; row++) {
    const scores = [...data.subarray(row * CLASSES, (row + 1) * CLASSES)].map(Math.exp);
    const total = scores.reduce((a, b) => a + b, 0);
    scores.forEach((score, k) => (loss -= (targets.data[row * CLASSES + k]! * Math.log(score / total)) / B!));
  }
  return loss;
}

test('a step of the head alone has next to nothing of a backward pass, and the optimizer sees the head only', () => {
  const nodes = (unfreeze: Tuning['unfreeze']): number => traceStep(network({}, { unfreeze, layerDecay: 1 }), recipe(), { batch: 4, part: 'whole' }).nodes.length;
  const spec = network({}, { unfreeze: 'head', layerDecay: 1 });
  const graph = traceStep(spec, recipe(), { batch: 4, part: 'whole' });
  expect(graph.outputs.map(({ name }) => name).sort()).toEqual(['loss', 'logits', 'norm', ...['p', 'm', 'v'].flatMap((kind) => groupsFor(spec, 'g').map(({ name }) => `${kind}.${name}.next`))].sort());
  expect(groupsFor(spec, 'g').flatMap(({ entries }) => entries.map(({ name }) => name))).toEqual(['head.weight', 'head.bias']);
  expect(nodes('head')).toBeLessThan(0.55 * nodes('all'));
  expect(nodes(1)).toBeLessThan(0.85 * nodes('all'));
});

test('parameters of one vector are all treated alike, and each is in one vector', () => {
  const spec = network({}, { unfreeze: 2, layerDecay: 0.5 });
  const groups = groupsOf(spec);
  expect(groups.flatMap(({ entries }) => entries.map(({ name }) => name)).sort()).toEqual([...initParams(spec, 0).keys()].sort());
  expect(new Set(groups.map(({ trained, decay, lrScale }) => JSON.stringify([trained, decay, lrScale]))).size).toBe(groups.length);
});

test.each(['onnx', 'wasm'] as const)('on %s, going on from a state is bit for bit the training that was never interrupted', async (backend) => {
  const spec = network({ drop_rate: 0.1 }, lastBlock);
  const whole = await trained(backend, spec, { steps: 4, model_ema_decay: 0.9 });
  const half = await trained(backend, spec, { steps: 2, model_ema_decay: 0.9 });
  const resumed = await trained(backend, spec, { steps: 2, model_ema_decay: 0.9, from: half.state });
  expect(resumed.state).toEqual(whole.state);
});
