import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import { Refusal, signalOf } from '../failures';
import { walkthroughId } from '../ids';
import type { Lab } from '../lab';
import { diskFolders } from '../settings';
import { demandTrust } from '../trust';
import { urisOf, type Arguments } from './targets';

/** Writes a commented configuration for a folder of images, and opens it. */
export async function newConfiguration(lab: Lab, ...args: Arguments): Promise<void> {
  demandTrust();
  const home = diskFolders()[0]?.uri;
  const dataset = urisOf(args)[0] ?? (await chooseDataset(home));
  const written = dataset && (await writeConfiguration(lab, dataset));
  if (written) await vscode.window.showTextDocument(written);
}

/** Writes a configuration where the user wants it, for a dataset and, when there are any, weights to fine-tune. */
export async function writeConfiguration(lab: Lab, dataset: vscode.Uri, from?: string): Promise<vscode.Uri | undefined> {
  const home = diskFolders()[0]?.uri;
  const folder = (vscode.workspace.getWorkspaceFolder(dataset)?.uri ?? home)?.fsPath ?? path.dirname(dataset.fsPath);
  const proposed = vscode.Uri.file(freeName(folder, `${path.basename(dataset.fsPath).replace(/\.[^.]+$/, '')}${from === undefined ? '' : '-finetuned'}`));
  const target = await vscode.window.showSaveDialog({
    title: vscode.l10n.t('Save the configuration as'),
    defaultUri: proposed,
    filters: { YAML: ['yaml', 'yml'] },
  });
  if (!target) return undefined;
  const options = { location: vscode.ProgressLocation.Notification, title: vscode.l10n.t('Looking at the images of {0}', path.basename(dataset.fsPath)), cancellable: true };
  await vscode.window.withProgress(options, async (_, token) => {
    const client = await lab.looker.client();
    await client.newConfig({ file: target.fsPath, dataset: dataset.fsPath, ...(from !== undefined && { from }) }, { signal: signalOf(token) });
  });
  return target;
}

/** Writes the sample workspace: drawn images, a configuration and a small trained run; offers to open it. */
export async function createSample(lab: Lab, ...args: Arguments): Promise<void> {
  const parent = urisOf(args)[0] ?? (await chooseParent());
  if (!parent) return;
  const target = isEmpty(parent.fsPath) ? parent.fsPath : freeFolder(parent.fsPath, 'vit-lab-sample');
  const options = { location: vscode.ProgressLocation.Notification, title: vscode.l10n.t('Creating the sample workspace'), cancellable: true };
  const sample = await vscode.window.withProgress(options, async (progress, token) => {
    const client = await lab.looker.client();
    let shown = 0;
    const onProgress = (value: unknown): void => {
      const { done, of } = value as { readonly done: number; readonly of: number };
      progress.report({ message: vscode.l10n.t('{0} of {1} images', done, of), increment: of > 0 ? (100 * (done - shown)) / of : 0 });
      shown = done;
    };
    return client.createSample({ folder: target }, { signal: signalOf(token), onProgress });
  });
  await offerSample(vscode.Uri.file(sample.folder), vscode.Uri.file(sample.image));
  await lab.runs.refresh();
}

export function showLog(lab: Lab): void {
  lab.log.show();
}

export async function openWalkthrough(lab: Lab): Promise<void> {
  await vscode.commands.executeCommand('workbench.action.openWalkthrough', `${lab.context.extension.id}#${walkthroughId}`, false);
}

async function offerSample(folder: vscode.Uri, image: vscode.Uri): Promise<void> {
  if (vscode.workspace.getWorkspaceFolder(folder)) return void (await vscode.commands.executeCommand('vscode.open', image));
  const open = vscode.l10n.t('Open');
  const inNewWindow = vscode.l10n.t('Open in New Window');
  const add = vscode.l10n.t('Add to Workspace');
  const actions = vscode.workspace.workspaceFolders ? [inNewWindow, add] : [open];
  const chosen = await vscode.window.showInformationMessage(vscode.l10n.t('The sample workspace is ready in {0}.', folder.fsPath), ...actions);
  if (chosen === undefined) return;
  if (chosen === add) vscode.workspace.updateWorkspaceFolders(vscode.workspace.workspaceFolders?.length ?? 0, 0, { uri: folder });
  else await vscode.commands.executeCommand('vscode.openFolder', folder, { forceNewWindow: chosen === inNewWindow });
}

export async function chooseDataset(home: vscode.Uri | undefined): Promise<vscode.Uri | undefined> {
  const chosen = await vscode.window.showOpenDialog({
    title: vscode.l10n.t('Choose the folder of the images (a folder per class, or train/val/test folders)'),
    openLabel: vscode.l10n.t('Use as Dataset'),
    canSelectFolders: true,
    canSelectFiles: false,
    ...(home === undefined ? {} : { defaultUri: home }),
  });
  return chosen?.[0];
}

async function chooseParent(): Promise<vscode.Uri | undefined> {
  const home = diskFolders()[0]?.uri;
  const chosen = await vscode.window.showOpenDialog({
    title: vscode.l10n.t('Create the sample workspace in which folder?'),
    openLabel: vscode.l10n.t('Create Here'),
    canSelectFolders: true,
    canSelectFiles: false,
    ...(home === undefined ? {} : { defaultUri: home }),
  });
  return chosen?.[0];
}

function freeName(folder: string, stem: string): string {
  const name = (index: number): string => path.join(folder, `${stem}${index === 0 ? '' : `-${index}`}.vit.yaml`);
  return name(firstFree((index) => existsSync(name(index))));
}

function freeFolder(parent: string, stem: string): string {
  const name = (index: number): string => path.join(parent, `${stem}${index === 0 ? '' : `-${index}`}`);
  return name(firstFree((index) => existsSync(name(index))));
}

/** Hidden files (.git, .vscode) do not make a folder somebody's. */
function isEmpty(folder: string): boolean {
  return readdirSync(folder).every((name) => name.startsWith('.'));
}

function firstFree(taken: (index: number) => boolean): number {
  for (let index = 0; index < 1000; index++) if (!taken(index)) return index;
  throw new Refusal(vscode.l10n.t('Choose another folder; this one holds too many of them.'));
}
