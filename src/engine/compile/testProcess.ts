import { fork, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import { pauseSteps } from './pause';
import type { Verdict } from './selfTest';
import type { Candidate } from './executor';

/** How the engine's bundle is told to try a candidate and to say how it went. */
export const SELF_TEST = '--self-test';

/** What the process of a test says: that it is about to take times, which it does when it is answered, and how it went. */
export type TestMessage = { readonly type: 'measuring' } | { readonly type: 'verdict'; readonly verdict: Verdict };

export interface TestOptions {
  readonly signal?: AbortSignal;
  /** Beside a training: with low priority, in more time, and the training pauses while times are taken. */
  readonly background?: boolean;
  /** After so long a test has failed. */
  readonly patienceMs?: number;
}

/** What a test may take that somebody waits for, and one that shares the cores with a training. */
const PATIENCE_MS = { foreground: 60_000, background: 300_000 };

/** Whether there is a bundle to test with: not when the sources run without being bundled. */
export function canTest(): boolean {
  return existsSync(bundle());
}

function bundle(): string {
  return process.env['VITLAB_ENGINE'] || path.join(__dirname, 'engine.js');
}

/**
 * Runs the self-test in a process of its own: a driver that crashes, hangs or floods the console harms nobody there.
 * The process ends with this one. Rejects only when it is aborted.
 */
export async function testInProcess({ backend, provider = 'cpu', precision = 'fp32' }: Candidate, options: TestOptions): Promise<Verdict> {
  const { signal, background = false, patienceMs = PATIENCE_MS[background ? 'background' : 'foreground'] } = options;
  signal?.throwIfAborted();
  if (!canTest()) return { works: false, reason: l10n.t('{0} is missing', bundle()) };
  const child = fork(bundle(), [SELF_TEST, backend, provider, precision], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'], execArgv: [] });
  if (background) stepAside(child);
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  let resume = (): void => undefined;
  try {
    return await verdictOf(child, { signal, patienceMs }, async () => {
      if (background) resume = await pauseSteps();
    });
  } finally {
    resume();
    process.off('exit', kill);
    kill();
  }
}

/** Leaves the cores to others, and does not keep this process from ending. */
function stepAside(child: ChildProcess): void {
  child.unref();
  child.channel?.unref();
  try {
    setPriority(child.pid!, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // It has ended already, or the system allows it to nobody.
  }
}

function verdictOf(child: ChildProcess, { signal, patienceMs }: { signal: AbortSignal | undefined; patienceMs: number }, beforeMeasuring: () => Promise<void>): Promise<Verdict> {
  return new Promise((resolve, reject) => {
    const fails = (reason: string): void => settle(() => resolve({ works: false, reason }));
    const abort = (): void => settle(() => reject(signal!.reason as Error));
    const timer = setTimeout(() => fails(l10n.t('its test did not end within {0} seconds', patienceMs / 1000)), patienceMs).unref();
    const settle = (how: () => void): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      how();
    };
    signal?.addEventListener('abort', abort);
    child.on('message', (message: TestMessage) => {
      if (message.type === 'verdict') return settle(() => resolve(message.verdict));
      void beforeMeasuring().then(() => child.connected && child.send('measure'));
    });
    child.once('error', (error) => fails(error.message));
    child.once('exit', (code, end) => fails(l10n.t('its test crashed ({0})', end ?? code ?? '?')));
  });
}
