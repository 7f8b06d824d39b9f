import { expect, test } from 'vitest';
import type { Block } from '../../../src/engine/report/document';
import type { DatasetSeen, Material } from '../../../src/engine/report/material';
import { data } from '../../../src/engine/report/sections/data';
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

test('a report tells how uneven the classes are, and advises nothing: the trainings are over', () => {
  const blocks = section({ train: [90, 10], val: [9, 1], test: [9, 1] }, { ...NO_COPIES, across: { ...NO_COPIES.across, 'train-test': 1 }, listed: [{ splits: ['train', 'test'], files: ['train/bee/1.png', 'test/bee/2.png'], classes: [0, 0] }] });
  const text = JSON.stringify(blocks);
  expect(text).toContain('The smallest class has 10 training images and the largest 90, 9.00 times as many.');
  expect(text).not.toContain('class_weights');
  expect(cautions(blocks)).toEqual([expect.stringContaining('Images of test that are in train, too (the same file): 1.')]);
});

test('a class that nothing measures is told, also without copies', () => {
  const blocks = section({ train: [20, 20], val: [4, 0], test: [4, 4] });
  expect(cautions(blocks)).toEqual([expect.stringContaining('Classes without a validation image: wasp.')]);
  expect(JSON.stringify(blocks)).toContain('No image is in two splits');
});
