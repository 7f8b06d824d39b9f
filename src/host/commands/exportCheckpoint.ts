import path from 'node:path';
import * as vscode from 'vscode';
import type { CheckpointInfo, Exported, ExportOptions, ExportTarget } from '../../protocol';
import { RemoteError } from '../../rpc';
import { offer } from '../failures';
import { bytes } from '../format';
import type { Lab } from '../lab';
import { measure, told } from '../precision';
import { freeFolder, safeName } from '../saveFile';
import { withEngine } from '../withEngine';
import { chooseCheckpoint } from './checkpointCommands';
import { reveal } from '../reveal';
import { checkpointsOf, type Arguments } from './targets';

type Wish = Pick<ExportOptions, 'taps' | 'precision'>;
interface Target {
  readonly to: ExportTarget;
  readonly oneFile: boolean;
}

const PLAIN: Wish = { taps: [], precision: 'fp32' };

/** Writes a checkpoint for others; what fewer bits change is measured and shown before. */
export async function exportCheckpoint(lab: Lab, ...args: Arguments): Promise<void> {
  const checkpoint = checkpointsOf(args, lab.checkpointsView.selection)[0] ?? (await chooseCheckpoint(lab, vscode.l10n.t('Export which checkpoint?')));
  const target = checkpoint && (await chooseTarget());
  const wish = target && (target.to === 'onnx' ? await chooseWish() : PLAIN);
  if (!wish || !(await agreesToChange(lab, checkpoint, wish))) return;
  const place = target.oneFile ? await chooseFile(nameOf(checkpoint, wish)) : await chooseFolder(`${nameOf(checkpoint, wish)}-${target.to}`);
  if (!place) return;
  const title = vscode.l10n.t('Exporting {0}', path.basename(place.fsPath));
  const done = await withEngine(lab, title, (client, call) =>
    // The dialog has asked about a file that is there, and a folder is new.
    client.exportCheckpoint({ checkpoint: checkpoint.path, to: target.to, out: place.fsPath, batch: 'dynamic', optimise: false, force: target.oneFile, ...wish }, call),
  );
  lab.log.info(`[looker] exported ${checkpoint.path} as ${done.file}, ${done.bytes} bytes`);
  tell(done);
}

function tell(done: Exported): void {
  const place = vscode.Uri.file(done.file);
  const card = vscode.Uri.joinPath(place, 'README.md');
  const actions = [
    ...(done.files.includes('README.md') ? [{ label: vscode.l10n.t('Open Model Card'), run: () => vscode.commands.executeCommand('markdown.showPreview', card) }] : []),
    { label: done.files.length > 0 ? vscode.l10n.t('Reveal Folder') : vscode.l10n.t('Reveal File'), run: () => reveal(place) },
  ];
  const said = vscode.l10n.t('Exported {0} ({1}).', path.basename(done.file), bytes(done.bytes));
  offer(done.notes.length > 0 ? 'warning' : 'info', [said, ...done.notes].join(' '), actions);
}

async function chooseTarget(): Promise<Target | undefined> {
  const kinds: readonly (vscode.QuickPickItem & Target)[] = [
    { to: 'onnx', oneFile: true, label: vscode.l10n.t('ONNX Model'), detail: vscode.l10n.t('One file that ONNX Runtime and many others run') },
    { to: 'onnx', oneFile: false, label: vscode.l10n.t('ONNX Model with Script and Card'), detail: vscode.l10n.t('A folder: the model, predict.py and a model card') },
    { to: 'tensorflow', oneFile: false, label: vscode.l10n.t('TensorFlow SavedModel'), detail: vscode.l10n.t('A folder that tf.saved_model.load opens, with predict.py and a model card') },
    { to: 'timm', oneFile: false, label: vscode.l10n.t('timm (PyTorch)'), detail: vscode.l10n.t('A folder that timm opens, with predict.py and a model card') },
    { to: 'huggingface', oneFile: false, label: vscode.l10n.t('Hugging Face Transformers'), detail: vscode.l10n.t('A folder that from_pretrained opens, with predict.py and a model card') },
  ];
  return vscode.window.showQuickPick(kinds, { title: vscode.l10n.t('Export for whom?'), placeHolder: vscode.l10n.t('The weights, and what others need to run them') });
}

async function chooseWish(): Promise<Wish | undefined> {
  const attention = { label: vscode.l10n.t('Attention maps as outputs'), description: 'attention.0 …' };
  const fewer = { label: vscode.l10n.t('Weights in 8 bits (int8)'), description: vscode.l10n.t('a quarter of the size, faster, a little less exact') };
  const chosen = await vscode.window.showQuickPick([attention, fewer], { canPickMany: true, title: vscode.l10n.t('Export as ONNX: what else?'), placeHolder: vscode.l10n.t('Nothing ticked: logits only, in float32') });
  return chosen && { taps: chosen.includes(attention) ? ['attention'] : [], precision: chosen.includes(fewer) ? 'int8' : 'fp32' };
}

async function agreesToChange(lab: Lab, checkpoint: CheckpointInfo, { precision }: Wish): Promise<boolean> {
  if (precision === 'fp32') return true;
  const [go, unmeasured] = [vscode.l10n.t('Export'), vscode.l10n.t('Export Unmeasured')];
  let change;
  try {
    change = await measure(lab, checkpoint, precision);
  } catch (error) {
    if (!(error instanceof RemoteError) || error.name === 'AbortError') throw error;
    return (await vscode.window.showWarningMessage(vscode.l10n.t('What {0} changes for this checkpoint cannot be measured.', precision), { modal: true, detail: error.message }, unmeasured)) === unmeasured;
  }
  return (await vscode.window.showInformationMessage(vscode.l10n.t('Export in 8 bits?'), { modal: true, detail: told(change) }, go)) === go;
}

function chooseFile(name: string): Thenable<vscode.Uri | undefined> {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  const file = `${name}.onnx`;
  return vscode.window.showSaveDialog({ filters: { ONNX: ['onnx'] }, defaultUri: folder ? vscode.Uri.joinPath(folder, file) : vscode.Uri.file(path.resolve(file)) });
}

/** A new folder in the one that is chosen. */
async function chooseFolder(name: string): Promise<vscode.Uri | undefined> {
  const defaultUri = vscode.workspace.workspaceFolders?.[0]?.uri;
  const options = { canSelectFiles: false, canSelectFolders: true, title: vscode.l10n.t('Export {0} into which folder?', name), openLabel: vscode.l10n.t('Export Here'), ...(defaultUri && { defaultUri }) };
  const [parent] = (await vscode.window.showOpenDialog(options)) ?? [];
  if (!parent) return undefined;
  return freeFolder(parent, name);
}

function nameOf({ runName, epoch, scheme }: CheckpointInfo, { precision }: Wish): string {
  return safeName(`${runName}${scheme === undefined ? `-epoch-${epoch}` : ''}${precision === 'fp32' ? '' : `-${precision}`}`);
}
