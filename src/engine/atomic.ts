import { randomBytes } from 'node:crypto';
import { appendFile, mkdir, open, readdir, readFile, rename, rm, stat, statfs } from 'node:fs/promises';
import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import { UserError } from './userError';

/**
 * The calls by which the store changes the disk. Everything that writes goes through this one object, so that a test
 * can fail the i-th call for every i, as SQLite is tested.
 */
export const disk = { appendFile, mkdir, open, readdir, readFile, rename, rm, stat };

/** What a file under construction ends with; whoever owns the folder may delete such leftovers. */
const TEMPORARY = '.tmp';

/**
 * Writes a file so that a reader, and a machine that loses power, sees the old contents or the new ones, never a part:
 * temporary file in the same folder, fsync, rename, fsync of the folder.
 *
 * @throws UserError naming the file and the reason; the old file is then still whole.
 */
export async function writeFileAtomic(file: string, data: string | Uint8Array): Promise<void> {
  const temporary = `${file}.${process.pid}-${randomBytes(4).toString('hex')}${TEMPORARY}`;
  try {
    await writeAndSync(temporary, data);
    await renameWithRetry(temporary, file);
    await syncFolder(path.dirname(file));
  } catch (error) {
    // The first failure is the one to tell; what cannot be removed now is cleaned when the folder is next opened.
    await disk.rm(temporary, { force: true }).catch(() => undefined);
    throw await diskError(file, error, Buffer.byteLength(data));
  }
}

/**
 * Makes a folder and those above it that are missing. Node's own `recursive` never returns where a folder is there but
 * answers that it is not when something is made in it, as /proc does.
 *
 * @throws the system's error
 */
export async function ensureFolder(folder: string): Promise<void> {
  return makeFolder(folder, true);
}

/** @param again whether it is tried once more where the folder above is there by now: somebody else has made it in between */
async function makeFolder(folder: string, again: boolean): Promise<void> {
  try {
    await disk.mkdir(folder);
  } catch (error) {
    const above = path.dirname(folder);
    if (codeOf(error) === 'ENOENT' && above !== folder && again) {
      if (!(await isFolder(above))) await makeFolder(above, true);
      return makeFolder(folder, false);
    }
    if (codeOf(error) !== 'EEXIST' || !(await isFolder(folder))) throw error;
  }
}

async function isFolder(place: string): Promise<boolean> {
  return disk.stat(place).then((stats) => stats.isDirectory(), () => false);
}

/** Deletes what interrupted writes left in a folder. Only its owner may call this. */
export async function cleanLeftovers(folder: string): Promise<void> {
  const names = await disk.readdir(folder);
  for (const name of names) {
    if (name.endsWith(TEMPORARY)) await disk.rm(path.join(folder, name), { force: true });
  }
}

/** The error of a failed write in plain words, with the space needed and left when the disk is full. */
export async function diskError(file: string, error: unknown, bytes: number): Promise<UserError> {
  // What is missing of a file that is to be made is its folder.
  if (codeOf(error) === 'ENOENT') return new UserError(l10n.t('Cannot write {0}: there is no folder {1}', file, path.dirname(file)), { file });
  if (codeOf(error) !== 'ENOSPC') return new UserError(l10n.t('Cannot write {0}: {1}', file, withoutCall(reasonOf(error))), { file });
  const free = await statfs(path.dirname(file)).then(
    (s) => String(s.bavail * s.bsize),
    () => '?',
  );
  return new UserError(
    l10n.t('Cannot write {0}: the disk is full ({1} bytes needed, {2} free). Free some space and resume.', file, bytes, free),
    { file },
  );
}

/** "ENOENT: no such file or directory, open '/a/b.1-2.tmp'" without the call: its file is a temporary one that nobody knows. */
function withoutCall(message: string): string {
  return message.replace(/, \w+ '.*$/s, '');
}

/** The `code` of a Node.js system error, or an empty text. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** Calls about one file, which whoever tells the reason names himself. */
const FILE_CALLS = new Set(['open', 'read', 'write', 'stat', 'lstat', 'access', 'scandir', 'mkdir', 'rename', 'copyfile', 'unlink', 'rmdir', 'rm']);

/** The message of anything that was thrown; what the system says of a file, in words. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const ofFile = 'syscall' in error && FILE_CALLS.has(String(error.syscall));
  return (ofFile ? systemReason(codeOf(error)) : null) ?? error.message;
}

/** What a code of the system means for whoever named a file; null for those that tell nobody anything. */
export function systemReason(code: string): string | null {
  if (code === 'EACCES' || code === 'EPERM') return l10n.t('permission denied');
  if (code === 'EROFS') return l10n.t('the file system is read-only');
  if (code === 'ENOSPC') return l10n.t('the disk is full');
  if (code === 'ENOENT') return l10n.t('there is no such file');
  if (code === 'EISDIR') return l10n.t('it is a folder');
  if (code === 'ENOTDIR') return l10n.t('a part of its path is not a folder');
  if (code === 'EEXIST') return l10n.t('something else of that name is in the way');
  if (code === 'ELOOP') return l10n.t('its symbolic links run in a circle');
  return null;
}

async function writeAndSync(file: string, data: string | Uint8Array): Promise<void> {
  const handle = await disk.open(file, 'wx');
  try {
    await handle.writeFile(data);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Virus scanners hold a new file on Windows for a moment; the rename is refused as long. */
async function renameWithRetry(from: string, to: string): Promise<void> {
  for (let wait = 10; ; wait *= 2) {
    try {
      return await disk.rename(from, to);
    } catch (error) {
      const held = process.platform === 'win32' && ['EPERM', 'EBUSY', 'EACCES'].includes(codeOf(error));
      if (!held || wait > 1000) throw error;
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }
}

/** Makes the rename itself durable. Windows has no such call for folders, and needs none. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await disk.open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
