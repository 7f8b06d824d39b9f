import { expect, test } from 'vitest';
import { openExecutor } from '../../src/engine/compile/backends';
import type { Executor, StepInput, StepResult, TrainState } from '../../src/engine/compile/executor';
import type { Precision } from '../../src/engine/compile/tensorflow/api';
import { openTensorFlow } from '../../src/engine/compile/tensorflow/open';
import { openTraining } from '../../src/engine/compile/tensorflow/training';
import { configSchema, type TrainConfig } from '../../src/engine/config/schema';
import { initParams } from '../../src/engine/model/params';
import { vitSpec, type ViTSpec } from '../../src/engine/model/spec';
import { randomAt } from '../../src/engine/random';
import type { FloatTensor, TensorMap } from '../../src/engine/tensors';
import { relativeError } from '../fixtures/golden';
import { lateSlope } from '../fixtures/memory';
import { measured } from './reference';
import { addon, tensorFlow, withTensorFlow } from './tensorflow';

const config = configSchema.parse({
  image: { size: [8, 12], channels: 3 },
  model: { patch_size: 4, depth: 2, num_heads: 2, embed_dim: 64, drop_rate: 0.1, drop_path_rate: 0.2 },
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

function start(of: ViTSpec = spec, seed = 0): TrainState {
  const params = initParams(of, seed);
  const zeros = new Map([...params].map(([name, { shape, data }]) => [name, { shape, data: new Float32Array(data.length) }]));
  return { params, m: zeros, v: zeros, step: 0 };
}

interface Options {
  readonly from?: TrainState;
  readonly recipe?: Partial<TrainConfig>;
  readonly lr?: number;
  /** Rows of a step's batch. */
  readonly batch?: (step: number) => number;
}

async function trained(executor: Executor, steps: number, { from = start(), recipe, lr, batch = () => 8 }: Options = {}): Promise<{ results: StepResult[]; state: TrainState }> {
  const session = await executor.train(spec, from, { ...config.train, ...recipe });
  const results = [];
  for (let step = from.step; step < steps; step++) results.push(await session.step(input(step, batch(step), lr)));
  const state = await session.state();
  session.dispose();
  return { results, state };
}

const open = (precision: Precision = 'fp32'): Promise<Executor> => openTensorFlow('tfjs-node', { precision });

const gapOf = (a: readonly StepResult[], b: readonly StepResult[]): number => Math.max(...a.map(({ loss }, step) => Math.abs(loss - b[step]!.loss)));

// Epochs whose last batch is smaller: the state moves between sessions.
const epochs = (step: number): number => (step % 5 === 4 ? 3 : 8);

withTensorFlow('a training in TensorFlow', () => {
  test.each([
    ['whole batches', {}],
    ['batches in three parts, with an average of the weights', { grad_accum_steps: 3, model_ema_decay: 0.9 }],
  ])('of 50 steps follows eager TensorFlow.js within 1e-3 in the loss, and learns: %s', async (name, recipe) => {
    const eager = await trained(await openExecutor('cpu'), 50, { recipe, batch: epochs });
    const compiled = await trained(await open(), 50, { recipe, batch: epochs });
    const gap = gapOf(compiled.results, eager.results);
    measured(`TensorFlow graph, losses of 50 steps, ${name}`, gap, 1e-3);
    expect(gap).toBeLessThan(1e-3);
    const losses = compiled.results.map(({ loss }) => loss);
    expect(losses.slice(-5).reduce((a, b) => a + b) / 5).toBeLessThan(losses[0]! - 0.3);
    expect(compiled.state.average !== undefined).toBe('model_ema_decay' in recipe);
    const averages = [...(eager.state.average ?? [])].map(([weight, { data }]) => relativeError(compiled.state.average!.get(weight)!.data, data));
    if (averages.length > 0) measured('TensorFlow graph, averages of the weights after 50 steps', Math.max(...averages), 1e-2);
    for (const error of averages) expect(error).toBeLessThan(1e-2);
    // A control: with another learning rate the losses part by more than the bound.
    expect(gapOf((await trained(await open(), 50, { recipe, batch: epochs, lr: 2e-3 })).results, eager.results)).toBeGreaterThan(1e-3);
  });

  test.each(['fp32', 'bf16'] as const)('in %s, twice, and stopped and resumed in the middle, gives the same bits', async (precision) => {
    const executor = await open(precision);
    const options = { recipe: { model_ema_decay: 0.9 }, batch: epochs };
    const whole = await trained(executor, 12, options);
    expect((await trained(executor, 12, options)).state).toEqual(whole.state);
    const half = await trained(executor, 7, options);
    expect((await trained(executor, 12, { ...options, from: half.state })).state).toEqual(whole.state);
  });

  test('in bfloat16 is another one than in float32, and after 200 steps within the spread of its seeds', async () => {
    const ends = async (executor: Executor): Promise<number[]> => {
      const losses = [];
      for (const seed of [1, 2, 3]) {
        const { results } = await trained(executor, 200, { from: start(spec, seed), lr: 5e-4, batch: () => 32 });
        losses.push(results.slice(-40).reduce((sum, { loss }) => sum + loss, 0) / 40);
      }
      return losses;
    };
    const [fp32, bf16] = [await ends(await open()), await ends(await open('bf16'))];
    const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b) / values.length;
    const spread = Math.max(...fp32) - Math.min(...fp32);
    const gap = Math.abs(mean(bf16) - mean(fp32));
    measured(`TensorFlow graph, loss after 200 steps in bfloat16 against float32 (${mean(fp32).toFixed(3)}), three seeds`, gap, spread);
    expect(bf16).not.toEqual(fp32);
    expect(gap).toBeLessThan(spread);
    expect(Math.max(...bf16)).toBeLessThan(Math.log(4) - 0.2);
  });

  test.each([2, 3, 8, 20])('takes a batch of 8 in %i parts as the same step but for the order of sums', async (parts) => {
    const executor = await open();
    const [whole, parted] = [await trained(executor, 1), await trained(executor, 1, { recipe: { grad_accum_steps: parts } })];
    // The first moment is the gradient by a factor.
    const gap = Math.max(...[...whole.state.m].map(([name, { data }]) => relativeError(parted.state.m.get(name)!.data, data)));
    measured(`TensorFlow graph, gradients of a batch in ${parts} parts`, gap, 2e-5);
    expect(gap).toBeLessThan(2e-5);
    expect(parted.results[0]!.loss).toBeCloseTo(whole.results[0]!.loss, 5);
    expect(parted.results[0]!.gradNorm / whole.results[0]!.gradNorm).toBeCloseTo(1, 5);
    expect(relativeError(parted.results[0]!.logits.data, whole.results[0]!.logits.data)).toBeLessThan(1e-5);
  });

  test.each([1, 3])('keeps its state when a step in %i parts is not finite', async (parts) => {
    const session = await (await open()).train(spec, start(), { ...config.train, grad_accum_steps: parts });
    await session.step(input(0, 8));
    const before = await session.state();
    const bad = input(1, 8);
    bad.images.data[5] = Infinity;
    const { loss, gradNorm } = await session.step(bad);
    expect(Number.isFinite(loss) && Number.isFinite(gradNorm)).toBe(false);
    expect(await session.state()).toEqual(before);
    expect(Number.isFinite((await session.step(input(2, 8))).loss)).toBe(true);
    expect((await session.state()).step).toBe(2);
    session.dispose();
  });

  test('of 2,000 steps leaves the memory flat: less than 1 MB in 100 steps', async () => {
    const session = await (await open()).train(spec, start(), config.train);
    const rss: number[] = [];
    for (let step = 0; step < 2000; step++) {
      await session.step(input(step % 20, 4));
      if (step % 50 === 49) rss.push(process.memoryUsage.rss());
    }
    session.dispose();
    measured('TensorFlow graph, bytes that memory grows in 100 of 2,000 steps', lateSlope(rss) * 2, 1e6);
    expect(lateSlope(rss) * 2).toBeLessThan(1e6);
  });

  test('takes batches of any size, one after the other', async () => {
    const session = await (await open()).train(spec, start(), config.train);
    for (const [step, B] of [8, 5, 1, 64, 8].entries()) expect((await session.step(input(step, B))).logits.shape).toEqual([B, 4]);
    session.dispose();
  });

  test('leaves nothing behind, neither from step to step nor at its end', async () => {
    const before = tensorFlow().held;
    const training = await openTraining(spec, start(), config.train, { addon: addon!, precision: 'fp32' });
    const held = [];
    for (let step = 0; step < 30; step++) {
      await training.step(input(step, epochs(step)));
      await training.forward(input(0, 2).images, {});
      training.state();
      held.push(tensorFlow().held);
    }
    expect(held.at(-1)).toEqual(held[9]);
    await training.release();
    await new Promise((done) => setImmediate(done));
    expect(tensorFlow().held).toEqual(before);
  });
});

withTensorFlow('an inference in TensorFlow', () => {
  test('brings along only the wished taps', async () => {
    const session = await (await open()).infer(spec, start().params);
    const { images } = input(0, 2);
    const names = async (wish: Parameters<typeof session.forward>[1]): Promise<string[]> => [...(await session.forward(images, wish)).taps.keys()].sort();
    expect(await names({})).toEqual([]);
    expect(await names({ attention: [1] })).toEqual(['attention.1']);
    expect(await names({ attention: true, tokens: true })).toEqual(['attention.0', 'attention.1', 'tokens.0', 'tokens.1', 'tokens.2']);
    session.dispose();
  });

  test('gives the gradients for the attention of eager TensorFlow.js, of given weights and of those in training', async () => {
    const { images } = input(0, 2);
    const wish = { attention: [1], attentionGradients: true };
    const cotangent = { shape: [2, 4], data: Float32Array.of(0, 0, 1, 0, 1, 0, 0, 0) };
    const names = ['attention.1', 'attention_gradient.0', 'attention_gradient.1'];
    const taps = async (executor: Executor): Promise<TensorMap[]> => {
      const sessions = [await executor.infer(spec, start().params), await executor.train(spec, start(), config.train)];
      const results = [];
      for (const session of sessions) results.push((await session.forward(images, wish, cotangent)).taps);
      await expect(sessions[0]!.forward(images, wish)).rejects.toThrow('cotangent');
      for (const session of sessions) session.dispose();
      return results;
    };
    const [expected] = await taps(await openExecutor('cpu'));
    const found = await taps(await open());
    for (const one of found) expect([...one.keys()].sort()).toEqual(names);
    const gap = Math.max(...found.flatMap((one) => names.map((name) => relativeError(one.get(name)!.data, expected!.get(name)!.data))));
    measured('TensorFlow graph, gradients for the attention', gap, 2e-5);
    expect(gap).toBeLessThan(2e-5);
    // A control: another class has other gradients.
    const session = await (await open()).infer(spec, start().params);
    const other = await session.forward(images, wish, { shape: [2, 4], data: Float32Array.of(0, 1, 0, 0, 1, 0, 0, 0) });
    session.dispose();
    expect(relativeError(other.taps.get(names[2]!)!.data, expected!.get(names[2]!)!.data)).toBeGreaterThan(2e-5);
  });

  test('takes any number of images, and computes an image alike alone and among others', async () => {
    const { images } = input(0, 64);
    const session = await (await open()).infer(spec, start().params);
    const training = await (await open()).train(spec, start(), config.train);
    const all = (await session.forward(images)).logits.data;
    for (const B of [1, 3, 64, 1]) {
      const some = { shape: [B, 8, 12, 3], data: images.data.slice(0, B * 288) };
      for (const one of [session, training]) {
        const { logits } = await one.forward(some);
        expect(logits.shape).toEqual([B, 4]);
        // Other sizes may be summed in another order.
        expect(relativeError(logits.data, all.slice(0, B * 4))).toBeLessThan(1e-5);
      }
    }
    session.dispose();
    training.dispose();
  });

  test('does not mix with another, leaves its thread free, and answers no more when it was disposed of', async () => {
    const executor = await open();
    const other = vitSpec(config.image, { ...config.model, embed_dim: 24 }, 3);
    const [a, b] = await Promise.all([executor.infer(spec, start().params), executor.infer(other, start(other).params)]);
    const { images } = input(0, 2);
    let ticks = 0;
    const clock = setInterval(() => ticks++, 1);
    const [first, second] = await Promise.all([a.forward(images), b.forward(images)]);
    clearInterval(clock);
    expect(ticks).toBeGreaterThan(5);
    expect([first.logits.shape, second.logits.shape]).toEqual([[2, 4], [2, 3]]);
    a.dispose();
    await expect(a.forward(images)).rejects.toThrow('no session');
    expect(await b.forward(images)).toEqual(second);
    b.dispose();
  });
});
