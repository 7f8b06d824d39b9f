import { writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { expect, test } from 'vitest';
import { openExecutor } from '../../src/engine/compile/backends';
import { blockCount } from '../../src/engine/compile/onnx/blocks';
import { configSchema, type Config } from '../../src/engine/config/schema';
import { initParams, zeroMoments } from '../../src/engine/model/params';
import { vitSpec } from '../../src/engine/model/spec';
import { randomAt } from '../../src/engine/random';
import type { FloatTensor } from '../../src/engine/tensors';
import { serialiseSafetensors } from '../../src/engine/weights/safetensors';
import { temporaryFolder } from '../engine/tiny';
import { measured, reference } from './reference';
import { withTensorFlow } from './tensorflow';

/** Every way in which a transformer can differ. */
const variants = {
  'token pool, learned positions': {},
  'average pool, ReLU': { global_pool: 'avg', act_layer: 'relu' },
  'fixed 2-D positions': { pos_embed: 'sincos2d' },
  'fixed 1-D positions, average pool': { pos_embed: 'sincos1d', global_pool: 'avg' },
  'no positions, one head': { pos_embed: 'none', num_heads: 1 },
  'convolution as projection': { projection: 'conv' },
  'oblong patches, wide MLP': { patch_size: [4, 8], mlp_ratio: 3 },
  'compact convolutional transformer': { projection: 'conv_stem', stem_dim: 12, global_pool: 'seq' },
} as const;

interface Gaps {
  readonly loss: number;
  /** Largest difference over the largest value, by tensor. */
  readonly gradients: Readonly<Record<string, number>>;
  readonly control: number;
}

// The project's bound for gradients against PyTorch; float32 sums in other orders through two blocks.
const TOLERANCE = 1e-4;
const CLASSES = 5;

function draw(name: string, shape: readonly number[], scale = 1): FloatTensor {
  const random = randomAt(3, name);
  return { shape, data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => scale * random.normal()) };
}

type Backend = 'onnx' | 'wasm' | 'tfjs-node';

/** One step of each variant, whose first moment is a tenth of the gradient, beside the gradient of PyTorch. */
async function compare(backend: Backend, batch: number, inBlocks?: boolean): Promise<void> {
  const folder = await temporaryFolder();
  const request: { config: Config; given: string; ours: string }[] = [];
  const losses: number[] = [];
  for (const [i, model] of Object.values(variants).entries()) {
    const config = configSchema.parse({ image: { size: [12, 16] }, model: { patch_size: 4, depth: 2, num_heads: 2, embed_dim: 24, ...model }, train: { clip_grad: 0, weight_decay: 0 } });
    const spec = vitSpec(config.image, config.model, CLASSES);
    if (inBlocks !== undefined) expect(blockCount(spec, batch, config.train, { provider: 'cpu', threads: 0 }) > 1).toBe(inBlocks);
    // Beginnings of zero would hide what is multiplied by them.
    const params = new Map([...initParams(spec, 2)].map(([name, { shape, data }]) => {
      const moved = draw(name, shape, 0.1).data;
      return [name, { shape, data: data.map((x, k) => x + moved[k]!) }];
    }));
    const images = draw('images', [batch, ...spec.imageSize, 3]);
    const targets = { shape: [batch, CLASSES], data: Float32Array.from({ length: batch * CLASSES }, (_, k) => (k % CLASSES === Math.floor(k / CLASSES) % CLASSES ? 0.9 : 0) + 0.1 / CLASSES) };
    const session = await (await openExecutor(backend)).train(spec, { params, m: zeroMoments(spec), v: zeroMoments(spec), step: 0 }, config.train);
    losses.push((await session.step({ images, targets, lr: 1e-4, noiseSeed: [0, 0] })).loss);
    const { m } = await session.state();
    session.dispose();
    const write = (name: string, tensors: Iterable<readonly [string, FloatTensor]>): string => {
      const file = path.join(folder, `${name}-${i}.safetensors`);
      writeFileSync(file, serialiseSafetensors(new Map(tensors), {}));
      return file;
    };
    const gradients = [...m].map(([name, { shape, data }]) => [name, { shape, data: data.map((x) => x * 10) }] as const);
    request.push({ config, given: write('given', [...params, ['images', images], ['targets', targets]]), ours: write('ours', gradients) });
  }
  const answers = await reference<Gaps[]>('gradients', request);
  for (const [i, name] of Object.keys(variants).entries()) {
    const { loss, gradients, control } = answers[i]!;
    const worst = Math.max(...Object.values(gradients));
    measured(`${backend}, batch ${batch}, gradients, ${name}`, worst, TOLERANCE);
    expect(Object.keys(gradients).length, name).toBeGreaterThan(25);
    expect(losses[i], name).toBeCloseTo(loss, 5);
    expect(worst, name).toBeLessThan(TOLERANCE);
    expect(control, name).toBeGreaterThan(TOLERANCE);
  }
}

// A large batch is shared among threads, a small one is not.
test.each([
  [256, true],
  [7, false],
])("on onnx, every gradient of a batch of %i is PyTorch's (in blocks: %s)", (batch, inBlocks) => compare('onnx', batch, inBlocks));

test("on wasm, every gradient is PyTorch's", () => compare('wasm', 6));

withTensorFlow('in a TensorFlow graph', () => {
  test("every gradient is PyTorch's", () => compare('tfjs-node', 6));
});
