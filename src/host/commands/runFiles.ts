import path from 'node:path';
import * as vscode from 'vscode';
import type { RunSummary } from '../../protocol';
import { dateTime } from '../../dateTime';
import { offer, Refusal } from '../failures';
import { bytes } from '../format';
import type { Lab } from '../lab';
import { runsFolders } from '../settings';
import { withEngine } from '../withEngine';
import { reveal } from '../reveal';
import { runsOf, type Arguments } from './targets';

/** The trash of the runs, and runs as one file. */

/** Moves runs to the trash, after a question that says how many; a button takes it back. A running one is refused. */
export async function deleteRuns(lab: Lab, ...args: Arguments): Promise<void> {
  const runs = runsOf(args, lab.runsView.selection);
  if (runs.length === 0) return;
  const running = runs.find(({ state }) => state === 'running');
  if (running) throw new Refusal(vscode.l10n.t('{0} is training. Stop it before you delete it.', running.name));
  if (!(await agrees(runs))) return;
  const client = await lab.looker.client();
  const compared = runs.filter((run) => lab.compared.has(run.path)).map((run) => run.path);
  const trashed = await client.trashRuns({ runs: runs.map((run) => run.path) });
  await lab.compared.remove(runs.map((run) => run.path));
  await lab.runs.refresh();
  const said = runs.length === 1 ? vscode.l10n.t('Moved "{0}" to the trash.', runs[0]!.name) : vscode.l10n.t('Moved {0} runs to the trash.', runs.length);
  const undo = async (): Promise<void> => {
    await restore(lab, trashed);
    await lab.compared.add(compared);
  };
  offer('info', said, [{ label: vscode.l10n.t('Undo'), run: undo }, { label: vscode.l10n.t('Empty Trash…'), run: () => emptyRunsTrash(lab) }], lab.log);
}

async function agrees(runs: readonly RunSummary[]): Promise<boolean> {
  const question = runs.length === 1 ? vscode.l10n.t('Delete the run "{0}"?', runs[0]!.name) : vscode.l10n.t('Delete {0} runs?', runs.length);
  const names = runs.slice(0, 20).map(({ name, path: run }) => `${name}  (${path.basename(run)})`);
  const goes =
    runs.length === 1
      ? vscode.l10n.t('Its metrics and checkpoints go with it. It stays in the trash of its folder until that is emptied.')
      : vscode.l10n.t('Their metrics and checkpoints go with them. They stay in the trash of their folder until it is emptied.');
  const detail = [goes, '', ...names, ...(runs.length > 20 ? ['…'] : [])].join('\n');
  const toTrash = vscode.l10n.t('Move to Trash');
  return (await vscode.window.showWarningMessage(question, { modal: true, detail }, toTrash)) === toTrash;
}

async function restore(lab: Lab, trashed: readonly string[]): Promise<void> {
  const client = await lab.looker.client();
  const [first] = await client.restoreRuns({ trashed });
  // A sweep may be among them.
  await Promise.all([lab.runs.refresh(), lab.sweeps.refresh()]);
  if (first !== undefined) await lab.runsView.show(first);
}

async function trashOf(lab: Lab) {
  const client = await lab.looker.client();
  const all = (await Promise.all(runsFolders().map((runs) => client.listTrash({ runs })))).flat();
  if (all.length === 0) throw new Refusal(vscode.l10n.t('There are no deleted runs.'), [], 'info');
  return all;
}

/** Asks which of the deleted runs come back. */
export async function restoreRuns(lab: Lab): Promise<void> {
  const items = (await trashOf(lab)).map(({ path: place, name, deleted, bytes: size }) => {
    const when = dateTime(deleted);
    return { label: name, description: [when, bytes(size)].filter(Boolean).join(' · '), detail: path.basename(place), place };
  });
  const chosen = await vscode.window.showQuickPick(items, { canPickMany: true, title: vscode.l10n.t('Restore which deleted runs?') });
  if (chosen && chosen.length > 0) await restore(lab, chosen.map(({ place }) => place));
}

/** Deletes what lies in the trash for good, after a question that says how much. */
export async function emptyRunsTrash(lab: Lab): Promise<void> {
  const all = await trashOf(lab);
  const forGood = vscode.l10n.t('Delete Permanently');
  const size = bytes(all.reduce((sum, one) => sum + one.bytes, 0));
  const detail = vscode.l10n.t('{0}. This cannot be undone.', [size, ...all.slice(0, 20).map(({ name }) => name)].join('\n'));
  const question = vscode.l10n.t('Delete {0} runs of the trash permanently?', all.length);
  if ((await vscode.window.showWarningMessage(question, { modal: true, detail }, forGood)) !== forGood) return;
  const client = await lab.looker.client();
  for (const runs of runsFolders()) await client.emptyTrash({ runs });
}

const FILTERS = { 'ViT Lab': ['vitrun'] };

export async function exportRun(lab: Lab, ...args: Arguments): Promise<void> {
  const [run] = runsOf(args, lab.runsView.selection);
  if (!run) throw new Refusal(vscode.l10n.t('Select runs in the Runs view first.'), [], 'info');
  const defaultUri = vscode.Uri.file(path.join(vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? path.dirname(run.path), `${path.basename(run.path)}.vitrun`));
  const file = await vscode.window.showSaveDialog({ filters: FILTERS, defaultUri });
  if (!file) return;
  // The dialog has asked about a file that is there.
  const done = await withEngine(lab, vscode.l10n.t('Exporting {0}', run.name), (client, call) => client.exportRun({ run: run.path, file: file.fsPath, force: true }, { ...call, onProgress: (value) => call.onProgress(share(value)) }));
  offer('info', vscode.l10n.t('Exported {0} ({1}).', path.basename(done.file), bytes(done.bytes)), [{ label: vscode.l10n.t('Reveal File'), run: () => reveal(vscode.Uri.file(done.file)) }]);
}

export async function importRun(lab: Lab): Promise<void> {
  const runs = await chooseStore();
  const files = runs === undefined ? undefined : await vscode.window.showOpenDialog({ filters: FILTERS, canSelectMany: true, openLabel: vscode.l10n.t('Import') });
  if (runs === undefined || !files) return;
  let last: string | undefined;
  for (const file of files) {
    const title = vscode.l10n.t('Importing {0}', path.basename(file.fsPath));
    ({ run: last } = await withEngine(lab, title, (client, call) => client.importRun({ file: file.fsPath, runs }, { ...call, onProgress: (value) => call.onProgress(share(value)) })));
  }
  if (last !== undefined) await lab.runsView.show(last);
}

function share(value: unknown): string {
  const { done, of } = value as { readonly done: number; readonly of: number };
  return `${bytes(done)} / ${bytes(of)}`;
}

async function chooseStore(): Promise<string | undefined> {
  const folders = runsFolders();
  if (folders.length === 0) throw new Refusal(vscode.l10n.t('Open a folder first: runs are kept in it.'), [], 'info');
  return folders.length === 1 ? folders[0] : await vscode.window.showQuickPick([...folders], { title: vscode.l10n.t('Import into which folder?') });
}
