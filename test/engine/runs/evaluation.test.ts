import { writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import { expect, test } from 'vitest';
import { createRun, readEvaluation } from '../../../src/engine/runStore';
import type { EvaluationReport } from '../../../src/protocol';
import { analysed, type Sample } from '../../fixtures/evaluation';
import { readGolden } from '../../fixtures/golden';
import { newRun, temporaryFolder } from '../runFixture';

const sample = readGolden<Sample[]>('evaluation')[1]!;
const report: EvaluationReport = { split: 'test', epoch: 3, ...analysed(sample) };

async function written(value: unknown): Promise<string> {
  const run = temporaryFolder();
  await writeFile(path.join(run, 'evaluation.json'), JSON.stringify(value));
  return run;
}

test('what the test found is read back, number for number', async () => {
  const writer = await createRun(newRun(temporaryFolder()));
  await writer.saveEvaluation(report);
  expect(await readEvaluation(writer.path)).toEqual(report);
  await writer.finish('finished', 'completed', {});
});

test('a run of an earlier version has none', async () => {
  expect(await readEvaluation(temporaryFolder())).toBeNull();
});

test('a metric that is no number stays none', async () => {
  const run = await written({ format: 1, ...report, metrics: { loss: NaN }, calibration: { ...report.calibration, ece: NaN }, omitted: 'nan' });
  expect(await readEvaluation(run)).toMatchObject({ metrics: { loss: NaN }, calibration: { ece: NaN }, omitted: 'nan' });
});

test('what a later version adds is passed over; another format asks for an update, and damage names the file', async () => {
  expect(await readEvaluation(await written({ format: 1, ...report, more: 1 }))).toEqual(report);
  await expect(readEvaluation(await written({ format: 2, ...report }))).rejects.toThrow('newer version');
  const damaged = await written({ format: 1, ...report, classes: 'none' });
  await expect(readEvaluation(damaged)).rejects.toThrow(`${path.join(damaged, 'evaluation.json')} is damaged: classes`);
});
