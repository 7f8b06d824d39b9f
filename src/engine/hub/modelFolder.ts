import { rmdir, statfs } from 'node:fs/promises';
import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import { codeOf, disk, diskError, ensureFolder, writeFileAtomic } from '../atomic';
import { UserError } from '../userError';

/** Where the files of a model folder came from; lies in it as `vit-lab-source.json`. */
export interface ModelRecord {
  /** `owner/name` on the hub, or an address. */
  readonly source: string;
  readonly revision: string | null;
  readonly commit: string | null;
  /** As the hub tells it. */
  readonly licence: string | null;
  readonly downloaded: string;
  readonly files: readonly { readonly name: string; readonly bytes: number; readonly sha256: string }[];
}

const RECORD = 'vit-lab-source.json';
const LOCK = 'lock';
/** Room that is left to everybody else. */
const MARGIN = 16 * 2 ** 20;

/** What a folder says about itself; `undefined` when it is not there, `null` when it says nothing. */
export async function readRecord(folder: string): Promise<ModelRecord | null | undefined> {
  try {
    const value: unknown = JSON.parse(await disk.readFile(path.join(folder, RECORD), 'utf8'));
    return isRecord(value) ? value : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    if (codeOf(error) !== 'ENOENT' && codeOf(error) !== 'ENOTDIR') throw error;
    return disk.stat(folder).then(() => null, () => undefined);
  }
}

function isRecord(value: unknown): value is ModelRecord {
  if (typeof value !== 'object' || value === null) return false;
  const { source, files } = value as Partial<ModelRecord>;
  return typeof source === 'string' && Array.isArray(files) && files.every((file) => typeof file.name === 'string' && typeof file.bytes === 'number');
}

/** Whether every recorded file is there with its size. */
export async function isComplete(folder: string, { files }: ModelRecord): Promise<boolean> {
  const sizes = await Promise.all(files.map(({ name }) => disk.stat(path.join(folder, name)).then((stats) => stats.size, () => -1)));
  return files.every(({ bytes }, index) => sizes[index] === bytes);
}

/** A model folder under construction: beside the final one, hidden, and kept when the download is interrupted. */
export interface Draft {
  readonly folder: string;
  /** Fails when the disk has no room for so many bytes. */
  demandSpace(bytes: number): Promise<void>;
  /** Makes it the model's folder. */
  publish(record: ModelRecord, target: string): Promise<void>;
  release(): Promise<void>;
}

/** The draft of a folder, of which this process is the only author. */
export async function openDraft(target: string): Promise<Draft> {
  const folder = path.join(path.dirname(target), `.${path.basename(target)}.part`);
  await ensureFolder(folder).catch(async (error: unknown) => {
    throw await diskError(folder, error, 0);
  });
  const lock = path.join(folder, LOCK);
  await take(lock, target);
  return {
    folder,
    demandSpace: (bytes) => demandSpace(folder, bytes),
    async publish(record, final) {
      await writeFileAtomic(path.join(folder, RECORD), `${JSON.stringify(record, null, 2)}\n`);
      const extra = new Set(await disk.readdir(folder));
      for (const { name } of record.files) extra.delete(name);
      extra.delete(RECORD);
      // What an earlier try left over, of another revision for example, and the lock.
      for (const name of extra) await disk.rm(path.join(folder, name), { force: true, recursive: true });
      // An empty folder of that name is in nobody's way; this removes no other.
      await rmdir(final).catch(() => undefined);
      await disk.rename(folder, final).catch(async (error: unknown) => {
        throw await diskError(final, error, 0);
      });
    },
    async release() {
      held.delete(lock);
      await disk.rm(lock, { force: true });
      // Where nothing has arrived, nothing needs to be kept.
      await rmdir(folder).catch(() => undefined);
    },
  };
}

async function demandSpace(folder: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  if (free >= bytes + MARGIN) return;
  throw new UserError(l10n.t('The disk of {0} has {1} MB free, and {2} MB are needed. Free some space, or choose a folder on another disk.', path.dirname(folder), megabytes(free), megabytes(bytes + MARGIN)));
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}

/** What this very process downloads. */
const held = new Set<string>();

async function take(lock: string, target: string): Promise<void> {
  const owner = await disk.readFile(lock, 'utf8').then(Number, () => 0);
  const alive = owner === process.pid ? held.has(lock) : owner > 0 && lives(owner);
  if (alive) throw new UserError(l10n.t('{0} is being downloaded already, by the process {1}. If that is no ViT Lab any more, delete {2}.', target, owner, lock));
  await disk.rm(lock, { force: true });
  try {
    const handle = await disk.open(lock, 'wx');
    await handle.writeFile(String(process.pid)).finally(() => handle.close());
    held.add(lock);
  } catch (error) {
    throw codeOf(error) === 'EEXIST' ? new UserError(l10n.t('{0} is being downloaded already, by another process.', target)) : await diskError(lock, error, 10);
  }
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}
