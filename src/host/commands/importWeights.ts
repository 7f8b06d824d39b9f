import path from 'node:path';
import * as vscode from 'vscode';
import type { ImportOptions } from '../../protocol';
import { RemoteError } from '../../rpc';
import { offer, showFailure, type Action } from '../failures';
import type { Lab } from '../lab';
import { openMappingReport } from '../mappingReport';
import { withEngine } from '../withEngine';
import { checkpointsOf, urisOf, type Arguments } from './targets';

/** Opens weights that were trained elsewhere: a file or the folder of a model becomes the active checkpoint. */
export async function importWeights(lab: Lab, ...args: Arguments): Promise<void> {
  const [uri] = urisOf(args).length > 0 ? urisOf(args) : ((await chooseWeights()) ?? []);
  if (uri) await importFrom(lab, { path: uri.fsPath });
}

async function importFrom(lab: Lab, question: ImportOptions): Promise<void> {
  const title = vscode.l10n.t('Opening {0}', path.basename(question.path));
  let done;
  try {
    done = await withEngine(lab, title, (client, call) => client.importWeights(question, call));
  } catch (error) {
    // What the tensors do not show, the user may know.
    const actions = error instanceof RemoteError ? waysOut(lab, question, error.message) : [];
    if (actions.length === 0) throw error;
    return offer('error', (error as Error).message, actions, lab.log);
  }
  const { checkpoint, origin } = done;
  await lab.checkpoints.imported.add({ checkpoint, origin });
  await lab.checkpoints.refresh();
  await lab.checkpoints.choose(checkpoint.path);
  const { matched, converted, resized, unexpected } = origin.report;
  lab.log.info(`[looker] imported ${origin.file}: ${origin.scheme}, ${matched.length} tensors as they are, ${converted.length} converted, ${resized.length} resized`);
  const count = matched.length + converted.length + resized.length;
  const left = origin.report.missing.length + unexpected.filter(({ reason }) => reason === undefined).length;
  const fits =
    left === 0
      ? vscode.l10n.t('{0}: {1} tensors of {2}, all matched. It is now the active checkpoint.', checkpoint.runName, count, origin.scheme)
      : vscode.l10n.t('{0}: {1} tensors of {2} matched; {3} do not fit or are missing. It is now the active checkpoint.', checkpoint.runName, count, origin.scheme, left);
  const { notes } = origin.preprocessing;
  offer(left + notes.length > 0 ? 'warning' : 'info', [fits, ...notes].join(' '), [
    { label: vscode.l10n.t('Look Inside'), run: () => lab.inspector.open() },
    { label: vscode.l10n.t('Show Mapping'), run: () => openMappingReport(lab, checkpoint.path) },
    { label: vscode.l10n.t('Save as Checkpoint…'), run: () => saveCheckpoint(lab, question, checkpoint.runName) },
  ], lab.log);
}

/** The buttons for what a message of the engine names as options of the terminal. */
function waysOut(lab: Lab, question: ImportOptions, message: string): readonly Action[] {
  const again = (change: Partial<ImportOptions>) => (): Promise<void> => importFrom(lab, { ...question, ...change }).catch((error: unknown) => showFailure(error, lab.log));
  if (message.includes('--partial') && question.partial !== true) return [{ label: vscode.l10n.t('Import What Fits'), run: again({ partial: true }) }];
  return message.includes('--model') && question.model === undefined ? [{ label: vscode.l10n.t('Name the Network…'), run: () => nameNetwork(lab, question) }] : [];
}

async function nameNetwork(lab: Lab, question: ImportOptions): Promise<void> {
  const model = await vscode.window.showInputBox({ title: vscode.l10n.t('Which network is it?'), prompt: vscode.l10n.t("A preset by timm's name, or the path of a configuration (.yaml)"), value: 'vit_tiny_patch16_224', ignoreFocusOut: true });
  if (model === undefined || model.trim() === '') return;
  await importFrom(lab, { ...question, model: model.trim() }).catch((error: unknown) => showFailure(error, lab.log));
}

async function saveCheckpoint(lab: Lab, question: ImportOptions, name: string): Promise<void> {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri ?? vscode.Uri.file(path.dirname(question.path));
  const target = await vscode.window.showSaveDialog({ filters: { safetensors: ['safetensors'] }, defaultUri: vscode.Uri.joinPath(folder, `${name.replace(/[\\/:*?"<>|\s]+/g, '-')}.vit-lab.safetensors`) });
  if (!target) return;
  const title = vscode.l10n.t('Writing {0}', path.basename(target.fsPath));
  // The dialog has asked about a file that is there.
  await withEngine(lab, title, (client, call) => client.importWeights({ ...question, out: target.fsPath, force: true }, call));
  offer('info', vscode.l10n.t('{0} is written: a checkpoint of ViT Lab with all that was found out.', path.basename(target.fsPath)), []);
}

async function chooseWeights(): Promise<readonly vscode.Uri[] | undefined> {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  return vscode.window.showOpenDialog({
    title: vscode.l10n.t('Choose weights: a .safetensors or .npz file, or the folder of a model'),
    canSelectFiles: true,
    canSelectFolders: true,
    filters: { [vscode.l10n.t('Weights')]: ['safetensors', 'npz', 'json'] },
    ...(folder === undefined ? {} : { defaultUri: folder }),
  });
}

export async function showMapping(lab: Lab, ...args: Arguments): Promise<void> {
  const [checkpoint] = checkpointsOf(args, lab.checkpointsView.selection);
  if (checkpoint) await openMappingReport(lab, checkpoint.path);
}

/** Takes imported models off the list; their files stay. */
export async function forgetImported(lab: Lab, ...args: Arguments): Promise<void> {
  await lab.checkpoints.imported.forget(checkpointsOf(args, lab.checkpointsView.selection).map(({ path: file }) => file));
  await lab.checkpoints.refresh();
}
