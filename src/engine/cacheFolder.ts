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
