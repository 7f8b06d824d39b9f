import { statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { decodeBytes } from '../pictures/decode';
import { walk } from '../pictures/walk';
import { layOut, type Placed } from './layout';
import type { Sample, Source } from './source';

/** A folder of images in class folders; see `layOut` for the shapes that are understood. */
export async function openFolder(folder: string, signal?: AbortSignal): Promise<Source> {
  const layout = layOut(await walk(folder, signal), folder);
  const samples = (placed: readonly Placed[]): Sample[] =>
    placed.map(({ file, label }) => {
      const name = path.join(folder, file);
      return { label, name, key: file, load: () => readFile(name), decode: decodeBytes, location: { file: name }, stamp: () => stampOf(name) };
    });
  return {
    format: 'folder',
    classes: layout.classes,
    train: samples(layout.train),
    val: layout.val && samples(layout.val),
    test: layout.test && samples(layout.test),
    broken: layout.broken.map(({ file, reason }) => ({ file: path.resolve(folder, file), reason })),
  };
}

/** A file that was written so lately may be written again within the same tick of the clock that stamps it. */
const FRESH_MS = 2000;

/** Size and times; a synchronous call, which for a hundred thousand files is many times as fast. */
function stampOf(file: string): string | undefined {
  const stats = statSync(file, { throwIfNoEntry: false });
  return stats && Date.now() - stats.mtimeMs > FRESH_MS ? `${stats.size} ${stats.mtimeMs} ${stats.ctimeMs}` : undefined;
}
