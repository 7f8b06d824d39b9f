import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import * as path from 'node:path';
import { ensureFolder, writeFileAtomic } from '../atomic';
import { cacheFolder } from '../cacheFolder';
import { VERSION } from '../version';
import type { Candidate } from './executor';
import { machineFacts, nativeParts, obstacle } from './machine';
import type { Verdict } from './selfTest';
import { testInProcess, type TestOptions } from './testProcess';

type Records = Readonly<Record<string, Verdict>>;

/** What this process found out and could not write down; nothing for a verdict that no longer holds. */
const unwritten = new Map<string, Verdict | undefined>();

/** The verdict on record for these versions on a machine like this one. */
export async function knownVerdict(candidate: Candidate): Promise<Verdict | undefined> {
  const key = keyOf(candidate);
  return unwritten.has(key) ? unwritten.get(key) : (await recorded())[key];
}

/**
 * Tests a candidate now, and records how it went; but not where a look at the machine shows why it fails, since that
 * look is free and sees when something is installed. Rejects only when it is aborted.
 */
export async function renewedVerdict(candidate: Candidate, options: TestOptions = {}): Promise<Verdict> {
  const verdict = await testInProcess(candidate, options);
  await record(keyOf(candidate), obstacle(candidate) === undefined ? verdict : undefined);
  return verdict;
}

/** Drops a verdict that turned out not to hold any more. */
export async function forgetVerdict(candidate: Candidate): Promise<void> {
  await record(keyOf(candidate), undefined);
}

/** Everything that a verdict holds for. */
function keyOf(candidate: Candidate): string {
  const { backend, provider, precision = 'fp32' } = candidate;
  const what = [backend, provider, precision === 'fp32' ? undefined : precision, ...nativeParts(candidate)];
  return [VERSION, process.version, process.platform, process.arch, ...what, `(${machineFacts()})`].filter(Boolean).join(' ');
}

function file(): string | undefined {
  const folder = cacheFolder();
  return folder === undefined ? undefined : path.join(folder, 'engines.json');
}

async function recorded(): Promise<Records> {
  const at = file();
  if (at === undefined || !existsSync(at)) return {};
  try {
    const found: unknown = JSON.parse(await readFile(at, 'utf8'));
    return typeof found === 'object' && found !== null ? Object.fromEntries(Object.entries(found).filter((entry): entry is [string, Verdict] => isVerdict(entry[1]))) : {};
  } catch {
    // Damaged: everything is tested again.
    return {};
  }
}

function isVerdict(value: unknown): value is Verdict {
  return typeof value === 'object' && value !== null && 'works' in value && typeof value.works === 'boolean';
}

/** Where nothing can be written, this process remembers by itself. */
async function record(key: string, verdict: Verdict | undefined): Promise<void> {
  const at = file();
  unwritten.set(key, verdict);
  if (at === undefined) return;
  try {
    await ensureFolder(path.dirname(at));
    await writeFileAtomic(at, `${JSON.stringify({ ...(await recorded()), [key]: verdict }, null, 2)}\n`);
    unwritten.delete(key);
  } catch {
    // It stays among the unwritten.
  }
}
