import path from 'node:path';
import * as vscode from 'vscode';
import type { CheckpointInfo, Classified } from '../../protocol';
import { visibleImage } from '../activeImage';
import { offer, Refusal, signalOf } from '../failures';
import { percent } from '../format';
import { commandIds } from '../ids';
import { IMAGE_ENDINGS } from '../imageNames';
import type { Lab } from '../lab';
import { agreedPrecision, told, type Agreed } from '../precision';
import { topK } from '../settings';
import { urisOf, type Arguments } from './targets';

interface Wish {
  readonly checkpoint: CheckpointInfo;
  readonly agreed: Agreed;
}

/** Classifies images and folders with the active checkpoint; the table of results shows all, a message the one. */
export async function classifyImage(lab: Lab, ...args: Arguments): Promise<void> {
  const uris = await imagesFor(lab, args);
  if (uris.length === 0) return;
  const checkpoint = await demandCheckpoint(lab);
  const paths = uris.map(diskPath);
  const agreed = await agreedPrecision(lab, checkpoint);
  if (!agreed) return;
  const title = paths.length === 1 ? vscode.l10n.t('Classifying {0}', path.basename(paths[0] ?? '')) : vscode.l10n.t('Classifying {0} images', paths.length);
  const options = { location: vscode.ProgressLocation.Notification, title, cancellable: true };
  const rows = await vscode.window.withProgress(options, (progress, token) => classify(lab, { checkpoint, agreed, paths }, progress, token));
  const [row] = rows;
  if (rows.length === 1 && row) tellOne(lab, row, { checkpoint, agreed }, await limitOf(lab, row, checkpoint));
}

/** Looks inside the model with an image: the given one, else the one in the editor. */
export async function inspectImage(lab: Lab, ...args: Arguments): Promise<void> {
  const [uri] = urisOf(args);
  await lab.checkpoints.refresh();
  await lab.inspector.open(uri);
}

/** Opens one more inspector, on the given image, else on the one of the inspector that was used last. */
export async function inspectAnother(lab: Lab, ...args: Arguments): Promise<void> {
  const [uri] = urisOf(args);
  await lab.checkpoints.refresh();
  await lab.inspector.openAnother(uri);
}

/** Looks into two images side by side: those that are selected, else two that the user chooses. */
export async function compareImages(lab: Lab, ...args: Arguments): Promise<void> {
  const given = urisOf(args);
  const [a, b, more] = given.length > 1 ? given : await chooseImages(vscode.l10n.t('Choose two images to compare'));
  if (!a) return;
  if (!b || more) throw new Refusal(vscode.l10n.t('Two images can be compared at a time: select two.'));
  for (const uri of [a, b]) diskPath(uri);
  await lab.checkpoints.refresh();
  await lab.inspector.compare(a, b);
}

async function classify(
  lab: Lab,
  { checkpoint, agreed: { precision, change }, paths }: Wish & { readonly paths: readonly string[] },
  progress: vscode.Progress<{ message?: string; increment?: number }>,
  token: vscode.CancellationToken,
): Promise<readonly Classified[]> {
  const signal = AbortSignal.any([signalOf(token), lab.results.begin(checkpoint, { precision, change: change && told(change) })]);
  let shown = 0;
  const onProgress = (value: unknown): void => {
    const { done, of } = value as { readonly done: number; readonly of: number };
    progress.report({ message: `${done}/${of}`, increment: of > 0 ? (100 * (done - shown)) / of : 0 });
    shown = done;
    lab.results.progress(done, of);
  };
  try {
    const client = await lab.looker.client();
    const rows = await client.classify({ checkpoint: checkpoint.path, paths, top: topK(), precision }, { signal, onProgress });
    lab.results.finish(rows, await client.listClasses({ checkpoint: checkpoint.path, precision }));
    await lab.checkpoints.keep(checkpoint);
    logRows(lab, rows, `${checkpoint.path} in ${precision}`);
    return rows;
  } catch (error) {
    lab.results.fail(signal.aborted ? vscode.l10n.t('Cancelled.') : error instanceof Error ? error.message : String(error));
    throw error;
  }
}

function logRows({ log }: Lab, rows: readonly Classified[], model: string): void {
  log.info(`[looker] classified ${rows.length} images with ${model}`);
  for (const { file, error } of rows) if (error !== undefined) log.warn(`[looker] ${file}: ${error}`);
}

/** The sample's model names a drawn shape for any photo: where the picture is none of its images, its classes are told. */
async function limitOf({ checkpoints, looker }: Lab, { file, error }: Classified, checkpoint: CheckpointInfo): Promise<string> {
  if (error !== undefined || !checkpoints.isSample(checkpoint)) return '';
  const client = await looker.client();
  const classes = [...(await client.listClasses({ checkpoint: checkpoint.path }))].sort();
  const ownFolder = classes.includes(path.basename(path.dirname(file)));
  return ownFolder ? '' : `. ${vscode.l10n.t('This model knows only: {0}.', classes.join(', '))}`;
}

function tellOne(lab: Lab, row: Classified, { checkpoint, agreed }: Wish, limit: string): void {
  const file = path.basename(row.file);
  if (row.error !== undefined) return offer('warning', `${file}: ${row.error}`, []);
  const top = row.predictions.slice(0, 3).map(({ label, probability }) => `${label} ${percent(probability)}`);
  const inspect = { label: vscode.l10n.t('Look Inside'), run: () => lab.inspector.open(vscode.Uri.file(row.file)) };
  const precision = agreed.precision === 'fp32' ? '' : `, ${agreed.precision}`;
  const { runName, epoch, scheme } = checkpoint;
  const by = scheme === undefined ? vscode.l10n.t('{0}: {1} — by {2}, epoch {3}', file, top.join(', '), runName, epoch) : vscode.l10n.t('{0}: {1} — by {2}', file, top.join(', '), runName);
  offer('info', by + precision + limit, [inspect]);
}

async function imagesFor(lab: Lab, args: Arguments): Promise<readonly vscode.Uri[]> {
  const given = urisOf(args);
  if (given.length > 0) return given;
  const active = visibleImage() ?? lab.activeImage.current;
  return active ? [active] : chooseImages();
}

export async function chooseImages(title = vscode.l10n.t('Choose images to classify'), canSelectMany = true): Promise<readonly vscode.Uri[]> {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  const chosen = await vscode.window.showOpenDialog({
    title,
    canSelectMany,
    filters: { [vscode.l10n.t('Images')]: [...IMAGE_ENDINGS] },
    ...(folder === undefined ? {} : { defaultUri: folder }),
  });
  return chosen ?? [];
}

async function demandCheckpoint(lab: Lab): Promise<CheckpointInfo> {
  if (lab.runs.all.length === 0) await lab.runs.refresh();
  await lab.checkpoints.refresh();
  const checkpoint = lab.checkpoints.active;
  if (checkpoint) return checkpoint;
  throw new Refusal(vscode.l10n.t('There is no checkpoint yet. Train a model, or create the sample workspace, which brings one.'), [
    { label: vscode.l10n.t('Start Training'), run: () => vscode.commands.executeCommand(commandIds.startTraining) },
    { label: vscode.l10n.t('Create Sample Workspace'), run: () => vscode.commands.executeCommand(commandIds.createSample) },
  ], 'info');
}

export function diskPath(uri: vscode.Uri): string {
  if (uri.scheme === 'file') return uri.fsPath;
  throw new Refusal(
    vscode.l10n.t('{0} is not on the disk of the machine that runs the engine; only files there can be looked at.', uri.toString(true)),
  );
}
