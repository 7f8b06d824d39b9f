import path from 'node:path';
import * as vscode from 'vscode';

/** The folder of a file for people: from the workspace on, and nothing for one that lies in the workspace itself, of which `asRelativePath` would tell the whole path. */
export function folderOf(file: string): string {
  return path.dirname(vscode.workspace.asRelativePath(file)).replace(/^\.$/, '');
}
