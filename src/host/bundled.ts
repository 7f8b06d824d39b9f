import { readdirSync } from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';

/** The runs folder that comes with the extension: it holds the small run of the sample workspace. */
export function bundledRuns(extension: vscode.Uri): string {
  return vscode.Uri.joinPath(extension, 'media', 'sample', 'run').fsPath;
}

/** Paths of the runs in a folder that may be missing (a checkout before the sample was trained). */
export function runsInFolder(folder: string): readonly string[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map((entry) => path.join(folder, entry.name));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}
