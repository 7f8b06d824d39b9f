import { open, type FileHandle } from 'node:fs/promises';
import { promisify } from 'node:util';
import { crc32, inflateRaw } from 'node:zlib';
import * as l10n from '@vscode/l10n';
import { Unreadable } from './pictures/unreadable';
import { UserError } from './userError';

/** A file inside an archive. */
export interface ZipEntry {
  readonly name: string;
  readonly compressed: number;
  readonly size: number;
  readonly crc: number;
  readonly method: number;
  readonly encrypted: boolean;
  /** Where its local header starts. */
  readonly at: number;
}

/** An archive of which only the list was read; members are read one at a time. */
export interface ZipFile {
  readonly entries: readonly ZipEntry[];
  /** @throws Unreadable when the member is damaged, encrypted or packed in an unknown way */
  read(entry: ZipEntry): Promise<Uint8Array>;
}

/** What an archive may claim before it is taken for an attack or an accident. */
const MAX_ENTRIES = 500_000;
const MAX_LIST_BYTES = 256 * 2 ** 20;
const MAX_MEMBER_BYTES = 256 * 2 ** 20;
const MAX_RATIO = 1000;

const inflate = promisify(inflateRaw) as (bytes: Uint8Array, options: { maxOutputLength: number }) => Promise<Buffer>;

/**
 * Opens a zip (APPNOTE.TXT 6.3, ZIP64 included) by its central directory, so that a large archive costs its list only.
 * Paths out of the archive, double names, symbolic links, overlapping members and bombs are refused.
 *
 * @param maxMember bytes that a member may unpack to
 * @throws UserError naming the archive
 */
export async function openZip(file: string, maxMember = MAX_MEMBER_BYTES): Promise<ZipFile> {
  const shared = sharedHandle(file);
  const entries = await shared((handle) => readList(handle, file));
  checkEntries(entries, file);
  return { entries: entries.filter((entry) => !entry.name.endsWith('/')), read: (entry) => shared((handle) => readMember(handle, entry, maxMember)) };
}

/** Opens the file for the first of several readers and closes it after the last, so that none stays open for hours. */
function sharedHandle(file: string): <T>(use: (handle: FileHandle) => Promise<T>) => Promise<T> {
  let opened: Promise<FileHandle> | undefined;
  let users = 0;
  return async (use) => {
    users++;
    const mine = (opened ??= open(file, 'r'));
    try {
      return await use(await mine);
    } finally {
      if (--users === 0) {
        opened = undefined;
        await mine.then((handle) => handle.close());
      }
    }
  };
}

async function readAt(handle: FileHandle, at: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(length);
  const { bytesRead } = await handle.read(buffer, 0, length, at);
  return buffer.subarray(0, bytesRead);
}

async function readList(handle: FileHandle, file: string): Promise<ZipEntry[]> {
  const { size } = await handle.stat();
  const end = await findEnd(handle, size, file);
  if (end.count > MAX_ENTRIES || end.length > MAX_LIST_BYTES)
    throw refused(file, l10n.t('it lists more than {0} files; unpack it and use the folder', MAX_ENTRIES));
  if (end.at + end.length > size) throw refused(file, l10n.t('the archive is cut off or damaged'));
  return parseList(await readAt(handle, end.at, end.length), end.count, file);
}

interface ListPlace {
  readonly at: number;
  readonly length: number;
  readonly count: number;
}

/** Finds the end record in the last 64 KB, and behind it the one of ZIP64. */
async function findEnd(handle: FileHandle, size: number, file: string): Promise<ListPlace> {
  const start = Math.max(0, size - 65_557);
  const tail = await readAt(handle, start, size - start);
  const found = tail.lastIndexOf('PK\x05\x06', undefined, 'latin1');
  if (found < 0 || found + 22 > tail.length) throw refused(file, l10n.t('it is no zip archive, or it is cut off'));
  const short = { count: tail.readUInt16LE(found + 10), length: tail.readUInt32LE(found + 12), at: tail.readUInt32LE(found + 16) };
  const wide = short.count === 0xffff || short.length === 0xffffffff || short.at === 0xffffffff;
  const locator = found - 20;
  if (!wide || locator < 0 || tail.readUInt32LE(locator) !== 0x07064b50) return short;
  const record = await readAt(handle, Number(tail.readBigUInt64LE(locator + 8)), 56);
  if (record.length < 56 || record.readUInt32LE(0) !== 0x06064b50) throw refused(file, l10n.t('the archive is cut off or damaged'));
  return { count: wideNumber(record, 32), length: wideNumber(record, 40), at: wideNumber(record, 48) };
}

function wideNumber(bytes: Buffer, at: number): number {
  return Number(bytes.readBigUInt64LE(at));
}

function parseList(list: Buffer, count: number, file: string): ZipEntry[] {
  const entries: ZipEntry[] = [];
  let at = 0;
  for (let i = 0; i < count; i++) {
    if (at + 46 > list.length || list.readUInt32LE(at) !== 0x02014b50) throw refused(file, l10n.t('the archive is cut off or damaged'));
    const [name, extra, comment] = [list.readUInt16LE(at + 28), list.readUInt16LE(at + 30), list.readUInt16LE(at + 32)];
    const next = at + 46 + name + extra + comment;
    if (next > list.length) throw refused(file, l10n.t('the archive is cut off or damaged'));
    entries.push(parseEntry(list, at, name, extra, file));
    at = next;
  }
  return entries;
}

function parseEntry(list: Buffer, at: number, nameLength: number, extraLength: number, file: string): ZipEntry {
  // Windows archivers of old wrote backslashes.
  const name = list.toString('utf8', at + 46, at + 46 + nameLength).replaceAll('\\', '/');
  const unixMode = list.readUInt32LE(at + 38) >>> 16;
  if (list.readUInt8(at + 5) === 3 && (unixMode & 0o170000) === 0o120000)
    throw refused(file, l10n.t('it holds a symbolic link, "{0}"', name));
  const short = { size: list.readUInt32LE(at + 24), compressed: list.readUInt32LE(at + 20), at: list.readUInt32LE(at + 42) };
  const extra = list.subarray(at + 46 + nameLength, at + 46 + nameLength + extraLength);
  return {
    name,
    crc: list.readUInt32LE(at + 16),
    method: list.readUInt16LE(at + 10),
    encrypted: (list.readUInt16LE(at + 8) & 1) === 1,
    ...widened(short, extra),
  };
}

/** ZIP64 puts the numbers that are too large for 32 bits into an extra field, in this order. */
function widened<T extends Record<'size' | 'compressed' | 'at', number>>(short: T, extra: Buffer): T {
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) !== 1) continue;
    let from = at + 4;
    const wide = { ...short };
    for (const key of ['size', 'compressed', 'at'] as const)
      if (short[key] === 0xffffffff && from + 8 <= extra.length) {
        wide[key] = wideNumber(extra, from);
        from += 8;
      }
    return wide;
  }
  return short;
}

function checkEntries(entries: readonly ZipEntry[], file: string): void {
  const seen = new Set<string>();
  for (const entry of entries) {
    const { name } = entry;
    if (name.startsWith('/') || /^[a-z]:/i.test(name) || name.includes('\0') || name.split('/').some((part) => part === '..'))
      throw refused(file, l10n.t('the name "{0}" leads out of the archive', name));
    if (seen.has(name)) throw refused(file, l10n.t('it holds "{0}" twice', name));
    seen.add(name);
    if (entry.size > 2 ** 20 && entry.size > entry.compressed * MAX_RATIO)
      throw refused(file, l10n.t('"{0}" would unpack to more than {1} times its size', name, MAX_RATIO));
  }
  const ordered = entries.toSorted((a, b) => a.at - b.at);
  ordered.forEach((entry, i) => {
    const next = ordered[i + 1];
    if (next && entry.at + 30 + entry.compressed > next.at) throw refused(file, l10n.t('"{0}" overlaps another file', entry.name));
  });
}

async function readMember(handle: FileHandle, entry: ZipEntry, maxMember: number): Promise<Uint8Array> {
  if (entry.encrypted) throw new Unreadable(l10n.t('it is encrypted'));
  if (entry.size > maxMember) throw new Unreadable(l10n.t('it is larger than {0} MB', maxMember / 2 ** 20));
  // The local header may be longer than the listed one; some more is read so that one read nearly always does.
  const slack = 30 + Buffer.byteLength(entry.name) + 64;
  let chunk = await readAt(handle, entry.at, slack + entry.compressed);
  if (chunk.length < 30 || chunk.readUInt32LE(0) !== 0x04034b50) throw Unreadable.truncated();
  const start = 30 + chunk.readUInt16LE(26) + chunk.readUInt16LE(28);
  if (start > slack) chunk = await readAt(handle, entry.at, start + entry.compressed);
  const packed = chunk.subarray(start, start + entry.compressed);
  if (packed.length < entry.compressed) throw Unreadable.truncated();
  return unpack(packed, entry);
}

async function unpack(packed: Buffer, entry: ZipEntry): Promise<Uint8Array> {
  if (entry.method !== 0 && entry.method !== 8) throw new Unreadable(l10n.t('it is packed in a way that is not supported; only stored and deflated files are'));
  const bytes =
    entry.method === 0
      ? packed
      : await inflate(packed, { maxOutputLength: Math.max(1, entry.size) }).catch((): never => {
          throw Unreadable.truncated();
        });
  if (bytes.length !== entry.size || crc32(bytes) !== entry.crc) throw Unreadable.truncated();
  return bytes;
}

function refused(file: string, reason: string): UserError {
  return new UserError(l10n.t('Cannot open {0}: {1}.', file, reason), { file });
}
