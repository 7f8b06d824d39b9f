/** A folder of runs that answers slowly, as one on a mount does: from its files to the rows of the Runs view. */
import { cpSync, mkdirSync } from 'node:fs';
import * as path from 'node:path';
import { expect, test, vi } from 'vitest';
import { disk } from '../src/engine/atomic';
import { createRun, listRuns } from '../src/engine/runStore';
import type { EngineClient } from '../src/host/engineClient';
import { Runs } from '../src/host/runs';
import { RunsView, isRun } from '../src/host/views/runsTree';
import type { RunsPart } from '../src/protocol';
import { newRun, temporaryFolder } from './engine/runFixture';

const state = vi.hoisted(() => ({ slow: false, folder: '', tree: { message: '' } }));

vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>();
  const statSync = (...args: Parameters<typeof fs.statSync>): ReturnType<typeof fs.statSync> => {
    if (state.slow) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    return fs.statSync(...args);
  };
  return { ...fs, statSync, default: fs };
});
vi.mock('../src/host/settings', () => ({ runsFolders: () => [state.folder] }));
vi.mock('vscode', () => {
  const nothing = { dispose: () => undefined };
  class EventEmitter {
    readonly #listeners = new Set<(value: unknown) => void>();
    readonly event = (listener: (value: unknown) => void): object => {
      this.#listeners.add(listener);
      return { dispose: () => this.#listeners.delete(listener) };
    };
    fire = (value?: unknown): void => this.#listeners.forEach((listener) => listener(value));
    dispose = (): void => this.#listeners.clear();
  }
  const t = (text: string, ...args: unknown[]): string => text.replace(/\{(\d)\}/g, (_, i) => String(args[Number(i)]));
  const tree = Object.assign(state.tree, { visible: false, selection: [], description: '', onDidChangeVisibility: () => nothing, onDidChangeCheckboxState: () => nothing, dispose: () => undefined });
  return { EventEmitter, l10n: { t }, env: { language: 'en' }, workspace: { isTrusted: true }, commands: { executeCommand: () => Promise.resolve() }, window: { createTreeView: () => tree } };
});

const LATENCY_MS = 8;

/** `count` copies of a run, and a disk whose every answer takes its time. */
async function slowStore(count: number): Promise<void> {
  state.folder = path.join(temporaryFolder(), 'runs');
  const writer = await createRun(newRun(state.folder));
  await writer.finish('finished', 'completed', {});
  for (let i = 0; i < count - 1; i++) {
    const run = path.join(state.folder, `shapes_20260101-${String(100_000 + i)}_00ff`);
    mkdirSync(run);
    cpSync(path.join(writer.path, 'run.json'), path.join(run, 'run.json'));
  }
  const sound = { ...disk };
  const late = <A extends unknown[], R>(call: (...args: A) => Promise<R>) => async (...args: A): Promise<R> => {
    await new Promise((resolve) => setTimeout(resolve, LATENCY_MS));
    return call(...args);
  };
  Object.assign(disk, { stat: late(sound.stat as () => Promise<unknown>), readFile: late(sound.readFile as () => Promise<unknown>) });
  state.slow = true;
}

test('rows are there before the last folder is read, the view says that it still reads, and nothing is listed twice', async () => {
  await slowStore(500);
  const parts: RunsPart[] = [];
  const client = {
    listRuns: ({ runs, parts: wished }: { runs: string; parts?: boolean }, { onProgress }: { onProgress?: (part: unknown) => void } = {}) =>
      listRuns(runs, wished ? (part) => (parts.push(part), onProgress?.(part)) : undefined),
  };
  const never = { onDidChange: () => ({ dispose: () => undefined }) };
  const looker = { client: () => Promise.resolve(client) } as unknown as EngineClient;
  const runs = new Runs(looker, { warn: () => undefined } as never);
  const runsShown = { ...never, now: { filter: '', archived: false, sort: 'created', metric: '', group: 'none' } };
  const view = new RunsView({ runs, looker, runsShown, compared: { ...never, runs: [], has: () => false } } as never);
  const drawn: { readonly message: string; readonly rows: readonly string[] }[] = [];
  view.onDidChangeTreeData(() => drawn.push({ message: state.tree.message, rows: view.getChildren().filter(isRun).map((run) => run.path) }));
  expect(state.tree.message).toBe('Reading the runs …');
  const reading = runs.refresh();
  await vi.waitFor(() => expect(drawn.length).toBeGreaterThan(0), { timeout: 30_000 });
  // The first rows, while most folders are still to be read.
  expect(runs.loaded).toBe(false);
  expect(drawn[0]!.rows).toHaveLength(64);
  expect(drawn[0]!.message).toBe('Reading the runs … 64 of 500');
  await reading;
  await vi.waitFor(() => expect(view.getChildren().filter(isRun)).toHaveLength(200));
  expect(parts.map(({ done }) => done)).toEqual([64, 128, 192, 256, 320, 384, 448, 500]);
  for (const { rows } of drawn) expect(new Set(rows).size).toBe(rows.length);
  expect([runs.all.length, new Set(runs.all.map((run) => run.path)).size, state.tree.message]).toEqual([500, 500, '']);
  expect(new Set(parts.flatMap((part) => part.runs.map((run) => run.path))).size).toBe(500);
  view.dispose();
  runs.dispose();
}, 60_000);
