import { writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { expect, test } from 'vitest';
import { openExecutor } from '../../src/engine/compile/backends';
import { configSchema } from '../../src/engine/config/schema';
import { initParams, zeroMoments } from '../../src/engine/model/params';
import { vitSpec } from '../../src/engine/model/spec';
import { randomAt } from '../../src/engine/random';
import type { FloatTensor } from '../../src/engine/tensors';
import { serialiseSafetensors } from '../../src/engine/weights/safetensors';
import { temporaryFolder } from '../engine/tiny';
import { measured, reference } from './reference';
import { withTensorFlow } from './tensorflow';

interface Gaps {
  /** Largest difference over the largest value, by tensor. */
  readonly gradients: Readonly<Record<string, number>>;
  readonly statistics: Readonly<Record<string, number>>;
  readonly logits: number;
  readonly trainedLogits: number;
  /** The same with the biased variance in the running statistics, and with a norm that is off by 1 %. */
  readonly control: { readonly statistics: number; readonly logits: number };
}

// float32 sums in other orders through 18 layers.
const TOLERANCE = 1e-4;

function draw(name: string, shape: readonly number[], scale: number, mean = 0): FloatTensor {
  const random = randomAt(5, name);
  return { shape, data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => mean + scale * random.normal()) };
}

async function compareResNet(backend: 'onnx' | 'wasm' | 'tfjs-node'): Promise<void> {
  const folder = await temporaryFolder();
  const config = configSchema.parse({ image: { size: 18 }, model: { architecture: 'resnet' }, train: { clip_grad: 0, weight_decay: 0 } });
  const spec = vitSpec(config.image, config.model, 7);
  // Norms and statistics of their own, so that none of them can be left out or taken for another.
  const params = new Map([...initParams(spec, 2)].map(([name, tensor]) => [name, tensor.shape.length > 1 ? tensor : draw(name, tensor.shape, 0.1, /weight|var/.test(name) ? 0.8 : 0)]));
  const images = draw('images', [6, 18, 18, 3], 1);
  const targets = { shape: [6, 7], data: Float32Array.from({ length: 42 }, (_, i) => (i % 7 === Math.floor(i / 7) ? 1 : 0)) };
  const session = await (await openExecutor(backend)).train(spec, { params, m: zeroMoments(spec), v: zeroMoments(spec), step: 0 }, config.train);
  const { logits } = await session.forward(images, {});
  const step = await session.step({ images, targets, lr: 1e-5, noiseSeed: [0, 0] });
  const { params: after, m } = await session.state();
  session.dispose();
  const given = path.join(folder, 'given.safetensors');
  writeFileSync(given, serialiseSafetensors(new Map([...params, ['images', images]]), {}));
  const ours = path.join(folder, 'ours.safetensors');
  const statistics = [...after].filter(([name]) => name.includes('running_'));
  const moments = [...m].map(([name, tensor]) => [`m.${name}`, tensor] as const);
  writeFileSync(ours, serialiseSafetensors(new Map<string, FloatTensor>([...statistics, ...moments, ['logits', logits], ['trained_logits', step.logits]]), {}));
  const gaps = await reference<Gaps>('resnet', { given, ours, classes: 7 });
  const worst = (of: Readonly<Record<string, number>>): number => Math.max(...Object.values(of));
  expect(Object.keys(gaps.gradients)).toHaveLength(62);
  expect(Object.keys(gaps.statistics)).toHaveLength(40);
  measured(`resnet18 on ${backend}, logits`, Math.max(gaps.logits, gaps.trainedLogits), TOLERANCE);
  measured(`resnet18 on ${backend}, gradients`, worst(gaps.gradients), TOLERANCE);
  measured(`resnet18 on ${backend}, running statistics`, worst(gaps.statistics), TOLERANCE);
  for (const gap of [gaps.logits, gaps.trainedLogits, worst(gaps.gradients), worst(gaps.statistics)]) expect(gap).toBeLessThan(TOLERANCE);
  for (const control of Object.values(gaps.control)) expect(control).toBeGreaterThan(TOLERANCE);
}

test.each(['onnx', 'wasm'] as const)("ResNet-18 on %s: logits, gradients and running statistics are PyTorch's", compareResNet);

withTensorFlow('in native TensorFlow', () => {
  test("ResNet-18: logits, gradients and running statistics are PyTorch's", () => compareResNet('tfjs-node'));
});
