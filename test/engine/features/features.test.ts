import { readdirSync, writeFileSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { saveCheckpoint } from '../../../src/engine/checkpoint';
import { openExecutor } from '../../../src/engine/compile/backends';
import { configSchema, type Config } from '../../../src/engine/config/schema';
import { SHAPES, writeShapes } from '../../../src/engine/dataset/shapes';
import { featureServer } from '../../../src/engine/features/api';
import { createLooker, type Looker } from '../../../src/engine/looking';
import { initParams } from '../../../src/engine/model/params';
import { vitSpec } from '../../../src/engine/model/spec';
import type { EngineApi, FeatureApi } from '../../../src/protocol';
import type { Call, Server } from '../../../src/rpc';
import { root } from '../bundle';
import { meta } from '../runFixture';
import { temporaryFolder } from '../tiny';

type Api = Server<FeatureApi & Pick<EngineApi, 'fileOf'>>;

const trained = path.join(root, 'media/sample/run/shapes-sample');
let folder: string;
let data: string;
let image: string;
let looker: Looker;
let api: Api;

const quiet = (): Call => ({ signal: new AbortController().signal, progress: () => undefined });

/** A checkpoint of a network that was never trained, on images of 16 pixels. */
async function untrained(name: string, model: object, given: object = {}): Promise<string> {
  const config: Config = configSchema.parse({ dataset: { format: 'shapes', shapes: { images: 60, size: 16 } }, image: { size: 16 }, model: { embed_dim: 16, depth: 2, num_heads: 2, patch_size: 4, ...model }, ...given });
  const file = path.join(folder, `${name}.safetensors`);
  const params = new Map([...initParams(vitSpec(config.image, config.model, SHAPES.length), 3)].map(([key, { shape, data: values }]) => [key, { shape, data: values.map((x, i) => x + 0.1 * Math.sin(i)) }]));
  await saveCheckpoint(file, params, { ...meta, classes: SHAPES, config });
  return file;
}

beforeAll(async () => {
  folder = await temporaryFolder();
  process.env['VITLAB_CACHE'] = path.join(folder, 'cache');
  data = path.join(folder, 'images');
  await writeShapes(data, { images: 240, size: 32, seed: 5 });
  const kind = path.join(data, 'train', readdirSync(path.join(data, 'train')).sort()[0]!);
  image = path.join(kind, readdirSync(kind).sort()[0]!);
  looker = createLooker(() => openExecutor('onnx'));
  api = featureServer(looker);
});

afterAll(() => looker.close());

describe('neighbours', () => {
  const ask = (server: Api, of: string, call = quiet()) => server.findNeighbours({ checkpoint: trained, file: of, images: { split: 'train', data }, count: 9 }, call);

  test('the nearest is the image itself, and the others are mostly of its class', async () => {
    const progress: unknown[] = [];
    const found = await ask(api, image, { ...quiet(), progress: (value) => progress.push(value) });
    expect(found.neighbours[0]).toMatchObject({ name: image, same: true });
    expect(found.neighbours[0]!.similarity).toBeCloseTo(1, 5);
    const label = path.basename(path.dirname(image));
    expect(found.neighbours.slice(1).filter((one) => one.label === label).length).toBeGreaterThanOrEqual(6);
    const similar = found.neighbours.map(({ similarity }) => similarity);
    expect(similar).toEqual([...similar].sort((a, b) => b - a));
    expect(progress.length).toBeGreaterThan(1);
    expect(found.kept).toBe(false);
    expect((await api.fileOf({ checkpoint: trained, images: { split: 'train', data }, index: found.neighbours[0]!.index }, quiet())).file).toBe(image);
  });

  test('features are kept on the disk, and computed again when they are damaged or the images change', async () => {
    const first = await ask(api, image);
    const again = await ask(featureServer(looker), image);
    expect(again.kept).toBe(true);
    expect(again.neighbours.map(({ similarity }) => similarity)).toEqual(first.neighbours.map(({ similarity }) => similarity));
    const cache = path.join(folder, 'cache', 'features');
    const [kept] = readdirSync(cache);
    const bytes = await readFile(path.join(cache, kept!));
    bytes[bytes.length - 3]! ^= 0xff;
    writeFileSync(path.join(cache, kept!), bytes);
    const mended = await ask(featureServer(looker), image);
    expect(mended.kept).toBe(false);
    expect(mended.neighbours.map(({ similarity }) => similarity)).toEqual(first.neighbours.map(({ similarity }) => similarity));
    const other = path.join(folder, 'others');
    await writeShapes(other, { images: 60, size: 32, seed: 6 });
    expect(await featureServer(looker).findNeighbours({ checkpoint: trained, file: image, images: { folder: other }, count: 1 }, quiet())).toMatchObject({ kept: false });
  });

  test('a folder is walked, and what cannot be read is left out and counted', async () => {
    const others = path.join(folder, 'walked');
    await writeShapes(others, { images: 30, size: 32, seed: 7 });
    await writeFile(path.join(others, 'broken.png'), 'no picture');
    const found = await api.findNeighbours({ checkpoint: trained, file: image, images: { folder: others }, count: 3 }, quiet());
    expect(found).toMatchObject({ skipped: 1 });
    expect(found.neighbours.every(({ label }) => label === null)).toBe(true);
    const empty = path.join(folder, 'cache');
    await expect(api.findNeighbours({ checkpoint: trained, file: image, images: { folder: path.join(empty, 'features') }, count: 3 }, quiet())).rejects.toThrow('There is no image in');
  });

  test('a stop ends it within a batch, and the next time it is computed', async () => {
    const abort = new AbortController();
    const server = featureServer(looker);
    await rm(path.join(folder, 'cache', 'features'), { recursive: true });
    await expect(ask(server, image, { signal: abort.signal, progress: () => abort.abort() })).rejects.toMatchObject({ name: 'AbortError' });
    expect((await ask(server, image)).neighbours[0]).toMatchObject({ same: true });
  });

  test('an image that is no file of its own is written as one', async () => {
    const q = { checkpoint: await untrained('drawn', {}), images: { split: 'val' } as const };
    const { neighbours } = await api.findNeighbours({ ...q, file: image, count: 1 }, quiet());
    const { file } = await api.fileOf({ ...q, index: neighbours[0]!.index }, quiet());
    expect((await readFile(file)).subarray(1, 4).toString()).toBe('PNG');
    // Looked at again, it is the same image: nothing is resized or cut.
    expect((await api.findNeighbours({ ...q, file, count: 1 }, quiet())).neighbours[0]).toMatchObject({ index: neighbours[0]!.index, same: true });
  });
});

describe('alignment', () => {
  const images = (): { split: 'val'; data: string } => ({ split: 'val', data });

  test('of a network with itself the matrix is symmetric with ones, and a stop is heard', async () => {
    const view = await api.measureAlignment({ checkpoint: trained, images: images(), most: 24, read: 'patches' }, quiet());
    expect(view).toMatchObject({ rows: 5, columns: 5, skipped: 0, read: ['patches', 'patches'] });
    for (let i = 0; i < 5; i++)
      for (let j = 0; j < 5; j++) {
        expect(view.plain[i * 5 + j]).toBeCloseTo(view.plain[j * 5 + i]!, 6);
        if (i === j) expect(view.plain[i * 5 + j]).toBeCloseTo(1, 6);
        expect(view.plain[i * 5 + j]).toBeLessThanOrEqual(1 + 1e-6);
      }
    const abort = new AbortController();
    await expect(api.measureAlignment({ checkpoint: trained, images: { split: 'train', data }, most: 100, read: 'patches' }, { signal: abort.signal, progress: () => abort.abort() })).rejects.toMatchObject({ name: 'AbortError' });
  });

  test('the class token of the embedding tells no images apart: NaN, not a number that means nothing', async () => {
    const view = await api.measureAlignment({ checkpoint: trained, images: images(), most: 24, read: 'class' }, quiet());
    expect([...view.plain.subarray(0, 5)].every(Number.isNaN)).toBe(true);
    expect(view.plain[6]).toBeCloseTo(1, 6);
  });

  test('with itself as the other one it is what it is alone; a ResNet and a Mixer of another size have their layers', async () => {
    const q = { checkpoint: trained, images: images(), most: 20, read: 'patches' } as const;
    const alone = await api.measureAlignment(q, quiet());
    const twice = await api.measureAlignment({ ...q, other: trained }, quiet());
    expect([...twice.debiased]).toEqual([...alone.debiased]);
    const resnet = await api.measureAlignment({ ...q, other: await untrained('resnet', { architecture: 'resnet', layers: [1, 1], embed_dim: 8 }) }, quiet());
    expect(resnet).toMatchObject({ rows: 5, columns: 3, read: ['patches', 'positions'] });
    const mixer = await api.measureAlignment({ ...q, other: await untrained('mixer', { architecture: 'mixer' }) }, quiet());
    expect(mixer).toMatchObject({ columns: 3, read: ['patches', 'patches'] });
    expect([...mixer.plain].every((value) => value >= 0 && value <= 1 + 1e-6)).toBe(true);
  });

  test('too few images are refused with what to do', async () => {
    await expect(api.measureAlignment({ checkpoint: trained, images: images(), most: 3, read: 'patches' }, quiet())).rejects.toThrow('at least 4 images');
  });
});

test('one head off is what the table says of it, and all heads on is the network', async () => {
  const q = { checkpoint: trained, file: image };
  const table = await api.ablateHeads(q, quiet());
  expect(table).toMatchObject({ layers: 4, heads: 4 });
  const { logits, without } = await api.viewWithoutHeads({ ...q, off: [6] }, quiet());
  for (let k = 0; k < table.classes; k++) {
    expect(logits[k]).toBeCloseTo(table.logits[k]!, 4);
    expect(without[k]).toBeCloseTo(table.without[6 * table.classes + k]!, 4);
  }
  await expect(api.viewWithoutHeads({ ...q, off: [16] }, quiet())).rejects.toThrow('There is no head 16');
});

test('without positions the order of the patches means nothing, and with them it does', async () => {
  const bag = await api.measureShuffle({ checkpoint: await untrained('bag', { pos_embed: 'none', global_pool: 'avg' }), file: image, seeds: 5 }, quiet());
  expect(bag.grids).toEqual([[1, 1], [2, 2], [4, 4]]);
  expect(bag.high[2]! - bag.low[2]!).toBeLessThan(1e-5);
  expect(bag.mean[2]).toBeCloseTo(bag.mean[0]!, 5);
  const placed = await api.measureShuffle({ checkpoint: trained, file: image, seeds: 5 }, quiet());
  expect(placed.high.at(-1)! - placed.low.at(-1)!).toBeGreaterThan(0.01);
  const shown = await api.viewShuffled({ checkpoint: trained, file: image, seed: 1, grid: 0 }, quiet());
  expect(shown.after).toEqual(shown.before.map((one) => ({ ...one, probability: expect.closeTo(one.probability, 5) as number })));
  await expect(api.viewShuffled({ checkpoint: trained, file: image, seed: 1, grid: 9 }, quiet())).rejects.toThrow('There is no grid 9');
});

test('what a network has not is refused in words', async () => {
  const resnet = await untrained('convolutions', { architecture: 'resnet', layers: [1, 1], embed_dim: 8 });
  const mixer = await untrained('mixes', { architecture: 'mixer' });
  for (const ask of [() => api.viewTokens({ checkpoint: resnet, file: image }, quiet()), () => api.viewLens({ checkpoint: resnet, file: image }, quiet()), () => api.ablateHeads({ checkpoint: resnet, file: image }, quiet())]) await expect(ask()).rejects.toThrow('is a ResNet');
  await expect(api.ablateHeads({ checkpoint: mixer, file: image }, quiet())).rejects.toThrow('is an MLP-Mixer');
  // What they have is answered.
  expect((await api.viewFilters({ checkpoint: resnet }, quiet())).layer).toBe('conv1.weight');
  expect((await api.viewLens({ checkpoint: mixer, file: image }, quiet())).layers).toBe(3);
  expect((await api.measureShuffle({ checkpoint: resnet, file: image, seeds: 2 }, quiet())).grids.at(-1)).toEqual([16, 16]);
  await expect(api.viewFilters({ checkpoint: await untrained('shifted', { projection: 'shifted_patches' }) }, quiet())).rejects.toThrow('five shifted copies');
  await expect(api.viewTokenSimilarity({ checkpoint: trained, file: image, layer: 9 }, quiet())).rejects.toThrow('There is no layer 9');
});

test('patches and their positions: Z is their sum, with and without a norm behind it', async () => {
  for (const [name, model] of [['plain', {}], ['clip', { pre_norm: true }]] as const) {
    const { x, p, z, ratio } = await api.viewEmbedding({ checkpoint: await untrained(name, model), file: image }, quiet());
    x.forEach((value, at) => expect(value + p[at]!).toBeCloseTo(z[at]!, 4));
    expect(ratio.every((value) => value > 0)).toBe(true);
  }
  const { table, structure } = await api.viewEncoding({ checkpoint: await untrained('fixed', { pos_embed: 'sincos2d' }) }, quiet());
  expect(table!.length).toBe(16 * 16);
  expect(structure!.neighbours).toBeGreaterThan(structure!.far);
  expect((await api.viewEncoding({ checkpoint: await untrained('none', { pos_embed: 'none' }) }, quiet())).structure).toBeNull();
});
