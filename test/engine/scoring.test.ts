import { writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { saveCheckpoint } from '../../src/engine/checkpoint';
import { configSchema, type Config } from '../../src/engine/config/schema';
import { createEngine, type Engine } from '../../src/engine/engine';
import { initParams } from '../../src/engine/model/params';
import { vitSpec } from '../../src/engine/model/spec';
import type { Call } from '../../src/rpc';
import { compareSoftmax } from '../../webview/inspector/softmax';
import { meta } from './runFixture';
import { temporaryFolder } from './tiny';

/** What is asked about attention beside one token's: the scores that its softmax reads, and its heads over many images. */

let folder: string;
let engine: Engine;
let images: string[];
const quiet: Call = { signal: new AbortController().signal, progress: () => undefined };

beforeAll(async () => {
  folder = await temporaryFolder();
  engine = createEngine({ emit: () => undefined, media: folder });
  images = await Promise.all([1, 2, 3].map(async (seed) => {
    const file = path.join(folder, `image-${seed}.png`);
    const data = Buffer.from(Uint8Array.from({ length: 16 * 16 * 3 }, (_, i) => 128 + 120 * Math.sin(i * seed * 0.37)));
    await sharp(data, { raw: { width: 16, height: 16, channels: 3 } }).png().toFile(file);
    return file;
  }));
});
afterAll(() => engine.close());

/** A network that was not trained, with weights large enough that its attention is no even one. */
async function network(name: string, model: object): Promise<string> {
  const config: Config = configSchema.parse({ dataset: { format: 'shapes' }, image: { size: 16 }, model: { patch_size: 4, depth: 2, num_heads: 2, embed_dim: 16, ...model } });
  const spec = vitSpec(config.image, config.model, meta.classes.length);
  const params = new Map([...initParams(spec, 7)].map(([key, { shape, data }]) => [key, { shape, data: /qkv\.weight|relative/.test(key) ? data.map((x, i) => x * 20 + 0.3 * Math.sin(i)) : data }]));
  const file = path.join(folder, `${name}.safetensors`);
  await saveCheckpoint(file, params, { ...meta, config });
  return file;
}

describe.each([
  ['plain', {}, true],
  ['registers and norms of queries', { reg_tokens: 2, qk_norm: true }, true],
  ['turned by rotary positions', { pos_embed: 'rope' }, true],
  ['with relative positions', { pos_embed: 'relative', class_token: false, global_pool: 'avg' }, false],
  ['locality attention', { attention: 'locality' }, false],
] as const)('%s', (name, model, plain) => {
  test('the softmax of what is told is the attention; what is added to QKᵀ/√d is told', async () => {
    const question = { checkpoint: await network(name, model), file: images[0]! };
    for (const layer of [0, 1]) {
      const scores = await engine.api.viewScores({ ...question, layer }, quiet);
      expect(scores.scores === null).toBe(plain);
      for (const query of [0, scores.tokens - 1]) {
        const attention = await engine.api.viewAttention({ ...question, query }, quiet);
        for (let head = 0; head < scores.heads; head++) {
          const { weights, products, scaled } = compareSoftmax(scores, head, query);
          const row = (layer * scores.heads + head) * scores.tokens;
          // Two passes in float32 that add up in another order.
          weights.forEach((weight, j) => expect(Math.abs(weight - attention.weights[row + j]!)).toBeLessThan(1e-5));
          if (plain) products.forEach((product, j) => expect(product / Math.sqrt(scores.size)).toBeCloseTo(scaled[j]!, 5));
        }
      }
    }
  });
});

test('a layer that is not there is refused', async () => {
  const question = { checkpoint: await network('plain', {}), file: images[0]! };
  await expect(engine.api.viewScores({ ...question, layer: 2 }, quiet)).rejects.toThrow('There is no layer 3: this model has the layers 1 to 2.');
});

test('heads over images: the mean and the deviation of what each image says alone; what cannot be read is told', async () => {
  const checkpoint = await network('plain', {});
  const alone = await Promise.all(images.map(async (file) => engine.api.measureHeads({ checkpoint, paths: [file], most: 10 }, quiet)));
  const broken = path.join(folder, 'broken.png');
  await writeFile(broken, 'no image');
  const steps: unknown[] = [];
  const all = await engine.api.measureHeads({ checkpoint, paths: [...images, broken], most: 10 }, { ...quiet, progress: (value) => void steps.push(value) });
  expect([all.images, all.broken.map(({ file }) => file)]).toEqual([3, [broken]]);
  expect(steps.at(-1)).toEqual({ done: 4, of: 4 });
  for (const name of ['distance', 'entropy'] as const)
    all[name].forEach((value, i) => {
      const values = alone.map((one) => one[name][i]!);
      const mean = values.reduce((a, b) => a + b, 0) / 3;
      expect(value).toBeCloseTo(mean, 5);
      expect(all[`${name}Spread`][i]).toBeCloseTo(Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / 2), 5);
    });
  const attention = await engine.api.viewAttention({ checkpoint, file: images[0]!, query: 0 }, quiet);
  attention.distance.forEach((value, i) => expect(value).toBeCloseTo(alone[0]!.distance[i]!, 4));
  await expect(engine.api.measureHeads({ checkpoint, paths: [broken], most: 10 }, quiet)).rejects.toThrow('No image could be read');
  // Of more than are wished, those that are taken are spread over all.
  expect((await engine.api.measureHeads({ checkpoint, paths: images, most: 2 }, quiet)).images).toBe(2);
});

test('measuring can be given up', async () => {
  const stop = new AbortController();
  const checkpoint = await network('plain', {});
  await expect(engine.api.measureHeads({ checkpoint, paths: images, most: 10 }, { signal: stop.signal, progress: () => stop.abort() })).rejects.toThrow();
});
