import { createHash } from 'node:crypto';
import path from 'node:path';
import * as vscode from 'vscode';
import { seconds } from '../estimates';
import { offer } from '../failures';
import { folderOf } from '../folderOf';
import { commandIds } from '../ids';
import type { Lab } from '../lab';
import { demandTrust } from '../trust';
import { withEngine } from '../withEngine';
import { urisOf, type Arguments } from './targets';
import { chooseConfig, configInEditor, findConfigs, saveOpen, textOf } from './training';

async function configOf(args: Arguments, question: string): Promise<vscode.Uri | undefined> {
  demandTrust();
  return urisOf(args)[0] ?? configInEditor() ?? (await chooseConfig(question));
}

/** Measures for some seconds what a training of a configuration would take, and tells it. */
export async function estimate(lab: Lab, ...args: Arguments): Promise<void> {
  const config = await configOf(args, vscode.l10n.t('Estimate which configuration?'));
  if (!config) return;
  await saveOpen(config);
  const text = await textOf(config);
  const name = path.basename(config.fsPath);
  const found = await withEngine(lab, vscode.l10n.t('Estimating {0}', name), (client, call) => client.estimateTraining({ config: config.fsPath }, call));
  lab.estimates.set(config, text, found);
  const beside = lab.runs.live ? ` ${vscode.l10n.t('A training was running meanwhile.')}` : '';
  const words =
    found.trainings === undefined
      ? vscode.l10n.t('{0} will take about {1} here: {2} an epoch, {3} a step.', name, seconds(found.total), seconds(found.perEpoch), seconds(found.perStep))
      : vscode.l10n.t('{0} will take about {1} here, for {2} trainings.', name, seconds(found.total), found.trainings);
  offer('info', words + beside, [
    { label: vscode.l10n.t('Show Details'), run: () => lab.estimates.show(config, found) },
    { label: found.trainings === undefined ? vscode.l10n.t('Train') : vscode.l10n.t('Run Sweep'), run: () => vscode.commands.executeCommand(found.trainings === undefined ? commandIds.startTraining : commandIds.runSweep, config) },
  ], lab.log);
}

/** Looks into the network of a configuration as it is before anything is learned: the initial weights of its seed. */
export async function inspectUntrained(lab: Lab, ...args: Arguments): Promise<void> {
  const config = await configOf(args, vscode.l10n.t('Inspect the untrained network of which configuration?'));
  if (!config) return;
  const text = (await vscode.workspace.openTextDocument(config)).getText();
  const id = createHash('sha256').update(config.toString()).digest('hex').slice(0, 8);
  const stem = path.basename(config.fsPath).replace(/(\.vit)?\.(ya?ml|json)$/i, '');
  const storage = lab.context.storageUri ?? lab.context.globalStorageUri;
  const file = vscode.Uri.joinPath(storage, 'untrained', `${stem}-${id}.untrained.safetensors`).fsPath;
  const client = await lab.looker.client();
  const checkpoint = await client.writeUntrained({ config: config.fsPath, text, file });
  await lab.checkpoints.addUntrained(checkpoint);
  await lab.checkpoints.refresh();
  await lab.checkpoints.choose(checkpoint.path);
  await lab.inspector.open();
}

/** Puts the network of a configuration beside others: configurations of the workspace, and networks by their names. */
export async function compareWith(lab: Lab, ...args: Arguments): Promise<void> {
  const config = await configOf(args, vscode.l10n.t('Compare which configuration?'));
  if (!config) return;
  await saveOpen(config);
  const others = (await findConfigs()).filter(({ fsPath }) => fsPath !== config.fsPath);
  const client = await lab.looker.client();
  const presets = await client.listPresets({});
  const items: (vscode.QuickPickItem & { readonly model?: string })[] = [
    ...(others.length > 0 ? [{ label: vscode.l10n.t('Configurations'), kind: vscode.QuickPickItemKind.Separator }] : []),
    ...others.map((uri) => ({ label: path.basename(uri.fsPath), description: folderOf(uri.fsPath), model: uri.fsPath })),
    { label: vscode.l10n.t('Networks by name'), kind: vscode.QuickPickItemKind.Separator },
    ...presets.map(({ name, detail }) => ({ label: name, description: detail, model: name })),
  ];
  const title = vscode.l10n.t('Compare {0} with what?', path.basename(config.fsPath));
  const chosen = await vscode.window.showQuickPick(items, { canPickMany: true, title, matchOnDescription: true });
  const models = (chosen ?? []).flatMap(({ model }) => model ?? []);
  if (models.length > 0) await lab.architectures.show([config.fsPath, ...models]);
}
