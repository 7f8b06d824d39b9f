import { readdir } from 'node:fs/promises';
import * as path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readRun } from '../../src/engine/runStore';
import type { RunEvent } from '../../src/protocol';
import { bundle, deferred, startEngine, type EngineProcess } from './bundle';
import { temporaryFolder, tinyConfig } from './tiny';

let file: string;
let folder: string;
const started: EngineProcess[] = [];

function engine(onEvent?: (name: string, value: unknown) => void): EngineProcess {
  const one = startEngine(file, onEvent);
  started.push(one);
  return one;
}

beforeAll(async () => {
  file = await bundle('main');
  folder = await temporaryFolder();
});

afterAll(() => started.forEach(({ child }) => child.kill('SIGKILL')));

test('it answers requests, and errors keep their place', async () => {
  const { api } = engine();
  const problems = await api.checkConfig({ file: '/a/x.yaml', text: 'dataset:\n  format: shapes\nmodel:\n  dept: 3\n' });
  expect(problems).toHaveLength(1);
  expect(problems[0]).toMatchObject({ line: 4, suggestion: expect.stringContaining('depth') });
  await expect(api.describe({ path: path.join(folder, 'missing.yaml') })).rejects.toMatchObject({ name: 'UserError' });
});

test('typed arrays cross the process border as they are', async () => {
  const ended = deferred<RunEvent>();
  const { api } = engine((name, value) => name === 'run' && (value as RunEvent).type === 'ended' && ended.resolve(value as RunEvent));
  const { run } = await api.startTraining({ config: await tinyConfig(folder), runs: path.join(folder, 'runs') });
  expect(await ended.promise).toMatchObject({ type: 'ended', reason: 'completed', run });
  const positions = await api.viewPositions({ checkpoint: run });
  expect(positions.similarity).toBeInstanceOf(Float32Array);
});

test.each(['disconnect', 'SIGTERM'] as const)('no training goes on unseen: %s stops it with a checkpoint', async (how) => {
  const stepped = deferred<undefined>();
  const { child, api, gone } = engine((name, value) => name === 'run' && (value as RunEvent).type === 'step' && stepped.resolve(undefined));
  const config = await tinyConfig(folder, { train: { epochs: 5000 } }, `${how}.yaml`);
  const { run } = await api.startTraining({ config, runs: path.join(folder, 'runs') });
  await stepped.promise;
  if (how === 'disconnect') child.disconnect();
  else child.kill('SIGTERM');
  expect(await gone).toBe(0);
  expect(await readRun(run)).toMatchObject({ state: 'stopped', resumable: true });
  expect((await readdir(path.join(run, 'checkpoints'))).some((name) => name.endsWith('.safetensors'))).toBe(true);
}, 30_000);

test('a run that another process trains stops when asked', async () => {
  const trainer = engine();
  const other = engine();
  const config = await tinyConfig(folder, { train: { epochs: 5000 } }, 'other.yaml');
  const { run } = await trainer.api.startTraining({ config, runs: path.join(folder, 'runs') });
  await other.api.stopTraining({ run });
  expect(await readRun(run)).toMatchObject({ state: 'stopped', resumable: true });
}, 30_000);

test('started by hand it says what to use, with exit code 2', async () => {
  const { spawnSync } = await import('node:child_process');
  const { status, stderr } = spawnSync(process.execPath, [file], { encoding: 'utf8' });
  expect(status).toBe(2);
  expect(stderr).toContain('vit-lab');
});
