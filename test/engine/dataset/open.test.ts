import { mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { Dataset, Split } from '../../../src/engine/dataset/dataset';
import { openFolder } from '../../../src/engine/dataset/folder';
import { describeDataset, openDataset, surveyDataset } from '../../../src/engine/dataset/open';
import { temporaryFolder, writeTree } from '../../fixtures/data';
import { classTree, configOf, plainPng } from './pictures';

const ANIMALS = ['ant', 'bee', 'cat'];

function namesOf(split: Split, root: string): string[] {
  return Array.from({ length: split.size }, (_, i) => path.relative(root, split.name(i)));
}

async function redsOf(split: Split): Promise<number[]> {
  const { data, count } = await split.read(Int32Array.from({ length: split.size }, (_, i) => i));
  return Array.from({ length: count }, (_, i) => data[i * 8 * 8 * 3]!);
}

async function openTree(files: Record<string, string | Uint8Array>, dataset: object = {}): Promise<{ root: string; opened: Dataset }> {
  const root = await temporaryFolder();
  await writeTree(root, files);
  return { root, opened: await openDataset(configOf({ path: '.', ...dataset }), root) };
}

test('train, val and test folders are the splits, in natural order', async () => {
  const { root, opened } = await openTree({
    ...(await classTree('train/', ANIMALS, 12)),
    ...(await classTree('validation/', ANIMALS, 2)),
    ...(await classTree('Test/', ANIMALS, 1)),
  });
  expect(opened.classes).toEqual(ANIMALS);
  expect(opened.format).toBe('folder');
  expect(describeDataset(opened).sizes).toEqual({ train: 36, val: 6, test: 3 });
  expect(namesOf(opened.splits.train, root).slice(0, 12)).toEqual(Array.from({ length: 12 }, (_, i) => `train/ant/${i}.png`));
  expect(await redsOf(opened.splits.test)).toEqual([0, 40, 80]);
  expect([...opened.splits.val.labels]).toEqual([0, 0, 1, 1, 2, 2]);
});

test('some classes alone, in the order in which they are named; another name is an error with the nearest one', async () => {
  const root = await temporaryFolder();
  await writeTree(root, { ...(await classTree('train/', ANIMALS, 4)), ...(await classTree('test/', ANIMALS, 2)) });
  const dataset = { path: '.', classes: ['cat', 'ant'], val_split: 0.25 };
  const opened = await openDataset(configOf(dataset), root);
  expect(opened.classes).toEqual(['cat', 'ant']);
  expect(describeDataset(opened).sizes).toEqual({ train: 6, val: 2, test: 4 });
  expect([...opened.splits.test.labels]).toEqual([1, 1, 0, 0]);
  // The pictures of a class are of one red, 40 more than those of the class before.
  expect(await redsOf(opened.splits.test)).toEqual([0, 1, 80, 81].map((red) => expect.closeTo(red, 0) as number));
  expect(opened.fingerprint).not.toBe((await openDataset(configOf({ ...dataset, classes: ['ant', 'cat'] }), root)).fingerprint);
  expect(await surveyDataset(configOf(dataset).dataset, root)).toEqual({ format: 'folder', classes: ['cat', 'ant'], images: 12, sizes: { train: 6, val: 2, test: 4 } });
  await expect(openDataset(configOf({ path: '.', classes: ['ant', 'cats'] }), root)).rejects.toThrow(/`dataset\.classes` names cats, a class that .* does not have: it has ant, bee, cat\. Did you mean cat\?/);
  await expect(openDataset(configOf({ path: '.', classes: ['ant', 'ant'] }), root)).rejects.toThrow('`dataset.classes` names ant twice.');
});

test('a survey counts without decoding', async () => {
  const root = await temporaryFolder();
  await writeTree(root, { ...(await classTree('train/', ANIMALS, 2)), ...(await classTree('val/', ANIMALS, 1)), 'train/ant/broken.png': '' });
  expect(await surveyDataset(configOf({ path: '.' }).dataset, root)).toEqual({ format: 'folder', classes: ANIMALS, images: 10, sizes: { train: 6, val: 3, test: 1 } });
  expect((await surveyDataset(configOf({ format: 'shapes' }).dataset, root)).images).toBe(1200);
});

test('read gives the images in the order asked for, at the size of the network', async () => {
  const root = await temporaryFolder();
  await writeTree(root, await classTree('train/', ANIMALS, 3));
  const config = configOf({ path: root, val_split: 0, test_split: 0 }, { image: { size: [9, 13], channels: 1 }, model: { patch_size: 4 } });
  const { splits } = await openDataset(config, '/nowhere');
  const batch = await splits.train.read(Int32Array.of(8, 0, 8));
  expect([batch.count, batch.height, batch.width, batch.channels]).toEqual([3, 8, 12, 1]);
  // Luma of pure red 82 is 82 · 0.299.
  expect([batch.data[0], batch.data[96], batch.data[192]]).toEqual([25, 0, 25]);
  await expect(splits.train.read(Int32Array.of(9))).rejects.toThrow(RangeError);
});

test('missing splits are drawn from the training images: stratified, disjoint, by split_seed only', async () => {
  const root = await temporaryFolder();
  await writeTree(root, await classTree('', ANIMALS, 20));
  const drawn = async (split_seed: number, seed = 0): Promise<string[][]> => {
    const { splits } = await openDataset(configOf({ path: root, val_split: 0.1, test_split: 0.2, split_seed }, { seed }), root);
    return [splits.train, splits.val, splits.test].map((split) => namesOf(split, root));
  };
  const [train, val, test] = (await drawn(0)) as [string[], string[], string[]];
  expect([train.length, val.length, test.length]).toEqual([42, 6, 12]);
  for (const name of ANIMALS) {
    const count = (files: string[]): number => files.filter((file) => file.startsWith(`${name}/`)).length;
    expect([count(train), count(val), count(test)]).toEqual([14, 2, 4]);
  }
  expect(new Set([...train, ...val, ...test]).size).toBe(60);
  expect(await drawn(0, 5)).toEqual([train, val, test]);
  expect(await drawn(1)).not.toEqual([train, val, test]);
});

test('a stored test stays, and only val is drawn', async () => {
  const { opened } = await openTree({ ...(await classTree('train/', ANIMALS, 10)), ...(await classTree('test/', ANIMALS, 2)) });
  expect(describeDataset(opened).sizes).toEqual({ train: 27, val: 3, test: 6 });
});

test('a limit is spread evenly over the classes', async () => {
  const files = { ...(await classTree('train/', ['a', 'b'], 30)), ...(await classTree('train/', ['c'], 2)) };
  const { opened } = await openTree(files, { limit: { train: 12 }, val_split: 0, test_split: 0 });
  const counts = [0, 0, 0];
  for (const label of opened.splits.train.labels) counts[label]!++;
  expect(counts).toEqual([5, 5, 2]);
});

test('what memory is not allowed to hold is read from the disk, and is the same', async () => {
  const files = await classTree('train/', ANIMALS, 20);
  const [{ opened }, { opened: small }] = [await openTree(files, {}), await openTree(files, { memory: 5 * 8 * 8 * 3 })];
  for (const name of ['train', 'val', 'test'] as const) {
    const all = Int32Array.from({ length: opened.splits[name].size }, (_, i) => i);
    expect((await small.splits[name].read(all)).data).toEqual((await opened.splits[name].read(all)).data);
  }
  expect(small.fingerprint).toBe(opened.fingerprint);
});

test('broken files are listed by name with the reason, and left out', async () => {
  const whole = await plainPng(200);
  const { root, opened } = await openTree(
    {
      ...(await classTree('train/', ANIMALS, 20)),
      'train/ant/empty.png': '',
      'train/ant/text.jpg': 'not a picture',
      'train/bee/cut.png': whole.subarray(0, 70),
      'train/bee/scan.tif': 'II*\0',
      'train/bee/notes.txt': 'passed over',
      'train/stray.png': whole,
    },
    { val_split: 0, test_split: 0 },
  );
  const listed = Object.fromEntries(opened.broken.map(({ file, reason }) => [path.relative(root, file), reason]));
  expect(Object.keys(listed).sort()).toEqual([
    'train/ant/empty.png',
    'train/ant/text.jpg',
    'train/bee/cut.png',
    'train/bee/scan.tif',
    'train/stray.png',
  ]);
  expect(listed['train/ant/empty.png']).toBe('the file is empty');
  expect(listed['train/ant/text.jpg']).toBe('it holds text, no image');
  expect(listed['train/bee/scan.tif']).toMatch(/TIFF/);
  expect(opened.splits.train.size).toBe(60);
  expect((await redsOf(opened.splits.train)).slice(18, 22)).toEqual([18, 19, 40, 41]);
});

test('too many broken files stop with the count, the first names and the way out; they can be accepted', async () => {
  const root = await temporaryFolder();
  await writeTree(root, { ...(await classTree('', ['a', 'b'], 4)), 'a/x.png': '', 'a/y.png': '', 'b/z.png': '' });
  const config = configOf({ path: root, val_split: 0, test_split: 0 });
  await expect(openDataset(config, root)).rejects.toThrow(/3 of 11 images .*20 %.*\na\/x\.png: the file is empty\n[^]*max_broken/);
  await expect(openDataset(config, root)).rejects.toThrow(/a\/y\.png: [^]*b\/z\.png: .*\n.*dataset\.max_broken.*--accept-broken/);
  const opened = await openDataset(config, root, { acceptBroken: true });
  expect([opened.splits.train.size, opened.broken.map(({ file }) => path.relative(root, file))]).toEqual([8, ['a/x.png', 'a/y.png', 'b/z.png']]);
});

test('links are followed, circles and dangling ones listed', async () => {
  const root = await temporaryFolder();
  await writeTree(root, await classTree('set/', ['a', 'b'], 10));
  await symlink(path.join(root, 'set'), path.join(root, 'set/a/again'));
  await symlink(path.join(root, 'gone.png'), path.join(root, 'set/b/dangling.png'));
  await symlink(path.join(root, 'set/a/0.png'), path.join(root, 'set/b/linked.png'));
  const opened = await openDataset(configOf({ path: 'set', val_split: 0, test_split: 0 }), root);
  expect(opened.splits.train.size).toBe(21);
  expect(opened.broken.map(({ file }) => path.relative(root, file)).sort()).toEqual(['set/a/again', 'set/b/dangling.png']);
});

test.runIf(process.platform === 'linux')('names that are no UTF-8 are listed', async () => {
  const root = await temporaryFolder();
  await writeTree(root, await classTree('', ['a', 'b'], 10));
  await writeFile(Buffer.concat([Buffer.from(path.join(root, 'a/')), Buffer.from([0xff, 0xfe]), Buffer.from('.png')]), await plainPng(1));
  const opened = await openDataset(configOf({ path: root, val_split: 0, test_split: 0 }), root);
  expect(opened.broken).toHaveLength(1);
  expect(opened.broken[0]!.reason).toMatch(/not valid UTF-8/);
});

test('odd names of classes are names', async () => {
  const names = ['__proto__', 'constructor', 'ñandú 鳥', '10', '9'];
  const { opened } = await openTree(await classTree('', names, 3), { val_split: 0, test_split: 0 });
  expect(opened.classes).toEqual(['9', '10', '__proto__', 'constructor', 'ñandú 鳥']);
  expect(opened.splits.train.size).toBe(15);
});

test('what cannot be a dataset is said clearly', async () => {
  const root = await temporaryFolder();
  const open = (dataset: object): Promise<Dataset> => openDataset(configOf(dataset), root);
  await mkdir(path.join(root, 'nothing'));
  await writeTree(root, {
    ...(await classTree('one/', ['only'], 3)),
    ...(await classTree('strange/train/', ['a', 'b'], 2)),
    ...(await classTree('strange/test/', ['a', 'z'], 2)),
    ...(await classTree('flat/train/', ['a', 'b'], 2)),
    'flat/test/1.png': await plainPng(1),
    ...(await classTree('testonly/test/', ['a', 'b'], 2)),
    'file.bin': 'what is this',
  });
  await expect(open({})).rejects.toThrow(/Set `dataset\.path`/);
  await expect(open({ path: 'gone' })).rejects.toThrow(/gone: there is no such file/);
  await expect(open({ path: 'nothing' })).rejects.toThrow(/holds no images in class folders/);
  await expect(open({ path: 'one' })).rejects.toThrow(/only one class, "only"/);
  await expect(open({ path: 'strange' })).rejects.toThrow(/"test\/z".*training folder has no images of/);
  await expect(open({ path: 'flat' })).rejects.toThrow(/"test".*no class folders/);
  await expect(open({ path: 'testonly' })).rejects.toThrow(/none called "train"/);
  await expect(open({ path: 'file.bin' })).rejects.toThrow(/no dataset that can be opened/);
  await expect(open({ path: 'one', format: 'zip' })).rejects.toThrow(/is zip, but .* is a folder/);
});

test('an empty class folder is left out of the classes and listed', async () => {
  const root = await temporaryFolder();
  await writeTree(root, await classTree('', ['a', 'b'], 5));
  await mkdir(path.join(root, 'empty'));
  const opened = await openDataset(configOf({ path: root }), root);
  expect(opened.classes).toEqual(['a', 'b']);
  expect(opened.broken.map(({ reason }) => reason)).toEqual([expect.stringMatching(/holds no images/)]);
});

test('the fingerprint tells contents, names, splits and limits apart, and not where the dataset lies', async () => {
  const files = await classTree('', ['a', 'b'], 6);
  const print = async (tree: Record<string, Uint8Array>, dataset: object = {}): Promise<string> => (await openTree(tree, dataset)).opened.fingerprint;
  const original = await print(files);
  expect(original).toMatch(/^[0-9a-f]{64}$/);
  expect(await print(files)).toBe(original);
  const others = [
    await print({ ...files, 'a/0.png': await plainPng(99) }),
    await print(Object.fromEntries(Object.entries(files).map(([name, bytes]) => [name.replace('a/0', 'a/00'), bytes]))),
    await print(files, { split_seed: 1 }),
    await print(files, { limit: { train: 4 } }),
    await print(Object.fromEntries(Object.entries(files).map(([name, bytes]) => [name.replace('b/', 'c/'), bytes]))),
  ];
  expect(new Set([original, ...others]).size).toBe(6);
});

test('progress is told, and a signal ends the opening', async () => {
  const root = await temporaryFolder();
  await writeTree(root, await classTree('', ['a', 'b'], 60));
  const told: string[] = [];
  await openDataset(configOf({ path: root }), root, { onProgress: (done, of) => told.push(`${done}/${of}`) });
  expect(told).toEqual(['100/120', '120/120']);
  const controller = new AbortController();
  const opening = openDataset(configOf({ path: root }), root, { signal: controller.signal, onProgress: () => controller.abort() });
  await expect(opening).rejects.toThrow(/abort/i);
  // Also while the folders are walked, which on a slow disk takes a while.
  await expect(openFolder(root, AbortSignal.abort())).rejects.toThrow(/abort/i);
});

test('images beyond the memory are decoded when they are read; one that has gone is named', async () => {
  const { gather } = await import('../../../src/engine/dataset/gather');
  const { openInventory } = await import('../../../src/engine/dataset/inventory');
  const { openDecoded } = await import('../../../src/engine/dataset/decoded');
  const root = await temporaryFolder();
  await writeTree(root, await classTree('', ['a', 'b'], 4));
  const config = configOf({});
  const source = await openFolder(root);
  const target = { image: config.image, fit: { how: 'none', from: [8, 8], to: [8, 8] } } as const;
  const nowhere = { inventory: await openInventory(undefined, root), decoded: openDecoded(undefined, '', 8 * 8 * 3) };
  const { split } = await gather(source.train, target, { left: 3 * 8 * 8 * 3 }, nowhere, {});
  const kept = await gather(source.train, target, { left: 1e6 }, nowhere, {});
  expect(await redsOf(split)).toEqual(await redsOf(kept.split));
  await rm(path.join(root, 'b'), { recursive: true });
  expect((await split.read(Int32Array.of(2))).data[0]).toBe(2);
  await expect(split.read(Int32Array.of(0, 7))).rejects.toThrow(/b.3\.png could be read when the dataset was opened/);
  expect(await readdir(root)).toEqual(['a']);
});
