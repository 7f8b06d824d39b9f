import path from 'node:path';
import * as vscode from 'vscode';
import type { CheckpointInfo, GalleryWish, ImageSet } from '../../protocol';
import { visibleImage } from '../activeImage';
import type { Lab } from '../lab';
import { askFolder } from '../panels/galleryPanel';
import { diskPath } from './images';
import { checkpointsOf, runsOf, urisOf, type Arguments } from './targets';

/**
 * Shows many images with where a network looks in each: of a folder from the explorer, of the test of a run or a checkpoint from
 * their views, else of what the user chooses.
 */
export async function showGallery(lab: Lab, ...given: Arguments): Promise<void> {
  // The title of a panel names the panel itself, which is nothing to look at.
  const args = given[0] instanceof vscode.Uri && given[0].scheme === 'webview-panel' ? [] : given;
  if (lab.runs.all.length === 0) await lab.runs.refresh();
  await lab.checkpoints.refresh();
  const checkpoint = checkpointFor(lab, args);
  if (!checkpoint) return lab.gallery.show(null);
  const images = await imagesFor(lab, args, checkpoint);
  if (images) await lab.gallery.show({ checkpoint: checkpoint.path, images, filter: {} });
}

function checkpointFor({ checkpoints }: Lab, args: Arguments): CheckpointInfo | undefined {
  const [chosen] = args.length > 0 ? checkpointsOf(args, []) : [];
  const [run] = args.length > 0 ? runsOf(args, []) : [];
  return chosen ?? (run ? checkpoints.bestOf(run.path) : checkpoints.active);
}

async function imagesFor(lab: Lab, args: Arguments, checkpoint: CheckpointInfo): Promise<ImageSet | undefined> {
  const [uri] = urisOf(args);
  if (uri) return { folder: diskPath(uri) };
  // What comes without its images has no split to show: where to look instead is asked.
  return args.length > 0 && args[0] !== undefined && !checkpoint.withoutImages ? { split: await splitOf(lab, checkpoint) } : chooseImages(lab, checkpoint);
}

/** The one that the run was tested on. */
async function splitOf({ looker }: Lab, { run }: CheckpointInfo): Promise<'test' | 'val' | 'train'> {
  const report = await (await looker.client()).readEvaluation({ run }).catch(() => null);
  return report?.split ?? 'test';
}

type Item = vscode.QuickPickItem & { readonly images?: ImageSet };

function splitItems({ runName }: CheckpointInfo): readonly Item[] {
  return [
    { label: vscode.l10n.t('Test Images'), description: runName, images: { split: 'test' } },
    { label: vscode.l10n.t('Validation Images'), description: runName, images: { split: 'val' } },
  ];
}

async function chooseImages(lab: Lab, checkpoint: CheckpointInfo): Promise<GalleryWish['images'] | undefined> {
  const image = lab.inspector.state.file ?? visibleImage()?.fsPath ?? lab.activeImage.current?.fsPath;
  const beside = image === undefined ? undefined : path.dirname(image);
  const items: readonly Item[] = [
    ...(beside === undefined ? [] : [{ label: vscode.l10n.t('Folder of the Image'), description: beside, images: { folder: beside } }]),
    ...(checkpoint.withoutImages ? [] : splitItems(checkpoint)),
    { label: vscode.l10n.t('Choose Folder…') },
  ];
  const placeHolder = checkpoint.withoutImages && vscode.l10n.t('This network comes without the images it was trained on; choose a folder of your own images.');
  const chosen = await vscode.window.showQuickPick(items, { title: vscode.l10n.t('Gallery of which images?'), ...(placeHolder && { placeHolder }) });
  if (!chosen) return undefined;
  if (chosen.images) return chosen.images;
  const folder = await askFolder();
  return folder && { folder: folder.fsPath };
}
