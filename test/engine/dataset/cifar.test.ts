import { expect, test } from 'vitest';
import { openDataset } from '../../../src/engine/dataset/open';
import { temporaryFolder, writeTree } from '../../fixtures/data';
import { configOf } from './pictures';

/** A record: the label bytes, then plain planes of red, green and blue. */
function record(labels: readonly number[], [r, g, b]: readonly [number, number, number]): Buffer {
  return Buffer.concat([Buffer.from(labels), ...[r, g, b].map((value) => Buffer.alloc(1024, value))]);
}

/** `each` images of all of `classes` classes, red = number of the image, green = 1, blue = 2. */
function batch(classes: number, each: number, labelsOf: (label: number) => readonly number[]): Buffer {
  return Buffer.concat(
    Array.from({ length: classes * each }, (_, i) => record(labelsOf(i % classes), [Math.floor(i / classes), 1, 2])),
  );
}

async function openFiles(files: Record<string, string | Uint8Array>, dataset: object = {}) {
  const root = await temporaryFolder();
  await writeTree(root, files);
  return openDataset(configOf({ path: '.', val_split: 0, test_split: 0, ...dataset }, { image: { size: 32 } }), root);
}

const one = (label: number): readonly number[] => [label];
const NAMES = ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'];

test('CIFAR-10: batches in order, names from the meta file, planes interleaved', async () => {
  const files: Record<string, string | Uint8Array> = { 'batches.meta.txt': `${NAMES.join('\n')}\n\n`, 'readme.html': 'x' };
  for (const number of [1, 2, 10]) files[`data_batch_${number}.bin`] = batch(10, 2, one);
  files['test_batch.bin'] = batch(10, 1, one);
  const { format, classes, splits } = await openFiles(files);
  expect([format, classes]).toEqual(['cifar', NAMES]);
  expect([splits.train.size, splits.val.size, splits.test.size]).toEqual([60, 0, 10]);
  const { data } = await splits.train.read(Int32Array.of(10));
  expect([...data.subarray(0, 6)]).toEqual([1, 1, 2, 1, 1, 2]);
  expect(splits.train.labels[13]).toBe(3);
  expect([20, 40].map((i) => splits.train.name(i).replace(/^.*[\\/]/, ''))).toEqual(['data_batch_2.bin#0', 'data_batch_10.bin#0']);
});

test('CIFAR-100: the fine label is the class', async () => {
  const files = { 'train.bin': batch(100, 1, (label) => [label % 20, label]), 'test.bin': batch(100, 1, (label) => [label % 20, label]) };
  const { classes, splits } = await openFiles(files, { limit: { train: 100 } });
  expect(classes).toHaveLength(100);
  expect([...splits.test.labels]).toEqual(Array.from({ length: 100 }, (_, i) => i));
});

test('wrong files are refused', async () => {
  const cases: readonly (readonly [Record<string, string | Uint8Array>, RegExp])[] = [
    [{ 'data_batch_1.bin': Buffer.alloc(3072) }, /3072 bytes are no multiple of 3073/],
    [{ 'data_batch_1.bin': record([10], [0, 0, 0]) }, /image 0 has the label 10, but there are only 10 classes/],
    [{ 'data_batch_1.bin': batch(10, 1, one), 'batches.meta.txt': 'cat\ndog' }, /should list 10 classes, but lists 2/],
    [{ data_batch_1: 'pickle', 'batches.meta': 'pickle' }, /Python version of CIFAR/],
  ];
  for (const [files, reason] of cases) await expect(openFiles(files), String(reason)).rejects.toThrow(reason);
});
