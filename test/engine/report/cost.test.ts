import { expect, test } from 'vitest';
import { configSchema } from '../../../src/engine/config/schema';
import type { Material, ReportRun } from '../../../src/engine/report/material';
import { recipeWords } from '../../../src/engine/report/recipe';
import { cost } from '../../../src/engine/report/sections/cost';

const runOn = (label: string, processor: string, rows: object[] = []): ReportRun => {
  const record = { machine: { processor, cores: 2 }, platform: 'linux-x64', engine: { label: 'onnx' }, seconds: 1, step: 1, steps: 1, epoch: 1, epochs: 1, params: 1, dataset: { sizes: { train: 1 } } };
  return { label, record, rows } as unknown as ReportRun;
};
const said = (...runs: ReportRun[]): string => JSON.stringify(cost({ runs } as unknown as Material).blocks.filter(({ kind }) => kind === 'text' || kind === 'caution'));

test('where runs had several machines it is said which had which, and one is simply named', () => {
  expect(said(runOn('a', 'fast'), runOn('b', 'slow'), runOn('c', 'fast'))).toMatch(/a, c: Trained on fast with 2 cores .*b: Trained on slow with 2 cores /);
  expect(said(runOn('a', 'fast'), runOn('b', 'fast'))).toMatch(/"Trained on fast with 2 cores/);
});

test('what other programs took of the processor while a run trained is told with its times', () => {
  const load = (all: number, own: number): object => ({ values: { 'system/cpu_utilization_percentage': all, 'system/process_cpu_utilization_percentage': own } });
  const words = said(runOn('alone', 'x', [load(99, 96), load(98, 95)]), runOn('beside', 'x', [load(100, 40), load(100, 90)]));
  expect(words).toContain('longer than the training needs, and not to be held against others. The share that they took: beside (35.0 %).');
  expect(words).not.toContain('was not recorded');
  expect(said(runOn('alone', 'x', [load(99, 96)]), runOn('old', 'x'))).toContain('was not recorded for old.');
  expect(said(runOn('old', 'x'))).toContain('What else the machine did meanwhile was not recorded.');
});

test('a training of one epoch is told in the singular', () => {
  const first = (epochs: number): string => JSON.stringify(recipeWords(configSchema.parse({ dataset: { format: 'shapes' }, train: { epochs } }))[0]);
  expect(first(1)).toContain('One epoch in batches of 64 with AdamW');
  expect(first(2)).toContain('2 epochs in batches of 64 with AdamW');
});
