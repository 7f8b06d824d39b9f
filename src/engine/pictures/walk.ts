import { readdir, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import * as l10n from '@vscode/l10n';
import type { BrokenFile } from '../../protocol';
import { reasonOf } from './unreadable';

/** What lies under a folder. Paths are relative to it, with `/`, in natural order. */
export interface Tree {
  readonly files: readonly string[];
  readonly folders: readonly string[];
  /** What could not be looked at. */
  readonly broken: readonly BrokenFile[];
}

/** Compares names with numbers by value ("img2" before "img10"), else by code unit: the same order in every locale. */
export function naturalOrder(a: string, b: string): number {
  return plainOrder(naturalKey(a), naturalKey(b)) || plainOrder(a, b);
}

/** A text whose plain order is the natural one: every number is led by its length, and that by a zero. */
function naturalKey(name: string): string {
  return name.replace(/\d+/g, (digits) => {
    const value = digits.replace(/^0+/, '');
    return `0${String.fromCharCode(1 + value.length)}${value}`;
  });
}

function plainOrder(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Sorts paths folder by folder; the separator becomes the smallest character. */
export function sortPaths(paths: Iterable<string>): string[] {
  const keyed = [...paths].map((text) => ({ text, key: naturalKey(text).replaceAll('/', '\0') }));
  keyed.sort((a, b) => plainOrder(a.key, b.key) || plainOrder(a.text, b.text));
  return keyed.map(({ text }) => text);
}

/** Whether operating systems and archivers left this there: `.DS_Store`, `._photo.jpg`, `__MACOSX` … */
export function isHidden(name: string): boolean {
  return name.startsWith('.') || name === '__MACOSX' || name === 'Thumbs.db';
}

/**
 * Walks a folder. Symbolic links are followed; one that leads back to a folder above itself is listed as broken.
 * A folder that cannot be read is listed and does not stop the walk; the signal does.
 */
export async function walk(root: string, signal?: AbortSignal): Promise<Tree> {
  const files: string[] = [];
  const folders: string[] = [];
  const broken: BrokenFile[] = [];
  const visit = async (folder: string, above: readonly string[]): Promise<void> => {
    const here = path.join(root, folder);
    try {
      signal?.throwIfAborted();
      const real = await realpath(here);
      if (above.includes(real)) {
        broken.push({ file: folder, reason: l10n.t('the link leads back to a folder above it') });
        return;
      }
      if (folder !== '') folders.push(folder);
      for (const entry of await readdir(here, { withFileTypes: true })) {
        if (isHidden(entry.name)) continue;
        const relative = folder === '' ? entry.name : `${folder}/${entry.name}`;
        const kind = entry.isSymbolicLink() ? await stat(path.join(root, relative)).catch(noted(relative)) : entry;
        if (kind?.isDirectory()) await visit(relative, [...above, real]);
        else if (kind?.isFile()) files.push(relative);
      }
    } catch (error) {
      signal?.throwIfAborted();
      broken.push({ file: folder === '' ? root : folder, reason: reasonOf(error, folder) });
    }
  };
  const noted = (file: string) => (error: unknown) => {
    broken.push({ file, reason: reasonOf(error, file) });
    return undefined;
  };
  await visit('', []);
  return { files: sortPaths(files), folders: sortPaths(folders), broken };
}
