import { createHash, randomBytes } from 'node:crypto';
import { closeSync, openSync, readdirSync, readSync } from 'node:fs';
import { statfs, utimes } from 'node:fs/promises';
import * as path from 'node:path';
import { crc32 } from 'node:zlib';
import { dependencies } from '../../../package.json';
import { ensureFolder, writeFileAtomic } from '../atomic';
import { folderBytes, trimCache } from '../cacheFolder';
import type { Target } from './gather';

/** Bytes of decoded images on the disk, of all datasets together. */
const DISK_BYTES = 8 * 2 ** 30;
/** What is left free on the disk in any case. */
const FREE_BYTES = 2 ** 30;
/** A pack is written when so much was decoded. */
const PACK_BYTES = 32 * 2 ** 20;

const MAGIC = 0x314b5056;
/** Of an image in a pack's list: sha256 of the stored bytes, and the CRC-32 of the decoded ones. */
const ENTRY = 36;

/**
 * Decoded images on the disk, each under the sha256 of the bytes that it was decoded from: whoever wants the same image at
 * the same size, another trial of a sweep or another dataset, has it without decoding. They lie in packs that are written
 * whole or not at all, so that threads and processes share a folder without asking each other. An image whose checksum
 * does not fit is as good as not there.
 */
export interface DecodedStore {
  /** Synchronous: an image is 3 to 150 KB, and lies in the system's cache most of the time. */
  get(sha256: string): Uint8Array | undefined;
  put(sha256: string, pixels: Uint8Array): void;
  /** Looks for what others have written meanwhile. */
  refresh(): void;
  /** Writes what was put. Rejects never: what cannot be written is decoded again another time. */
  settle(): Promise<void>;
}

interface Place {
  readonly file: string;
  readonly at: number;
  readonly crc: number;
}

/** The name of how images are decoded and brought to size: all that their pixels depend on beside their bytes. */
export function decodingKey({ image, fit }: Target): string {
  const { mean, ...sized } = image;
  const border = image.fit === 'border' ? mean : [];
  const shape = [sized.size, sized.channels, sized.fit, sized.crop_pct, sized.crop_rounding, sized.interpolation];
  return createHash('sha256').update(JSON.stringify(['vit-lab-decoded/1', dependencies.sharp, shape, border, fit])).digest('hex').slice(0, 32);
}

/**
 * @param cache folder of the user's caches; without one nothing is kept
 * @param key of the decoding
 * @param size bytes of an image
 */
export function openDecoded(cache: string | undefined, key: string, size: number): DecodedStore {
  if (cache === undefined) return { get: () => undefined, put: () => undefined, refresh: () => undefined, settle: () => Promise.resolve() };
  const folder = path.join(cache, 'decoded');
  const packs = createPacks(folder, key, size);
  let waiting = new Map<string, Uint8Array>();
  let writing: Promise<void> = Promise.resolve();
  const write = (): void => {
    const images = waiting;
    waiting = new Map();
    if (images.size === 0) return;
    writing = writing.then(() => writePack(folder, key, size, images)).then((file) => file === undefined ? undefined : packs.add(file));
  };
  return {
    get: (sha256) => waiting.get(sha256) ?? packs.get(sha256),
    put(sha256, pixels) {
      // The caller may go on to use its memory for something else.
      waiting.set(sha256, pixels.slice());
      if (waiting.size * size >= PACK_BYTES) write();
    },
    refresh: () => packs.refresh(),
    async settle() {
      write();
      await writing;
    },
  };
}

function createPacks(folder: string, key: string, size: number) {
  const places = new Map<string, Place>();
  const known = new Set<string>();
  const add = (name: string): void => {
    if (known.has(name)) return;
    known.add(name);
    const file = path.join(folder, name);
    for (const [sha256, at, crc] of opened(file, (handle) => [...listOf(handle, size)]) ?? []) places.set(sha256, { file, at, crc });
    // What is used is kept longest.
    void utimes(file, new Date(), new Date()).catch(() => undefined);
  };
  const refresh = (): void => {
    for (const name of namesIn(folder)) if (name.startsWith(`${key}-`) && name.endsWith('.pack')) add(name);
  };
  refresh();
  return {
    add,
    refresh,
    get(sha256: string): Uint8Array | undefined {
      const place = places.get(sha256);
      if (place === undefined) return undefined;
      const pixels = opened(place.file, (handle) => readExactly(handle, place.at, size));
      if (pixels !== undefined && crc32(pixels) === place.crc) return pixels;
      places.delete(sha256);
      return undefined;
    },
  };
}

/** There may be no such folder yet. */
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Opens a pack for one reading, so that none stays open when nobody needs its dataset any more. One that is gone or unreadable gives nothing: what was in it is decoded again. */
function opened<T>(file: string, use: (handle: number) => T): T | undefined {
  try {
    const handle = openSync(file, 'r');
    try {
      return use(handle);
    } finally {
      closeSync(handle);
    }
  } catch {
    return undefined;
  }
}

function readExactly(handle: number, at: number, length: number): Buffer | undefined {
  const bytes = Buffer.allocUnsafe(length);
  return readSync(handle, bytes, 0, length, at) === length ? bytes : undefined;
}

/** What a pack holds: nothing when its list is damaged or its images have another size. */
function* listOf(handle: number, size: number): Generator<[sha256: string, at: number, crc: number]> {
  const head = readExactly(handle, 0, 16);
  if (head === undefined) return;
  const [magic, count, bytes, sum] = [0, 4, 8, 12].map((at) => head.readUInt32LE(at)) as [number, number, number, number];
  if (magic !== MAGIC || bytes !== size || count * size > 16 * PACK_BYTES + size) return;
  const list = readExactly(handle, 16, count * ENTRY);
  if (list === undefined || crc32(list) !== sum) return;
  const first = 16 + count * ENTRY;
  for (let i = 0; i < count; i++) yield [list.toString('hex', i * ENTRY, i * ENTRY + 32), first + i * size, list.readUInt32LE(i * ENTRY + 32)];
}

/** The name of the pack that was written; nothing when there was no room, or it could not be. */
async function writePack(folder: string, key: string, size: number, images: ReadonlyMap<string, Uint8Array>): Promise<string | undefined> {
  try {
    await ensureFolder(folder);
    if (!(await hasRoom(folder, key, images.size * size))) return undefined;
    const list = Buffer.alloc(images.size * ENTRY);
    [...images].forEach(([sha256, pixels], i) => {
      list.write(sha256, i * ENTRY, 'hex');
      list.writeUInt32LE(crc32(pixels), i * ENTRY + 32);
    });
    const head = Buffer.alloc(16);
    [MAGIC, images.size, size, crc32(list)].forEach((value, i) => head.writeUInt32LE(value, i * 4));
    const name = `${key}-${randomBytes(8).toString('hex')}.pack`;
    await writeFileAtomic(path.join(folder, name), Buffer.concat([head, list, ...images.values()]));
    await trimCache(folder, /\.pack$/, DISK_BYTES);
    return name;
  } catch {
    return undefined;
  }
}

/** A dataset that is larger than all that may be kept must not push out its own images for others of its own, again and again. */
async function hasRoom(folder: string, key: string, bytes: number): Promise<boolean> {
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize < FREE_BYTES + bytes) return false;
  return (await folderBytes(folder, (name) => name.startsWith(key))) + bytes <= DISK_BYTES;
}
