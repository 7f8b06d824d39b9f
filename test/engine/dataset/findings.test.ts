import { mkdir, writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import { expect, test } from 'vitest';
import { configSchema } from '../../../src/engine/config/schema';
import { evensOut, warningsOf } from '../../../src/engine/dataset/findings';
import { openDataset } from '../../../src/engine/dataset/open';
import { temporaryFolder } from '../tiny';
import { configOf, plainPng } from './pictures';

/** Images by the red of their one colour. */
async function openReds(tree: Record<string, number>) {
  const root = await temporaryFolder();
  for (const [name, red] of Object.entries(tree)) {
    await mkdir(path.dirname(path.join(root, name)), { recursive: true });
    await writeFile(path.join(root, name), await plainPng(red));
  }
  const { findings, classes } = await openDataset(configOf({ path: root, val_split: 0, test_split: 0 }), root);
  return { findings, warnings: warningsOf(findings, classes, false).map((text) => text.replaceAll(root + path.sep, '').replaceAll('\\', '/')) };
}

test('even classes without duplicates are not worth a word', async () => {
  const { findings, warnings } = await openReds({ 'train/a/0.png': 1, 'train/a/1.png': 2, 'train/b/0.png': 3, 'test/a/0.png': 4, 'test/b/0.png': 5 });
  expect(findings.counts).toEqual({ train: [2, 1], val: [0, 0], test: [1, 1] });
  expect(warnings).toEqual([]);
});

test('copies within and across splits are counted and named, and an image of two classes', async () => {
  const { findings, warnings } = await openReds({
    'train/a/0.png': 1, 'train/a/1.png': 1, 'train/a/2.png': 2, 'train/b/0.png': 3, 'train/b/1.png': 5,
    'val/b/0.png': 3, 'val/b/1.png': 8,
    'test/a/0.png': 1, 'test/a/1.png': 1, 'test/b/0.png': 2, 'test/b/1.png': 8,
  });
  const { within, across, listed, relabelled } = findings.duplicates;
  expect(within).toEqual({ train: 1, val: 0, test: 1 });
  expect(across).toEqual({ 'train-val': 1, 'train-test': 2, 'val-test': 1 });
  expect(listed.map(({ splits }) => splits.join('-'))).toEqual(['train-val', 'train-test', 'train-test', 'val-test']);
  expect(relabelled).toHaveLength(1);
  expect(warnings).toEqual([
    'Classes without a validation image: a. Whether they are recognised is not measured there.',
    'Images of val that are in train, too (the same file): 1. What is measured on val is too good. For example val/b/0.png and train/b/0.png.',
    'Images of test that are in train, too (the same file): 2. What is measured on test is too good. For example test/a/0.png and train/a/0.png.',
    'Images of test that are in val, too (the same file): 1. What is measured on test is too good. For example test/b/1.png and val/b/1.png.',
    'Copies of images within a split: 2 (training 1, validation 0, test 1).',
    'The same image has two classes: train/a/2.png (a) and test/b/0.png (b).',
  ]);
});

test('uneven classes are told with what can be done', async () => {
  const tree = Object.fromEntries(Array.from({ length: 8 }, (_, i) => [`${i < 6 ? 'many' : 'few'}/${i}.png`, i]));
  const { warnings } = await openReds(tree);
  expect(warnings).toEqual([expect.stringMatching(/^The classes are uneven: many has 6 training images, few has 2\..*class_weights: balanced.*sampling\.order: balanced/)]);
});

test('what makes up for uneven classes is not advised where it is done; classes that nothing measures are named', async () => {
  const tree = Object.fromEntries([...Array.from({ length: 6 }, (_, i) => `train/many/${i}.png`), 'train/few/0.png', 'train/few/1.png', 'val/many/9.png', 'test/few/9.png'].map((name, i) => [name, i]));
  const { findings } = await openReds(tree);
  expect(warningsOf(findings, ['few', 'many'], true)).toEqual([
    'The classes are uneven: many has 6 training images, few has 2. Look at balanced accuracy and F1 rather than accuracy.',
    'Classes without a validation image: few. Whether they are recognised is not measured there.',
    'Classes without a test image: many. Whether they are recognised is not measured there.',
  ]);
});

test('weights that are all alike, and shuffling, make up for nothing', () => {
  const evened = (train: object, sampling: object = {}): boolean => evensOut(configSchema.parse({ train, dataset: { sampling } }));
  expect([evened({}), evened({ class_weights: [2, 2] })]).toEqual([false, false]);
  expect([evened({ class_weights: 'balanced' }), evened({ class_weights: [1, 5] }), evened({}, { order: 'balanced' })]).toEqual([true, true, true]);
});
