import path from 'node:path';
import * as vscode from 'vscode';
import type { ImageQuestion, MeasuredHeads } from '../../protocol';
import type { Call } from '../../rpc';
import type { Core } from '../core';
import { orOfferToLocate } from '../locate';

/** As many images as the ViT paper takes for its figure. */
const IMAGES = 128;

/** Measures the heads of a checkpoint over a folder that the user chooses, or over the validation images of its run. */
export async function measureHeads(core: Core, { checkpoint, over, ...size }: { readonly checkpoint: string; readonly over: 'folder' | 'validation' } & Pick<ImageQuestion, 'size'>, call: Call): Promise<MeasuredHeads | null> {
  const folder = over === 'folder' ? await chooseFolder() : undefined;
  if (over === 'folder' && !folder) return null;
  const client = await core.looker.client();
  const statistics = await orOfferToLocate(core, client.measureHeads({ checkpoint, most: IMAGES, ...size, ...(folder && { paths: [folder.fsPath] }) }, { signal: call.signal, onProgress: call.progress }));
  return { ...statistics, over: folder ? path.basename(folder.fsPath) : vscode.l10n.t('validation images') };
}

async function chooseFolder(): Promise<vscode.Uri | undefined> {
  const workspace = vscode.workspace.workspaceFolders?.[0]?.uri;
  const [folder] =
    (await vscode.window.showOpenDialog({
      title: vscode.l10n.t('Choose a folder of images'),
      canSelectFiles: false,
      canSelectFolders: true,
      ...(workspace === undefined ? {} : { defaultUri: workspace }),
    })) ?? [];
  return folder;
}
