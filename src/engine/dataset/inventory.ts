import { createHash } from 'node:crypto';
import { readFile, realpath } from 'node:fs/promises';
import * as path from 'node:path';
import { ensureFolder, writeFileAtomic } from '../atomic';
import { trimCache } from '../cacheFolder';

/** Bytes of inventories that are kept, of all datasets together: that of 100,000 images has 12 MB. */
const LIMIT = 256 * 2 ** 20;

/** What is known of the images of a dataset that were read before: they are whole, and what their contents' sha256 is. */
export interface Inventory {
  /** The sha256 (hex) of the bytes behind a key, if they still have this stamp. */
  find(key: string, stamp: string): string | undefined;
  add(key: string, stamp: string, sha256: string): void;
  /** Writes it, if anything was added. Only what `isKnown` says is still part of the dataset is kept. */
  save(isKnown: (key: string) => boolean): Promise<void>;
}

interface Known {
  readonly stamp: string;
  readonly sha256: string;
}

/**
 * The inventory of the dataset at a place, in a folder of the user's caches. One that is missing, damaged (its first line
 * is the sha256 of the rest) or of another version is empty, and so all images are read again; a folder that cannot be
 * written only costs the time of that.
 */
export async function openInventory(cache: string | undefined, place: string): Promise<Inventory> {
  const folder = cache && path.join(cache, 'datasets');
  const name = createHash('sha256').update(await realpath(place).catch(() => place)).digest('hex');
  const file = folder && path.join(folder, `${name}.inventory`);
  const entries = file === undefined ? new Map<string, Known>() : await read(file);
  let changed = false;
  return {
    find(key, stamp) {
      const known = entries.get(key);
      return known?.stamp === stamp ? known.sha256 : undefined;
    },
    add(key, stamp, sha256) {
      entries.set(key, { stamp, sha256 });
      changed = true;
    },
    async save(isKnown) {
      if (!changed || folder === undefined || file === undefined) return;
      changed = false;
      const lines = [...entries].filter(([key]) => isKnown(key)).map(([key, { stamp, sha256 }]) => JSON.stringify([key, stamp, sha256]));
      const text = [VERSION, ...lines].join('\n');
      await ensureFolder(folder)
        .then(() => writeFileAtomic(file, `${checksum(text)}\n${text}`))
        .then(() => trimCache(folder, /\.inventory$/, LIMIT))
        .catch(() => undefined);
    },
  };
}

const VERSION = 'vit-lab-inventory/1';

async function read(file: string): Promise<Map<string, Known>> {
  const text = await readFile(file, 'utf8').catch(() => '');
  const end = text.indexOf('\n');
  const rest = text.slice(end + 1);
  if (end < 0 || checksum(rest) !== text.slice(0, end)) return new Map();
  const [version, ...lines] = rest.split('\n');
  if (version !== VERSION) return new Map();
  return new Map(lines.map((line) => {
    const [key, stamp, sha256] = JSON.parse(line) as [string, string, string];
    return [key, { stamp, sha256 }];
  }));
}

function checksum(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
