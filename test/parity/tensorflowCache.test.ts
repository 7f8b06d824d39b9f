import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { beforeEach, expect, test, vi } from 'vitest';
import type { StepResult } from '../../src/engine/compile/executor';
import { openTraining } from '../../src/engine/compile/tensorflow/training';
import { trace } from '../../src/engine/compile/trace';
import { configSchema, type TrainConfig } from '../../src/engine/config/schema';
import { initParams, zeroMoments } from '../../src/engine/model/params';
import { vitSpec } from '../../src/engine/model/spec';
import { networkOf } from '../engine/compile/networks';
import { temporaryFolder } from '../engine/tiny';
import { addon, tensorFlow, withTensorFlow } from './tensorflow';

vi.mock(import('../../src/engine/compile/trace'), async (original) => {
  const module = await original();
  return { ...module, trace: vi.fn(module.trace) };
});

const { image, model, train } = configSchema.parse({ image: { size: 8 }, model: { patch_size: 4, depth: 1, num_heads: 2, embed_dim: 8 } });
const spec = vitSpec(image, model, 4);
const { images, targets } = networkOf({ image: { size: [8, 8], channels: 3 }, model: { patch_size: 4, depth: 1, num_heads: 2, embed_dim: 8 }, classes: 4, batch: 6, seed: 1 });

/** A step and a forward pass of a training that is opened anew, and how often something was traced. */
async function run(cache: string, recipe: Partial<TrainConfig> = {}): Promise<{ traced: number; result: StepResult }> {
  const before = vi.mocked(trace).mock.calls.length;
  tensorFlow();
  const training = await openTraining(spec, { params: initParams(spec, 0), m: zeroMoments(spec), v: zeroMoments(spec), step: 0 }, { ...train, ...recipe }, { addon: addon!, precision: 'fp32', cache });
  const result = await training.step({ images, targets, lr: 1e-3, noiseSeed: [0, 0] });
  await training.forward(images, { attention: true });
  await training.release();
  return { traced: vi.mocked(trace).mock.calls.length - before, result };
}

let folder: string;
beforeEach(async () => {
  folder = await temporaryFolder();
});

withTensorFlow('compiled TensorFlow graphs', () => {
  test('are kept: a second start traces nothing and computes the same bits', async () => {
    const first = await run(folder);
    expect(first.traced).toBe(2);
    expect(readdirSync(folder)).toHaveLength(2);
    expect(await run(folder)).toEqual({ ...first, traced: 0 });
    // In three parts there are other programs, and another forward pass there is not.
    expect((await run(folder, { grad_accum_steps: 3 })).traced).toBe(2);
    expect(readdirSync(folder)).toHaveLength(3);
  });

  test('are made again where a file is damaged', async () => {
    const first = await run(folder);
    for (const name of readdirSync(folder)) {
      const bytes = readFileSync(path.join(folder, name));
      bytes[bytes.length >> 1]! ^= 1;
      writeFileSync(path.join(folder, name), bytes);
    }
    expect(await run(folder)).toEqual(first);
    expect((await run(folder)).traced).toBe(0);
  });
});
