import { readdir } from 'node:fs/promises';
import * as path from 'node:path';
import type { Suggestion } from '../../authoringProtocol';
import { naturalOrder } from '../pictures/walk';
import type { Cursor } from './cursor';

/** A folder of a hundred thousand images is no list to choose from. */
const MOST = 200;

/**
 * Folders, and files of the kind that a key wants, in the folder that is typed so far.
 *
 * @param file the configuration, at whose folder paths begin
 */
export async function placesAt({ typed, tight, flow }: Cursor, file: string, wanted: RegExp, key: string): Promise<Suggestion[]> {
  const quote = /^["']/.exec(typed)?.[0] ?? '';
  const begun = typed.slice(quote.length);
  const above = /^.*[/\\]/.exec(begun)?.[0] ?? '';
  const folder = path.resolve(path.dirname(path.resolve(file)), above);
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const hidden = begun.slice(above.length).startsWith('.');
  const offered = entries
    .filter(({ name }) => hidden || !/^\.|^node_modules$/.test(name))
    .map((entry) => ({ name: entry.name, isFolder: entry.isDirectory() || entry.isSymbolicLink() && !/\.\w+$/.test(entry.name) }))
    .filter(({ name, isFolder }) => isFolder || wanted.test(name))
    .sort((a, b) => Number(b.isFolder) - Number(a.isFolder) || naturalOrder(a.name, b.name))
    .slice(0, MOST);
  const up = begun === '' || /^(\.\.\/)*\.{0,2}$/.test(begun) ? [{ name: '..', isFolder: true }] : [];
  // A dataset or a run is a folder itself: what is chosen is complete without a slash, unless one goes on.
  return [...offered, ...up].map(({ name, isFolder }) => {
    const whole = above + name + (isFolder ? '/' : '');
    const text = quote === '' && needsQuotes(whole, flow) ? `"${whole}"` : quote + whole;
    return { label: whole, kind: isFolder ? 'folder' : 'file', insert: (tight ? ' ' : '') + escaped(text), again: isFolder, detail: key };
  });
}

/** Whether YAML would read a path as something else. */
function needsQuotes(text: string, flow: boolean): boolean {
  return /^[-?:,[\]{}#&*!|>'"%@`\s]|: |\s#|\s$/.test(text) || (flow && /[,[\]{}]/.test(text));
}

/** As a snippet, in which $, } and \ mean something. */
function escaped(text: string): string {
  return text.replace(/[\\$}]/g, '\\$&');
}
