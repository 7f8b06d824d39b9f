import { statSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { disk } from '../atomic';

/** What files look like on the disk: changes with every atomic write, as that makes a new file. */

const BATCH = 64;
/** A batch that takes longer comes from a slow disk or a mount, which shall hold up nothing else. */
const SLOW_MS = 20;
const ABSENT = '-';

/**
 * The stamps of files, a list for each list. On a disk that answers at once asking directly costs a sixth of asking through
 * the thread pool (4 µs against 16 to 24, measured), which is what makes a list of ten thousand runs quick.
 */
export async function stampsOf(lists: readonly (readonly string[])[]): Promise<readonly string[]> {
  const stamps: string[] = [];
  let slow = false;
  for (let at = 0; at < lists.length; at += BATCH) {
    const batch = lists.slice(at, at + BATCH);
    const start = performance.now();
    if (slow) stamps.push(...(await Promise.all(batch.map(async (files) => (await Promise.all(files.map(stampOf))).join()))));
    else stamps.push(...batch.map((files) => files.map(stampNow).join()));
    slow ||= performance.now() - start > SLOW_MS;
    if (at % (16 * BATCH) === 0) await setImmediate();
  }
  return stamps;
}

/** The stamp of no file at all. */
export function isAbsent(stamp: string): boolean {
  return stamp.split(',').every((one) => one === ABSENT);
}

export async function stampOf(file: string): Promise<string> {
  return await disk.stat(file).then(({ mtimeMs, size, ino }) => `${mtimeMs}:${size}:${ino}`, () => ABSENT);
}

function stampNow(file: string): string {
  try {
    const stats = statSync(file, { throwIfNoEntry: false });
    return stats ? `${stats.mtimeMs}:${stats.size}:${stats.ino}` : ABSENT;
  } catch {
    return ABSENT;
  }
}
