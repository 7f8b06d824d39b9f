import { renameSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { loadCheckpoint } from '../../../src/engine/checkpoint';
import { writeShapes } from '../../../src/engine/dataset/shapes';
import { compareRuns, listRuns, resolveCheckpoint } from '../../../src/engine/runStore';
import { applied, changeSweep } from '../../../src/engine/sweep/change';
import { leadSweep, type LeadOptions } from '../../../src/engine/sweep/lead';
import { processTrainer } from '../../../src/engine/sweep/processTrainer';
import { readSweep, type SweepRecord } from '../../../src/engine/sweep/record';
import { createSweep, planSweep } from '../../../src/engine/sweep/sweep';
import { bundle } from '../bundle';
import { temporaryFolder, weightsHash } from '../tiny';

/** Real trainings in real processes. */

let engine: string;
beforeAll(async () => {
  engine = await bundle('main');
});

const CONFIG = `name: own
dataset: {format: shapes, shapes: {images: 120, size: 16}}
image: {size: 16}
model: {depth: 1, embed_dim: 16, num_heads: 2, drop_path_rate: 0.1}
train: {epochs: 6, batch_size: 16, mixup: 0.4, augment: {hflip: true, crop_padding: 2}}
sweep: {parameters: {model.patch_size: [4, 8]}, seeds: 2}
`;

async function newSweep(): Promise<string> {
  const folder = await temporaryFolder();
  const file = path.join(folder, 'c.yaml');
  await writeFile(file, CONFIG);
  return (await createSweep(await planSweep(file, [], () => undefined), path.join(folder, 'runs'))).folder;
}

const lead = (folder: string, options: LeadOptions): Promise<boolean> => leadSweep(folder, processTrainer({ file: engine }), options);

/** What every training has made, by its place in the plan. */
async function weights(folder: string): Promise<string[]> {
  const { entries } = await readSweep(folder);
  return Promise.all(entries.map(async ({ run }) => weightsHash((await loadCheckpoint(await resolveCheckpoint(`${path.resolve(folder, run!)}@last`))).params)));
}

/** Without what tells one run of a sweep from another: its seconds and its folder. */
async function table(folder: string): Promise<string[]> {
  return (await readFile(path.join(folder, 'results.csv'), 'utf8')).trim().split('\r\n').map((line) => line.split(',').slice(0, 7).join());
}

test('a training whose images are not those of the others is stopped and told; the others go on', { timeout: 120_000 }, async () => {
  const folder = await temporaryFolder();
  const images = path.join(folder, 'images');
  await writeShapes(images, { images: 60, size: 16, seed: 1 });
  const file = path.join(folder, 'c.yaml');
  await writeFile(file, `dataset: {path: images}\nimage: {size: 16}\nmodel: {depth: 1, embed_dim: 16, num_heads: 2, patch_size: 8}\ntrain: {epochs: 1, batch_size: 16, warmup_epochs: 0}\nsweep: {parameters: {train.lr: [0.001, 0.002]}}\n`);
  const sweep = (await createSweep(await planSweep(file, [], () => undefined), path.join(folder, 'runs'))).folder;
  const circles = path.join(images, 'train', 'circle');
  const [gone] = await readdir(circles);
  const kept = path.join(folder, 'kept.png');
  // Between the first training and the second.
  const removing = { parallel: 1, onChange: (record: SweepRecord, index: number) => {
    if (index === 0 && record.entries[0]!.state === 'finished') renameSync(path.join(circles, gone!), kept);
  } };
  expect(await lead(sweep, removing)).toBe(true);
  const { entries } = await readSweep(sweep);
  expect(entries.map(({ state }) => state)).toEqual(['finished', 'failed']);
  expect(entries[1]!.reason).toMatch(/^Its images are not those of .* \(then \d+ \+ \d+ \+ \d+ images, fingerprint [0-9a-f]{12}, now /);
  // Side by side the comparison tells of it, though no key differs but the rate.
  const runs = (await listRuns(path.join(folder, 'runs'))).map((run) => run.path);
  expect((await compareRuns(runs)).differences.map(({ key }) => key)).toEqual(['train.lr', 'dataset.fingerprint']);
  // Tried again it is asked again; with the images back, it is trained.
  const again = (): Promise<unknown> => changeSweep(sweep, (record) => applied(record, { type: 'retry', trials: [1] }));
  await again();
  expect(await lead(sweep, { parallel: 1 })).toBe(true);
  expect((await readSweep(sweep)).entries[1]).toMatchObject({ state: 'failed', reason: entries[1]!.reason });
  renameSync(kept, path.join(circles, gone!));
  await again();
  expect(await lead(sweep, { parallel: 1 })).toBe(true);
  const after = (await readSweep(sweep)).entries[1]!;
  expect([after.state, after.reason]).toEqual(['finished', undefined]);
});

test('side by side, reordered, paused and gone on with, every training is the same bit for bit as one after the other', { timeout: 120_000 }, async () => {
  const alone = await newSweep();
  expect(await lead(alone, { parallel: 1 })).toBe(true);

  const together = await newSweep();
  await changeSweep(together, (record) => applied(record, { type: 'move', trials: [3], to: 'first' }));
  let begun = 0;
  const paused = await lead(together, {
    parallel: 2,
    onChange: (record, index) => {
      if (record.entries[index]!.state === 'running' && ++begun === 3) void changeSweep(together, (now) => applied(now, { type: 'pause' }));
    },
  });
  expect(paused).toBe(false);
  expect(await lead(together, { parallel: 2 })).toBe(true);
  expect(await weights(together)).toEqual(await weights(alone));
  expect(await table(together)).toEqual(await table(alone));
});

test('a process that dies takes no other with it; its training fails with the reason and goes on when it is tried again', { timeout: 120_000 }, async () => {
  const folder = await newSweep();
  const killed = new Promise<void>((resolve) => {
    const watch = setInterval(() => {
      void readSweep(folder).then(async ({ entries }) => {
        const run = entries[0]!.state === 'running' ? entries[0]!.run : undefined;
        if (run === undefined) return;
        const { owner } = JSON.parse(await readFile(path.join(folder, run, 'run.json'), 'utf8')) as { owner: { pid: number } | null };
        if (!owner) return;
        clearInterval(watch);
        process.kill(owner.pid, 'SIGKILL');
        resolve();
      }).catch(() => undefined);
    }, 20);
  });
  const [done] = await Promise.all([lead(folder, { parallel: 2 }), killed]);
  expect(done).toBe(true);
  const { entries } = await readSweep(folder);
  expect(entries.map(({ state }) => state)).toEqual(['failed', 'finished', 'finished', 'finished']);
  expect(entries[0]!.reason).toMatch(/SIGKILL/);
  await changeSweep(folder, (record) => applied(record, { type: 'retry' }));
  expect(await lead(folder, { parallel: 1 })).toBe(true);
  expect((await readSweep(folder)).entries[0]!.state).toBe('finished');
});
