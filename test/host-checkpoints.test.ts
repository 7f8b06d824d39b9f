/** The choice of checkpoints: those of the runs, and the bundled ones that the workspace has no copy of. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test, vi } from 'vitest';
import { epochsDone, isWithinEpoch } from '../src/epochs';
import { Checkpoints } from '../src/host/checkpoints';
import type { EngineClient } from '../src/host/engineClient';
import type { Runs } from '../src/host/runs';
import type { CheckpointInfo, RunSummary } from '../src/protocol';

vi.mock('vscode', () => ({
  EventEmitter: class {
    readonly event = (): object => ({ dispose: () => undefined });
    fire = (): void => undefined;
    dispose = (): void => undefined;
  },
  l10n: { t: (text: string, ...values: unknown[]) => text.replace(/\{(\d)\}/g, (_, index: string) => String(values[Number(index)])) },
  commands: { executeCommand: () => Promise.resolve() },
}));

const place = realpathSync(mkdtempSync(path.join(tmpdir(), 'vit-lab-checkpoints-')));
afterAll(() => rmSync(place, { recursive: true }));
const bundledRuns = path.join(place, 'media');
const sample = path.join(bundledRuns, 'shapes-sample');
mkdirSync(sample, { recursive: true });

const runOf = (folder: string, created: string): RunSummary => ({ path: folder, name: 'shapes sample', state: 'finished', created, epoch: 2, epochs: 2, step: 20, steps: 20, latest: {}, dataset: 'shapes', resumable: false });
const checkpointOf = (run: string, epoch: number): CheckpointInfo => ({ path: path.join(run, 'checkpoints', `epoch-${epoch}.safetensors`), run, runName: 'shapes sample', epoch, step: 10 * epoch, metrics: {}, best: epoch === 2, last: epoch === 2, bytes: 1000, modified: '' });

/** What is listed where the workspace has these runs. */
async function listed(runs: readonly RunSummary[], chosen?: CheckpointInfo, begun?: string): Promise<Checkpoints> {
  const memory = new Map<string, unknown>(chosen ? [['activeCheckpoint', { path: chosen.path, run: chosen.run, follow: 'best' }]] : []);
  const client = {
    listRuns: () => Promise.resolve([runOf(sample, '2026-01-01T00:00:00.000Z')]),
    listCheckpoints: ({ run }: { run: string }) => Promise.resolve(run === begun ? [checkpointOf(run, 0)] : [checkpointOf(run, 2), ...(run === sample ? [checkpointOf(run, 1)] : [])]),
  };
  const all = { all: runs, loaded: true, find: (folder: string) => runs.find((run) => run.path === folder), onDidChange: () => ({ dispose: () => undefined }) } as unknown as Runs;
  const state = { get: (key: string, none: unknown) => memory.get(key) ?? none, update: (key: string, value: unknown) => Promise.resolve(void memory.set(key, value)) };
  const checkpoints = new Checkpoints({ client: () => Promise.resolve(client) } as unknown as EngineClient, all, state as never, { warn: () => undefined } as never, bundledRuns);
  await checkpoints.refresh();
  return checkpoints;
}
const names = ({ all }: Checkpoints): string[] => all.map((info) => `${path.relative(place, info.run)} ${info.epoch}`);

test('of the sample and its copy in the workspace the copy is listed; what it lacks stays', async () => {
  const own = path.join(place, 'runs', 'shapes-sample');
  const checkpoints = await listed([runOf(own, '2026-01-01T00:00:00.000Z')]);
  expect(names(checkpoints)).toEqual(['runs/shapes-sample 2', 'media/shapes-sample 1']);
  expect(checkpoints.all.map((info) => checkpoints.isSample(info))).toEqual([true, true]);
});

test('a run of the same size that was trained here is no copy', async () => {
  const checkpoints = await listed([runOf(path.join(place, 'runs', 'mine'), '2026-02-01T00:00:00.000Z')]);
  expect(names(checkpoints)).toEqual(['runs/mine 2', 'media/shapes-sample 2', 'media/shapes-sample 1']);
  expect(checkpoints.all.map((info) => checkpoints.isSample(info))).toEqual([false, true, true]);
});

test('who had chosen the bundled one has its copy chosen', async () => {
  const own = path.join(place, 'runs', 'shapes-sample');
  const newer = path.join(place, 'runs', 'newer');
  const checkpoints = await listed([runOf(newer, '2026-03-01T00:00:00.000Z'), runOf(own, '2026-01-01T00:00:00.000Z')], checkpointOf(sample, 2));
  expect(checkpoints.active?.run).toBe(own);
});

test('a run that was interrupted before its first epoch was over becomes active only when somebody chooses it', async () => {
  const [begun, mine] = ['begun', 'mine'].map((name) => path.join(place, 'runs', name)) as [string, string];
  const runs = [{ ...runOf(begun, '2026-03-01T00:00:00.000Z'), state: 'interrupted' as const, epoch: 0, step: 3 }, runOf(mine, '2026-02-01T00:00:00.000Z')];
  expect((await listed(runs, undefined, begun)).active).toMatchObject({ run: mine, epoch: 2 });
  expect((await listed(runs, checkpointOf(begun, 0), begun)).active).toMatchObject({ run: begun, epoch: 0 });
  // Where there is nothing better, the bundled one stays.
  expect((await listed(runs.slice(0, 1), undefined, begun)).active).toMatchObject({ run: sample });
});

test('lists count the epochs that are over, as checkpoints do', () => {
  const at = (step: number): [number, boolean] => [epochsDone({ epochs: 30, step, steps: 1380 }, 1), isWithinEpoch({ epochs: 30, step, steps: 1380 })];
  expect([at(0), at(23), at(45), at(46), at(1379), at(1380)]).toEqual([[0, false], [0, true], [0, true], [1, false], [29, true], [30, false]]);
  expect(epochsDone({ epochs: 3, step: 0, steps: 0 }, 2)).toBe(2);
});
