import path from 'node:path';
import * as vscode from 'vscode';

/** Asks where to save and writes. Does nothing when the user leaves the dialog. */
export async function saveBytes(name: string, content: Uint8Array, filters: Record<string, string[]>): Promise<void> {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  const safeName = path.basename(name.replace(/[\\/:*?"<>|]/g, '-'));
  const target = await vscode.window.showSaveDialog({
    filters,
    ...(folder === undefined ? {} : { defaultUri: vscode.Uri.joinPath(folder, safeName) }),
  });
  if (target) await vscode.workspace.fs.writeFile(target, content);
}

export function saveText(name: string, content: string, filters: Record<string, string[]>): Promise<void> {
  return saveBytes(name, new TextEncoder().encode(content), filters);
}
