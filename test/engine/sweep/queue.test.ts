import { writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import { expect, test } from 'vitest';
import { queueOf } from '../../../src/engine/sweep/advance';
import { applied, changeSweep } from '../../../src/engine/sweep/change';
import { sideBySide } from '../../../src/engine/sweep/fit';
import { leadSweep, type Trainer } from '../../../src/engine/sweep/lead';
import { listSweeps, sweepResults } from '../../../src/engine/sweep/list';
import { readSweep, type SweepRecord } from '../../../src/engine/sweep/record';
import { createSweep, planSweep } from '../../../src/engine/sweep/sweep';
import type { SweepChange } from '../../../src/sweepProtocol';
import { temporaryFolder } from '../tiny';

/** Six trainings of two combinations. */
async function sixTrainings(): Promise<string> {
  const folder = await temporaryFolder();
  const file = path.join(folder, 'c.yaml');
  await writeFile(file, 'name: own\ndataset: {format: shapes}\nmodel: {depth: 1, embed_dim: 16, num_heads: 2}\nsweep: {parameters: {model.patch_size: [4, 8]}, seeds: 3}\n');
  return (await createSweep(await planSweep(file, [], () => undefined), path.join(folder, 'runs'))).folder;
}

const failing = { type: 'ended', run: '', reason: 'error', message: 'no memory', metrics: {} } as const;
const stopped = { type: 'ended', run: '', reason: 'stopped', message: '', metrics: {} } as const;

/** Trains until it is told to end, or is stopped. */
function patient(): { readonly trainer: Trainer; readonly names: string[]; readonly end: (name: string) => void; most: number; now: number } {
  const ends = new Map<string, () => void>();
  const self = {
    names: [] as string[],
    most: 0,
    now: 0,
    end: (name: string) => ends.get(name)?.(),
    trainer: {
      start: ({ set }, _onRun, signal) => {
        const name = set.slice(0, 2).join(' ').replaceAll(/model\.patch_size=|seed=/g, '');
        self.names.push(name);
        self.most = Math.max(self.most, ++self.now);
        return new Promise<typeof failing | typeof stopped>((resolve) => {
          ends.set(name, () => resolve(failing));
          signal.addEventListener('abort', () => resolve(stopped));
        }).finally(() => self.now--);
      },
      resume: () => Promise.reject(new Error('nothing to resume')),
    } satisfies Trainer,
  };
  return self;
}

async function until(what: () => boolean): Promise<void> {
  for (let i = 0; i < 400 && !what(); i++) await new Promise((resolve) => setTimeout(resolve, 25));
  expect(what()).toBe(true);
}

test('the queue is moved by one, to the front and in front of another; what is chosen keeps its order', async () => {
  const record = await readSweep(await sixTrainings());
  const after = (...changes: readonly SweepChange[]): readonly number[] => queueOf(changes.reduce<SweepRecord>((all, change) => applied(all, change), record));
  expect(after()).toEqual([0, 1, 2, 3, 4, 5]);
  expect(after({ type: 'move', trials: [3], to: 'up' })).toEqual([0, 1, 3, 2, 4, 5]);
  expect(after({ type: 'move', trials: [0, 1], to: 'up' })).toEqual([0, 1, 2, 3, 4, 5]);
  expect(after({ type: 'move', trials: [1, 2], to: 'down' })).toEqual([0, 3, 1, 2, 4, 5]);
  expect(after({ type: 'move', trials: [5, 4], to: 'first' })).toEqual([4, 5, 0, 1, 2, 3]);
  expect(after({ type: 'place', trials: [0, 4], before: 2 })).toEqual([1, 0, 4, 2, 3, 5]);
  expect(after({ type: 'place', trials: [1], before: null })).toEqual([0, 2, 3, 4, 5, 1]);
  expect(after({ type: 'move', trials: [5], to: 'first' }, { type: 'skip', trials: [0] })).toEqual([5, 1, 2, 3, 4]);
  expect(after({ type: 'skip', trials: [0, 3] }, { type: 'retry', trials: [3] })).toEqual([1, 2, 3, 4, 5]);
});

test('so many train side by side and no more; the queue is read anew before each, and a pause stops all of them', async () => {
  const folder = await sixTrainings();
  const own = patient();
  const led = leadSweep(folder, own.trainer, { parallel: 2 });
  await until(() => own.names.length === 2);
  expect(own.names).toEqual(['4 0', '8 0']);
  await changeSweep(folder, (record) => applied(record, { type: 'move', trials: [5], to: 'first' }));
  own.end('4 0');
  await until(() => own.names.length === 3);
  expect(own.names[2]).toBe('8 2');
  // Taken out of the queue while it trains, it is stopped, and the next one begins.
  await changeSweep(folder, (record) => applied(record, { type: 'skip', trials: [1] }));
  await until(() => own.names.length === 4);
  await expect(leadSweep(folder, own.trainer, { parallel: 1 })).rejects.toThrow(/run by another process/);
  await changeSweep(folder, (record) => applied(record, { type: 'pause' }));
  expect(await led).toBe(false);
  expect(own.most).toBe(2);
  expect((await readSweep(folder)).entries.map(({ state }) => state)).toEqual(['failed', 'skipped', 'waiting', 'waiting', 'waiting', 'waiting']);
  const [summary] = await listSweeps(path.dirname(folder));
  expect(summary).toMatchObject({ name: 'own', state: 'paused', keys: ['patch_size'] });
  expect(summary!.trials.map(({ index }) => index)).toEqual([5, 2, 3, 4, 0, 1]);
});

test('changes of many at once are all made', async () => {
  const folder = await sixTrainings();
  await Promise.all([0, 1, 2, 3].map((index) => changeSweep(folder, (record) => applied(record, { type: 'skip', trials: [index] }))));
  expect((await readSweep(folder)).entries.map(({ state }) => state)).toEqual(['skipped', 'skipped', 'skipped', 'skipped', 'waiting', 'waiting']);
});

test('no more train side by side than fit into memory; who asks for more is told how many do', async () => {
  const record = await readSweep(await sixTrainings());
  const GIB = 2 ** 30;
  const large: SweepRecord = { ...record, settings: record.settings.map((setting) => ({ ...setting, memory: 3 * GIB })) };
  expect(sideBySide(large, undefined, 32 * GIB, 2)).toBe(1);
  expect(sideBySide(large, undefined, 32 * GIB, 16)).toBe(4);
  // 90 % of 8 GiB hold two times 3.25 GiB.
  expect(sideBySide(large, undefined, 8 * GIB, 16)).toBe(2);
  expect(sideBySide(large, 2, 8 * GIB, 2)).toBe(2);
  expect(() => sideBySide(large, 3, 8 * GIB, 2)).toThrow(/3 trainings side by side would take about 9.?984 MiB.*--parallel 2/);
  expect(() => sideBySide({ ...large, parallel: 4 }, undefined, 8 * GIB, 2)).toThrow(/Let 2 run at a time/);
  expect(sideBySide(large, 1, 1 * GIB, 2)).toBe(1);
  expect(sideBySide(large, 40, 64 * GIB, 2)).toBe(6);
});

test('results say which keys vary, numbers by their size, and what failed has none', async () => {
  const folder = await sixTrainings();
  const results = await sweepResults(folder);
  expect(results.axes).toEqual([{ key: 'model.patch_size', name: 'patch_size', values: ['4', '8'], numeric: true }]);
  expect(results.rows.map(({ values, of, finished }) => [values, of, finished])).toEqual([[['4'], 3, 0], [['8'], 3, 0]]);
  expect(results.sweep.state).toBe('paused');
});
