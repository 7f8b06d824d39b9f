import path from 'node:path';
import * as vscode from 'vscode';
import { Refusal } from '../failures';
import { folderOf } from '../folderOf';
import type { Lab } from '../lab';
import { demandTrust } from '../trust';
import { urisOf, type Arguments } from './targets';
import { findConfigs } from './training';

/** Puts the models of the selected configurations side by side; asks which, when fewer than two are selected. */
export async function compareArchitectures(lab: Lab, ...args: Arguments): Promise<void> {
  demandTrust();
  const given = urisOf(args);
  const chosen = given.length > 1 ? given : await chooseConfigs(given);
  if (chosen) await lab.architectures.show(chosen.map(({ fsPath }) => fsPath));
}

async function chooseConfigs(picked: readonly vscode.Uri[]): Promise<readonly vscode.Uri[] | undefined> {
  const configs = await findConfigs();
  if (configs.length < 2) throw new Refusal(vscode.l10n.t('A comparison takes two configurations, and this workspace has {0}.', configs.length), [], 'info');
  const items = configs.map((uri) => ({
    label: path.basename(uri.fsPath),
    description: folderOf(uri.fsPath),
    picked: picked.some(({ fsPath }) => fsPath === uri.fsPath),
    uri,
  }));
  const chosen = await vscode.window.showQuickPick(items, { canPickMany: true, title: vscode.l10n.t('Compare the architectures of which configurations?'), matchOnDescription: true });
  if (!chosen) return undefined;
  if (chosen.length < 2) throw new Refusal(vscode.l10n.t('Choose two configurations or more.'), [], 'info');
  return chosen.map(({ uri }) => uri);
}
