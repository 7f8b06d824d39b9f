/** Compare Runs, from a row and from the palette. */
import { expect, test, vi } from 'vitest';
import { compareRuns } from '../src/host/commands/runCommands';
import { Compared } from '../src/host/compared';
import type { Lab } from '../src/host/lab';

const picked = vi.hoisted(() => ({ answer: undefined as readonly { readonly run: string }[] | undefined }));
vi.mock('vscode', () => ({
  l10n: { t: (text: string) => text },
  window: { showQuickPick: () => Promise.resolve(picked.answer) },
  EventEmitter: class { fire() {} dispose() {} },
  commands: { executeCommand: (name: string) => (name === 'setContext' ? Promise.resolve() : Promise.reject(new Error('a view that may be folded'))) },
}));

const run = { path: '/runs/a', name: 'a', created: '', state: 'finished', resumable: false };

test('what is compared is shown in the editor area, and nothing when the question is left', async () => {
  const done: unknown[] = [];
  const lab = {
    runs: { all: [run], refresh: () => Promise.resolve() },
    compared: { has: () => false, add: (runs: unknown) => Promise.resolve(void done.push(['add', runs])), set: (runs: unknown) => Promise.resolve(void done.push(['set', runs])) },
    compareView: { openWide: () => void done.push('wide') },
  } as unknown as Lab;
  await compareRuns(lab, run);
  expect(done.splice(0)).toEqual([['add', ['/runs/a']], 'wide']);
  picked.answer = [{ run: '/runs/a' }];
  await compareRuns(lab);
  expect(done.splice(0)).toEqual([['set', ['/runs/a']], 'wide']);
  picked.answer = undefined;
  await compareRuns(lab);
  expect(done).toEqual([]);
});

test('a run keeps its colour while it is compared, over a reload, whatever comes and goes beside it', async () => {
  const kept = new Map<string, unknown>();
  const memory = { get: (key: string, none: unknown) => kept.get(key) ?? none, update: (key: string, value: unknown) => Promise.resolve(void kept.set(key, JSON.parse(JSON.stringify(value)))) } as unknown as ConstructorParameters<typeof Compared>[0];
  const compared = new Compared(memory);
  await compared.set(['/runs/a', '/runs/b']);
  await compared.set(['/runs/c', '/runs/b']);
  expect(compared.slots).toEqual({ '/runs/b': 1, '/runs/c': 0 });
  await compared.set(['/runs/a', '/runs/b']);
  await compared.set(['/runs/b', '/runs/a', '/runs/c']);
  expect(new Compared(memory).slots).toEqual({ '/runs/a': 0, '/runs/b': 1, '/runs/c': 2 });
});
