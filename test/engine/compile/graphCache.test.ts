import { mkdir, readdir, readFile, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import { createHash } from 'node:crypto';
import { expect, test, vi } from 'vitest';
import { openExecutor } from '../../../src/engine/compile/backends';
import { openCached } from '../../../src/engine/compile/graphCache';
import { configSchema } from '../../../src/engine/config/schema';
import { initParams } from '../../../src/engine/model/params';
import { vitSpec } from '../../../src/engine/model/spec';
import { temporaryFolder } from '../../fixtures/data';

const graph = Buffer.from('a graph');
const make = (): ReturnType<typeof vi.fn<() => Promise<Uint8Array>>> => vi.fn(() => Promise.resolve(graph));
/** Opens what starts with "a graph". */
const open = (model: Uint8Array): Promise<string> => {
  const text = Buffer.from(model).toString();
  return text.startsWith('a graph') ? Promise.resolve(text) : Promise.reject(new Error('protobuf parsing failed'));
};
const only = async (folder: string): Promise<string> => path.join(folder, (await readdir(folder))[0]!);

/** Writes an entry with a checksum that fits. */
async function plant(file: string, model: Uint8Array): Promise<void> {
  await writeFile(file, Buffer.concat([model, createHash('sha256').update(model).digest()]));
}

test('a graph is made once for a key, and again for another', async () => {
  const folder = await temporaryFolder();
  const made = make();
  for (let i = 0; i < 2; i++) expect(await openCached(folder, { a: 1 }, made, open)).toBe('a graph');
  expect(made).toHaveBeenCalledTimes(1);
  await openCached(folder, { a: 2 }, made, open);
  expect(made).toHaveBeenCalledTimes(2);
});

test('without a folder, and in one that cannot be written, it is made every time', async () => {
  const made = make();
  const blocked = path.join(await temporaryFolder(), 'file');
  await writeFile(blocked, '');
  for (const folder of [undefined, path.join(blocked, 'graphs')]) expect(await openCached(folder, 1, made, open)).toBe('a graph');
  expect(made).toHaveBeenCalledTimes(2);
});

test.each<[string, (file: string) => Promise<void>]>([
  ['cut off', async (file) => writeFile(file, (await readFile(file)).subarray(0, 20))],
  ['empty', (file) => writeFile(file, '')],
  ['whole but no graph', (file) => plant(file, Buffer.from('something else'))],
])('an entry that is %s is made again and kept', async (_, damage) => {
  const folder = await temporaryFolder();
  await openCached(folder, 1, make(), open);
  await damage(await only(folder));
  const made = make();
  for (let i = 0; i < 2; i++) expect(await openCached(folder, 1, made, open)).toBe('a graph');
  expect(made).toHaveBeenCalledTimes(1);
});

test('when the same graph is made again, what is wrong is something else, and is told', async () => {
  const folder = await temporaryFolder();
  await openCached(folder, 1, make(), open);
  const fails = vi.fn(() => Promise.reject(new Error('the device is gone')));
  await expect(openCached(folder, 1, make(), fails)).rejects.toThrow('the device is gone');
  expect(fails).toHaveBeenCalledTimes(1);
});

test('leftovers of processes that died are removed, files that are being written are not', async () => {
  const folder = await temporaryFolder();
  const [old, fresh] = ['x.graph.1-ab.tmp', 'y.graph.2-cd.tmp'].map((name) => path.join(folder, name));
  await Promise.all([writeFile(old!, 'x'), writeFile(fresh!, 'y')]);
  const longAgo = new Date(Date.now() - 2 * 3_600_000);
  await utimes(old!, longAgo, longAgo);
  await openCached(folder, 1, make(), open);
  expect(await readdir(folder)).not.toContain(path.basename(old!));
  expect(await readdir(folder)).toContain(path.basename(fresh!));
});

test('at the limit what was used longest ago goes, and what is being written counts', async () => {
  const folder = await temporaryFolder();
  await mkdir(folder, { recursive: true });
  const size = 2 ** 20;
  const files = ['old.graph', 'used.graph'].map((name) => path.join(folder, name));
  for (const [i, file] of files.entries()) {
    await writeFile(file, Buffer.alloc(size));
    const then = new Date(Date.now() - (10 - i) * 1000);
    await utimes(file, then, then);
  }
  // A hole in a file counts as much as what is written, and takes no room.
  const writing = path.join(folder, 'z.graph.3-ef.tmp');
  await writeFile(writing, '');
  await truncate(writing, 254.5 * size);
  await openCached(folder, 1, make(), open);
  expect((await stat(files[1]!)).size).toBe(size);
  expect(await readdir(folder)).not.toContain('old.graph');
});

test('a training whose graphs in the cache are all whole but no graphs makes them again, in blocks and not', async () => {
  vi.stubEnv('VITLAB_CACHE', await temporaryFolder());
  const folder = path.join(process.env['VITLAB_CACHE']!, 'graphs');
  const { image, model, train: recipe } = configSchema.parse({ image: { size: 8 }, model: { embed_dim: 8, num_heads: 2, depth: 1 } });
  const spec = vitSpec(image, model, 2);
  const params = initParams(spec, 1);
  // 16 images are shared in blocks, 3 are not.
  const losses = async (): Promise<number[]> => {
    const executor = await openExecutor('onnx');
    const session = await executor.train(spec, { params, m: params, v: params, step: 0 }, recipe);
    const found: number[] = [];
    for (const B of [16, 3]) {
      const images = { shape: [B, 8, 8, 3], data: new Float32Array(B * 192).fill(0.5) };
      const targets = { shape: [B, 2], data: new Float32Array(B * 2).fill(0.5) };
      found.push((await session.step({ images, targets, lr: 1e-3, noiseSeed: [1, 0] })).loss);
    }
    session.dispose();
    return found;
  };
  const first = await losses();
  const files = (await readdir(folder)).map((name) => path.join(folder, name));
  expect(files.length).toBeGreaterThan(1);
  const whole = await Promise.all(files.map((file) => readFile(file)));
  for (const file of files) await plant(file, Buffer.from('something else'));
  expect(await losses()).toEqual(first);
  expect(await Promise.all(files.map((file) => readFile(file)))).toEqual(whole);
  vi.unstubAllEnvs();
});
