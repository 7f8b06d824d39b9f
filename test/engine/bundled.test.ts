import { readdir, readFile, stat } from 'node:fs/promises';
import * as path from 'node:path';
import { expect, test } from 'vitest';
import { loadCheckpoint } from '../../src/engine/checkpoint';
import { countParams } from '../../src/engine/model/params';
import { readRun, resolveCheckpoint } from '../../src/engine/runStore';
import { createSample } from '../../src/engine/sample';
import { temporaryFolder } from './tiny';

const media = path.join(import.meta.dirname, '../../media/sample');
const photos = path.join(media, 'run/cifar10');

test('the network for photos that comes along is small, in half precision, and knows what it reached', async () => {
  const file = await resolveCheckpoint(photos, 'best');
  const { spec, params, meta } = await loadCheckpoint(file);
  expect(meta.classes).toContain('airplane');
  expect(countParams(spec)).toBeLessThanOrEqual(1_500_000);
  expect((await stat(file)).size).toBeLessThanOrEqual(3_000_000);
  // Every value is one of half precision.
  for (const [name, { data }] of params) expect(Float32Array.from(Float16Array.from(data)), name).toEqual(data);
  expect((await readRun(photos)).latest['test/top1']).toBeGreaterThan(0.81);
});

test('what comes along names no folder of the machine that trained it', async () => {
  for (const name of await readdir(photos, { recursive: true, withFileTypes: true }).then((all) => all.filter((one) => one.isFile()).map((one) => path.join(one.parentPath, one.name)))) {
    expect((await readFile(name)).toString('latin1'), name).not.toMatch(/\/(home|work|tmp|root|Users)\//);
  }
});

test('the sample workspace gets the run of its own images alone', async () => {
  const folder = path.join(await temporaryFolder(), 'sample');
  await createSample(folder, media, new AbortController().signal, () => undefined);
  expect(await readdir(path.join(folder, 'runs'))).toEqual(['shapes-sample']);
});
