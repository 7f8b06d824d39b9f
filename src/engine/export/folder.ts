import { mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import { codeOf, diskError, ensureFolder, writeFileAtomic } from '../atomic';
import { UserError } from '../userError';

/** Names in a folder, and what is in them. */
export type Files = Readonly<Record<string, string | Uint8Array>>;

/** @throws UserError when there is a file of that name, or a folder with something in it that may not be replaced */
export async function refuseOccupied(folder: string, force: boolean): Promise<void> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return [];
    throw codeOf(error) === 'ENOTDIR' ? new UserError(l10n.t('{0} is a file. A folder is written here: give another name.', folder), { file: folder }) : error;
  });
  if (names.length > 0 && !force) throw new UserError(l10n.t('{0} is not empty. Give --force to overwrite what is exported there.', folder), { file: folder });
}

/**
 * Writes files into a folder, all or none where it is new: beside it first, then under its name. In a folder that is there
 * each takes the place of the one before; what else lies there stays.
 *
 * @throws UserError naming the folder and the reason
 */
export async function writeFolder(folder: string, files: Files, signal: AbortSignal): Promise<number> {
  let temporary: string | undefined;
  try {
    await ensureFolder(path.dirname(folder));
    temporary = await mkdtemp(`${folder}.tmp-`);
    for (const [name, content] of Object.entries(files)) {
      signal.throwIfAborted();
      await writeFileAtomic(path.join(temporary, name), content);
    }
    await ensureFolder(folder);
    for (const name of Object.keys(files)) await rename(path.join(temporary, name), path.join(folder, name));
  } catch (error) {
    throw signal.aborted || error instanceof UserError ? error : await diskError(folder, error, bytesIn(files));
  } finally {
    if (temporary !== undefined) await rm(temporary, { recursive: true, force: true }).catch(() => undefined);
  }
  return bytesIn(files);
}

function bytesIn(files: Files): number {
  return Object.values(files).reduce((sum, content) => sum + Buffer.byteLength(content), 0);
}
