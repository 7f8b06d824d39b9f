/** What is kept from one training to the next: which images are whole, and what they are decoded. */
import { mkdir, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { decodingKey, openDecoded } from '../../../src/engine/dataset/decoded';
import { gather, type Target } from '../../../src/engine/dataset/gather';
import { openInventory } from '../../../src/engine/dataset/inventory';
import { openDataset } from '../../../src/engine/dataset/open';
import type { Dataset } from '../../../src/engine/dataset/dataset';
import type { Sample } from '../../../src/engine/dataset/source';
import { temporaryFolder } from '../tiny';
import { classTree, configOf, plainPng } from './pictures';

let cache: string;
beforeEach(async () => vi.stubEnv('VITLAB_CACHE', (cache = await temporaryFolder())));
afterEach(() => vi.unstubAllEnvs());

const LONG_AGO = new Date(Date.now() - 3_600_000);

/** Writes files that are as old as those of a real dataset. */
async function write(root: string, files: Record<string, Uint8Array | string>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(root, name)), { recursive: true });
    await writeFile(path.join(root, name), content);
    await utimes(path.join(root, name), LONG_AGO, LONG_AGO);
  }
}

async function dataset(): Promise<string> {
  const root = await temporaryFolder();
  await write(root, await classTree('', ['a', 'b'], 6));
  return root;
}

const open = (root: string, changes: object = {}): Promise<Dataset> => openDataset(configOf({ path: root, val_split: 0, test_split: 0, ...changes }), root);
const redsOf = async ({ splits: { train } }: Dataset): Promise<number[]> => {
  const { data } = await train.read(Int32Array.from({ length: train.size }, (_, i) => i));
  return Array.from({ length: train.size }, (_, i) => data[i * 192]!);
};
const REDS = [0, 1, 2, 3, 4, 5, 40, 41, 42, 43, 44, 45];
const packs = async (): Promise<string[]> => (await readdir(path.join(cache, 'decoded'))).map((name) => path.join(cache, 'decoded', name));
const inventories = async (): Promise<string[]> => (await readdir(path.join(cache, 'datasets'))).map((name) => path.join(cache, 'datasets', name));

/** A sample that counts how often its bytes are read. */
function counted(names: readonly string[], root: string, reads: string[]): Sample[] {
  return names.map((name, i) => ({
    label: i % 2,
    name,
    key: name,
    load: () => {
      reads.push(name);
      return readFile(path.join(root, name));
    },
    decode: (bytes) => ({ width: 8, height: 8, channels: 3, data: new Uint8Array(192).fill(bytes[bytes.length - 20]!) }),
    location: { file: path.join(root, name) },
    stamp: () => name === 'b/1.png' ? undefined : 'one',
  }));
}

test('an image that is known is not read again; one without a stamp is, and so is one whose stamp has changed', async () => {
  const root = await dataset();
  const target: Target = { image: configOf({}).image, fit: { how: 'none', from: [8, 8], to: [8, 8] } };
  const reads: string[] = [];
  const samples = counted(['a/0.png', 'a/1.png', 'b/1.png'], root, reads);
  const stores = async () => ({ inventory: await openInventory(cache, root), decoded: openDecoded(cache, decodingKey(target), 192) });
  const first = await stores();
  await gather(samples, target, { left: 1e6 }, first, {});
  await first.inventory.save(() => true);
  await first.decoded.settle();
  expect(reads.splice(0)).toEqual(['a/0.png', 'a/1.png', 'b/1.png']);
  const { identities } = await gather(samples, target, { left: 1e6 }, await stores(), {});
  expect(reads.splice(0)).toEqual(['b/1.png']);
  expect(identities.map(({ sha256 }) => sha256.length)).toEqual([64, 64, 64]);
  await gather([{ ...samples[0]!, stamp: () => 'two' }, samples[1]!], target, { left: 1e6 }, await stores(), {});
  expect(reads).toEqual(['a/0.png']);
});

test('a dataset opens again to the same images and fingerprint, from the disk and decoded anew', async () => {
  const root = await dataset();
  const first = await open(root);
  const again = await open(root);
  expect(again.fingerprint).toBe(first.fingerprint);
  expect([await redsOf(first), await redsOf(again)]).toEqual([REDS, REDS]);
  const [pack] = await packs();
  await rm(pack!);
  const third = await open(root);
  expect([third.fingerprint, await redsOf(third)]).toEqual([first.fingerprint, REDS]);
});

test('files that were changed, added or removed are noticed, and nothing else is written anew', async () => {
  const root = await dataset();
  const first = await open(root);
  await write(root, { 'a/0.png': await plainPng(99), 'b/9.png': await plainPng(77) });
  await rm(path.join(root, 'a/1.png'));
  const second = await open(root);
  expect(await redsOf(second)).toEqual([99, 2, 3, 4, 5, 40, 41, 42, 43, 44, 45, 77]);
  expect(second.fingerprint).not.toBe(first.fingerprint);
  const text = await readFile((await inventories())[0]!, 'utf8');
  expect(text.includes('a/1.png')).toBe(false);
  const { mtimeMs } = await stat((await inventories())[0]!);
  await open(root);
  expect((await stat((await inventories())[0]!)).mtimeMs).toBe(mtimeMs);
  vi.stubEnv('VITLAB_CACHE', '');
  expect((await open(root)).fingerprint).toBe(second.fingerprint);
});

test('a file that is rewritten in place with the same size is noticed', async () => {
  const root = await dataset();
  await open(root);
  const before = await readFile(path.join(root, 'a/1.png'));
  const other = await plainPng(9);
  expect(other.length).toBe(before.length);
  // The time of modification is set back; that of the change of its record cannot be.
  await write(root, { 'a/1.png': other });
  expect((await redsOf(await open(root)))[1]).toBe(9);
});

test('a damaged pack, a cut one and one of another version give nothing wrong and are made good', async () => {
  const root = await dataset();
  await open(root);
  const [pack] = await packs();
  const whole = await readFile(pack!);
  const damage = [
    (bytes: Buffer) => bytes.fill(0xaa, bytes.length - 192),
    (bytes: Buffer) => bytes.subarray(0, bytes.length - 100),
    (bytes: Buffer) => bytes.fill(0x11, 30, 40),
    (bytes: Buffer) => bytes.subarray(0, 7),
    (bytes: Buffer) => bytes.fill(0xff, 4, 8),
    () => Buffer.alloc(0),
  ];
  for (const change of damage) {
    for (const file of await packs()) await rm(file);
    await writeFile(pack!, change(Buffer.from(whole)));
    const opened = await open(root);
    expect(await redsOf(opened)).toEqual(REDS);
    await opened.splits.train.shared!.settle();
    expect((await packs()).length).toBe(2);
  }
});

test('a damaged inventory is made again', async () => {
  const root = await dataset();
  const { fingerprint } = await open(root);
  const [file] = await inventories();
  const whole = await readFile(file!, 'utf8');
  for (const text of [whole.replace(/[0-9a-f]{8}"/, '00000000"'), whole.slice(0, 200), '', 'nonsense']) {
    await writeFile(file!, text);
    expect((await open(root)).fingerprint).toBe(fingerprint);
    // Read a few at a time: in no order.
    const linesOf = (given: string): string[] => given.split('\n').slice(1).sort();
    expect(linesOf(await readFile(file!, 'utf8'))).toEqual(linesOf(whole));
  }
});

test('decoded images are told apart by all that makes their pixels', () => {
  const image = configOf({}).image;
  const keyOf = (changes: object): string => decodingKey({ image: { ...image, ...changes }, fit: { how: 'none', from: [8, 8], to: [8, 8] } });
  const keys = [{}, { size: 9 }, { channels: 1 }, { fit: 'crop' }, { crop_pct: 0.9 }, { crop_rounding: 'floor' }, { interpolation: 'box' }, { fit: 'border' }, { fit: 'border', mean: [0.1] }].map(keyOf);
  expect(new Set(keys).size).toBe(keys.length);
  // The normalisation comes later.
  expect(keyOf({ mean: [0.1], std: [0.9] })).toBe(keyOf({}));
});

test('an opening that was stopped keeps what it had read', async () => {
  const root = await temporaryFolder();
  await write(root, await classTree('', ['a', 'b'], 80));
  const controller = new AbortController();
  const config = configOf({ path: root, val_split: 0, test_split: 0 });
  await expect(openDataset(config, root, { signal: controller.signal, onProgress: () => controller.abort() })).rejects.toThrow(/abort/i);
  const lines = (await readFile((await inventories())[0]!, 'utf8')).split('\n').length - 2;
  expect(lines).toBeGreaterThanOrEqual(100);
  expect(lines).toBeLessThan(160);
});
