import { mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import { codeOf, diskError, ensureFolder, writeFileAtomic } from '../atomic';
import { UserError } from '../userError';

/** Names in a folder, and what is in them. */
export type Files = Readonly<Record<string, string | Uint8Array>>;

/** All that an export of any kind may leave: of an earlier one nothing may stay that is read with the new. */
const EXPORTED = ['model.safetensors', 'model.onnx', 'config.json', 'preprocessor_config.json', 'predict.py', 'README.md'];
/** In the first lines of a card. */
const MARK = /^---\n[^]*?- vit-lab\n[^]*?---/;

/** @throws UserError when there is a file of that name, or a folder with something in it that is not to be replaced, or may not */
export async function refuseOccupied(folder: string, force: boolean): Promise<void> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return [];
    throw codeOf(error) === 'ENOTDIR' ? new UserError(l10n.t('{0} is a file. A folder is written here: give another name.', folder), { file: folder }) : error;
  });
  if (names.length === 0) return;
  const card = await readFile(path.join(folder, 'README.md'), 'utf8').catch(() => '');
  if (!MARK.test(card)) throw new UserError(l10n.t('{0} is not empty, and what is in it was not exported there. Choose another folder.', folder), { file: folder });
  if (!force) throw new UserError(l10n.t('{0} has an earlier export. Give --force to replace it.', folder), { file: folder });
}

/**
 * Writes files into a folder, all or none where it is new: beside it first, then under its name. In a folder
 * with an earlier export they take its place; what else lies there stays.
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
    for (const name of EXPORTED) if (!(name in files)) await rm(path.join(folder, name), { force: true });
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
