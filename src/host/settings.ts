import { homedir } from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import type { Precision, TrackingAccess } from '../protocol';
import { settingIds, settingsSection } from './ids';

function read<T>(key: string, fallback: T, scope?: vscode.Uri): T {
  return vscode.workspace.getConfiguration(settingsSection, scope).get<T>(key, fallback);
}

/** The Node that runs the engine, or undefined for VS Code's own. */
export function nodePath(): string | undefined {
  const value = read(settingIds.nodePath, '').trim();
  return value === '' ? undefined : value;
}

/** What the engine processes are told of the settings, as their environment. */
export function engineEnvironment(): Readonly<Record<string, string>> {
  const values = {
    VITLAB_TFJS_NODE: read(settingIds.tensorFlowFolder, '').trim(),
    VITLAB_ONNXRUNTIME: read(settingIds.onnxRuntimeFolder, '').trim(),
    VITLAB_BACKEND: read(settingIds.backend, 'auto'),
    VITLAB_PROVIDER: read(settingIds.provider, 'auto'),
  };
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== ''));
}

/** Makes an engine the user's default; the engine processes start anew with it. */
export async function setEngineChoice({ backend, provider }: { readonly backend: string; readonly provider: string }): Promise<void> {
  const settings = vscode.workspace.getConfiguration(settingsSection);
  const unlessDefault = (value: string): string | undefined => (value === 'auto' ? undefined : value);
  await settings.update(settingIds.backend, unlessDefault(backend), vscode.ConfigurationTarget.Global);
  await settings.update(settingIds.provider, unlessDefault(provider), vscode.ConfigurationTarget.Global);
}

/** Where native TensorFlow lies, for all of this machine's windows; the engine processes start anew with it. */
export async function setTensorFlowFolder(folder: string): Promise<void> {
  await vscode.workspace.getConfiguration(settingsSection).update(settingIds.tensorFlowFolder, folder, vscode.ConfigurationTarget.Global);
}

/** How many classes a prediction lists. */
export function topK(): number {
  return Math.max(1, Math.round(read(settingIds.topK, 5)));
}

/** What classifications compute in. */
export function classifyPrecision(): Precision {
  const value = read<string>(settingIds.precision, 'fp32');
  return value === 'int8' || value === 'fp16' ? value : 'fp32';
}

export function notifyOnEnd(): 'always' | 'away' | 'never' {
  const value = read<string>(settingIds.notifyOnEnd, 'away');
  return value === 'always' || value === 'never' ? value : 'away';
}

/** Trainings of a sweep side by side; undefined leaves it to the configuration and the machine. */
export function sweepParallel(): number | undefined {
  const value = Math.round(read(settingIds.sweepParallel, 0));
  return value >= 1 ? value : undefined;
}

/** The MLflow server of the settings, and whether trainings go there that say nothing of it. */
export function trackingSettings(): Pick<TrackingAccess, 'uri' | 'experiment' | 'always'> {
  const [uri, experiment] = [read(settingIds.mlflowUri, '').trim(), read(settingIds.mlflowExperiment, '').trim()];
  return { ...(uri !== '' && { uri }), ...(experiment !== '' && { experiment }), ...(read<boolean>(settingIds.mlflowAlways, false) && { always: true }) };
}

/** Workspace folders on disk: only there can runs be written. */
export function diskFolders(): readonly vscode.WorkspaceFolder[] {
  return (vscode.workspace.workspaceFolders ?? []).filter((folder) => folder.uri.scheme === 'file');
}

function runsIn(folder: vscode.Uri): string {
  return path.resolve(folder.fsPath, read(settingIds.runsFolder, 'runs', folder));
}

/** Absolute paths of all runs folders of the workspace: where trainings write, and what is read besides. */
export function runsFolders(): readonly string[] {
  return [...new Set([...diskFolders().map((folder) => runsIn(folder.uri)), ...diskFolders().flatMap((folder) => moreIn(folder.uri))])];
}

/** Other people's runs, or those on a mount. A leading `~` is the user's folder. */
function moreIn(folder: vscode.Uri): readonly string[] {
  const given: unknown = read<unknown>(settingIds.moreRunsFolders, [], folder);
  const places = Array.isArray(given) ? given.filter((one): one is string => typeof one === 'string' && one.trim() !== '') : [];
  return places.map((place) => path.resolve(folder.fsPath, place.trim().replace(/^~(?=[\\/]|$)/, homedir())));
}

/** Where the runs of a configuration go: the runs folder of its workspace folder, else one beside it. */
export function runsFolderFor(config: vscode.Uri): string {
  const folder = vscode.workspace.getWorkspaceFolder(config);
  return folder?.uri.scheme === 'file' ? runsIn(folder.uri) : path.join(path.dirname(config.fsPath), 'runs');
}
