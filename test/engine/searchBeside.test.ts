/** A training that leaves its engine open has others tested beside it. */
import { readFile } from 'node:fs/promises';
import * as path from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import type { Candidate } from '../../src/engine/compile/executor';
import { createEngine } from '../../src/engine/engine';
import { temporaryFolder } from '../fixtures/data';
import { fakeTests } from './compile/fakes';
import { tinyConfig } from './tiny';

vi.mock('../../src/engine/compile/machine', async (original) => ({
  ...(await original<object>()),
  providersHere: () => ['cpu', 'webgpu'],
  obstacle: ({ backend }: Candidate) => (backend === 'tfjs-node' ? undefined : 'not here'),
}));

afterEach(() => {
  vi.unstubAllEnvs();
});

test('it begins without them, tells once what is tested and what was found, and ends when it is stopped', async () => {
  const { asked } = await fakeTests({ 'tfjs-node cpu': 'works 1 10' });
  const folder = await temporaryFolder();
  const logged: string[] = [];
  const engine = createEngine({ emit: (name, value) => name === 'log' && logged.push((value as { message: string }).message), media: folder });
  const quiet = { signal: new AbortController().signal, progress: () => undefined };
  const config = await tinyConfig(folder, { train: { epochs: 5000 } });
  const { run } = await engine.api.startTraining({ config, runs: path.join(folder, 'runs') }, quiet);
  expect(await asked()).toEqual([]);
  await vi.waitFor(() => expect(logged).toHaveLength(2), 30_000);
  await engine.close();
  const told = ['Testing in the background whether another engine is faster here: tfjs-node', 'A faster engine was found: the fake tfjs-node cpu, 1.0 ms a step of the test instead of 10.0 ms. The next training uses it.'];
  expect(logged).toEqual(told);
  const lines = (await readFile(path.join(run, 'log.jsonl'), 'utf8')).trim().split('\n').map((line) => (JSON.parse(line) as { message: string }).message);
  for (const line of told) expect(lines).toContain(line);
  expect(await asked()).toEqual(['tfjs-node cpu']);
});
