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
import { relativeError } from '../fixtures/golden';
import { measured, reference } from './reference';
import { withTensorFlow } from './tensorflow';

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

type Backend = 'onnx' | 'wasm' | 'tfjs-node';

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

interface Wish {
  readonly plan: Plan;
  /** What the other side does; the same, unless the test is of the tolerance. */
  readonly theirs?: Plan;
  readonly B?: number;
  readonly execution?: 'compiled' | 'eager';
}

/** Trains by us, and says what the other side needs to do the same. */
async function trainedByUs(backend: Backend, { plan, theirs = plan, B = 16, execution = 'compiled' }: Wish) {
  const folder = await temporaryFolder();
  const config = configSchema.parse({
    image: { size: [12, 16] },
    model: { patch_size: 4, depth: 3, num_heads: 2, embed_dim: 32 },
    finetune: { from: 'x', ...plan },
    train: { epochs: 1, batch_size: B, lr: 3e-3, warmup_epochs: 0.25, weight_decay: 0.1, clip_grad: 0.5 },
  });
  const spec = tunedFor(vitSpec(config.image, config.model, CLASSES), config.finetune);
  const params = initParams(spec, 7);
  const session = await (await openExecutor(backend, { execution })).train(spec, { params, m: zeroMoments(spec), v: zeroMoments(spec), step: 0 }, config.train);
  const lr = Array.from({ length: STEPS }, (_, step) => learningRate(step, STEPS, config.train));
  const batches = lr.map((_, step) => batch(step, B));
  const steps = [];
  for (const [step, one] of batches.entries()) steps.push(await session.step({ ...one, lr: lr[step]!, noiseSeed: [0, step] }));
  const write = async (name: string, tensors: TensorMap): Promise<string> => {
    await writeFile(path.join(folder, name), writeNpz(tensors));
    return path.join(folder, name);
  };
  const arrays = new Map(batches.flatMap(({ images, targets }, i) => [[`images.${i}`, images], [`targets.${i}`, targets]] as const));
  const request = {
    config: { ...config, finetune: { ...config.finetune, ...theirs } },
    classes: CLASSES,
    lr,
    params: await write('params.npz', params),
    trained: await write('trained.npz', (await session.state()).params),
    batches: await write('batches.npz', arrays),
  };
  session.dispose();
  return { steps, request, trained: new Set(trainedSpecs(spec).map(({ name }) => name)) };
}

/** The other side is started once for all of them. */
async function compare(backend: Backend, wishes: readonly Wish[]) {
  const done = [];
  for (const wish of wishes) done.push(await trainedByUs(backend, wish));
  const answers = await reference<Answer[]>('finetuning', done.map(({ request }) => request));
  return done.map(({ steps, trained }, at) => {
    const answer = answers[at]!;
    return {
      loss: Math.max(...steps.map(({ loss }, i) => Math.abs(loss - answer.losses[i]!))),
      norm: Math.max(...steps.map(({ gradNorm }, i) => Math.abs(gradNorm / answer.norms[i]! - 1))),
      params: Math.max(...Object.values(answer.params)),
      frozen: Math.max(0, ...Object.entries(answer.params).map(([name, gap]) => (trained.has(name) ? 0 : gap))),
      learnt: steps[0]!.loss - steps.at(-1)!.loss,
    };
  });
}

// In a batch that threads share in blocks, whole, and op by op.
test.each([
  ['onnx', 120],
  ['onnx', 16],
  ['wasm', 16],
] as const)("on %s with batches of %i, twenty steps of a fine-tuning take the way of timm and PyTorch's AdamW", (backend, B) => twentySteps(backend, { B }));

withTensorFlow('in native TensorFlow', () => {
  test.each(['compiled', 'eager'] as const)('%s, they do, too', (execution) => twentySteps('tfjs-node', { B: 16, execution }));

  test('with an average of the weights, and in parts, what is frozen stays and what is evaluated is that of ONNX Runtime', async () => {
    for (const parts of [1, 2]) {
      const [ours, theirs] = [await averaged('tfjs-node', parts), await averaged('onnx', parts)];
      expect(relativeError(ours.logits.data, theirs.logits.data)).toBeLessThan(1e-5);
      expect([...ours.state.average!.keys()].sort()).toEqual([...theirs.state.average!.keys()].sort());
      expect(ours.state.average!.get('blocks.0.attn.qkv.weight')).toEqual(theirs.state.average!.get('blocks.0.attn.qkv.weight'));
      expect([...ours.state.m.keys()]).toEqual([...theirs.state.m.keys()]);
    }
  });
});

async function averaged(backend: 'onnx' | 'tfjs-node', parts: number) {
  const config = configSchema.parse({ image: { size: [12, 16] }, model: { patch_size: 4, depth: 2, num_heads: 2, embed_dim: 32 }, finetune: { from: 'x', unfreeze: 1 }, train: { model_ema_decay: 0.9, grad_accum_steps: parts } });
  const spec = tunedFor(vitSpec(config.image, config.model, CLASSES), config.finetune);
  const session = await (await openExecutor(backend)).train(spec, { params: initParams(spec, 7), m: zeroMoments(spec), v: zeroMoments(spec), step: 0 }, config.train);
  for (let step = 0; step < 3; step++) await session.step({ ...batch(step, 16), lr: 1e-2, noiseSeed: [0, step] });
  const [{ logits }, state] = [await session.forward(batch(9, 4).images), await session.state()];
  session.dispose();
  return { logits, state };
}

const plans: readonly Plan[] = [{ unfreeze: 'all', layer_decay: 0.75 }, { unfreeze: 2, layer_decay: 0.65 }, { unfreeze: 1, layer_decay: 1 }, { unfreeze: 'head', layer_decay: 1 }];

async function twentySteps(backend: Backend, options: Pick<Wish, 'B' | 'execution'>): Promise<void> {
  const gaps = await compare(backend, plans.map((plan) => ({ plan, ...options })));
  gaps.forEach((gap, i) => {
    const name = `fine-tuning ${JSON.stringify(plans[i])} on ${backend} ${JSON.stringify(options)}`;
    measured(`${name}, losses`, gap.loss, LOSS);
    measured(`${name}, gradient norms, relative`, gap.norm, NORM);
    measured(`${name}, weights`, gap.params, WEIGHT);
    expect(gap.loss).toBeLessThan(LOSS);
    expect(gap.norm).toBeLessThan(NORM);
    expect(gap.params).toBeLessThan(WEIGHT);
    expect(gap.frozen).toBe(0);
    expect(gap.learnt).toBeGreaterThan(0.01);
  });
}

test('the tolerance sees another layer decay, and other blocks that are frozen', async () => {
  const plan: Plan = { unfreeze: 2, layer_decay: 0.75 };
  const gaps = await compare('onnx', [{ plan, theirs: { ...plan, layer_decay: 0.7 } }, { plan, theirs: { ...plan, unfreeze: 3 } }]);
  for (const { loss } of gaps) expect(loss).toBeGreaterThan(10 * LOSS);
});
