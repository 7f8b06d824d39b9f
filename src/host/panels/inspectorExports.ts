import { readFile } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import type { StandalonePage } from '../../protocol';
import { standalonePage } from '../../standalonePage';
import { Refusal } from '../failures';
import { tick } from '../practicals';
import { saveBytes } from '../saveFile';

/** What the inspector may write, by its ending. */
const kinds: Readonly<Record<string, string>> = { png: 'PNG', svg: 'SVG', csv: 'CSV', npy: 'NumPy' };

/** Asks where to save a picture or numbers of the inspector. */
export async function saveExport({ name, bytes }: { readonly name: string; readonly bytes: Uint8Array }): Promise<void> {
  const ending = path.extname(name).slice(1);
  const kind = kinds[ending];
  if (kind === undefined) throw new Refusal(vscode.l10n.t('The inspector writes {0}, not {1}.', Object.keys(kinds).join(', '), ending));
  const saved = await saveBytes(path.basename(name), bytes, { [kind]: [ending] });
  if (saved && name.includes('position')) tick('1.plotted');
}

/** Asks where to save the panel as a web page, made of the scripts that the panel itself runs. */
export async function savePage(extension: vscode.Uri, { name, ...page }: StandalonePage & { readonly name: string }): Promise<void> {
  const read = (file: string): Promise<string> => readFile(vscode.Uri.joinPath(extension, 'dist', 'webview', file).fsPath, 'utf8');
  const [host, script, style] = await Promise.all([read('standalone.js'), read('inspector.js'), read('inspector.css')]);
  const html = await standalonePage(page, { host, script, style, texts: vscode.l10n.bundle ?? {} });
  await saveBytes(`${path.basename(name, '.html')}.html`, new TextEncoder().encode(html), { HTML: ['html'] });
}
