/** A window that closes takes its training with it; the next one tells so once and offers to go on. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import type { Core } from '../src/host/core';
import { registerWindowTrainings } from '../src/host/windowTrainings';
import type { RunState, RunSummary } from '../src/protocol';

const told = vi.hoisted((): { messages: string[]; commands: unknown[][]; answer: string | undefined } => ({ messages: [], commands: [], answer: undefined }));
vi.mock('vscode', () => ({
  l10n: { t: (text: string, ...values: unknown[]) => text.replace(/\{(\d)\}/g, (_, index: string) => String(values[Number(index)])) },
  workspace: { isTrusted: true },
  Disposable: { from: () => ({ dispose: () => undefined }) },
  commands: { executeCommand: (...args: unknown[]) => Promise.resolve(void told.commands.push(args)) },
  window: { showInformationMessage: (message: string) => Promise.resolve((told.messages.push(message), told.answer)) },
}));

type SweepState = 'running' | 'paused' | 'finished';
type Listener = (value: never) => unknown;

/** A window on a workspace's storage, a run that is in these states one look after the other, and its events. */
function openWindow(storage: string, ...states: (RunState | SweepState)[]): { start: Listener; progress: Listener; lead: Listener } {
  let look = -1;
  const listeners: Record<string, Listener> = {};
  const listen = (name: string) => (listener: Listener) => ((listeners[name] = listener), { dispose: () => undefined });
  const runs = {
    live: undefined,
    refresh: () => Promise.resolve(void look++),
    find: (): Partial<RunSummary> => ({ path: '/run', name: 'shapes', resumable: true, state: (states[Math.min(look, states.length - 1)] as RunState | undefined) ?? 'failed' }),
    onDidStart: listen('start'),
    onDidProgress: listen('progress'),
  };
  const sweeps = {
    led: undefined,
    refresh: () => Promise.resolve(void look++),
    find: () => ({ path: '/sweep', name: 'patches', state: states[Math.min(look, states.length - 1)] }),
    onDidLead: listen('lead'),
  };
  registerWindowTrainings({ runs, sweeps, log: { info: () => undefined, warn: () => undefined }, context: { storageUri: { fsPath: storage } } } as unknown as Core);
  const call = (name: string): Listener => (value) => listeners[name]?.(value);
  return { start: call('start'), progress: call('progress'), lead: call('lead') };
}

afterEach(() => {
  Object.assign(told, { messages: [], commands: [], answer: undefined });
});

let folder: string;
beforeAll(async () => (folder = await mkdtemp(path.join(tmpdir(), 'windows-'))));
afterAll(() => rm(folder, { recursive: true, force: true }));
/** The storage of a workspace, which VS Code has not made yet. */
const workspace = async (): Promise<string> => path.join(await mkdtemp(path.join(folder, 'workspace-')), 'vit-lab');

const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));

test('the next window tells it once, and resumes when asked to', async () => {
  const memory = await workspace();
  openWindow(memory, 'running').start({ run: '/run' } as never);
  told.answer = 'Resume';
  openWindow(memory, 'stopped');
  await settled();
  expect(told.messages).toEqual(['The training of shapes was stopped when the window closed.']);
  expect(told.commands).toEqual([['vitLab.resumeTraining', expect.objectContaining({ path: '/run' })]]);
  openWindow(memory, 'stopped');
  await settled();
  expect(told.messages).toHaveLength(1);
});

test('what another window still runs is told by the window after it', async () => {
  const memory = await workspace();
  openWindow(memory, 'running').start({ run: '/run' } as never);
  openWindow(memory, 'running');
  await settled();
  expect(told.messages).toEqual([]);
  openWindow(memory, 'stopped');
  await settled();
  expect(told.messages).toHaveLength(1);
});

test('a training that ended while its window was open is not told', async () => {
  const memory = await workspace();
  const first = openWindow(memory, 'running');
  first.start({ run: '/run' } as never);
  first.progress(undefined as never);
  openWindow(memory, 'stopped');
  await settled();
  expect(told.messages).toEqual([]);
});

test('one that had finished before the window was gone is not told', async () => {
  const memory = await workspace();
  openWindow(memory, 'running').start({ run: '/run' } as never);
  openWindow(memory, 'finished');
  await settled();
  expect(told.messages).toEqual([]);
});

test('a sweep is told alike, unless it was paused or done while its window was open', async () => {
  const memory = await workspace();
  openWindow(memory, 'running').lead('/sweep' as never);
  told.answer = 'Resume';
  openWindow(memory, 'paused');
  await settled();
  expect(told.messages).toEqual(['The sweep patches was stopped when the window closed.']);
  expect(told.commands).toEqual([['vitLab.resumeSweep', { kind: 'sweep', sweep: expect.objectContaining({ path: '/sweep' }) as unknown }]]);
  const second = openWindow(memory, 'running');
  second.lead('/sweep' as never);
  second.lead(undefined as never);
  openWindow(memory, 'paused');
  const done = await workspace();
  openWindow(done, 'running').lead('/sweep' as never);
  openWindow(done, 'finished');
  await settled();
  expect(told.messages).toHaveLength(1);
});
