import { expect, test } from 'vitest';
import { configSchema } from '../../src/engine/config/schema';
import { drawMask, noiseSpecs } from '../../src/engine/model/noise';
import { initParams } from '../../src/engine/model/params';
import { vitSpec } from '../../src/engine/model/spec';
import { temporaryFolder } from '../engine/tiny';
import { measured, reference } from './reference';
import { distributions, noise, oneStep, shaken, writeTensors, type Backend } from './steps';
import { withTensorFlow } from './tensorflow';

// Float32 on both sides: the bounds of docs/parity.md for logits and gradients. Weights are read back to their own precision,
// 6e-8 of weights of 0.1, which gradients of 1e-3 show as 1e-5.
const LOGITS = 1e-5;
const GRADIENTS = 1e-4;

/** Ours, and what timm calls it. B 24 of 64 tokens is a batch that ONNX Runtime computes in blocks, 5 one that it does not. */
const cases = [
  { B: 5, rate: 0.5, model: {}, options: {} },
  { B: 24, rate: 0.25, model: { reg_tokens: 2 }, options: { reg_tokens: 2 } },
  { B: 5, rate: 0.9, model: { global_pool: 'avg', pre_norm: true }, options: { global_pool: 'avg', class_token: false, pre_norm: true } },
];

const drawn = cases.map(({ B, rate, model }, i) => {
  const config = configSchema.parse({ image: { size: 32 }, model: { patch_size: 4, depth: 2, num_heads: 2, embed_dim: 32, patch_drop_rate: rate, ...model } });
  const spec = vitSpec(config.image, config.model, 5);
  const params = shaken(initParams(spec, 7));
  return { B, spec, params, input: { images: noise([B, 32, 32, 3], 'images', i), targets: distributions(B, 5, 'targets', i), noiseSeed: [9, i] as const } };
});

async function compare(backend: Backend): Promise<void> {
  const folder = await temporaryFolder();
  const ours = [];
  const asked = [];
  for (const [i, { B, spec, params, input }] of drawn.entries()) {
    const step = await oneStep(backend, spec, params, input);
    const keep = drawMask(noiseSpecs(spec, B).find(({ name }) => name === 'patch_drop.keep')!, ...input.noiseSeed);
    ours.push(step);
    asked.push({
      options: { img_size: 32, patch_size: 4, embed_dim: 32, depth: 2, num_heads: 2, mlp_ratio: 2, patch_drop_rate: spec.patchDropRate, ...cases[i]!.options },
      given: await writeTensors(folder, `given.${i}`, new Map([...params, ['images', input.images], ['targets', input.targets], ['keep', keep]])),
      ours: await writeTensors(folder, `ours.${i}`, new Map([...step.grads, ['logits', step.logits]])),
    });
  }
  const answers = await reference<{ logits: number; loss: number; gradients: Record<string, number>; control: number }[]>('steps', { kind: 'patch_dropout', cases: asked });
  const worst = { logits: 0, loss: 0, gradients: 0 };
  for (const [i, { logits, loss, gradients, control }] of answers.entries()) {
    expect(Object.keys(gradients).length).toBeGreaterThan(20);
    worst.logits = Math.max(worst.logits, logits);
    worst.loss = Math.max(worst.loss, Math.abs(loss - ours[i]!.loss));
    worst.gradients = Math.max(worst.gradients, ...Object.values(gradients));
    expect(control).toBeGreaterThan(100 * LOGITS);
  }
  measured(`patch dropout on ${backend}, logits`, worst.logits, LOGITS);
  measured(`patch dropout on ${backend}, gradients, relative`, worst.gradients, GRADIENTS);
  expect(worst.logits).toBeLessThan(LOGITS);
  expect(worst.loss).toBeLessThan(LOGITS);
  expect(worst.gradients).toBeLessThan(GRADIENTS);
}

test.each(['onnx', 'wasm'] as const)("a training step with patch dropout is timm's, on %s", compare);

withTensorFlow('with native TensorFlow', () => {
  test("a training step with patch dropout is timm's", () => compare('tfjs-node'));
});
