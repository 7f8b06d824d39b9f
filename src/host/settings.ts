import path from 'node:path';
import * as vscode from 'vscode';
import { settingIds, settingsSection } from './ids';

function read<T>(key: string, fallback: T, scope?: vscode.Uri): T {
  return vscode.workspace.getConfiguration(settingsSection, scope).get<T>(key, fallback);
}

/** The Node that runs the engine, or undefined for VS Code's own. */
export function nodePath(): string | undefined {
  const value = read(settingIds.nodePath, '').trim();
  return value === '' ? undefined : value;
}

/** The folder whose node_modules hold TensorFlow's native binding, or undefined where none is named. */
export function tensorFlowFolder(): string | undefined {
  const value = read(settingIds.tensorFlowFolder, '').trim();
  return value === '' ? undefined : value;
}

/** How many classes a prediction lists. */
export function topK(): number {
  return Math.max(1, Math.round(read(settingIds.topK, 5)));
}

export function notifyOnEnd(): 'always' | 'away' | 'never' {
  const value = read<string>(settingIds.notifyOnEnd, 'away');
  return value === 'always' || value === 'never' ? value : 'away';
}

/** Workspace folders on disk: only there can runs be written. */
export function diskFolders(): readonly vscode.WorkspaceFolder[] {
  return (vscode.workspace.workspaceFolders ?? []).filter((folder) => folder.uri.scheme === 'file');
}

function runsIn(folder: vscode.Uri): string {
  return path.resolve(folder.fsPath, read(settingIds.runsFolder, 'runs', folder));
}

/** Absolute paths of all runs folders of the workspace. */
export function runsFolders(): readonly string[] {
  return [...new Set(diskFolders().map((folder) => runsIn(folder.uri)))];
}

/** Where the runs of a configuration go: the runs folder of its workspace folder, else one beside it. */
export function runsFolderFor(config: vscode.Uri): string {
  const folder = vscode.workspace.getWorkspaceFolder(config);
  return folder?.uri.scheme === 'file' ? runsIn(folder.uri) : path.join(path.dirname(config.fsPath), 'runs');
}
