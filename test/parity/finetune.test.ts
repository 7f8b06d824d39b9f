import { writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import { expect, test } from 'vitest';
import { openExecutor } from '../../src/engine/compile/backends';
import { configSchema } from '../../src/engine/config/schema';
import { initParams, trainedSpecs, zeroMoments } from '../../src/engine/model/params';
import { vitSpec } from '../../src/engine/model/spec';
import { tunedFor } from '../../src/engine/model/tuning';
import { randomAt } from '../../src/engine/random';
import { learningRate } from '../../src/engine/schedule';
import type { FloatTensor, TensorMap } from '../../src/engine/tensors';
import { writeNpz } from '../../src/engine/weights/npy';
import { temporaryFolder } from '../engine/tiny';
import { measured, reference } from './reference';

const STEPS = 20;
const CLASSES = 5;

// As in training.test.ts: float32 rounding that AdamW makes larger, slowly. The issue asks for 1e-3 in the loss.
const LOSS = 1e-5;
const NORM = 1e-4; // relative
const WEIGHT = 1e-3;

interface Plan {
  readonly unfreeze: 'all' | 'head' | number;
  readonly layer_decay: number;
}

interface Answer {
  readonly losses: readonly number[];
  readonly norms: readonly number[];
  readonly params: Readonly<Record<string, number>>;
}

function batch(step: number, B: number): { images: FloatTensor; targets: FloatTensor } {
  const random = randomAt(step, 'finetune parity');
  const pixels = 12 * 16 * 3;
  const images = new Float32Array(B * pixels);
  const targets = new Float32Array(B * CLASSES);
  for (let b = 0; b < B; b++) {
    const label = Math.floor(random.next() * CLASSES);
    targets[b * CLASSES + label] = 1;
    for (let i = 0; i < pixels; i++) images[b * pixels + i] = random.normal() + Math.sin(i * (label + 1));
  }
  return { images: { shape: [B, 12, 16, 3], data: images }, targets: { shape: [B, CLASSES], data: targets } };
}

async function compare(backend: 'onnx' | 'wasm', plan: Plan, { theirs = plan, B = 16 }: { theirs?: Plan; B?: number } = {}) {
  const folder = await temporaryFolder();
  const config = configSchema.parse({
    image: { size: [12, 16] },
    model: { patch_size: 4, depth: 3, num_heads: 2, embed_dim: 32 },
    finetune: { from: 'x', ...plan },
    train: { epochs: 1, batch_size: B, lr: 3e-3, warmup_epochs: 0.25, weight_decay: 0.1, clip_grad: 0.5 },
  });
  const spec = tunedFor(vitSpec(config.image, config.model, CLASSES), config.finetune);
  const params = initParams(spec, 7);
  const session = await (await openExecutor(backend)).train(spec, { params, m: zeroMoments(spec), v: zeroMoments(spec), step: 0 }, config.train);
  const lr = Array.from({ length: STEPS }, (_, step) => learningRate(step, STEPS, config.train));
  const batches = lr.map((_, step) => batch(step, B));
  const ours = [];
  for (const [step, one] of batches.entries()) ours.push(await session.step({ ...one, lr: lr[step]!, noiseSeed: [0, step] }));
  const write = async (name: string, tensors: TensorMap): Promise<string> => {
    await writeFile(path.join(folder, name), writeNpz(tensors));
    return path.join(folder, name);
  };
  const arrays = new Map(batches.flatMap(({ images, targets }, i) => [[`images.${i}`, images], [`targets.${i}`, targets]] as const));
  const answer = await reference<Answer>('finetuning', {
    config: { ...config, finetune: { ...config.finetune, ...theirs } },
    classes: CLASSES,
    lr,
    params: await write('params.npz', params),
    trained: await write('trained.npz', (await session.state()).params),
    batches: await write('batches.npz', arrays),
  });
  session.dispose();
  const trained = new Set(trainedSpecs(spec).map(({ name }) => name));
  return {
    loss: Math.max(...ours.map(({ loss }, i) => Math.abs(loss - answer.losses[i]!))),
    norm: Math.max(...ours.map(({ gradNorm }, i) => Math.abs(gradNorm / answer.norms[i]! - 1))),
    params: Math.max(...Object.values(answer.params)),
    frozen: Math.max(0, ...Object.entries(answer.params).map(([name, gap]) => (trained.has(name) ? 0 : gap))),
    learnt: ours[0]!.loss - ours.at(-1)!.loss,
  };
}

// In a batch that threads share in blocks, whole, and op by op.
test.each([
  ['onnx', 120],
  ['onnx', 16],
  ['wasm', 16],
] as const)("on %s with batches of %i, twenty steps of a fine-tuning take the way of timm and PyTorch's AdamW", async (backend, B) => {
  for (const plan of [{ unfreeze: 'all', layer_decay: 0.75 }, { unfreeze: 2, layer_decay: 0.65 }, { unfreeze: 1, layer_decay: 1 }, { unfreeze: 'head', layer_decay: 1 }] as const) {
    const gap = await compare(backend, plan, { B });
    const name = `fine-tuning ${JSON.stringify(plan)} on ${backend}, batch ${B}`;
    measured(`${name}, losses`, gap.loss, LOSS);
    measured(`${name}, gradient norms, relative`, gap.norm, NORM);
    measured(`${name}, weights`, gap.params, WEIGHT);
    expect(gap.loss).toBeLessThan(LOSS);
    expect(gap.norm).toBeLessThan(NORM);
    expect(gap.params).toBeLessThan(WEIGHT);
    expect(gap.frozen).toBe(0);
    expect(gap.learnt).toBeGreaterThan(0.01);
  }
});

test('the tolerance sees another layer decay, and other blocks that are frozen', async () => {
  const plan: Plan = { unfreeze: 2, layer_decay: 0.75 };
  expect((await compare('onnx', plan, { theirs: { ...plan, layer_decay: 0.7 } })).loss).toBeGreaterThan(10 * LOSS);
  expect((await compare('onnx', plan, { theirs: { ...plan, unfreeze: 3 } })).loss).toBeGreaterThan(10 * LOSS);
});
