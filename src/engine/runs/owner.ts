import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import * as path from 'node:path';
import { promisify } from 'node:util';
import * as l10n from '@vscode/l10n';
import { codeOf, disk, diskError } from '../atomic';
import { UserError } from '../userError';
import type { Owner } from './files';

/** A process on another machine, or one whose start is unknown, counts as dead when its heart has not beaten for so long. */
const STALE = 60_000;
/** An ownership file without content is one being written, for so long. */
const YOUNG = 10_000;

/** This process. */
export async function thisProcess(): Promise<Owner> {
  return { pid: process.pid, start: await startOf(process.pid), host: hostname() };
}

/** Whether the process that owns a run still lives: number and start decide where both are known, the heartbeat elsewhere. */
async function isAlive(owner: Owner, heartbeat: number): Promise<boolean> {
  const fresh = Math.abs(Date.now() - heartbeat) < STALE;
  if (owner.host !== hostname()) return fresh;
  if (!hasProcess(owner.pid)) return false;
  const start = owner.start === null ? null : await startOf(owner.pid);
  return start === null ? fresh : start === owner.start;
}

/** What this process owns: a run that was given back although its file could not be renamed is not owned. */
const held = new Set<string>();

/**
 * Makes this process the one owner of a run folder. Owners are numbered files, created exclusively, and the highest
 * number counts: of two that find number n dead, only one can create n + 1. Numbers are never used again.
 *
 * @returns how to give the run back.
 * @throws UserError when a living process owns it.
 */
export async function claim(run: string, self: Owner): Promise<() => Promise<void>> {
  const newest = (await ownerFiles(run)).at(-1);
  if (newest !== undefined && (await lives(run, newest))) throw taken(run);
  const number = (newest?.number ?? 0) + 1;
  const file = path.join(run, `owner.${number}`);
  await createOwner(run, file, self);
  held.add(file);
  const others = (await ownerFiles(run)).filter((other) => other.name !== path.basename(file));
  if (others.some((other) => other.number > number)) {
    held.delete(file);
    throw taken(run);
  }
  for (const { name } of others) await disk.rm(path.join(run, name), { force: true });
  return async () => {
    if (held.delete(file)) await disk.rename(file, path.join(run, `released.${number}`));
  };
}

/** Whether a living process owns a run folder. */
export async function isOwned(run: string): Promise<boolean> {
  const newest = (await ownerFiles(run)).at(-1);
  return newest !== undefined && (await lives(run, newest));
}

async function createOwner(run: string, file: string, self: Owner): Promise<void> {
  try {
    const handle = await disk.open(file, 'wx');
    await handle.writeFile(JSON.stringify(self)).finally(() => handle.close());
  } catch (error) {
    throw codeOf(error) === 'EEXIST' ? taken(run) : await diskError(file, error, 100);
  }
}

interface OwnerFile {
  readonly name: string;
  readonly number: number;
  readonly released: boolean;
}

/** In the order of their numbers. */
async function ownerFiles(run: string): Promise<OwnerFile[]> {
  const found: OwnerFile[] = [];
  for (const name of await disk.readdir(run)) {
    const [, kind, number] = /^(owner|released)\.(\d+)$/.exec(name) ?? [];
    if (number !== undefined) found.push({ name, number: Number(number), released: kind === 'released' });
  }
  return found.sort((a, b) => a.number - b.number);
}

async function lives(run: string, { name, released }: OwnerFile): Promise<boolean> {
  if (released) return false;
  const file = path.join(run, name);
  try {
    const { mtimeMs } = await disk.stat(file);
    const text = await disk.readFile(file, 'utf8');
    if (!text.endsWith('}')) return Date.now() - mtimeMs < YOUNG;
    const owner = JSON.parse(text) as Owner;
    const self = await thisProcess();
    if (owner.pid === self.pid && owner.start === self.start && owner.host === self.host) return held.has(file);
    // Of a run, of a sweep, or of neither as yet: then the owner's own file tells.
    const beats = await Promise.all(['run.json', 'sweep.json'].map((name) => disk.stat(path.join(run, name)).then((s) => [s.mtimeMs], () => [])));
    return await isAlive(owner, Math.max(...(beats.flat().length > 0 ? beats.flat() : [mtimeMs])));
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw error;
  }
}

function taken(run: string): UserError {
  return new UserError(l10n.t('{0} is being trained by another process. Stop it first.', run));
}

function hasProcess(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

/** When a process started; `null` where the system does not tell. */
async function startOf(pid: number): Promise<string | null> {
  if (process.platform === 'linux') return linuxStart(pid);
  if (process.platform === 'win32') return null;
  return await promisify(execFile)('ps', ['-o', 'lstart=', '-p', String(pid)], { timeout: 2000 }).then(
    ({ stdout }) => stdout.trim() || null,
    () => null,
  );
}

/** Ticks since boot (field 22 of /proc/PID/stat, after the name in brackets) and the boot they count from. */
function linuxStart(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const ticks = fields[19];
    // A killed process whose parent has not asked after it still has a number, but it writes nothing any more.
    if (fields[0] === 'Z' || fields[0] === 'X') return 'dead';
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}:${ticks}`;
  } catch {
    return null;
  }
}
