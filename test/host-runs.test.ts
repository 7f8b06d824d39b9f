/** The list of runs as it comes: of a folder that is far away it takes its time. */
import { expect, test, vi } from 'vitest';
import type { EngineClient } from '../src/host/engineClient';
import { Runs } from '../src/host/runs';
import type { RunsPart, RunSummary } from '../src/protocol';

vi.mock('vscode', () => ({
  EventEmitter: class {
    readonly #listeners: (() => void)[] = [];
    readonly event = (listener: () => void): object => {
      this.#listeners.push(listener);
      return { dispose: () => undefined };
    };
    fire = (): void => this.#listeners.forEach((listener) => listener());
    dispose = (): void => undefined;
  },
  env: { language: 'en' },
  workspace: { isTrusted: true },
  commands: { executeCommand: () => Promise.resolve() },
}));
vi.mock('../src/host/settings', () => ({ runsFolders: () => ['/runs'] }));

const run = (name: string, created: string): RunSummary => ({ path: `/runs/${name}_${created}`, name, state: 'finished', created, epoch: 1, epochs: 1, step: 1, steps: 1, latest: {}, dataset: '', resumable: false });

test('what is there is shown, and how much that is, until all of it is', async () => {
  const [old, young] = [run('x', '2026-01-01T00:00:00.000Z'), run('x', '2026-01-02T00:00:00.000Z')];
  let part: (value: RunsPart) => void = () => undefined;
  let end: (value: readonly RunSummary[]) => void = () => undefined;
  const asked: unknown[] = [];
  const listRuns = (q: unknown, options: { onProgress?: (value: unknown) => void } = {}): Promise<readonly RunSummary[]> => {
    asked.push(q);
    part = options.onProgress ?? part;
    return new Promise((resolve) => (end = resolve));
  };
  const runs = new Runs({ client: () => Promise.resolve({ listRuns }) } as unknown as EngineClient, { warn: () => undefined } as never);
  const seen: string[] = [];
  const look = (when: string) => (): void => void seen.push(`${when} ${runs.all.map(({ name }) => name).join(', ')}${runs.reading ? ` ${runs.reading.done}/${runs.reading.of}` : ''}`);
  runs.onDidReadPart(look('part'));
  runs.onDidChange(look('all'));
  const reading = runs.refresh();
  await vi.waitFor(() => expect(asked).toEqual([{ runs: '/runs', parts: true }]));
  part({ done: 1024, of: 1025, runs: [young] });
  expect([seen, runs.loaded]).toEqual([['part x 1024/1025'], false]);
  part({ done: 1025, of: 1025, runs: [old] });
  expect(seen).toHaveLength(1);
  end([young, old]);
  await reading;
  expect([seen.slice(1, 2), runs.loaded, runs.reading]).toEqual([[expect.stringMatching(/^all x · 2026-01-02 .*, x · 2026-01-01 /)], true, undefined]);
  expect(runs.rowOf(runs.all[0]!)).toMatchObject({ label: 'x', apart: expect.stringContaining('2026-01-02') as string });
  void runs.refresh();
  await vi.waitFor(() => expect(asked[1]).toEqual({ runs: '/runs' }));
  runs.dispose();
});
