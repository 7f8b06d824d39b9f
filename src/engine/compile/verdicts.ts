import { fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import { version as onnxruntime } from 'onnxruntime-node/package.json';
import { writeFileAtomic } from '../atomic';
import { cacheFolder } from '../cacheFolder';
import type { BackendName, Provider } from '../config/schema';
import { VERSION } from '../version';
import type { Verdict } from './selfTest';

/** What is tried: an engine, and for ONNX Runtime its provider. */
export interface Candidate {
  readonly backend: BackendName;
  readonly provider?: Provider;
}

/** How the engine's bundle is told to try a candidate and to say how it went. */
export const SELF_TEST = '--self-test';

const PATIENCE_MS = 60_000;

/** Whether there is a bundle to test with: not when the sources run without being bundled. */
export function canTest(): boolean {
  return existsSync(bundle());
}

function bundle(): string {
  return path.join(__dirname, 'engine.js');
}

/** The verdict on a candidate: the one on record for these versions, else from a test now, which is then recorded. */
export async function verdictOf(candidate: Candidate, onTest: () => void): Promise<Verdict> {
  const known = (await recorded())[keyOf(candidate)];
  if (known) return known;
  onTest();
  return renewedVerdict(candidate);
}

/** Tests a candidate now, and records how it went. */
export async function renewedVerdict(candidate: Candidate): Promise<Verdict> {
  const verdict = await tested(candidate);
  await record(keyOf(candidate), verdict).catch(() => undefined);
  return verdict;
}

/**
 * Runs the self-test in a process of its own: a driver that crashes, hangs or floods the console harms nobody there.
 */
async function tested({ backend, provider = 'cpu' }: Candidate): Promise<Verdict> {
  if (!canTest()) return { works: false, reason: l10n.t('{0} is missing', bundle()) };
  return new Promise((resolve) => {
    const child = fork(bundle(), [SELF_TEST, backend, provider], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'], execArgv: [] });
    const settle = (verdict: Verdict): void => {
      clearTimeout(timer);
      child.kill('SIGKILL');
      resolve(verdict);
    };
    const timer = setTimeout(() => settle({ works: false, reason: l10n.t('its test did not end within {0} seconds', PATIENCE_MS / 1000) }), PATIENCE_MS);
    child.once('message', (message) => settle(message as Verdict));
    child.once('error', (error) => settle({ works: false, reason: error.message }));
    child.once('exit', (code, signal) => settle({ works: false, reason: l10n.t('its test crashed ({0})', signal ?? code ?? '?') }));
  });
}

type Records = Readonly<Record<string, Verdict>>;

/** A verdict holds for these versions on this machine with these native parts. */
function keyOf({ backend, provider }: Candidate): string {
  const native = backend === 'onnx' ? onnxruntime : (process.env['VITLAB_TFJS_NODE'] ?? '');
  return [VERSION, native, process.version, process.platform, process.arch, backend, provider ?? ''].join(' ');
}

function file(): string | undefined {
  const folder = cacheFolder();
  return folder === undefined ? undefined : path.join(folder, 'engines.json');
}

async function recorded(): Promise<Records> {
  const at = file();
  if (at === undefined) return {};
  try {
    return JSON.parse(await readFile(at, 'utf8')) as Records;
  } catch {
    // Not there, or damaged: everything is tested again.
    return {};
  }
}

async function record(key: string, verdict: Verdict): Promise<void> {
  const at = file();
  if (at === undefined) return;
  await mkdir(path.dirname(at), { recursive: true });
  await writeFileAtomic(at, `${JSON.stringify({ ...(await recorded()), [key]: verdict }, null, 2)}\n`);
}
