import * as vscode from 'vscode';
import type { NotesChange, RunSummary } from '../../protocol';
import { Refusal } from '../failures';
import type { Lab } from '../lab';
import { runsOf, type Arguments } from './targets';

/** What people say of runs: stars, tags, notes, and what they put aside. */

function chosen(lab: Lab, args: Arguments): readonly RunSummary[] {
  const runs = runsOf(args, lab.runsView.selection);
  if (runs.length === 0) throw new Refusal(vscode.l10n.t('Select runs in the Runs view first.'), [], 'info');
  return runs;
}

async function change(lab: Lab, runs: readonly RunSummary[], wish: NotesChange): Promise<void> {
  const client = await lab.looker.client();
  await client.changeNotes({ runs: runs.map((run) => run.path), change: wish });
  await lab.runs.refresh();
}

export function starRuns(lab: Lab, ...args: Arguments): Promise<void> {
  return change(lab, chosen(lab, args), { starred: true });
}

export function unstarRuns(lab: Lab, ...args: Arguments): Promise<void> {
  return change(lab, chosen(lab, args), { starred: false });
}

export async function archiveRuns(lab: Lab, ...args: Arguments): Promise<void> {
  const runs = chosen(lab, args);
  await change(lab, runs, { archived: true });
  await lab.compared.remove(runs.map((run) => run.path));
}

export function unarchiveRuns(lab: Lab, ...args: Arguments): Promise<void> {
  return change(lab, chosen(lab, args), { archived: false });
}

/** Ticks of a list, and a word that is not in it yet. */
export async function tagRuns(lab: Lab, ...args: Arguments): Promise<void> {
  const runs = chosen(lab, args);
  const wish = await chooseTags(lab, runs);
  if (wish && (wish.addTags?.length || wish.removeTags?.length)) await change(lab, runs, wish);
}

function chooseTags(lab: Lab, runs: readonly RunSummary[]): Promise<NotesChange | undefined> {
  const known = [...new Set(lab.runs.all.flatMap((run) => run.notes?.tags ?? []))].sort();
  const has = (tag: string): boolean => runs.every((run) => run.notes?.tags.includes(tag));
  const pick = vscode.window.createQuickPick();
  pick.canSelectMany = true;
  pick.title = runs.length === 1 ? vscode.l10n.t('Tags of {0}', runs[0]!.name) : vscode.l10n.t('Tags of {0} runs', runs.length);
  pick.placeholder = vscode.l10n.t('Tick tags, or type new ones; a space or a comma separates them');
  const items = (typed: string): vscode.QuickPickItem[] => {
    const fresh = typed.split(/[\s,]+/).filter((tag) => tag !== '' && !known.includes(tag));
    return [...fresh.map((label) => ({ label, description: vscode.l10n.t('new'), alwaysShow: true })), ...known.map((label) => ({ label }))];
  };
  pick.items = items('');
  pick.selectedItems = pick.items.filter(({ label }) => has(label));
  return new Promise((resolve) => {
    pick.onDidChangeValue((typed) => {
      const before = new Set(pick.selectedItems.map(({ label }) => label));
      pick.items = items(typed);
      pick.selectedItems = pick.items.filter(({ label, description }) => before.has(label) || description !== undefined);
    });
    pick.onDidAccept(() => {
      const ticked = new Set(pick.selectedItems.map(({ label }) => label));
      // What some have and some have not, and nobody touched, stays as it is.
      resolve({ addTags: [...ticked].filter((tag) => !has(tag)), removeTags: known.filter((tag) => has(tag) && !ticked.has(tag)) });
      pick.hide();
    });
    pick.onDidHide(() => {
      resolve(undefined);
      pick.dispose();
    });
    pick.show();
  });
}

export async function noteRun(lab: Lab, ...args: Arguments): Promise<void> {
  const [run] = chosen(lab, args);
  const value = run!.notes?.note ?? '';
  const note = await vscode.window.showInputBox({ title: vscode.l10n.t('Note of {0}', run!.name), value, prompt: vscode.l10n.t('Kept as notes.json in the folder of the run; empty takes it off') });
  if (note !== undefined && note !== value) await change(lab, [run!], { note });
}
