import { readdir, rm, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import * as path from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Where ViT Lab keeps what it can always make again: `VITLAB_CACHE` (empty: nowhere), else the user's folder for caches
 * as the system has it (XDG Base Directory Specification on Linux).
 */
export function cacheFolder(env: Environment = process.env, platform: NodeJS.Platform = process.platform): string | undefined {
  if (env['VITLAB_CACHE'] !== undefined) return env['VITLAB_CACHE'] || undefined;
  if (platform === 'win32') return path.join(env['LOCALAPPDATA'] || path.join(homedir(), 'AppData/Local'), 'vit-lab', 'Cache');
  if (platform === 'darwin') return path.join(homedir(), 'Library/Caches/vit-lab');
  return path.join(env['XDG_CACHE_HOME'] || path.join(homedir(), '.cache'), 'vit-lab');
}

/** After so long, what was being written is a leftover of a process that died. */
const WRITING_MS = 3_600_000;

/** Removes leftovers, and of the files of a name what was used longest ago, down to so many bytes. */
export async function trimCache(folder: string, name: RegExp, limit: number): Promise<void> {
  const files = await filesOf(folder, (one) => name.test(one) || one.endsWith('.tmp'));
  let total = files.reduce((sum, { size }) => sum + size, 0);
  for (const { file, size, used } of files.sort((a, b) => a.used - b.used)) {
    const superfluous = file.endsWith('.tmp') ? Date.now() - used > WRITING_MS : total > limit;
    if (!superfluous) continue;
    // Windows removes nothing that somebody has open; another time, then.
    await rm(file, { force: true }).catch(() => undefined);
    total -= size;
  }
}

/** Bytes of the files that are called so; of a folder that is not there, none. */
export async function folderBytes(folder: string, isMeant: (name: string) => boolean): Promise<number> {
  return (await filesOf(folder, isMeant)).reduce((sum, { size }) => sum + size, 0);
}

async function filesOf(folder: string, isMeant: (name: string) => boolean): Promise<{ file: string; size: number; used: number }[]> {
  const names = (await readdir(folder).catch(() => [])).filter(isMeant);
  const files = names.map(async (name) => {
    const file = path.join(folder, name);
    // Another process may have removed it meanwhile.
    const found = await stat(file).catch(() => undefined);
    return found ? [{ file, size: found.size, used: found.mtimeMs }] : [];
  });
  return (await Promise.all(files)).flat();
}
