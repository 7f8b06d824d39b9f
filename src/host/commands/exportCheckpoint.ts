import path from 'node:path';
import * as vscode from 'vscode';
import type { CheckpointInfo, ExportOptions } from '../../protocol';
import { offer } from '../failures';
import { bytes } from '../format';
import type { Lab } from '../lab';
import { measure, told } from '../precision';
import { withEngine } from '../withEngine';
import { chooseCheckpoint } from './checkpointCommands';
import { reveal } from './runCommands';
import { checkpointsOf, type Arguments } from './targets';

type Wish = Pick<ExportOptions, 'taps' | 'precision'>;

/** Writes a checkpoint as an ONNX model; what fewer bits change is measured and shown before. */
export async function exportCheckpoint(lab: Lab, ...args: Arguments): Promise<void> {
  const checkpoint = checkpointsOf(args, lab.checkpointsView.selection)[0] ?? (await chooseCheckpoint(lab, vscode.l10n.t('Export which checkpoint?')));
  const wish = checkpoint && (await chooseWish());
  if (!wish || !(await agreesToChange(lab, checkpoint, wish))) return;
  const target = await vscode.window.showSaveDialog({ filters: { ONNX: ['onnx'] }, defaultUri: proposal(checkpoint) });
  if (!target) return;
  const title = vscode.l10n.t('Exporting {0}', path.basename(target.fsPath));
  const done = await withEngine(lab, title, (client, call) =>
    // The dialog has asked about a file that is there.
    client.exportOnnx({ checkpoint: checkpoint.path, out: target.fsPath, batch: 'dynamic', optimise: false, force: true, ...wish }, call),
  );
  lab.log.info(`[looker] exported ${checkpoint.path} as ${done.file}, ${done.bytes} bytes`);
  const show = { label: vscode.l10n.t('Reveal File'), run: () => reveal(target) };
  offer('info', vscode.l10n.t('Exported {0} ({1}).', path.basename(done.file), bytes(done.bytes)), [show]);
}

async function chooseWish(): Promise<Wish | undefined> {
  const attention = { label: vscode.l10n.t('Attention maps as outputs'), description: 'attention.0 …' };
  const fewer = { label: vscode.l10n.t('Weights in 8 bits (int8)'), description: vscode.l10n.t('a quarter of the size, faster, a little less exact') };
  const chosen = await vscode.window.showQuickPick([attention, fewer], { canPickMany: true, title: vscode.l10n.t('Export as ONNX: what else?'), placeHolder: vscode.l10n.t('Nothing ticked: logits only, in float32') });
  return chosen && { taps: chosen.includes(attention) ? ['attention'] : [], precision: chosen.includes(fewer) ? 'int8' : 'fp32' };
}

async function agreesToChange(lab: Lab, checkpoint: CheckpointInfo, { precision }: Wish): Promise<boolean> {
  if (precision === 'fp32') return true;
  const change = await measure(lab, checkpoint, precision);
  const go = vscode.l10n.t('Export');
  return (await vscode.window.showInformationMessage(vscode.l10n.t('Export in 8 bits?'), { modal: true, detail: told(change) }, go)) === go;
}

function proposal({ runName, epoch, scheme }: CheckpointInfo): vscode.Uri {
  const name = `${runName}${scheme === undefined ? `-epoch-${epoch}` : ''}.onnx`.replace(/[\\/:*?"<>|\s]+/g, '-');
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  return folder ? vscode.Uri.joinPath(folder, name) : vscode.Uri.file(path.resolve(name));
}
