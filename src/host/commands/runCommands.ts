import path from 'node:path';
import * as vscode from 'vscode';
import type { RunSummary } from '../../protocol';
import { dateTime } from '../../dateTime';
import { offer, Refusal } from '../failures';
import type { Lab } from '../lab';
import { tickFor } from '../practicals';
import { reveal } from '../reveal';
import { runsOf, sweepFolderOf, type Arguments } from './targets';

/**
 * Adds the clicked or selected runs to the comparison; from the palette, asks which runs it holds. It opens in the editor
 * area, where it is seen: the view of the side bar may be folded, or a few lines high.
 */
export async function compareRuns(lab: Lab, ...args: Arguments): Promise<void> {
  const given = runsOf(args, []);
  if (given.length > 0) await lab.compared.add(given.map(({ path: run }) => run));
  else if (!(await chooseCompared(lab))) return;
  lab.compareView.openWide();
}

/** Sets a fine-tuned run beside the one that its weights come from; weights of elsewhere have their epoch 0 in its curves. */
export async function compareWithStart(lab: Lab, ...args: Arguments): Promise<void> {
  const run = runsOf(args, lab.runsView.selection).find(({ start }) => start !== undefined);
  if (!run?.start) throw new Refusal(vscode.l10n.t('Select a fine-tuned run: one that did not start from scratch.'), [], 'info');
  const { path: weights, run: first } = run.start;
  const before = first === undefined ? undefined : lab.runs.find(first);
  await lab.compared.set(before ? [before.path, run.path] : [run.path]);
  lab.compareView.openWide();
  tickFor(run, 'before');
  if (before) return;
  offer('info', vscode.l10n.t('{0} are no run of this workspace; what they reached before the first step is epoch 0 of the curves of {1}.', path.basename(weights), run.name), []);
}

/** What the test of a run found, or of two side by side; from the palette, asks which run. */
export async function showEvaluation(lab: Lab, ...args: Arguments): Promise<void> {
  const [run, other] = runsOf(args, []);
  const chosen = run ?? (await chooseRun(lab));
  if (!chosen) return;
  await lab.evaluation.show(chosen, other);
  tickFor(chosen, 'evaluated');
}

export async function clearComparison(lab: Lab): Promise<void> {
  await lab.compared.set([]);
}

export function openCompareWide(lab: Lab): void {
  lab.compareView.openWide();
}

export async function refreshRuns(lab: Lab): Promise<void> {
  await lab.runs.refresh();
  await lab.checkpoints.refresh();
}

export async function openRunConfig(_: Lab, ...args: Arguments): Promise<void> {
  const [run] = runsOf(args, []);
  if (run) await vscode.window.showTextDocument(vscode.Uri.file(path.join(run.path, 'config.yaml')));
}

export async function revealRun(_: Lab, ...args: Arguments): Promise<void> {
  const folder = runsOf(args, [])[0]?.path ?? sweepFolderOf(args);
  if (folder !== undefined) await reveal(vscode.Uri.file(folder));
}

async function chooseRun(lab: Lab): Promise<RunSummary | undefined> {
  await lab.runs.refresh();
  if (lab.runs.all.length === 0) throw new Refusal(vscode.l10n.t('There are no runs yet.'), [], 'info');
  const items = lab.runs.all.map((run) => ({ label: run.name, description: dateTime(run.created), run }));
  const chosen = await vscode.window.showQuickPick(items, { title: vscode.l10n.t('Show the evaluation of which run?') });
  return chosen?.run;
}

async function chooseCompared(lab: Lab): Promise<boolean> {
  await lab.runs.refresh();
  if (lab.runs.all.length === 0) throw new Refusal(vscode.l10n.t('There are no runs to compare yet.'));
  const items = lab.runs.all.map((run) => ({
    label: run.name,
    description: dateTime(run.created),
    picked: lab.compared.has(run.path),
    run: run.path,
  }));
  const chosen = await vscode.window.showQuickPick(items, { canPickMany: true, title: vscode.l10n.t('Compare which runs?') });
  if (chosen) await lab.compared.set(chosen.map(({ run }) => run));
  return chosen !== undefined;
}
