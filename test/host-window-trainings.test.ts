/** A window that closes takes its training with it; the next one tells so once and offers to go on. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import type { Core } from '../src/host/core';
import { registerWindowTrainings } from '../src/host/windowTrainings';
import type { RunState, RunSummary } from '../src/protocol';

const told = vi.hoisted((): { messages: string[]; commands: unknown[][]; answer: string | undefined } => ({ messages: [], commands: [], answer: undefined }));
/** The looks follow each other at once. */
vi.mock('node:timers/promises', () => ({ setTimeout: () => Promise.resolve() }));
vi.mock('vscode', () => ({
  l10n: { t: (text: string, ...values: unknown[]) => text.replace(/\{(\d)\}/g, (_, index: string) => String(values[Number(index)])) },
  workspace: { isTrusted: true },
  Disposable: { from: () => ({ dispose: () => undefined }) },
  commands: { executeCommand: (...args: unknown[]) => Promise.resolve(void told.commands.push(args)) },
  window: { showInformationMessage: (message: string) => Promise.resolve((told.messages.push(message), told.answer)) },
}));

type SweepState = 'running' | 'paused' | 'finished';
interface Window {
  readonly start: (run: string) => void;
  readonly end: () => void;
  readonly lead: (sweep: string | undefined) => void;
  /** How often it looked for what the window before left. */
  readonly looks: () => number;
}

/** A window on a workspace's storage, what was left in these states one look after the other (`null`: it is in no list), and its events. */
function openWindow(storage: string, ...states: (RunState | SweepState | null)[]): Window {
  let look = -1;
  const listeners: Record<string, (value: unknown) => unknown> = {};
  const listen = (name: string) => (listener: (value: unknown) => unknown) => ((listeners[name] = listener), { dispose: () => undefined });
  const now = (): RunState | SweepState | null => states[Math.min(look, states.length - 1)] ?? null;
  const runs = {
    live: undefined,
    refresh: () => Promise.resolve(void look++),
    find: (place: string): Partial<RunSummary> | undefined => (now() === null ? undefined : { path: place, name: 'shapes', resumable: true, state: now() as RunState }),
    onDidStart: listen('start'),
    onDidProgress: listen('progress'),
  };
  const sweeps = {
    led: undefined,
    refresh: () => Promise.resolve(void look++),
    find: (place: string) => (now() === null ? undefined : { path: place, name: 'patches', state: now() }),
    onDidLead: listen('lead'),
  };
  registerWindowTrainings({ runs, sweeps, log: { info: () => undefined, warn: () => undefined }, context: { storageUri: { fsPath: storage } } } as unknown as Core);
  return { start: (run) => listeners['start']?.({ run }), end: () => listeners['progress']?.(undefined), lead: (sweep) => listeners['lead']?.(sweep), looks: () => look + 1 };
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

/** A folder of a run or a sweep. */
const left = (): Promise<string> => mkdtemp(path.join(folder, 'run-'));

test('the next window tells it once, and resumes when asked to', async () => {
  const [memory, run] = [await workspace(), await left()];
  openWindow(memory).start(run);
  told.answer = 'Resume';
  openWindow(memory, 'stopped');
  await settled();
  expect(told.messages).toEqual(['The training of shapes was stopped when the window closed.']);
  expect(told.commands).toEqual([['vitLab.resumeTraining', expect.objectContaining({ path: run })]]);
  openWindow(memory, 'stopped');
  await settled();
  expect(told.messages).toHaveLength(1);
});

test('what still saves, or could not be listed, is waited for', async () => {
  const [memory, run] = [await workspace(), await left()];
  openWindow(memory).start(run);
  const next = openWindow(memory, 'running', null, 'running', 'stopped');
  await settled();
  expect(next.looks()).toBe(4);
  expect(told.messages).toHaveLength(1);
});

test('what another window still runs is told by the window after it, and looked for no more than a minute', async () => {
  const [memory, run] = [await workspace(), await left()];
  openWindow(memory).start(run);
  const second = openWindow(memory, 'running');
  await settled();
  expect([told.messages, second.looks()]).toEqual([[], 22]);
  openWindow(memory, 'stopped');
  await settled();
  expect(told.messages).toHaveLength(1);
});

test('what is gone is not looked for, and what is in no list is forgotten', async () => {
  const [memory, gone, unlisted] = [await workspace(), await left(), await left()];
  openWindow(memory).start(gone);
  await rm(gone, { recursive: true });
  expect(openWindow(memory, 'stopped').looks()).toBe(0);
  await settled();
  expect(openWindow(memory, 'stopped').looks()).toBe(0);
  openWindow(memory).start(unlisted);
  openWindow(memory, null);
  await settled();
  const third = openWindow(memory, 'stopped');
  await settled();
  expect([told.messages, third.looks()]).toEqual([[], 0]);
});

test('a window erases what it has begun, and nothing of another one', async () => {
  const [memory, mine, others] = [await workspace(), await left(), await left()];
  const [first, second] = [openWindow(memory), openWindow(memory)];
  second.end();
  first.start(mine);
  second.end();
  second.start(others);
  first.end();
  openWindow(memory, 'stopped');
  await settled();
  expect(told.messages).toHaveLength(1);
});

test('a training that ended while its window was open is not told', async () => {
  const [memory, run] = [await workspace(), await left()];
  const first = openWindow(memory);
  first.start(run);
  first.end();
  openWindow(memory, 'stopped');
  await settled();
  expect(told.messages).toEqual([]);
});

test('one that had finished before the window was gone is not told', async () => {
  const [memory, run] = [await workspace(), await left()];
  openWindow(memory).start(run);
  openWindow(memory, 'finished');
  await settled();
  expect(told.messages).toEqual([]);
});

test('a sweep is told alike, unless it was paused or done while its window was open', async () => {
  const [memory, sweep] = [await workspace(), await left()];
  openWindow(memory).lead(sweep);
  told.answer = 'Resume';
  openWindow(memory, 'running', 'paused');
  await settled();
  expect(told.messages).toEqual(['The sweep patches was stopped when the window closed.']);
  expect(told.commands).toEqual([['vitLab.resumeSweep', { kind: 'sweep', sweep: expect.objectContaining({ path: sweep }) as unknown }]]);
  const second = openWindow(memory);
  second.lead(sweep);
  second.lead(undefined);
  openWindow(memory, 'paused');
  second.lead(sweep);
  openWindow(memory, 'finished');
  await settled();
  expect(told.messages).toHaveLength(1);
});
