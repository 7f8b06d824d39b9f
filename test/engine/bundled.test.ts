import { cp, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import { expect, test } from 'vitest';
import { loadCheckpoint } from '../../src/engine/checkpoint';
import { modelShape } from '../../src/engine/facts';
import { flowFacts } from '../../src/engine/inspect/flow';
import { countParams } from '../../src/engine/model/params';
import { openOwnDataset } from '../../src/engine/ownDataset';
import { listCheckpoints, readRun, resolveCheckpoint } from '../../src/engine/runStore';
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

test('the network for photos says that its images did not come along; those of the sample are drawn beside it', async () => {
  const [info] = await listCheckpoints(photos);
  expect(info?.withoutImages).toBe(true);
  const trained = { meta: (await loadCheckpoint(info!.path)).meta, info: info!, path: info!.path };
  const { signal } = new AbortController();
  await expect(openOwnDataset(trained, { signal })).rejects.toThrow(`${info!.path} comes without the images that it was trained on. Choose a folder of your own images instead`);
  // A copy of the dataset that somebody names is looked for where they say.
  await expect(openOwnDataset(trained, { signal, data: '/nowhere/cifar10' })).rejects.toThrow('There is nothing at /nowhere/cifar10, which --data names.');
  expect((await listCheckpoints(path.join(media, 'run/shapes-sample'))).map(({ withoutImages }) => withoutImages)).toEqual([undefined]);
});

test('the pages are told that the network for photos has convolutions before its tokens, and no class token', async () => {
  const { spec } = await loadCheckpoint(await resolveCheckpoint(photos, 'best'));
  expect(modelShape(spec)).toMatchObject({ projection: 'conv_stem', globalPool: 'seq', posEmbed: 'sincos2d' });
  expect(flowFacts(spec).prefix).toEqual([]);
});

test('whoever puts the images where the run says that they lie has them', async () => {
  const run = path.join(await temporaryFolder(), 'cifar10');
  await cp(photos, run, { recursive: true });
  await mkdir(path.join(run, 'cifar10'));
  expect((await listCheckpoints(run))[0]).not.toHaveProperty('withoutImages');
});

test('of images that were there and are not any more it is told where they were', async () => {
  const run = path.join(await temporaryFolder(), 'own');
  await cp(photos, run, { recursive: true });
  const record = JSON.parse(await readFile(path.join(run, 'run.json'), 'utf8')) as { dataset: Record<string, unknown> };
  const { shipped: _, ...dataset } = record.dataset;
  await writeFile(path.join(run, 'run.json'), JSON.stringify({ ...record, dataset }));
  const [info] = await listCheckpoints(run);
  const trained = { meta: (await loadCheckpoint(info!.path)).meta, info: info!, path: info!.path };
  await expect(openOwnDataset(trained, new AbortController())).rejects.toThrow(`are no longer at ${path.join(run, 'cifar10')}. Put them back there`);
});

test('the sample workspace gets the run of its own images alone', async () => {
  const folder = path.join(await temporaryFolder(), 'sample');
  await createSample(folder, media, new AbortController().signal, () => undefined);
  expect(await readdir(path.join(folder, 'runs'))).toEqual(['shapes-sample']);
});
