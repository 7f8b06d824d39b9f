import { randomBytes } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { lstat, readdir, rename, rm } from 'node:fs/promises';
import * as path from 'node:path';
import { pipeline } from 'node:stream/promises';
import * as l10n from '@vscode/l10n';
import { Zip, ZipDeflate, ZipPassThrough } from 'fflate';
import { disk, diskError, ensureFolder, reasonOf, writeFileAtomic } from '../atomic';
import { UserError } from '../userError';
import { openZip, type ZipEntry } from '../zipFile';
import { files, readRecord } from './files';
import { isOwned } from './owner';
import { free } from './trash';

/**
 * A run as one file: a zip (`.vitrun`) of what lies in its folder. What belongs to a place or a process stays behind: owners,
 * requests to stop, what was being written.
 */

/** Names of a run's files: plain ones, not hidden, at most two folders deep. */
const PLAIN = /^(?:[\w@=+,() -][\w.@=+,() -]*\/){0,2}[\w@=+,() -][\w.@=+,() -]*$/;
const STAYS = /^(owner|released)\.\d+$|^stop$|\.tmp$|^deleted\.json$/;
/** The zip format without its extension for large files. */
const MOST_BYTES = 2 ** 32 - 2 ** 20;
const MOST_FILES = 20_000;
/** Texts of a run pack to a fifth, rarely to a twentieth. */
const MOST_RATIO = 100;
const MOST_MEMBER = 2 ** 32;

export interface OneFileOptions {
  readonly signal: AbortSignal;
  readonly onProgress: (done: number, of: number) => void;
}

interface Member {
  readonly name: string;
  readonly file: string;
  readonly size: number;
}

/**
 * Writes a run as one file.
 *
 * @throws UserError when it is being trained, when the file is there already, or has no room
 */
export async function exportRun({ run: folder, file, force }: { readonly run: string; readonly file: string; readonly force: boolean }, options: OneFileOptions): Promise<{ readonly file: string; readonly bytes: number }> {
  const [run, target] = [path.resolve(folder), path.resolve(file)];
  await readRecord(run);
  if (await isOwned(run)) throw new UserError(l10n.t('{0} is training. Stop it, or wait until it ends, before you export it.', run), { file: run });
  if (!force && existsSync(target)) throw new UserError(l10n.t('{0} is there already.', target), { file: target });
  const members = await membersOf(run);
  const total = members.reduce((sum, { size }) => sum + size, 0);
  if (total > MOST_BYTES) throw new UserError(l10n.t('{0} has more than 4 GB; copy its folder instead.', run), { file: run });
  const temporary = `${target}.${process.pid}-${randomBytes(4).toString('hex')}.tmp`;
  try {
    const handle = await disk.open(temporary, 'wx');
    await pipeline(zipped(path.basename(run), members, total, options), handle.createWriteStream({ flush: true }), { signal: options.signal });
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true });
    options.signal.throwIfAborted();
    throw await diskError(target, error, total);
  }
  return { file: target, bytes: (await disk.stat(target)).size };
}

async function membersOf(run: string): Promise<readonly Member[]> {
  const entries = await readdir(run, { withFileTypes: true, recursive: true });
  const members = entries.filter((entry) => entry.isFile()).map(async (entry): Promise<Member | null> => {
    const file = path.join(entry.parentPath, entry.name);
    const name = path.relative(run, file).split(path.sep).join('/');
    const stats = await lstat(file);
    return STAYS.test(entry.name) || !PLAIN.test(name) ? null : { name, file, size: stats.size };
  });
  return (await Promise.all(members)).filter((member) => member !== null).sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Numbers hardly pack: weights and pictures are stored, texts are deflated. */
async function* zipped(folder: string, members: readonly Member[], total: number, { signal, onProgress }: OneFileOptions): AsyncGenerator<Uint8Array> {
  const ready: Uint8Array[] = [];
  const zip = new Zip((error, chunk) => {
    if (error) throw error;
    ready.push(chunk);
  });
  let done = 0;
  for (const { name, file } of members) {
    const entry = /\.(json|jsonl|yaml|csv|md|txt|svg)$/.test(name) ? new ZipDeflate(`${folder}/${name}`, { level: 6 }) : new ZipPassThrough(`${folder}/${name}`);
    zip.add(entry);
    for await (const piece of createReadStream(file, { highWaterMark: 2 ** 20 })) {
      signal.throwIfAborted();
      entry.push(piece as Buffer);
      onProgress((done += (piece as Buffer).length), total);
      yield* ready.splice(0);
    }
    entry.push(new Uint8Array(0), true);
    yield* ready.splice(0);
  }
  zip.end();
  yield* ready.splice(0);
}

/**
 * Unpacks a run into a folder of runs. Nothing of it is seen before all of it is there.
 *
 * @throws UserError when the archive is damaged, is no run, or holds what no run holds: links, paths out of it, bombs
 */
export async function importRun({ file: given, runs }: { readonly file: string; readonly runs: string }, options: OneFileOptions): Promise<{ readonly run: string }> {
  const [file, store] = [path.resolve(given), path.resolve(runs)];
  if (!existsSync(file)) throw new UserError(l10n.t('There is no file {0}.', file), { file });
  const zip = await openZip(file, MOST_MEMBER).catch((error: unknown) => {
    throw error instanceof UserError ? error : new UserError(l10n.t('Cannot read {0}: {1}', file, reasonOf(error)), { file });
  });
  const { folder, members } = checked(file, zip.entries);
  const total = members.reduce((sum, { entry }) => sum + entry.size, 0);
  const unpacking = path.join(store, `.importing-${randomBytes(6).toString('hex')}`);
  try {
    await ensureFolder(unpacking);
    let done = 0;
    for (const { name, entry } of members) {
      options.signal.throwIfAborted();
      const place = path.join(unpacking, name);
      await ensureFolder(path.dirname(place));
      const bytes = await zip.read(entry).catch((error: unknown) => {
        throw refused(file, `${entry.name}: ${reasonOf(error)}`);
      });
      await writeFileAtomic(place, bytes);
      options.onProgress((done += entry.size), total);
    }
    await readRecord(unpacking);
    await ensureFolder(files.checkpoints(unpacking));
    const run = free(store, folder);
    await rename(unpacking, run);
    return { run };
  } catch (error) {
    await rm(unpacking, { recursive: true, force: true }).catch(() => undefined);
    if (error instanceof UserError) throw new UserError(error.message.replaceAll(unpacking, file), { file });
    options.signal.throwIfAborted();
    throw await diskError(store, error, total);
  }
}

/** What an archive may hold: one folder with a run's files. */
function checked(file: string, entries: readonly ZipEntry[]): { readonly folder: string; readonly members: readonly { readonly name: string; readonly entry: ZipEntry }[] } {
  const record = entries.find(({ name }) => /^[^/]+\/run\.json$/.test(name));
  const folder = record?.name.split('/')[0];
  if (folder === undefined || folder.startsWith('.') || !PLAIN.test(folder)) throw refused(file, l10n.t('it holds no run: there is no run.json in its one folder'));
  if (entries.length > MOST_FILES) throw refused(file, l10n.t('it lists more than {0} files', MOST_FILES));
  const unpacked = entries.reduce((sum, { size }) => sum + size, 0);
  const packed = entries.reduce((sum, { compressed }) => sum + compressed, 0);
  if (unpacked > 2 ** 26 && unpacked > packed * MOST_RATIO) throw refused(file, l10n.t('it would unpack to more than {0} times its size', MOST_RATIO));
  const members = entries.map((entry) => ({ name: entry.name.slice(folder.length + 1), entry }));
  const strange = members.find(({ name, entry }) => !entry.name.startsWith(`${folder}/`) || !PLAIN.test(name) || STAYS.test(path.posix.basename(name)));
  if (strange) throw refused(file, l10n.t('"{0}" is no file of a run', strange.entry.name));
  // Two names that a system without capitals takes for one would write one over the other.
  const seen = new Set<string>();
  for (const { name } of members) {
    if (seen.has(name.toLowerCase())) throw refused(file, l10n.t('it holds "{0}" twice', name));
    seen.add(name.toLowerCase());
  }
  return { folder, members };
}

function refused(file: string, reason: string): UserError {
  return new UserError(l10n.t('Cannot import {0}: {1}.', file, reason), { file });
}
