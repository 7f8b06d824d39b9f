import { expect, test } from 'vitest';
import { openExecutor } from '../../../src/engine/compile/backends';
import { configSchema, type TrainConfig } from '../../../src/engine/config/schema';
import { macs } from '../../../src/engine/model/cost';
import { countParams, initParams, paramSpecs, zeroMoments } from '../../../src/engine/model/params';
import { vitSpec, type ViTSpec } from '../../../src/engine/model/spec';
import { randomAt } from '../../../src/engine/random';
import type { FloatTensor, TensorMap } from '../../../src/engine/tensors';
import { relativeError } from '../../fixtures/golden';

function resnet(size: number, width: number, classes: number): ViTSpec {
  const { image, model } = configSchema.parse({ image: { size }, model: { architecture: 'resnet', embed_dim: width } });
  return vitSpec(image, model, classes);
}

function draw(name: string, shape: readonly number[], scale = 1): FloatTensor {
  const random = randomAt(3, name);
  return { shape, data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => scale * random.normal()) };
}

/** Fresh weights, but no norm that scales by 0 and hides what lies before it. */
function awake(spec: ViTSpec): TensorMap {
  return new Map([...initParams(spec, 1)].map(([name, tensor]) => [name, name.endsWith('bn2.weight') ? { ...tensor, data: tensor.data.map(() => 0.7) } : tensor]));
}

// timm's resnet18 with 10 classes and conv1 = Conv2d(3, 64, 3, 1, 1): counted there, running statistics left out.
test('parameters and multiply-adds of ResNet-18 for 32 pixels', () => {
  const spec = resnet(32, 64, 10);
  expect(countParams(spec)).toBe(11_173_962);
  expect(paramSpecs(spec).filter(({ trained }) => !trained).reduce((sum, { shape }) => sum + shape[0]!, 0)).toBe(9600);
  expect(Math.abs(macs(spec) / 0.5554e9 - 1)).toBeLessThan(0.01);
});

const recipe = (parts: number): TrainConfig => configSchema.parse({ train: { batch_size: 6, grad_accum_steps: parts, model_ema_decay: 0.9 } }).train;

async function trained(backend: 'cpu' | 'wasm' | 'onnx', parts: number): Promise<TensorMap> {
  const spec = resnet(12, 4, 3);
  const session = await (await openExecutor(backend)).train(spec, { params: awake(spec), m: zeroMoments(spec), v: zeroMoments(spec), step: 0 }, recipe(parts));
  for (let i = 0; i < 2; i++) {
    const targets = { shape: [6, 3], data: Float32Array.from({ length: 18 }, (_, at) => (at % 3 === Math.floor(at / 3) % 3 ? 1 : 0)) };
    await session.step({ images: draw(`images ${i}`, [6, 12, 12, 3]), targets, lr: 1e-3, noiseSeed: [0, i] });
  }
  const { params, m } = await session.state();
  const { logits } = await session.forward(draw('seen', [2, 12, 12, 3]), {});
  session.dispose();
  return new Map([...params, ...[...m].map(([name, tensor]) => [`m.${name}`, tensor] as const), ['logits', logits]]);
}

// Two steps through float32 sums in other orders. A bias in front of a norm would have a gradient of zero; there is none.
test.each([1, 2])('compiled steps, in %d parts, are those of the eager backends, running statistics included', async (parts) => {
  const want = await trained('cpu', parts);
  expect(want.get('bn1.running_mean')!.data).not.toEqual(new Float32Array(4));
  for (const backend of ['wasm', 'onnx'] as const) {
    const got = await trained(backend, parts);
    expect([...got.keys()].sort()).toEqual([...want.keys()].sort());
    for (const [name, { data }] of want) expect(relativeError(got.get(name)!.data, data), `${backend} ${name}`).toBeLessThan(1e-3);
  }
});
