import { expect, test } from 'vitest';
import { configSchema } from '../../src/engine/config/schema';
import { initParams } from '../../src/engine/model/params';
import { vitSpec } from '../../src/engine/model/spec';
import { temporaryFolder } from '../engine/tiny';
import { measured, reference } from './reference';
import { distributions, noise, oneStep, shaken, writeTensors, type Backend } from './steps';
import { withTensorFlow } from './tensorflow';

// As those of patch dropout; the resampled table adds a sum of up to 100 numbers of float32 each.
const LOGITS = 1e-5;
const GRADIENTS = 1e-4;

/** Sizes of the network and of the images of the step. B 96 is a batch that ONNX Runtime computes in blocks. */
const cases = [
  { B: 5, full: [32, 32], step: [16, 16], model: {}, options: {} },
  { B: 96, full: [32, 32], step: [16, 16], model: {}, options: {} },
  { B: 5, full: [24, 40], step: [16, 28], model: { reg_tokens: 2, no_embed_class: true }, options: { reg_tokens: 2, no_embed_class: true } },
  { B: 5, full: [32, 32], step: [20, 20], model: { global_pool: 'avg' }, options: { global_pool: 'avg', class_token: false } },
] as const;

const drawn = cases.map(({ B, full, step, model }, i) => {
  const config = configSchema.parse({ image: { size: full }, model: { patch_size: 4, depth: 2, num_heads: 2, embed_dim: 32, ...model } });
  const spec = vitSpec(config.image, config.model, 5);
  return { spec, params: shaken(initParams(spec, 7)), input: { images: noise([B, ...step, 3], 'images', i), targets: distributions(B, 5, 'targets', i), noiseSeed: [9, i] as const } };
});

async function compare(backend: Backend): Promise<void> {
  const folder = await temporaryFolder();
  const ours = [];
  const asked = [];
  for (const [i, { spec, params, input }] of drawn.entries()) {
    const step = await oneStep(backend, spec, params, input);
    ours.push(step);
    asked.push({
      options: { img_size: cases[i]!.full, patch_size: 4, embed_dim: 32, depth: 2, num_heads: 2, mlp_ratio: 2, ...cases[i]!.options },
      given: await writeTensors(folder, `given.${i}`, new Map([...params, ['images', input.images], ['targets', input.targets]])),
      ours: await writeTensors(folder, `ours.${i}`, new Map([...step.grads, ['logits', step.logits]])),
    });
  }
  const answers = await reference<{ logits: number; loss: number; gradients: Record<string, number>; control: number }[]>('steps', { kind: 'resized', cases: asked });
  for (const [i, { loss, gradients, control }] of answers.entries()) {
    expect(Object.keys(gradients)).toContain('pos_embed');
    expect(Math.abs(loss - ours[i]!.loss)).toBeLessThan(LOGITS);
    expect(control).toBeGreaterThan(100 * LOGITS);
  }
  const logits = Math.max(...answers.map((answer) => answer.logits));
  const gradients = Math.max(...answers.flatMap((answer) => Object.values(answer.gradients)));
  measured(`a step on smaller images on ${backend}, logits`, logits, LOGITS);
  measured(`a step on smaller images on ${backend}, gradients, relative`, gradients, GRADIENTS);
  expect(logits).toBeLessThan(LOGITS);
  expect(gradients).toBeLessThan(GRADIENTS);
}

test.each(['onnx', 'wasm'] as const)("a step on images of another size is timm's with dynamic_img_size, on %s", compare);

withTensorFlow('with native TensorFlow', () => {
  test("a step on images of another size is timm's with dynamic_img_size", () => compare('tfjs-node'));
});
