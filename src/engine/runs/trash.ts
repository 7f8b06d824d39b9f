import * as path from 'node:path';
import { existsSync } from 'node:fs';
import * as l10n from '@vscode/l10n';
import { disk, ensureFolder, reasonOf, writeFileAtomic } from '../atomic';
import { isObject } from '../json';
import { UserError } from '../userError';
import { exists, readRecord } from './files';
import { looksLikeRun } from './listing';
import { isOwned } from './owner';

/**
 * Deleted runs lie in `.trash` of their folder until it is emptied: a rename, which is undone by another one, on every machine
 * and on mounts that have no trash of their own.
 */
const TRASH = '.trash';
/** What tells the folder of a sweep, which lies among the runs and is deleted as they are. */
const SWEEP = 'sweep.json';
/** Beside the files of a trashed run: when it was deleted. */
const MARK = 'deleted.json';

/**
 * Moves runs, and folders of sweeps, into the trash of their folder.
 *
 * @returns where they are now
 * @throws UserError when one is neither, is being trained or led; those before it are in the trash then
 */
export async function trashRuns(runs: readonly string[]): Promise<readonly string[]> {
  const folders = runs.map((run) => path.resolve(run));
  for (const run of folders) await checkTrashable(run);
  const moved: string[] = [];
  for (const run of folders) moved.push(await trashOne(run));
  return moved;
}

async function checkTrashable(run: string): Promise<void> {
  if (!(await looksLikeRun(run)) && !(await exists(path.join(run, SWEEP)))) throw new UserError(l10n.t('{0} is no run.', run), { file: run });
  if (await isOwned(run)) throw new UserError(l10n.t('{0} is training. Stop it before you delete it.', run), { file: run });
}

async function trashOne(run: string): Promise<string> {
  const trash = path.join(path.dirname(run), TRASH);
  const place = free(trash, path.basename(run));
  try {
    await ensureFolder(trash);
    await disk.rename(run, place);
  } catch (error) {
    throw new UserError(l10n.t('Cannot move {0} to the trash: {1}', run, reasonOf(error)), { file: run });
  }
  // Without it a run can be restored all the same.
  await writeFileAtomic(path.join(place, MARK), `${JSON.stringify({ deleted: new Date().toISOString() })}\n`).catch(() => undefined);
  return place;
}

/** Moves runs of the trash back to where they were. */
export async function restoreRuns(trashed: readonly string[]): Promise<readonly string[]> {
  const restored: string[] = [];
  for (const place of trashed.map((one) => path.resolve(one))) {
    const trash = path.dirname(place);
    if (path.basename(trash) !== TRASH || !existsSync(place)) throw new UserError(l10n.t('There is no deleted run at {0}.', place), { file: place });
    const run = free(path.dirname(trash), path.basename(place));
    try {
      await disk.rename(place, run);
    } catch (error) {
      throw new UserError(l10n.t('Cannot restore {0}: {1}', place, reasonOf(error)), { file: place });
    }
    await disk.rm(path.join(run, MARK), { force: true }).catch(() => undefined);
    restored.push(run);
  }
  return restored;
}

export interface Trashed {
  readonly path: string;
  readonly name: string;
  /** ISO 8601; empty where it is not known. */
  readonly deleted: string;
  readonly bytes: number;
}

/** What lies in the trash of a folder of runs, what was deleted last first. */
export async function listTrash(runs: string): Promise<readonly Trashed[]> {
  const trash = path.join(path.resolve(runs), TRASH);
  const entries = await disk.readdir(trash, { withFileTypes: true }).catch(() => []);
  const all = entries.filter((entry) => entry.isDirectory()).map(async ({ name }): Promise<Trashed> => {
    const place = path.join(trash, name);
    const [known, deleted, bytes] = await Promise.all([nameIn(place), deletedAt(place), bytesOf(place)]);
    return { path: place, name: known ?? name, deleted, bytes };
  });
  return (await Promise.all(all)).sort((a, b) => b.deleted.localeCompare(a.deleted) || a.path.localeCompare(b.path));
}

/** As the run or the sweep calls itself; undefined where that cannot be read. */
async function nameIn(place: string): Promise<string | undefined> {
  const record = await readRecord(place).catch(() => null);
  if (record) return record.name;
  const sweep = await disk.readFile(path.join(place, SWEEP), 'utf8').then((text) => JSON.parse(text) as unknown).catch(() => null);
  return isObject(sweep) && typeof sweep['name'] === 'string' ? sweep['name'] : undefined;
}

async function deletedAt(place: string): Promise<string> {
  const text = await disk.readFile(path.join(place, MARK), 'utf8').catch(() => '');
  return /"deleted":\s*"([\dT:.Z+-]+)"/.exec(text)?.[1] ?? '';
}

async function bytesOf(folder: string): Promise<number> {
  const entries = await disk.readdir(folder, { withFileTypes: true, recursive: true }).catch(() => []);
  const sizes = entries.filter((entry) => entry.isFile()).map((entry) => disk.stat(path.join(entry.parentPath, entry.name)).then(({ size }) => size, () => 0));
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

/** Deletes what lies in the trash of a folder of runs, for good. */
export async function emptyTrash(runs: string): Promise<void> {
  const trash = path.join(path.resolve(runs), TRASH);
  await disk.rm(trash, { recursive: true, force: true }).catch((error: unknown) => {
    throw new UserError(l10n.t('Cannot empty {0}: {1}', trash, reasonOf(error)), { file: trash });
  });
}

/** A path in a folder that nothing has: the name, or the name with a number. */
export function free(folder: string, name: string): string {
  for (let i = 1; ; i++) {
    const place = path.join(folder, i === 1 ? name : `${name}-${i}`);
    if (!existsSync(place)) return place;
  }
}

