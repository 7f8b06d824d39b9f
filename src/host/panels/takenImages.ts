import { createHash } from 'node:crypto';
import path from 'node:path';
import * as vscode from 'vscode';
import { Refusal } from '../failures';
import { IMAGE_ENDINGS, isImageName } from '../imageNames';

/** Pictures that were pasted, dropped, or lie where the engine cannot read: kept as files until so many newer ones came. */
const KEPT = 30;

/**
 * A file of the engine's machine for a picture that came by its address or as bytes. What already lies on the disk stays where
 * it is; the rest is copied into the extension's storage, so that it is there again after a restart.
 */
export async function fileOfImage(context: vscode.ExtensionContext, { name, uri, bytes }: { readonly name: string; readonly uri?: string; readonly bytes?: Uint8Array }): Promise<vscode.Uri> {
  if (uri === undefined) return store(context, name, bytes ?? new Uint8Array());
  const address = vscode.Uri.parse(uri, true);
  if (!isImageName(address.path)) throw new Refusal(vscode.l10n.t('{0} is no image that can be looked into: those end in {1}.', name, IMAGE_ENDINGS.join(', ')));
  return address.scheme === 'file' ? address : copyOf(context, address);
}

/** A copy of a picture that lies elsewhere: an older version in Git, a file of another machine. */
export async function copyOf(context: vscode.ExtensionContext, address: vscode.Uri): Promise<vscode.Uri> {
  try {
    return await store(context, path.posix.basename(address.path), await vscode.workspace.fs.readFile(address));
  } catch (error) {
    throw new Refusal(vscode.l10n.t('Cannot read {0}: {1}', address.toString(true), error instanceof Error ? error.message : String(error)));
  }
}

async function store(context: vscode.ExtensionContext, name: string, bytes: Uint8Array): Promise<vscode.Uri> {
  if (bytes.length === 0) throw new Refusal(vscode.l10n.t('There is no image in what was pasted or dropped.'));
  const folder = vscode.Uri.joinPath(context.storageUri ?? context.globalStorageUri, 'images');
  const safe = name.replace(/[^\p{L}\p{N}._ -]/gu, '-').slice(-80) || 'image.png';
  // The engine tells a format by its content; the ending is for people.
  const named = isImageName(safe) ? safe : `${safe}.png`;
  const target = vscode.Uri.joinPath(folder, createHash('sha256').update(bytes).digest('hex').slice(0, 12), named);
  await vscode.workspace.fs.createDirectory(vscode.Uri.joinPath(target, '..'));
  await vscode.workspace.fs.writeFile(target, bytes);
  await forget(folder, target);
  return target;
}

/** Removes the oldest, whole folders, never the one that was just written. */
async function forget(folder: vscode.Uri, newest: vscode.Uri): Promise<void> {
  const own = path.posix.basename(vscode.Uri.joinPath(newest, '..').path);
  const names = (await vscode.workspace.fs.readDirectory(folder)).map(([entry]) => entry).filter((entry) => entry !== own);
  const aged = await Promise.all(names.map(async (entry) => ({ entry, time: (await vscode.workspace.fs.stat(vscode.Uri.joinPath(folder, entry))).mtime })));
  for (const { entry } of aged.sort((a, b) => b.time - a.time).slice(KEPT - 1)) await vscode.workspace.fs.delete(vscode.Uri.joinPath(folder, entry), { recursive: true });
}
