import path from 'node:path';
import * as vscode from 'vscode';

/** Asks where to save and writes. Does nothing, and gives false, when the user leaves the dialog. */
export async function saveBytes(name: string, content: Uint8Array, filters: Record<string, string[]>): Promise<boolean> {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  const safeName = path.basename(name.replace(/[\\/:*?"<>|]/g, '-'));
  const target = await vscode.window.showSaveDialog({
    filters,
    ...(folder === undefined ? {} : { defaultUri: vscode.Uri.joinPath(folder, safeName) }),
  });
  if (target) await vscode.workspace.fs.writeFile(target, content);
  return target !== undefined;
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
