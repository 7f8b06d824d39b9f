import { describe, expect, test } from 'vitest';
import { openExecutor } from '../../../../src/engine/compile/backends';
import type { Executor, StepInput, StepResult, TrainSession, TrainState } from '../../../../src/engine/compile/executor';
import { configSchema } from '../../../../src/engine/config/schema';
import { initParams } from '../../../../src/engine/model/params';
import { vitSpec, type ViTSpec } from '../../../../src/engine/model/spec';
import { randomAt } from '../../../../src/engine/random';
import type { FloatTensor, TensorMap } from '../../../../src/engine/tensors';
import { relativeError } from '../../../fixtures/golden';
import { lateSlope, steadyHeaps } from '../../../fixtures/memory';

const config = configSchema.parse({
  image: { size: [8, 12], channels: 3 },
  model: { patch_size: 4, depth: 2, num_heads: 2, embed_dim: 16, drop_rate: 0.1, drop_path_rate: 0.2 },
});
const spec = vitSpec(config.image, config.model, 4);

/** Images with a stripe whose place is their class, in noise: something that can be learnt. */
function input(step: number, B: number, lr = 3e-3): StepInput {
  const random = randomAt(step, 'executor test');
  const images: FloatTensor = { shape: [B, 8, 12, 3], data: Float32Array.from({ length: B * 288 }, () => random.normal()) };
  const targets = new Float32Array(B * 4);
  for (let row = 0; row < B; row++) {
    const label = random.int(4);
    targets[row * 4 + label] = 1;
    images.data.fill(2, row * 288 + label * 72, row * 288 + label * 72 + 36);
  }
  return { images, targets: { shape: [B, 4], data: targets }, lr, noiseSeed: [1, step] };
}

function start(of: ViTSpec = spec): TrainState {
  const params = initParams(of, 0);
  const zeros = new Map([...params].map(([name, { shape, data }]) => [name, { shape, data: new Float32Array(data.length) }]));
  return { params, m: zeros, v: zeros, step: 0 };
}

async function trained(executor: Executor, steps: number, options: { from?: TrainState; parts?: number; batch?: number; average?: number } = {}): Promise<{ results: StepResult[]; state: TrainState }> {
  const from = options.from ?? start();
  const session = await executor.train(spec, from, { ...config.train, grad_accum_steps: options.parts ?? 1, model_ema_decay: options.average ?? 0 });
  const results = [];
  for (let step = from.step; step < steps; step++) results.push(await session.step(input(step, options.batch ?? 8)));
  const state = await session.state();
  session.dispose();
  return { results, state };
}

/** Whole, and in two blocks by two threads. */
test.each([8, 224])('50 steps with %i images follow eager TensorFlow.js within 1e-3 in the loss, and learn', async (batch) => {
  const eager = await trained(await openExecutor('wasm'), 50, { batch });
  const compiled = await trained(await openExecutor('onnx'), 50, { batch });
  const losses = compiled.results.map(({ loss }) => loss);
  losses.forEach((loss, step) => expect(Math.abs(loss - eager.results[step]!.loss), `step ${step}`).toBeLessThan(1e-3));
  expect(losses.slice(-5).reduce((a, b) => a + b) / 5).toBeLessThan(losses[0]! - 0.3);
  // A control: with another learning rate the losses part by more than the bound.
  const session = await (await openExecutor('onnx')).train(spec, start(), config.train);
  for (let step = 0; step < 50; step++) losses[step] = (await session.step(input(step, batch, 2e-3))).loss;
  session.dispose();
  expect(Math.max(...losses.map((loss, step) => Math.abs(loss - eager.results[step]!.loss)))).toBeGreaterThan(1e-3);
});

test.each([8, 224])('with %i images the same training twice, and one stopped and resumed in the middle, give the same bits', async (batch) => {
  const executor = await openExecutor('onnx');
  const whole = await trained(executor, 12, { batch });
  expect((await trained(executor, 12, { batch })).state).toEqual(whole.state);
  const half = await trained(executor, 6, { batch });
  expect((await trained(executor, 12, { batch, from: half.state })).state).toEqual(whole.state);
});

describe.each(['onnx', 'cpu'] as const)('on %s', (backend) => {
  test('the average of the weights follows its definition, is what a forward pass uses, and goes on after a resume', async () => {
    const executor = await openExecutor(backend);
    const session = await executor.train(spec, start(), { ...config.train, model_ema_decay: 0.3 });
    let expected = start().params;
    for (let step = 0; step < 4; step++) {
      await session.step(input(step, 8));
      // min(0.3, (1 + t) / (10 + t)): 2/11, 3/12, 4/13, and then 0.3.
      const decay = Math.min(0.3, (2 + step) / (11 + step));
      const { params } = await session.state();
      expected = new Map([...expected].map(([name, { shape, data }]) => [name, { shape, data: data.map((x, i) => decay * x + (1 - decay) * params.get(name)!.data[i]!) }]));
    }
    const { average, params } = await session.state();
    for (const [name, { data }] of expected) expect(relativeError(average!.get(name)!.data, data), name).toBeLessThan(1e-6);
    const { images } = input(9, 2);
    const logits = async (weights: TensorMap): Promise<Float32Array> => {
      const inference = await executor.infer(spec, weights);
      const result = await inference.forward(images);
      inference.dispose();
      return result.logits.data;
    };
    const found = (await session.forward(images)).logits.data;
    session.dispose();
    expect(relativeError(found, await logits(average!))).toBeLessThan(1e-5);
    expect(relativeError(found, await logits(params))).toBeGreaterThan(1e-3);
    const half = await trained(executor, 2, { average: 0.3 });
    expect((await trained(executor, 4, { from: half.state, average: 0.3 })).state).toEqual((await trained(executor, 4, { average: 0.3 })).state);
  });

  test.each([2, 3, 8, 20])('a batch of 8 in %i parts is the same step but for the order of sums', async (parts) => {
    const executor = await openExecutor(backend);
    const [whole, parted] = [await trained(executor, 1), await trained(executor, 1, { parts })];
    expect(parted.results[0]!.loss).toBeCloseTo(whole.results[0]!.loss, 5);
    expect(parted.results[0]!.gradNorm / whole.results[0]!.gradNorm).toBeCloseTo(1, 5);
    expect(relativeError(parted.results[0]!.logits.data, whole.results[0]!.logits.data)).toBeLessThan(1e-5);
    // The first moment is the gradient by a factor.
    for (const [name, { data }] of whole.state.m) expect(relativeError(parted.state.m.get(name)!.data, data), name).toBeLessThan(2e-5);
  });
});

test('batches of any size follow each other in one training', async () => {
  const session = await (await openExecutor('onnx')).train(spec, start(), config.train);
  for (const [step, B] of [8, 5, 1, 8].entries()) expect((await session.step(input(step, B))).logits.shape).toEqual([B, 4]);
  expect((await session.forward(input(0, 3).images)).logits.shape).toEqual([3, 4]);
  session.dispose();
});

test('a step that is not finite changes nothing', async () => {
  const session = await (await openExecutor('onnx')).train(spec, start(), config.train);
  await session.step(input(0, 8));
  const before = await session.state();
  const bad = input(1, 8);
  bad.images.data[5] = Infinity;
  const { loss, gradNorm } = await session.step(bad);
  expect(Number.isFinite(loss) && Number.isFinite(gradNorm)).toBe(false);
  expect(await session.state()).toEqual(before);
  session.dispose();
});

test('only the wished taps come along', async () => {
  const session = await (await openExecutor('onnx')).infer(spec, start().params);
  const { images } = input(0, 2);
  const names = async (wish: Parameters<TrainSession['forward']>[1]): Promise<string[]> => [...(await session.forward(images, wish)).taps.keys()].sort();
  expect(await names({})).toEqual([]);
  expect(await names({ attention: [1] })).toEqual(['attention.1']);
  expect(await names({ tokens: [0, 2] })).toEqual(['tokens.0', 'tokens.2']);
  expect(await names({ attention: true, tokens: true })).toEqual(['attention.0', 'attention.1', 'tokens.0', 'tokens.1', 'tokens.2']);
  session.dispose();
});

test('two networks at once do not mix, and a session that was disposed of answers no more', async () => {
  const executor = await openExecutor('onnx');
  const other = vitSpec(config.image, { ...config.model, embed_dim: 24 }, 3);
  const [a, b] = await Promise.all([executor.infer(spec, start().params), executor.infer(other, start(other).params)]);
  const { images } = input(0, 2);
  const [first, second] = await Promise.all([a.forward(images), b.forward(images)]);
  expect([first.logits.shape, second.logits.shape]).toEqual([[2, 4], [2, 3]]);
  a.dispose();
  await expect(a.forward(images)).rejects.toThrow('no session');
  expect(await b.forward(images)).toEqual(second);
  b.dispose();
});

/** 6 tokens and the class: the first batch is computed whole, the second in two blocks by two threads. */
test.each([4, 224])('2,000 steps with %i images leave the memory flat: less than 1 MB in 100 steps', async (B) => {
  steadyHeaps();
  const session = await (await openExecutor('onnx', { threads: 2 })).train(spec, start(), config.train);
  const inputs = Array.from({ length: 20 }, (_, step) => input(step, B));
  const rss: number[] = [];
  for (let step = 0; step < 2000; step++) {
    await session.step(inputs[step % 20]!);
    if (step % 50 === 49) rss.push(process.memoryUsage.rss());
  }
  session.dispose();
  expect(lateSlope(rss) * 2).toBeLessThan(1e6);
});

test('while a step is computed, this thread goes on', async () => {
  const large = vitSpec(config.image, { ...config.model, embed_dim: 256, depth: 6, drop_rate: 0 }, 4);
  const session = await (await openExecutor('onnx')).train(large, start(large), config.train);
  await session.step(input(0, 64));
  let turns = 0;
  let computing = true;
  const turn = (): void => {
    turns++;
    if (computing) setImmediate(turn);
  };
  setImmediate(turn);
  await session.step(input(1, 64));
  computing = false;
  session.dispose();
  // A step of some hundred milliseconds; were it computed here, there would be one turn or two.
  expect(turns).toBeGreaterThan(20);
});

/** One that is compiled whole, and one in blocks. */
test.each([6, 96])('steps with %i images of several sizes in turn follow eager TensorFlow.js, of every network that takes them', async (B) => {
  const whole = [{ pos_embed: 'sincos2d' }, { pos_embed: 'rope', embed_dim: 8, num_heads: 2, projection: 'shifted_patches' }, { architecture: 'resnet', layers: [1, 1], embed_dim: 8 }];
  for (const model of [{ projection: 'conv_stem', global_pool: 'seq', stem_dim: 8 }, ...(B === 6 ? whole : [])]) {
    const own = configSchema.parse({ image: { size: [16, 16] }, model: { patch_size: 4, depth: 1, num_heads: 2, embed_dim: 16, patch_drop_rate: 0, ...model } });
    const of = vitSpec(own.image, own.model, 4);
    const run = async (executor: Executor): Promise<number[]> => {
      const session = await executor.train(of, start(of), own.train);
      const losses = [];
      for (const [i, side] of [8, 16, 12, 16].entries()) {
        const random = randomAt(i, 'sizes');
        const images = { shape: [B, side, side, 3], data: Float32Array.from({ length: B * side * side * 3 }, () => random.normal()) };
        losses.push((await session.step({ ...input(i, B), images })).loss);
      }
      session.dispose();
      return losses;
    };
    const [compiled, eager] = [await run(await openExecutor('onnx')), await run(await openExecutor('wasm'))];
    // Four steps of rate 3e-3: rounding grows to 1e-5 at most.
    compiled.forEach((loss, i) => expect(Math.abs(loss - eager[i]!), JSON.stringify(model)).toBeLessThan(1e-4));
  }
});
