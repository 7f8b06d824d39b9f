import * as vscode from 'vscode';

/** The run whose checkpoint comes with the extension. */
export function bundledRun(extension: vscode.Uri): string {
  return vscode.Uri.joinPath(extension, 'media', 'sample', 'run').fsPath;
}
