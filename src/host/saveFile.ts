import path from 'node:path';
import * as vscode from 'vscode';
import { offer, type Action } from './failures';
import { isLocal, reveal } from './reveal';

/** Asks where to save, writes, and says so. Does nothing, and gives false, when the user leaves the dialog. */
export async function saveBytes(name: string, content: Uint8Array, filters: Record<string, string[]>): Promise<boolean> {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  const safeName = path.basename(name.replace(/[\\/:*?"<>|]/g, '-'));
  const target = await vscode.window.showSaveDialog({
    filters,
    ...(folder === undefined ? {} : { defaultUri: vscode.Uri.joinPath(folder, safeName) }),
  });
  if (!target) return false;
  await vscode.workspace.fs.writeFile(target, content);
  offer('info', vscode.l10n.t('Saved {0}.', path.basename(target.path)), ways(target));
  return true;
}

/** How a file that was written can be looked at. A picture opens outside: in an editor it would be the next image that the inspector follows. */
function ways(file: vscode.Uri): readonly Action[] {
  const ending = path.extname(file.path).slice(1).toLowerCase();
  const outside = file.scheme === 'file' && isLocal();
  const inside = vscode.workspace.getWorkspaceFolder(file) !== undefined;
  return [
    ...(ending === 'html' && outside ? [{ label: vscode.l10n.t('Open in Browser'), run: () => vscode.env.openExternal(file) }] : []),
    ...((ending === 'png' || ending === 'svg') && outside ? [{ label: vscode.l10n.t('Open'), run: () => vscode.env.openExternal(file) }] : []),
    ...(ending === 'csv' ? [{ label: vscode.l10n.t('Open'), run: () => vscode.commands.executeCommand('vscode.open', file) }] : []),
    ...(outside || inside ? [{ label: vscode.l10n.t('Reveal'), run: () => reveal(file) }] : []),
  ];
}

export async function saveText(name: string, content: string, filters: Record<string, string[]>): Promise<void> {
  await saveBytes(name, new TextEncoder().encode(content), filters);
}

/** Letters, digits and what no shell minds. */
export function safeName(name: string): string {
  return name.replace(/[^\p{L}\p{N}._-]+/gu, '-').replace(/^[-.]+|-+$/g, '') || 'unnamed';
}

/** A folder that is not there yet: of that name, or with a number behind it. */
export async function freeFolder(parent: vscode.Uri, name: string): Promise<vscode.Uri> {
  const entries = await vscode.workspace.fs.readDirectory(parent).then((all) => all, () => []);
  const taken = new Set(entries.map(([entry]) => entry));
  for (let number = 1; ; number++) {
    const free = number === 1 ? name : `${name}-${number}`;
    if (!taken.has(free)) return vscode.Uri.joinPath(parent, free);
  }
}
