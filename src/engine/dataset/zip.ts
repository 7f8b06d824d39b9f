import { stat } from 'node:fs/promises';
import { decodeBytes } from '../pictures/decode';
import { isHidden, sortPaths, type Tree } from '../pictures/walk';
import { layOut, type Placed } from './layout';
import type { Sample, Source } from './source';
import { openZip, type ZipEntry } from '../zipFile';

/** A zip of an image folder. Nothing is unpacked to disk; members are read when their image is wanted. */
export async function openZipFolder(file: string): Promise<Source> {
  const zip = await openZip(file);
  const { size, mtimeMs, ctimeMs } = await stat(file);
  const layout = layOut(treeOf(zip.entries), file);
  const members = new Map(zip.entries.map((entry) => [entry.name, entry]));
  const samples = (placed: readonly Placed[]): Sample[] =>
    placed.map(({ file: member, label }) => {
      const entry = members.get(member)!;
      return {
        label,
        name: `${file}!${member}`,
        key: member,
        load: () => zip.read(entry),
        decode: decodeBytes,
        location: { archive: file, entry },
        stamp: () => `${entry.crc} ${entry.size} ${size} ${mtimeMs} ${ctimeMs}`,
      };
    });
  return {
    format: 'zip',
    classes: layout.classes,
    train: samples(layout.train),
    val: layout.val && samples(layout.val),
    test: layout.test && samples(layout.test),
    broken: layout.broken.map((one) => ({ ...one, file: `${file}!${one.file}` })),
  };
}

function treeOf(entries: readonly ZipEntry[]): Tree {
  const folders = new Set<string>();
  const files: string[] = [];
  for (const { name } of entries) {
    const parts = name.split('/');
    if (parts.some(isHidden)) continue;
    files.push(name);
    for (let i = 1; i < parts.length; i++) folders.add(parts.slice(0, i).join('/'));
  }
  return { files: sortPaths(files), folders: sortPaths(folders), broken: [] };
}
