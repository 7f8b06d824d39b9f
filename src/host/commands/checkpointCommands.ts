import { existsSync } from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import type { CheckpointInfo } from '../../protocol';
import { Refusal } from '../failures';
import type { Lab } from '../lab';
import { moveToTrash } from '../trash';
import { reveal } from '../reveal';
import { checkpointsOf, type Arguments } from './targets';

/** Makes a checkpoint the one that classifies and is looked into; from the palette, asks which. */
export async function useCheckpoint(lab: Lab, ...args: Arguments): Promise<void> {
  const chosen = checkpointsOf(args, [])[0] ?? (await chooseCheckpoint(lab, vscode.l10n.t('Look into which checkpoint?')));
  if (chosen) await lab.checkpoints.choose(chosen.path);
}

export async function revealCheckpoint(lab: Lab, ...args: Arguments): Promise<void> {
  const [checkpoint] = checkpointsOf(args, lab.checkpointsView.selection);
  if (checkpoint) await reveal(vscode.Uri.file(checkpoint.path));
}

/** Deletes checkpoints with their training state. Those of a running run and the bundled one stay. */
export async function deleteCheckpoint(lab: Lab, ...args: Arguments): Promise<void> {
  const checkpoints = checkpointsOf(args, lab.checkpointsView.selection);
  if (checkpoints.length === 0) return;
  if (checkpoints.some((checkpoint) => lab.checkpoints.isBundled(checkpoint)))
    throw new Refusal(vscode.l10n.t('The bundled checkpoint belongs to the extension and cannot be deleted.'));
  const busy = checkpoints.find(({ run }) => lab.runs.find(run)?.state === 'running');
  if (busy) throw new Refusal(vscode.l10n.t('{0} is training. Stop it before you delete its checkpoints.', busy.runName));
  const question =
    checkpoints.length === 1
      ? vscode.l10n.t('Delete the checkpoint {0}?', path.basename(checkpoints[0]?.path ?? ''))
      : vscode.l10n.t('Delete {0} checkpoints?', checkpoints.length);
  const paths = checkpoints.flatMap(({ path: file }) => [file, stateOf(file)]).filter((file) => existsSync(file));
  const inUse = checkpoints.some(({ path: file }) => file === lab.checkpoints.active?.path);
  const warning = inUse ? [vscode.l10n.t('The active checkpoint is among them: another one takes its place in the inspector and in classification.')] : [];
  await moveToTrash(question, [...warning, ...paths.map((file) => path.basename(file))].join('\n'), paths.map((file) => vscode.Uri.file(file)));
  await lab.runs.refresh();
  await lab.checkpoints.refresh();
}

/** The training state that is kept beside the newest checkpoints. */
function stateOf(checkpoint: string): string {
  return checkpoint.replace(/\.safetensors$/, '.state.safetensors');
}

export async function chooseCheckpoint(lab: Lab, title: string): Promise<CheckpointInfo | undefined> {
  await lab.runs.refresh();
  await lab.checkpoints.refresh();
  const { all, active } = lab.checkpoints;
  if (all.length === 0) throw new Refusal(vscode.l10n.t('There is no checkpoint yet.'));
  const items = all.map((checkpoint) => ({
    label: `${checkpoint.path === active?.path ? '$(circle-filled) ' : ''}${checkpoint.scheme === undefined ? vscode.l10n.t('epoch {0}', checkpoint.epoch) : vscode.l10n.t('weights of {0}', checkpoint.scheme)}`,
    description: checkpoint.runName,
    detail: [checkpoint.best ? vscode.l10n.t('best') : '', checkpoint.last ? vscode.l10n.t('last') : ''].filter(Boolean).join(', '),
    checkpoint,
  }));
  return (await vscode.window.showQuickPick(items, { title, matchOnDescription: true }))?.checkpoint;
}
