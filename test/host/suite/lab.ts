import assert from 'node:assert/strict';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as vscode from 'vscode';
import type { Lab } from '../../../src/host/lab';

/** The installed extension, as it hands itself out. */
export async function theLab(): Promise<Lab> {
  const extension = vscode.extensions.getExtension<Lab>('vit-lab.vit-lab');
  assert.ok(extension, 'the extension is installed');
  return extension.activate();
}

export function workspace(): string {
  const folder = vscode.workspace.workspaceFolders?.[0];
  assert.ok(folder, 'a folder is open');
  return folder.uri.fsPath;
}

/** Asks until the answer is there; fails with what was waited for. */
export async function until<T>(what: string, ask: () => T | undefined | null | false | Promise<T | undefined | null | false>, seconds = 60): Promise<T> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== null && answer !== false) return answer;
    if (Date.now() > deadline) throw new Error(`Within ${seconds} s there was no sign of: ${what}`);
    await sleep(100);
  }
}

/** Test images of the sample workspace. */
export async function sampleImages(count: number): Promise<readonly vscode.Uri[]> {
  const pattern = new vscode.RelativePattern(path.join(workspace(), 'images', 'test'), '**/*.png');
  const found = await vscode.workspace.findFiles(pattern, null, 500);
  if (found.length >= count) return found.slice(0, count);
  return (await walkImages(vscode.Uri.file(path.join(workspace(), 'images', 'test')))).slice(0, count);
}

/** Where the search of the workbench is missing (a code-server without its native parts), the folders are walked. */
async function walkImages(folder: vscode.Uri): Promise<readonly vscode.Uri[]> {
  const entries = await vscode.workspace.fs.readDirectory(folder);
  const lists = await Promise.all(
    entries.map(([name, type]) => {
      const child = vscode.Uri.joinPath(folder, name);
      if (type === vscode.FileType.Directory) return walkImages(child);
      return Promise.resolve(name.endsWith('.png') ? [child] : []);
    }),
  );
  return lists.flat().sort((a, b) => a.fsPath.localeCompare(b.fsPath));
}

export async function writeFile(name: string, text: string): Promise<vscode.Uri> {
  const uri = vscode.Uri.file(path.join(workspace(), name));
  await vscode.workspace.fs.writeFile(uri, new TextEncoder().encode(text));
  return uri;
}

/** A training that takes seconds: drawn shapes, few images, a tiny model. */
export function tinyConfig(name: string, epochs: number): string {
  return `name: ${name}
dataset:
  format: shapes
  shapes: { images: 120, size: 16 }
image: { size: 16 }
model: { patch_size: 8, depth: 1, num_heads: 2, embed_dim: 16 }
train: { epochs: ${epochs}, batch_size: 16, warmup_epochs: 0 }
`;
}
