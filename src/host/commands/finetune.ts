import path from 'node:path';
import * as vscode from 'vscode';
import { offer } from '../failures';
import { folderOf } from '../folderOf';
import { commandIds } from '../ids';
import type { Lab } from '../lab';
import { diskFolders } from '../settings';
import { demandTrust } from '../trust';
import { urisOf, type Arguments } from './targets';
import { chooseDataset, writeConfiguration } from './workspace';

const MAX_FILES = 200;

interface Item extends vscode.QuickPickItem {
  /** A file, a model folder, or nothing for the one that is looked for elsewhere. */
  readonly weights?: string;
}

/** Writes a configuration that fine-tunes weights on a folder of images, opens it and offers to train it. */
export async function finetune(lab: Lab, ...args: Arguments): Promise<void> {
  demandTrust();
  const dataset = urisOf(args)[0] ?? (await chooseDataset(diskFolders()[0]?.uri));
  const weights = dataset && (await chooseWeights(lab));
  const written = weights === undefined ? undefined : await writeConfiguration(lab, dataset!, weights);
  if (!written) return;
  await vscode.window.showTextDocument(written);
  const start = { label: vscode.l10n.t('Start Training'), run: () => vscode.commands.executeCommand(commandIds.startTraining, written) };
  offer('info', vscode.l10n.t('{0} fine-tunes {1} on {2}.', path.basename(written.fsPath), path.basename(weights!), path.basename(dataset!.fsPath)), [start], lab.log);
}

/** The checkpoints of all runs, other weights in the workspace, or any file. */
async function chooseWeights(lab: Lab): Promise<string | undefined> {
  await lab.runs.refresh();
  await lab.checkpoints.refresh();
  const elsewhere: Item = { label: `$(folder-opened) ${vscode.l10n.t('Browse…')}`, description: vscode.l10n.t('a file with weights') };
  const items = [...checkpointItems(lab), ...(await fileItems(lab)), { label: '', kind: vscode.QuickPickItemKind.Separator }, elsewhere];
  const chosen = await vscode.window.showQuickPick(items, { title: vscode.l10n.t('Fine-tune which weights?'), matchOnDescription: true, matchOnDetail: true });
  return chosen === elsewhere ? browse() : chosen?.weights;
}

/** Of each run the best checkpoint, or what there is. */
function checkpointItems(lab: Lab): Item[] {
  const { all } = lab.checkpoints;
  const items = [...new Set(all.map(({ run }) => run))].map((of): Item => {
    const ofRun = all.filter(({ run }) => run === of);
    const { runName, epoch, path: weights, best } = ofRun.find((one) => one.best) ?? ofRun[0]!;
    return { label: runName, description: [vscode.l10n.t('epoch {0}', epoch), ...(best ? [vscode.l10n.t('best')] : [])].join(', '), weights };
  });
  return items.length === 0 ? [] : [separator(vscode.l10n.t('Runs')), ...items];
}

/** Weights that belong to no run; a file beside a `config.json` is one model folder with it. */
async function fileItems(lab: Lab): Promise<Item[]> {
  const listed = lab.checkpoints.all.map((checkpoint) => checkpoint.path);
  const skip = '**/{node_modules,.git,checkpoints}/**';
  const files = await vscode.workspace.findFiles('**/*.{safetensors,npz}', skip, MAX_FILES);
  const configs = new Set((await vscode.workspace.findFiles('**/config.json', skip, MAX_FILES)).map(({ fsPath }) => path.dirname(fsPath)));
  const models = new Set(files.map(({ fsPath }) => (configs.has(path.dirname(fsPath)) ? path.dirname(fsPath) : fsPath)));
  const items = [...models].filter((file) => !listed.includes(file)).sort().map((weights): Item => ({ label: path.basename(weights), description: folderOf(weights), weights }));
  return items.length === 0 ? [] : [separator(vscode.l10n.t('Files')), ...items];
}

function separator(label: string): Item {
  return { label, kind: vscode.QuickPickItemKind.Separator };
}

async function browse(): Promise<string | undefined> {
  const chosen = await vscode.window.showOpenDialog({ title: vscode.l10n.t('Fine-tune which weights?'), filters: { [vscode.l10n.t('Weights')]: ['safetensors', 'npz'] } });
  return chosen?.[0]?.fsPath;
}
