import { createHash, type Hash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { codeOf, disk, diskError, writeFileAtomic } from '../atomic';

/** What a part was begun from, so that it is only continued with more of the same. */
export interface Origin {
  readonly url: string;
  /** A strong validator of the server that sent it. */
  readonly etag?: string;
  readonly sha256?: string;
}

/** A file that is not all there yet: `NAME.part`, with `NAME.part.json` beside it that says of what. */
export interface PartFile {
  /** Makes a part of the file again, when an earlier try had finished it: it is checked like any other. */
  reopen(): Promise<void>;
  /** Bytes that may be kept for this origin; 0 when there are none. */
  kept(origin: Origin): Promise<{ readonly bytes: number; readonly etag?: string }>;
  /** Writes what comes behind the first `from` bytes; returns the size. */
  append(body: AsyncIterable<Uint8Array>, from: number, onBytes: (size: number) => void): Promise<number>;
  /** Notes of what the part will be, and drops what is there. */
  begin(origin: Origin): Promise<void>;
  digest(algorithm: 'sha256' | 'git', size: number, signal: AbortSignal): Promise<string>;
  discard(): Promise<void>;
  /** Gives the file its name; the note stays, for an interruption before the last file. */
  finish(): Promise<void>;
}

export function partFile(file: string): PartFile {
  const part = `${file}.part`;
  const note = `${part}.json`;
  return {
    async reopen() {
      await disk.rename(file, part).catch((error: unknown) => {
        if (codeOf(error) !== 'ENOENT') throw error;
      });
    },
    async kept(origin) {
      const size = await disk.stat(part).then((stats) => stats.size, () => 0);
      const begun = await readOrigin(note);
      if (size === 0 || begun === undefined || !isSame(begun, origin)) return { bytes: 0 };
      return { bytes: size, ...(begun.etag === undefined ? {} : { etag: begun.etag }) };
    },
    async begin(origin) {
      // First the old bytes go, or a crash in between would leave them under the name of the new ones.
      await disk.rm(part, { force: true });
      await writeFileAtomic(note, JSON.stringify(origin));
    },
    append: (body, from, onBytes) => append(part, body, from, onBytes),
    digest: (algorithm, size, signal) => digest(part, algorithm, size, signal),
    async discard() {
      for (const name of [part, note]) await disk.rm(name, { force: true });
    },
    finish: () => disk.rename(part, file),
  };
}

/** The same content by its hash, where the hub tells it; else the same address, whose content the server then confirms. */
function isSame(begun: Origin, wanted: Origin): boolean {
  if (begun.sha256 !== undefined || wanted.sha256 !== undefined) return begun.sha256 === wanted.sha256;
  return begun.url === wanted.url && begun.etag !== undefined;
}

async function readOrigin(note: string): Promise<Origin | undefined> {
  try {
    const value: unknown = JSON.parse(await disk.readFile(note, 'utf8'));
    return typeof value === 'object' && value !== null && 'url' in value ? (value as Origin) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

async function append(part: string, body: AsyncIterable<Uint8Array>, from: number, onBytes: (size: number) => void): Promise<number> {
  let size = from;
  const handle = await onDisk(part, 0, () => disk.open(part, from === 0 ? 'w' : 'r+'));
  try {
    await handle.truncate(from);
    for await (const chunk of body) {
      await onDisk(part, chunk.length, () => writeAll(handle, chunk, size));
      size += chunk.length;
      onBytes(size);
    }
    await onDisk(part, 0, () => handle.sync());
  } finally {
    await handle.close();
  }
  return size;
}

async function writeAll(handle: FileHandle, chunk: Uint8Array, at: number): Promise<void> {
  for (let done = 0; done < chunk.length; ) done += (await handle.write(chunk, done, chunk.length - done, at + done)).bytesWritten;
}

/** Failures of the disk are told as such; what the network does meanwhile is somebody else's matter. */
async function onDisk<T>(file: string, bytes: number, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw await diskError(file, error, bytes);
  }
}

/** SHA-256, or the hash that Git gives the file. It reads the file again, so that it is of what the disk has. */
async function digest(part: string, algorithm: 'sha256' | 'git', size: number, signal: AbortSignal): Promise<string> {
  const hash: Hash = algorithm === 'git' ? createHash('sha1').update(`blob ${size}\0`) : createHash('sha256');
  const handle = await disk.open(part, 'r');
  try {
    const buffer = Buffer.allocUnsafe(1 << 20);
    for (;;) {
      signal.throwIfAborted();
      const { bytesRead } = await handle.read(buffer, 0, buffer.length);
      if (bytesRead === 0) return hash.digest('hex');
      hash.update(buffer.subarray(0, bytesRead));
    }
  } finally {
    await handle.close();
  }
}
