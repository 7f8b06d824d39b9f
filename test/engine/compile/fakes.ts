import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import * as path from 'node:path';
import { vi } from 'vitest';
import { temporaryFolder } from '../../fixtures/data';

/** A cache of its own, and processes for tests that do as `verdicts` says, e.g. `{ 'onnx webgpu': 'works 1 10' }`. */
export interface FakeTests {
  readonly cache: string;
  /** The tests that were asked for so far. */
  asked(): Promise<readonly string[]>;
  set(verdicts: Readonly<Record<string, string>>): void;
}

export async function fakeTests(verdicts: Readonly<Record<string, string>> = {}): Promise<FakeTests> {
  const folder = await temporaryFolder();
  const calls = path.join(folder, 'calls');
  const set = (now: Readonly<Record<string, string>>): void => void vi.stubEnv('FAKE_VERDICTS', JSON.stringify(now));
  vi.stubEnv('VITLAB_ENGINE', fixture('fakeSelfTest.mjs'));
  vi.stubEnv('VITLAB_CACHE', path.join(folder, 'cache'));
  vi.stubEnv('VITLAB_TFJS_NODE', folder);
  vi.stubEnv('FAKE_TESTS', calls);
  set(verdicts);
  return {
    cache: path.join(folder, 'cache'),
    asked: async () => (existsSync(calls) ? (await readFile(calls, 'utf8')).trim().split('\n') : []),
    set,
  };
}

/** A thread of ONNX Runtime with a GPU that is out of order. */
export function fakeGpu(how: 'gone' | 'weak'): void {
  vi.stubEnv('VITLAB_ONNX_WORKER', fixture('fakeOnnxWorker.mjs'));
  vi.stubEnv('FAKE_GPU', how);
}

function fixture(name: string): string {
  return path.resolve(import.meta.dirname, '../../fixtures', name);
}
