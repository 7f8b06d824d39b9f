import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Executor, TrainSession } from '../../src/engine/compile/executor';
import { openExecutor } from '../../src/engine/compile/backends';
import { configSchema, type Config } from '../../src/engine/config/schema';
import type { Dataset } from '../../src/engine/dataset/dataset';
import { vitSpec } from '../../src/engine/model/spec';
import type { TensorMap } from '../../src/engine/tensors';
import { classWeights, smoothedTargets } from '../../src/engine/pipeline/targets';
import { evaluate, train, type TrainEvent, type TrainPlan, type TrainPoint } from '../../src/engine/trainer';
import { fakeDataset } from '../fixtures/fakeDataset';

type Changes = { readonly model?: object; readonly train?: object };

function configOf(changes: Changes = {}): Config {
  return configSchema.parse({
    seed: 5,
    image: { size: [8, 12], channels: 1 },
    model: { patch_size: 4, depth: 2, num_heads: 2, embed_dim: 16, drop_rate: 0.1, drop_path_rate: 0.1, ...changes.model },
    train: { epochs: 4, batch_size: 8, lr: 3e-3, label_smoothing: 0.1, augment: { crop_padding: 1, hflip: false }, ...changes.train },
  });
}

let executor: Executor;
beforeAll(async () => {
  executor = await openExecutor('onnx');
});

const dataset = (train = 77, val = 20): Dataset => fakeDataset({ train, val, test: 9 }, { height: 8, width: 12, channels: 1 });

function planOf(config: Config, data: Dataset, more: Partial<TrainPlan> = {}): TrainPlan {
  return { config, spec: vitSpec(config.image, config.model, 3), dataset: data, executor, ...more };
}

async function collect(plan: TrainPlan, onEvent: (event: TrainEvent) => void = () => undefined): Promise<TrainEvent[]> {
  const events: TrainEvent[] = [];
  for await (const event of train(plan)) {
    events.push(event);
    onEvent(event);
  }
  return events;
}

function sha256(...maps: readonly TensorMap[]): string {
  const hash = createHash('sha256');
  for (const map of maps) for (const [name, { data }] of map) hash.update(name).update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  return hash.digest('hex');
}

const digest = ({ state }: TrainPoint): string => sha256(state.params, state.m, state.v);
const pointsOf = (events: readonly TrainEvent[]): TrainPoint[] => events.flatMap((event) => (event.type === 'point' ? [event.point] : []));
const lossesOf = (events: readonly TrainEvent[]): number[] => events.flatMap((event) => (event.type === 'step' ? [event.loss] : []));

test('learns, and says so in order: steps, the epoch, its point, and the end', async () => {
  const events = await collect(planOf(configOf({ train: { epochs: 8 } }), dataset()));
  expect(events.slice(0, 12).map((event) => event.type)).toEqual([...new Array<string>(10).fill('step'), 'epoch', 'point']);
  expect(events.at(-1)).toEqual({ type: 'ended', reason: 'completed', epoch: 8, step: 80 });
  const epochs = events.flatMap((event) => (event.type === 'epoch' ? [event] : []));
  expect(epochs).toHaveLength(8);
  expect(Object.keys(epochs[0]!.metrics).sort()).toEqual(
    ['lr', 'train/loss', 'train/top1', 'val/balanced_accuracy', 'val/ece', 'val/f1', 'val/loss', 'val/precision', 'val/recall', 'val/top1'],
  );
  expect(epochs[0]!.confusion!.counts.flat().reduce((a, b) => a + b)).toBe(20);
  expect(epochs[0]!.confusion!.labels).toEqual(['left', 'right', 'top']);
  // Three equally frequent classes: guessing gives a third.
  expect(epochs.at(-1)!.metrics['val/top1']).toBeGreaterThan(0.8);
  expect(epochs.at(-1)!.metrics['train/loss']).toBeLessThan(epochs[0]!.metrics['train/loss']!);
  const images = events.slice(0, 10).map((event) => (event.type === 'step' ? event.images : 0));
  expect(images).toEqual([8, 8, 8, 8, 8, 8, 8, 8, 8, 5]);
});

describe('going on from a point', () => {
  test.each([
    ['a plain recipe', {}],
    ['mixup, CutMix, accumulation and an average of the weights', { mixup: 0.8, cutmix: 1, mixup_off_epoch: 3, grad_accum_steps: 2, model_ema_decay: 0.9 }],
    ['SGD, adaptive clipping, focal loss and balanced classes', { opt: 'sgd', lr: 0.02, weight_decay: 5e-4, clip_mode: 'agc', clip_grad: 0.05, loss: 'focal', class_weights: 'balanced' }],
    ['a learning rate that goes down on a plateau', { schedule: 'plateau', monitor: 'val/loss', warmup_epochs: 0, decay_rate: 0.5, plateau: { patience: 0, threshold: 0.3, cooldown: 1 } }],
    ['sharpness-aware minimisation', { sam_rho: 0.1, grad_accum_steps: 2, model_ema_decay: 0.9 }],
    ['LAMB and binary cross-entropy', { opt: 'lamb', loss: 'bce' }],
  ])('with %s ends with the same bits as the uninterrupted training, from an epoch and from the middle of one', async (_, recipe) => {
    const config = configOf({ train: recipe });
    const whole = await collect(planOf(config, dataset()));
    const fromEpoch = await collect(planOf(config, dataset(), { from: pointsOf(whole)[2]! }));
    expect(pointsOf(whole)[2]!.state.step).toBe(30);
    expect(digest(pointsOf(fromEpoch).at(-1)!)).toBe(digest(pointsOf(whole).at(-1)!));

    const stop = new AbortController();
    const stopped = await collect(planOf(config, dataset(), { signal: stop.signal }), (event) => {
      if (event.type === 'step' && event.step === 34) stop.abort();
    });
    const point = pointsOf(stopped).at(-1)!;
    expect(stopped.at(-1)).toEqual({ type: 'ended', reason: 'stopped', epoch: 3, step: 34 });
    expect([point.epoch, point.stepInEpoch, point.state.step]).toEqual([3, 4, 34]);
    const resumed = await collect(planOf(config, dataset(), { from: point }));
    expect(lossesOf(resumed)).toEqual(lossesOf(whole).slice(34));
    expect(digest(pointsOf(resumed).at(-1)!)).toBe(digest(pointsOf(whole).at(-1)!));
    expect(resumed.filter((event) => event.type === 'epoch')).toEqual(whole.filter((event) => event.type === 'epoch').slice(3));
  });

  test.each([[{}], [{ grad_accum_steps: 2 }]])('ends with the same bits with patch dropout and smaller images first, too, in each of its sizes (%j)', async (more) => {
    const config = configOf({ model: { patch_drop_rate: 0.4 }, train: { epochs: 3, progressive: { from: [4, 8], until: 0.7, stages: 2 }, mixup: 0.8, cutmix: 1, ...more } });
    const whole = await collect(planOf(config, dataset(20)));
    expect(lossesOf(whole)).toHaveLength(9);
    for (const at of [0, 1]) {
      const resumed = await collect(planOf(config, dataset(20), { from: pointsOf(whole)[at]! }));
      expect(lossesOf(resumed)).toEqual(lossesOf(whole).slice(3 * (at + 1)));
      expect(digest(pointsOf(resumed).at(-1)!)).toBe(digest(pointsOf(whole).at(-1)!));
    }
  });

  test('ends with the same bits with a policy, colour jitter and erasing, too', async () => {
    const augment = { random_resized_crop: {}, hflip: true, rand_augment: {}, color_jitter: { brightness: 0.4 }, random_erasing: { prob: 0.5 } };
    const config = configOf({ train: { epochs: 2, augment } });
    const whole = await collect(planOf(config, dataset(24)));
    const resumed = await collect(planOf(config, dataset(24), { from: pointsOf(whole)[0]! }));
    expect(digest(pointsOf(resumed).at(-1)!)).toBe(digest(pointsOf(whole).at(-1)!));
  });

  test('another seed gives other bits', async () => {
    const [a, b] = [await collect(planOf({ ...configOf(), seed: 6 }, dataset(16))), await collect(planOf(configOf(), dataset(16)))];
    expect(digest(pointsOf(a).at(-1)!)).not.toBe(digest(pointsOf(b).at(-1)!));
  });

  test('a finished training has nothing left to do', async () => {
    const config = configOf({ train: { epochs: 1 } });
    const point = pointsOf(await collect(planOf(config, dataset(16)))).at(-1)!;
    expect(await collect(planOf(config, dataset(16), { from: point }))).toEqual([{ type: 'ended', reason: 'completed', epoch: 1, step: 2 }]);
  });
});

test('stopped before the first step: a point to begin from', async () => {
  const events = await collect(planOf(configOf(), dataset(), { signal: AbortSignal.abort() }));
  expect(events.map((event) => event.type)).toEqual(['point', 'ended']);
  expect(pointsOf(events)[0]!.state.step).toBe(0);
});

test('stops early after `patience` epochs without improvement, and remembers the best', async () => {
  // With lr so small that nothing changes, the first epoch stays the best.
  const config = configOf({ train: { epochs: 9, lr: 1e-12, min_lr: 0, early_stop: { patience: 2, min_delta: 0.01 } } });
  const events = await collect(planOf(config, dataset()));
  expect(events.at(-1)).toMatchObject({ type: 'ended', reason: 'early-stop', epoch: 3 });
  expect(pointsOf(events).map(({ best, stale }) => [best!.epoch, stale])).toEqual([[1, 0], [1, 1], [1, 2]]);
});

test('without validation images every epoch is the best so far', async () => {
  const events = await collect(planOf(configOf({ train: { epochs: 2 } }), dataset(16, 0)));
  const epochs = events.flatMap((event) => (event.type === 'epoch' ? [event] : []));
  expect(epochs.map((event) => [event.improved, event.confusion, 'val/loss' in event.metrics])).toEqual([[true, null, false], [true, null, false]]);
});

test('a loss that is not finite ends the training without a point, and the weights stay', async () => {
  let states: string[] = [];
  const poisoned: Executor = {
    ...executor,
    async train(...args) {
      const session = await executor.train(...args);
      const step: TrainSession['step'] = async (input) => {
        const poison = input.noiseSeed[1] === 3;
        const before = sha256((await session.state()).params);
        const images = poison ? { ...input.images, data: input.images.data.map(() => NaN) } : input.images;
        const result = await session.step({ ...input, images });
        states = [before, sha256((await session.state()).params)];
        return result;
      };
      return { ...session, step };
    },
  };
  const events = await collect({ ...planOf(configOf(), dataset()), executor: poisoned });
  expect(events.map((event) => event.type)).toEqual(['step', 'step', 'step', 'step', 'ended']);
  expect(events.at(-1)).toMatchObject({ reason: 'non-finite', step: 4 });
  expect(states[0]).toBe(states[1]);
});

test('a step tells how long it waited for its images, and that batches are made while another one is computed', async () => {
  const slow = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
  /** Both waits are timers, not work: a busy machine makes both longer. */
  const waited = async (reading: number, stepping: number): Promise<number> => {
    const data = dataset(40, 0);
    const { train: split } = data.splits;
    const read: typeof split.read = async (indices) => (await slow(reading), split.read(indices));
    const timed: Executor = {
      ...executor,
      async train(...args) {
        const session = await executor.train(...args);
        return { ...session, step: ({ targets }) => slow(stepping).then(() => ({ loss: 1, gradNorm: 1, logits: targets })) };
      },
    };
    const plan = planOf(configOf({ train: { epochs: 1 } }), { ...data, splits: { ...data.splits, train: { ...split, read } } }, { executor: timed });
    const steps = (await collect(plan)).flatMap((event) => (event.type === 'step' ? [event.seconds] : []));
    // The first batch of an epoch is waited for in any case.
    const [wait, compute] = (['data', 'compute'] as const).map((key) => steps.slice(1).reduce((sum, seconds) => sum + seconds[key], 0));
    return wait! / (wait! + compute!);
  };
  expect(await waited(150, 1)).toBeGreaterThan(0.5);
  expect(await waited(1, 150)).toBeLessThan(0.5);
  // One after the other they would wait as long as they compute.
  expect(await waited(100, 150)).toBeLessThan(0.35);
});

test('evaluation counts every image once, whatever the batch', async () => {
  const config = configOf();
  const spec = vitSpec(config.image, config.model, 3);
  const point = pointsOf(await collect(planOf(config, dataset(16)))).at(-1)!;
  const session = await executor.infer(spec, point.state.params);
  const [one, other] = [
    await evaluate(session, dataset().splits.val, configOf({ train: { batch_size: 3 } })),
    await evaluate(session, dataset().splits.val, configOf({ train: { batch_size: 20 } })),
  ];
  session.dispose();
  expect(one.confusion).toEqual(other.confusion);
  // Another batch size sums in another order only inside a matrix product: float32 rounding.
  expect(one.metrics.loss).toBeCloseTo(other.metrics.loss, 5);
});

test('smoothed targets are a distribution', () => {
  const { data, shape } = smoothedTargets(Int32Array.of(2, 0), 4, 0.2);
  expect(shape).toEqual([2, 4]);
  expect([...data].map((x) => Number(x.toFixed(6)))).toEqual([0.05, 0.05, 0.85, 0.05, 0.85, 0.05, 0.05, 0.05]);
});

test("balanced classes are weighed as scikit-learn weighs them, and a list has a number for each", async () => {
  // sklearn.utils.class_weight.compute_class_weight('balanced', classes=[0, 1, 2], y=[0, 0, 0, 1]) and none for a class that does not occur
  expect([...classWeights('balanced', Int32Array.of(0, 0, 0, 1), 2)!]).toEqual([4 / 6, 2]);
  expect([...classWeights('balanced', Int32Array.of(0, 0, 0, 1), 3)!]).toEqual([4 / 9, 4 / 3, 0]);
  expect(classWeights('none', Int32Array.of(0), 2)).toBeUndefined();
  expect(() => classWeights([1, 2], Int32Array.of(0), 3)).toThrow('train.class_weights has 2 numbers, and the dataset has 3 classes.');
  const plain = lossesOf(await collect(planOf(configOf({ train: { epochs: 1 } }), dataset(16))));
  const doubled = lossesOf(await collect(planOf(configOf({ train: { epochs: 1, class_weights: [2, 2, 2] } }), dataset(16))));
  expect(doubled[0]! / plain[0]!).toBeCloseTo(2, 5);
});

test('mixed images learn, too, and their accuracy counts the class of the larger share', async () => {
  const plain = await collect(planOf(configOf({ train: { epochs: 8, label_smoothing: 0 } }), dataset()));
  const mixed = await collect(planOf(configOf({ train: { epochs: 8, label_smoothing: 0, mixup: 1 } }), dataset()));
  const last = (events: TrainEvent[]): Record<string, number> => events.filter((event) => event.type === 'epoch').at(-1)!.metrics;
  // A target that is mixed cannot be met: the loss stays above the plain one's.
  expect(last(mixed)['train/loss']).toBeGreaterThan(last(plain)['train/loss']! + 0.05);
  expect(last(mixed)['val/top1']).toBeGreaterThan(0.5);
  expect(last(mixed)['train/top1']).toBeGreaterThan(0.4);
});

test('erasing reaches the images of the training, and a stronger augmentation makes other batches', async () => {
  const losses = async (augment: object): Promise<number[]> => lossesOf(await collect(planOf(configOf({ train: { epochs: 1, augment } }), dataset(16))));
  const plain = await losses({});
  expect(await losses({ random_erasing: { prob: 0 } })).toEqual(plain);
  for (const augment of [{ random_erasing: { prob: 1 } }, { random_erasing: { prob: 1, mode: 'const' } }, { three_augment: true }]) expect(await losses(augment)).not.toEqual(plain);
});

test('progressive resizing gives each epoch images of its size, and evaluates at full size', async () => {
  const config = configOf({ train: { epochs: 3, progressive: { from: [4, 8], until: 0.7, stages: 2 } } });
  const [steps, evaluated]: [string[], string[]] = [[], []];
  const watched: Executor = {
    ...executor,
    async train(...given) {
      const session = await executor.train(...given);
      const size = ({ shape }: { readonly shape: readonly number[] }): string => shape.slice(1, 3).join('x');
      return { ...session, step: (input) => (steps.push(size(input.images)), session.step(input)), forward: (images) => (evaluated.push(size(images)), session.forward(images)) };
    },
  };
  await collect(planOf(config, dataset(8, 8), { executor: watched }));
  // Half way between 4 × 8 and 8 × 12 is 6 × 10: 8 × 12 and 4 × 8 are as near, and what is half is rounded up.
  expect(steps).toEqual(['4x8', '8x12', '8x12']);
  expect(new Set(evaluated)).toEqual(new Set(['8x12']));
});

test('a plateau lowers the learning rate from the next epoch on, but for those of the warm-up', async () => {
  // Nothing improves by 99 %, so after the first value every epoch is a plateau.
  const plateau = { patience: 0, threshold: 0.99, cooldown: 0 };
  const run = async (warmup_epochs: number): Promise<(number | undefined)[]> => {
    const events = await collect(planOf(configOf({ train: { epochs: 5, lr: 0.01, min_lr: 1e-3, schedule: 'plateau', monitor: 'val/loss', warmup_epochs, decay_rate: 0.5, plateau } }), dataset(8)));
    return events.flatMap((event) => (event.type === 'step' ? [event.lr] : []));
  };
  expect(await run(0)).toEqual([0.01, 0.01, 0.005, 0.0025, 0.00125]);
  // Of three epochs of warm-up the last is the first whose value is watched.
  expect(await run(3)).toEqual([expect.closeTo(0.01 / 3, 12), expect.closeTo(0.02 / 3, 12), 0.01, 0.01, 0.005]);
});
