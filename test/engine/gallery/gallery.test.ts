import { cp, mkdir, readdir, writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Cache } from '../../../src/engine/cache';
import { saveCheckpoint } from '../../../src/engine/checkpoint';
import { classify } from '../../../src/engine/classify';
import { openExecutor } from '../../../src/engine/compile/backends';
import { configSchema } from '../../../src/engine/config/schema';
import { SHAPES, writeShapes } from '../../../src/engine/dataset/shapes';
import { createExplainer } from '../../../src/engine/explaining';
import { saidOf } from '../../../src/engine/gallery/album';
import { galleryServer } from '../../../src/engine/gallery/api';
import { entropyOf } from '../../../src/engine/inspect/predictions';
import { createLooker, type Looker } from '../../../src/engine/looking';
import { initParams } from '../../../src/engine/model/params';
import { vitSpec } from '../../../src/engine/model/spec';
import { arrangeCards, galleryRows } from '../../../src/galleryOrder';
import type { GalleryCard, GalleryEngineApi, GalleryMethod, ImageSet } from '../../../src/protocol';
import type { Call, Server } from '../../../src/rpc';
import { root } from '../bundle';
import { meta } from '../runFixture';
import { temporaryFolder } from '../tiny';

const trained = path.join(root, 'media/sample/run/shapes-sample');
let folder: string;
let data: string;
let looker: Looker;
let api: Server<GalleryEngineApi>;

const quiet = (): Call => ({ signal: new AbortController().signal, progress: () => undefined });

async function look(images: ImageSet, indices: readonly number[], method: GalleryMethod, checkpoint = trained): Promise<readonly GalleryCard[]> {
  const cards: GalleryCard[] = [];
  await api.lookAtGallery({ checkpoint, images, indices, method }, { ...quiet(), progress: (value) => cards.push(...(value as GalleryCard[])) });
  return cards;
}

const find = (images: ImageSet, filter: object = {}, few = 1000) => Promise.resolve(api.findGallery({ checkpoint: trained, images, filter, few }, quiet()));

/** A checkpoint that was never trained, of another kind. */
async function untrained(name: string, model: object): Promise<string> {
  const config = configSchema.parse({ dataset: { format: 'shapes', shapes: { images: 60, size: 16 } }, image: { size: 16 }, model: { embed_dim: 16, depth: 2, num_heads: 2, patch_size: 4, ...model } });
  const file = path.join(folder, `${name}.safetensors`);
  await saveCheckpoint(file, initParams(vitSpec(config.image, config.model, SHAPES.length), 3), { ...meta, classes: SHAPES, config });
  return file;
}

beforeAll(async () => {
  folder = await temporaryFolder();
  process.env['VITLAB_CACHE'] = path.join(folder, 'cache');
  data = path.join(folder, 'images');
  await writeShapes(data, { images: 240, size: 32, seed: 5 });
  looker = createLooker(() => openExecutor('onnx'));
  api = galleryServer(looker);
});

afterAll(() => looker.close());

describe('numbers', () => {
  test('entropies are those of a calculation by hand', () => {
    // −(½ ln ½ + 2 · ¼ ln ¼) = 1.5 ln 2
    expect(entropyOf([0.5, 0.25, 0.25])).toBeCloseTo(1.0397207708399179, 12);
    expect(entropyOf([2, 1, 1])).toBeCloseTo(1.0397207708399179, 12);
    expect(entropyOf([0, 3, 0])).toBe(0);
    expect(entropyOf(new Float32Array(64).fill(0.1))).toBeCloseTo(Math.log(64), 6);
    expect(entropyOf([0, 0])).toBe(0);
    const said = saidOf(Float32Array.of(Math.log(1), Math.log(2), Math.log(1)))!;
    expect(said.guess).toBe(1);
    expect(said.confidence).toBeCloseTo(0.5, 6);
    expect(said.entropy).toBeCloseTo(1.0397207708399179, 6);
    expect(saidOf(Float32Array.of(NaN, 1))).toBeNull();
  });

  test('the order is that of the number, stable, with what has none at the end', () => {
    const card = (index: number, name: string, truth: number | null, guess: number | null, confidence: number | null): GalleryCard => ({ index, name, truth, guess, confidence, entropy: confidence === null ? null : 1 - confidence, map: null, spread: index, url: '' });
    const cards = [card(0, 'b10', 0, 0, 0.9), card(1, 'b2', 1, 0, 0.6), card(2, 'a', null, null, null), card(3, 'c', 1, 1, 0.9), card(4, 'd', 0, 1, 0.7)];
    const order = (...args: [Parameters<typeof arrangeCards>[1], boolean]): number[] => arrangeCards(cards, ...args).map(({ index }) => index);
    expect(order('confidence', true)).toEqual([0, 3, 4, 1, 2]);
    expect(order('confidence', false)).toEqual([1, 4, 0, 3, 2]);
    expect(order('entropy', true)).toEqual([1, 4, 0, 3, 2]);
    expect(order('spread', true)).toEqual([4, 3, 2, 1, 0]);
    // Wrong first, the surest of them before the others.
    expect(order('correct', false)).toEqual([4, 1, 0, 3, 2]);
    expect(order('correct', true)).toEqual([0, 3, 4, 1, 2]);
    expect(order('name', false)).toEqual([2, 1, 0, 3, 4]);
    expect(order('given', true)).toEqual([4, 3, 2, 1, 0]);
    const [heading, first, , unread] = galleryRows(cards, ['cat', 'dog']);
    expect(heading).toHaveLength(first!.length);
    expect(first).toEqual(['b10', 'cat', 'cat', 'yes', 0.9, expect.closeTo(0.1, 12), 0, '']);
    expect(unread).toEqual(['a', '', '', '', '', '', 2, '']);
  });
});

describe('cards', () => {
  test('maps and answers are those that the inspector gives of the same image', async () => {
    const images = { folder: path.join(data, 'test') };
    const { indices, classes, grid } = await find(images);
    const some = [...indices].filter((_, i) => i % 5 === 0);
    const explainer = createExplainer(looker);
    for (const method of ['rollout', 'attention', 'chefer'] as const) {
      const cards = await look(images, some, method);
      expect(cards.map(({ index }) => index)).toEqual(some);
      for (const card of cards) {
        const view = await looker.viewImage({ checkpoint: trained, file: card.name });
        expect(classes[card.guess!]).toBe(view.predictions[0]!.label);
        expect(Math.abs(card.confidence! - view.predictions[0]!.probability)).toBeLessThan(1e-6);
        expect(Math.abs(card.entropy! - view.probabilities.reduce((sum, p) => sum - (p > 0 ? p * Math.log(p) : 0), 0))).toBeLessThan(1e-5);
        const q = { checkpoint: trained, file: card.name, discard: 0 };
        const map = method === 'rollout' ? (await looker.viewRollout({ ...q, fusion: 'mean' })).map : (await explainer.explain({ ...q, methods: [method], target: card.guess! }))[0]!.map;
        expect(card.map).toHaveLength(grid!.rows * grid!.columns);
        expect(Math.max(...card.map!.map((value, i) => Math.abs(value - map[i]!)))).toBeLessThan(1e-6);
        const total = map.reduce((a, b) => a + b, 0);
        expect(card.spread!).toBeCloseTo(map.reduce((sum, value) => sum - (value > 0 ? (value / total) * Math.log(value / total) : 0), 0), 4);
        expect(card.url).toMatch(/^data:image\/png;base64,/);
      }
    }
  });

  test('what was looked at is told again at once, and an abort ends between batches', async () => {
    const images = { split: 'test', data } as const;
    const { indices } = await find(images);
    const first = await look(images, [...indices].slice(0, 20), 'rollout');
    const calls: number[] = [];
    await api.lookAtGallery({ checkpoint: trained, images, indices: [...indices].slice(0, 24), method: 'rollout' }, { ...quiet(), progress: (value) => calls.push((value as GalleryCard[]).length) });
    expect(calls).toEqual([20, 4]);
    expect((await look(images, [indices[3]!], 'rollout'))[0]).toEqual(first[3]);
    const stop = new AbortController();
    const seen: number[] = [];
    const stopped = api.lookAtGallery({ checkpoint: trained, images, indices: [...indices], method: 'attention' }, { signal: stop.signal, progress: (value) => (seen.push((value as GalleryCard[]).length), stop.abort()) });
    await expect(stopped).rejects.toThrow(/abort/i);
    expect(seen.reduce((a, b) => a + b, 0)).toBeLessThan(indices.length);
  });

  test('albums and cards are let go with all else that the looker holds, and are made again when they are asked for', async () => {
    const caches: { readonly cache: Pick<Cache<unknown>, 'held'>; readonly keys: Set<string> }[] = [];
    const watched: Looker = { ...looker, cache: (options) => {
      const cache = looker.cache(options);
      const keys = new Set<string>();
      caches.push({ cache, keys });
      return { ...cache, keep: (key, value) => (keys.add(key), cache.keep(key, value)) };
    } };
    const own = galleryServer(watched);
    const images = { split: 'test', data } as const;
    const ask = async (): Promise<readonly GalleryCard[]> => {
      const cards: GalleryCard[] = [];
      await own.lookAtGallery({ checkpoint: trained, images, indices: [0, 1], method: 'rollout' }, { ...quiet(), progress: (value) => cards.push(...(value as GalleryCard[])) });
      return cards;
    };
    const held = (): Promise<number[]> => Promise.all(caches.map(async ({ cache, keys }) => (await Promise.all([...keys].map((key) => cache.held(key)))).filter((value) => value !== undefined).length));
    const before = await ask();
    expect(await held()).toEqual([1, 2]);
    looker.close();
    expect(await held()).toEqual([0, 0]);
    expect(await ask()).toEqual(before);
    expect(await held()).toEqual([1, 2]);
    // A gallery that is closed while an inspector remains lets go of its own, and of its network where the inspector has another.
    const session = (): Promise<unknown> => looker.withCheckpoint(trained, (opened) => Promise.resolve(opened.session));
    const used = await session();
    await own.closeGallery({ network: null }, quiet());
    expect([await held(), (await session()) === used]).toEqual([[0, 0], true]);
    expect(await ask()).toEqual(before);
    await own.closeGallery({ network: trained }, quiet());
    expect([await held(), (await session()) === used]).toEqual([[0, 0], false]);
    await own.closeGallery({ network: path.join(folder, 'gone.safetensors') }, quiet());
  });

  test('a broken image is a card that says why, and the others go on', async () => {
    const mixed = path.join(folder, 'mixed');
    await mkdir(mixed);
    const kind = path.join(data, 'test/star');
    for (const name of (await readdir(kind)).slice(0, 3)) await cp(path.join(kind, name), path.join(mixed, name));
    await writeFile(path.join(mixed, 'a-broken.png'), 'no picture');
    const { indices, labelled } = await find({ folder: mixed });
    expect(labelled).toBe(false);
    const cards = await look({ folder: mixed }, [...indices], 'rollout');
    expect(cards.map(({ error }) => error !== undefined)).toEqual([true, false, false, false]);
    expect(cards[0]).toMatchObject({ guess: null, map: null, url: '', error: expect.stringContaining('a-broken.png') as string });
    expect(cards.slice(1).every(({ truth, guess, map }) => truth === null && guess !== null && map !== null)).toBe(true);
    // A file that is put right is read again.
    await cp(path.join(kind, (await readdir(kind))[0]!), path.join(mixed, 'a-broken.png'));
    expect((await look({ folder: mixed }, [0], 'rollout'))[0]).not.toHaveProperty('error');
  });

  test('a network without attention has answers and no maps, one without a class token is read from all patches', async () => {
    const mixer = await untrained('mixer', { architecture: 'mixer' });
    const images = { folder: path.join(data, 'test/circle') };
    expect(await api.findGallery({ checkpoint: mixer, images, filter: {}, few: 1000 }, quiet())).toMatchObject({ grid: null });
    for (const card of await look(images, [0, 1], 'chefer', mixer)) expect(card).toMatchObject({ map: null, spread: null, guess: expect.any(Number) as number, truth: SHAPES.indexOf('circle') });
    const average = await untrained('average', { class_token: false, global_pool: 'avg' });
    const [card] = await look(images, [0], 'rollout', average);
    const { map } = await looker.viewRollout({ checkpoint: average, file: card!.name, discard: 0, fusion: 'mean' });
    expect(Math.max(...card!.map!.map((value, i) => Math.abs(value - map[i]!)))).toBeLessThan(1e-6);
  });
});

describe('which images', () => {
  test('right, wrong and cells are those of the classification, the surest first', async () => {
    const images = { split: 'test', data } as const;
    const { classes, size } = await find(images);
    const rows = await classify({ checkpoint: trained, paths: [path.join(data, 'test')], top: 1 }, looker, new AbortController().signal, () => undefined);
    expect(rows).toHaveLength(size);
    const expected = (fits: (is: string, as: string) => boolean): string[] =>
      rows.filter(({ file, predictions }) => fits(path.basename(path.dirname(file)), predictions[0]!.label)).sort((a, b) => b.predictions[0]!.probability - a.predictions[0]!.probability).map(({ file }) => file);
    const names = async (filter: object): Promise<string[]> => {
      const found = await find(images, filter);
      expect(found.order).toBe('surest');
      const by = new Map((await look(images, [...found.indices], 'rollout')).map((card) => [card.index, card.name]));
      return [...found.indices].map((i) => by.get(i)!);
    };
    const wrong = await names({ right: false });
    expect(wrong).toEqual(expected((is, as) => is !== as));
    expect(wrong.length).toBeGreaterThan(0);
    expect(new Set(await names({ right: true }))).toEqual(new Set(expected((is, as) => is === as)));
    const [first] = rows.filter(({ file, predictions }) => path.basename(path.dirname(file)) !== predictions[0]!.label);
    const [is, as] = [path.basename(path.dirname(first!.file)), first!.predictions[0]!.label];
    expect(await names({ is: classes.indexOf(is), as: classes.indexOf(as) })).toEqual(expected((a, b) => a === is && b === as));
    expect((await api.galleryFile({ checkpoint: trained, images, index: 0 }, quiet())).file).toBe(rows[0]!.file);
  });

  test('of many a mixed order, the same each time; of few that of the set; given ones as they are given', async () => {
    const images = { split: 'train', data } as const;
    const all = await find(images);
    expect([all.order, [...all.indices]]).toEqual(['name', Array.from({ length: all.size }, (_, i) => i)]);
    const [a, b] = [await find(images, {}, 10), await find(images, {}, 10)];
    expect(a.order).toBe('drawn');
    expect([...a.indices]).toEqual([...b.indices]);
    expect([...a.indices].slice(0, 10)).not.toEqual([...all.indices].slice(0, 10));
    expect([...a.indices].sort((x, y) => x - y)).toEqual([...all.indices]);
    expect(await find(images, { indices: [7, 2] })).toMatchObject({ order: 'given', indices: Int32Array.of(7, 2) });
    expect((await find(images, { is: 1 })).indices.length).toBeLessThan(all.size);
  });

  test('what cannot be meant is refused in words', async () => {
    await expect(find({ split: 'test', data }, { is: 99 })).rejects.toThrow(/There is no class 99: .* has the classes 0 to 5/);
    await expect(find({ split: 'test', data }, { indices: [1e6] })).rejects.toThrow('There is no image 1000000');
    await mkdir(path.join(folder, 'empty'));
    await expect(find({ folder: path.join(folder, 'empty') })).rejects.toThrow(/There is no image in .*empty/);
    await mkdir(path.join(folder, 'holiday'));
    await cp(path.join(data, 'test/star', (await readdir(path.join(data, 'test/star')))[0]!), path.join(folder, 'holiday/one.png'));
    await expect(find({ folder: path.join(folder, 'holiday') }, { right: false })).rejects.toThrow(/no folder of them has the name of a class/);
  });
});
