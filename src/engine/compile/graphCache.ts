import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readFile, utimes } from 'node:fs/promises';
import * as path from 'node:path';
import { ensureFolder, writeFileAtomic } from '../atomic';
import { trimCache } from '../cacheFolder';

let compiler: string | undefined;

/** What compiled: the checksum of the bundle that this runs in, so that no graph of another compiler is ever taken. */
function compilerVersion(): string {
  return (compiler ??= checksum(readFileSync(__filename)).toString('hex'));
}

/** Bytes of compiled graphs that are kept. */
const LIMIT = 256 * 2 ** 20;

/**
 * Opens the compiled graph of a key: the one in the folder, or one that is made and put there. A folder that cannot be
 * read or written only costs the time of compiling. An entry that does not open is made again; when what is made is the
 * same, the entry was not at fault, and its error is told.
 *
 * @param key all that the graph depends on but the compiler: the version of what runs it, too
 */
export async function openCached<T>(folder: string | undefined, key: unknown, make: () => Promise<Uint8Array>, open: (graph: Uint8Array) => Promise<T>): Promise<T> {
  if (folder === undefined) return open(await make());
  const name = createHash('sha256').update(JSON.stringify([compilerVersion(), key])).digest('hex');
  const file = path.join(folder, `${name}.graph`);
  const found = await read(file);
  const opened = found && (await outcome(open(found)));
  if (opened && 'value' in opened) return opened.value;
  const graph = await make();
  if (opened && checksum(graph).equals(checksum(found))) throw opened.error;
  await store(folder, file, graph).catch(() => undefined);
  return open(graph);
}

async function outcome<T>(work: Promise<T>): Promise<{ readonly value: T } | { readonly error: unknown }> {
  return work.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
}

/** Nothing when it is not there, or when what was written last (its checksum) does not fit the rest. */
async function read(file: string): Promise<Uint8Array | undefined> {
  try {
    const bytes = await readFile(file);
    const graph = bytes.subarray(0, -32);
    if (!checksum(graph).equals(bytes.subarray(-32))) return undefined;
    const now = new Date();
    await utimes(file, now, now).catch(() => undefined);
    return graph;
  } catch {
    return undefined;
  }
}

async function store(folder: string, file: string, graph: Uint8Array): Promise<void> {
  await ensureFolder(folder);
  await writeFileAtomic(file, Buffer.concat([graph, checksum(graph)]));
  await trimCache(folder, /\.graph$/, LIMIT);
}

function checksum(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}
