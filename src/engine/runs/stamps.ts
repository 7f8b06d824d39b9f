import { statSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { codeOf, disk } from '../atomic';

/** What files look like on the disk: changes with every atomic write, as that makes a new file. */

const BATCH = 64;
/**
 * Batches that take longer come from a slow disk or a mount, which shall hold up nothing else. Two in a row: one may have
 * waited for a processor that others keep busy, and asking through the pool would then be slower still.
 */
const SLOW_MS = 50;
/** No processor that others keep busy holds up a batch for so long: the rest of it is asked through the pool, and nobody waits meanwhile. */
const HANGS_MS = 500;
const ABSENT = '-';
/** Something is there, or might be, and does not let itself be asked. */
const UNKNOWN = '?';

/** How quickly a disk has answered; who asks it again begins where this is. */
export interface Pace {
  slow: number;
}

/** Whether it is asked through the pool. */
export function isSlow({ slow }: Pace): boolean {
  return slow >= 2;
}

/**
 * Asks the disk for each of many things, in their order. On a disk that answers at once asking directly costs a sixth of asking
 * through the thread pool (4 µs against 16 to 24 for a stat, measured), which is what makes a list of ten thousand runs quick;
 * one that does not is asked through the pool, a batch at a time.
 *
 * @param now answers at once
 * @param later the same through the pool
 */
export async function askDisk<T, R>(things: readonly T[], now: (thing: T) => R, later: (thing: T) => Promise<R>, pace: Pace = { slow: 0 }): Promise<R[]> {
  const answers: R[] = [];
  for (let at = 0; at < things.length; at += BATCH) {
    const batch = things.slice(at, at + BATCH);
    const start = performance.now();
    let asked = 0;
    while (!isSlow(pace) && asked < batch.length) {
      answers.push(now(batch[asked++]!));
      if (performance.now() - start > HANGS_MS) pace.slow = 2;
    }
    if (!isSlow(pace)) pace.slow = performance.now() - start > SLOW_MS ? pace.slow + 1 : 0;
    answers.push(...(await Promise.all(batch.slice(asked).map(later))));
    // Whoever asks this process something else meanwhile is heard.
    if (at % (16 * BATCH) === 0) await setImmediate();
  }
  return answers;
}

/** The stamps of files, a list for each list. */
export async function stampsOf(lists: readonly (readonly string[])[], pace?: Pace): Promise<readonly string[]> {
  return askDisk(lists, (files) => files.map(stampNow).join(), async (files) => (await Promise.all(files.map(stampOf))).join(), pace);
}

/** Of each file of a list whether it is not there. */
export function absentIn(stamp: string): readonly boolean[] {
  return stamp.split(',').map((one) => one === ABSENT);
}

export async function stampOf(file: string): Promise<string> {
  return await disk.stat(file).then(({ mtimeMs, size, ino }) => `${mtimeMs}:${size}:${ino}`, (error: unknown) => (['ENOENT', 'ENOTDIR'].includes(codeOf(error)) ? ABSENT : UNKNOWN));
}

function stampNow(file: string): string {
  try {
    const stats = statSync(file, { throwIfNoEntry: false });
    return stats ? `${stats.mtimeMs}:${stats.size}:${stats.ino}` : ABSENT;
  } catch {
    return UNKNOWN;
  }
}
