import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { openDataset } from '../../../src/engine/dataset/open';
import { temporaryFolder, testData, writeTree } from '../../fixtures/data';
import { configOf } from './pictures';

/** An IDX file: two zero bytes, type 8, the number of dimensions, their sizes, the data. */
function idx(shape: readonly number[], data: ArrayLike<number>): Buffer {
  const head = Buffer.alloc(4 + 4 * shape.length);
  head.writeUInt32BE(0x0800 + shape.length);
  shape.forEach((n, i) => head.writeUInt32BE(n, 4 + 4 * i));
  return Buffer.concat([head, Uint8Array.from(data)]);
}

const SIZE = 8 * 8;

/** `count` images, image i filled with i, labels 3, 5, 3, 5 … */
function images(count: number): Buffer {
  return idx([count, 8, 8], Array.from({ length: count * SIZE }, (_, i) => Math.floor(i / SIZE)));
}

function labels(count: number): Buffer {
  return idx([count], Array.from({ length: count }, (_, i) => (i % 2 === 0 ? 3 : 5)));
}

async function openFiles(files: Record<string, Uint8Array>, at = '.', dataset: object = {}) {
  const root = await temporaryFolder();
  await writeTree(root, files);
  return openDataset(configOf({ path: at, val_split: 0, test_split: 0, ...dataset }, { image: { size: 8, channels: 1 } }), root);
}

test('train and t10k are the splits, plain or gzip; classes are the numbers', async () => {
  const { format, classes, splits } = await openFiles({
    'train-images-idx3-ubyte': images(20),
    'train-labels-idx1-ubyte': labels(20),
    't10k-images-idx3-ubyte.gz': gzipSync(images(4)),
    't10k-labels-idx1-ubyte.gz': gzipSync(labels(4)),
  });
  expect([format, classes.join()]).toEqual(['idx', '3,5']);
  expect([splits.train.size, splits.test.size]).toEqual([20, 4]);
  expect([...splits.test.labels]).toEqual([0, 1, 0, 1]);
  const { data } = await splits.train.read(Int32Array.of(17, 2));
  expect([data[0], data[SIZE - 1], data[SIZE]]).toEqual([17, 17, 2]);
  expect(splits.train.name(17)).toMatch(/train-images-idx3-ubyte#17$/);
});

test('a single images file finds its labels and is split', async () => {
  const files = { 'train-images.idx3-ubyte': images(40), 'train-labels.idx1-ubyte': labels(40) };
  const { splits } = await openFiles(files, 'train-images.idx3-ubyte', { val_split: 0.1, test_split: 0.2 });
  expect([splits.train.size, splits.val.size, splits.test.size]).toEqual([28, 4, 8]);
});

test('wrong files are refused by name', async () => {
  const good = { 'train-images-idx3-ubyte': images(4), 'train-labels-idx1-ubyte': labels(4) };
  const image = 'train-images-idx3-ubyte';
  const cases: readonly (readonly [Record<string, Uint8Array>, RegExp])[] = [
    [{ [image]: images(4) }, /labels of .*train-images-idx3-ubyte are missing/],
    [{ ...good, 'train-labels-idx1-ubyte': labels(3) }, /has 4 images, but .* has 3 labels/],
    [{ ...good, [image]: labels(4) }, /starts with 0x00000801 instead of 0x00000803/],
    [{ ...good, [image]: images(4).subarray(0, 100) }, /promises 256 bytes, but 84 follow/],
    [{ ...good, [image]: Buffer.concat([images(4), Buffer.alloc(1)]) }, /promises 256 bytes, but 257 follow/],
    [{ ...good, [image]: idx([2 ** 31, 2 ** 31, 2 ** 31], []) }, /promises/],
    [{ ...good, [image]: gzipSync(images(4)).subarray(0, 40) }, /cannot be unpacked/],
    [{ ...good, [image]: new Uint8Array(0) }, /no IDX file/],
    [{ ...good, [`${image}.gz`]: gzipSync(images(4)) }, /one IDX file of training images/],
  ];
  for (const [files, reason] of cases) await expect(openFiles(files), String(reason)).rejects.toThrow(reason);
});

test("MNIST's test images are read right", async () => {
  const folder = testData('mnist-t10k');
  if (folder === undefined) return;
  const config = configOf({ path: folder, val_split: 0, test_split: 0 }, { image: { size: 28, channels: 1 }, model: { patch_size: 7 } });
  const { classes, splits } = await openDataset(config, '/');
  expect(classes.join('')).toBe('0123456789');
  expect(splits.train.size).toBe(10_000);
  expect([...splits.train.labels.subarray(0, 10)]).toEqual([7, 2, 1, 0, 4, 1, 4, 9, 5, 9]);
  const { data } = await splits.train.read(Int32Array.from({ length: 10_000 }, (_, i) => i));
  // The mean pixel of the MNIST test set is 0.1325 (torchvision's examples use 0.1307, that of the training set).
  expect(data.reduce((sum, value) => sum + value, 0) / data.length / 255).toBeCloseTo(0.1325, 4);
});
