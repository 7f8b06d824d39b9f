import { expect, test } from 'vitest';
import type { Block } from '../../../src/engine/report/document';
import type { DatasetSeen, Material } from '../../../src/engine/report/material';
import { data } from '../../../src/engine/report/sections/data';
import { failures } from '../../../src/engine/report/sections/failures';
import type { DatasetFindings } from '../../../src/protocol';

const classes = ['bee', 'wasp'];
const NO_COPIES: DatasetFindings['duplicates'] = { across: { 'train-val': 0, 'train-test': 0, 'val-test': 0 }, within: { train: 0, val: 0, test: 0 }, listed: [], relabelled: [] };

function section(counts: DatasetFindings['counts'], duplicates = NO_COPIES): readonly Block[] {
  const sum = (all: readonly number[]): number => all.reduce((a, b) => a + b, 0);
  const record = { name: 'insects', classes, sizes: { train: sum(counts.train), val: sum(counts.val), test: sum(counts.test) }, broken: 0 } as unknown as DatasetSeen['record'];
  const seen: DatasetSeen = { record, runs: [0], findings: { counts, duplicates }, closed: null, examples: [], aspect: 1, width: 32 };
  return data({ runs: [], datasets: [seen], withoutImages: true } as unknown as Material).blocks;
}

const cautions = (blocks: readonly Block[]): string[] => blocks.filter(({ kind }) => kind === 'caution').map((block) => JSON.stringify(block));

test('the section on data tells how uneven the classes are, and advises nothing: the trainings are over', () => {
  const blocks = section({ train: [90, 10], val: [9, 1], test: [9, 1] }, { ...NO_COPIES, across: { ...NO_COPIES.across, 'train-test': 1 }, listed: [{ splits: ['train', 'test'], files: ['/home/ana/insects/train/bee/1.png', '/home/ana/insects/test/bee/2.png'], classes: [0, 0] }] });
  const text = JSON.stringify(blocks);
  expect(text).toContain('The smallest class has 10 training images and the largest 90, 9.00 times as many.');
  expect(text).not.toContain('class_weights');
  expect(cautions(blocks)).toEqual([expect.stringContaining('Images of test that are in train, too (the same file): 1. What is measured on test is too good. For example test/bee/2.png and train/bee/1.png.')]);
  expect(text).not.toContain('ana');
});

test('a class that nothing measures is told, also without copies', () => {
  const blocks = section({ train: [20, 20], val: [4, 0], test: [4, 4] });
  expect(cautions(blocks)).toEqual([expect.stringContaining('Classes without a validation image: wasp.')]);
  expect(JSON.stringify(blocks)).toContain('No image is in two splits');
});

test('what the log of a run says of its images is not told a second time', () => {
  const counts = { train: [90, 10], val: [9, 1], test: [9, 1] };
  const seen = { record: { classes }, findings: { counts, duplicates: NO_COPIES } };
  const advice = 'The classes are uneven: bee has 90 training images, wasp has 10. Consider `train.class_weights: balanced` or `dataset.sampling.order: balanced`, and look at balanced accuracy and F1 rather than accuracy.';
  const run = { label: 'vit', logged: [advice, 'Skipped 1.png: it is no image'], summary: { state: 'finished' } };
  const text = JSON.stringify(failures({ runs: [run], datasets: [seen] } as unknown as Material).blocks);
  expect(text).toContain('vit: Skipped 1.png');
  expect(text).not.toContain('uneven');
});
