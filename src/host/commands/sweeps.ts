import path from 'node:path';
import * as vscode from 'vscode';
import type { SweepChange, SweepSummary } from '../../protocol';
import { dateTime } from '../../dateTime';
import { looksLikeSweep } from '../configFiles';
import { offer, Refusal, signalOf } from '../failures';
import { commandIds, viewIds } from '../ids';
import type { Lab } from '../lab';
import { runsFolderFor } from '../settings';
import { demandTrust } from '../trust';
import type { SweepNode } from '../views/sweepsTree';
import { urisOf, type Arguments } from './targets';
import { chooseConfig, configInEditor, saveOpen, textOf } from './training';

/** Plans the sweep of the given configuration, else of the one in the editor, else of one that the user chooses, and begins. */
export async function runSweep(lab: Lab, ...args: Arguments): Promise<void> {
  demandTrust();
  demandIdle(lab);
  const shown = configInEditor();
  const config = urisOf(args)[0] ?? (shown && looksLikeSweep(await textOf(shown)) ? shown : await chooseConfig(vscode.l10n.t('Run which sweep?'), { suits: looksLikeSweep }));
  if (!config) return;
  await saveOpen(config);
  await lab.sweeps.refresh();
  const paused = lab.sweeps.all.find((sweep) => sweep.config === config.fsPath && sweep.state === 'paused');
  const choice = paused ? await askAboutPaused(paused) : 'new';
  if (choice === undefined) return;
  const sweep = paused && choice === 'old' ? paused : await plan(lab, config);
  await begin(lab, sweep);
}

async function askAboutPaused(sweep: SweepSummary): Promise<'old' | 'new' | undefined> {
  const [goOn, anew] = [vscode.l10n.t('Go On'), vscode.l10n.t('Start Anew')];
  const done = sweep.trials.filter(({ state }) => state === 'finished').length;
  const question = vscode.l10n.t('A sweep of this configuration is paused: {0} of {1} trainings are done.', done, sweep.trials.length);
  const chosen = await vscode.window.showInformationMessage(question, goOn, anew);
  return chosen === goOn ? 'old' : chosen === anew ? 'new' : undefined;
}

async function plan(lab: Lab, config: vscode.Uri): Promise<SweepSummary> {
  const options = { location: vscode.ProgressLocation.Notification, title: vscode.l10n.t('Checking the combinations of {0}', path.basename(config.fsPath)), cancellable: true };
  return vscode.window.withProgress(options, async (progress, token) => {
    const client = await lab.looker.client();
    const onProgress = (value: unknown): void => {
      const { done, of } = value as { readonly done: number; readonly of: number };
      progress.report({ message: `${done}/${of}` });
    };
    return client.createSweep({ config: config.fsPath, runs: runsFolderFor(config) }, { signal: signalOf(token), onProgress });
  });
}

/** The view comes first: what takes a moment must not take the focus from somebody who goes on with something else. */
async function begin(lab: Lab, sweep: SweepSummary): Promise<void> {
  await lab.sweeps.refresh();
  lab.sweepsView.reveal(sweep);
  await lab.sweeps.lead(sweep);
}

/** Goes on with a sweep of a window or a terminal where it stopped. */
export async function resumeSweep(lab: Lab, ...args: Arguments): Promise<void> {
  demandTrust();
  demandIdle(lab);
  const sweep = await sweepOf(lab, args, ({ state }) => state === 'paused', vscode.l10n.t('Go on with which sweep?'), vscode.l10n.t('No sweep is paused.'));
  if (sweep) await begin(lab, sweep);
}

/** Asks whichever process leads it to checkpoint its trainings and stop. */
export async function pauseSweep(lab: Lab, ...args: Arguments): Promise<void> {
  const sweep = await sweepOf(lab, args, ({ state }) => state === 'running', vscode.l10n.t('Pause which sweep?'), vscode.l10n.t('No sweep is running.'));
  if (sweep) await lab.sweeps.change(sweep.path, { type: 'pause' });
}

/** Of a sweep all that failed, else the chosen ones; a sweep that nobody leads begins again. */
export async function retryTrials(lab: Lab, ...args: Arguments): Promise<void> {
  demandTrust();
  const nodes = nodesOf(lab, args);
  for (const [sweep, trials] of bySweep(nodes)) await lab.sweeps.change(sweep, { type: 'retry', trials });
  const whole = nodes.find((node) => node.kind === 'sweep') ?? (nodes.length === 0 ? await withFailures(lab) : undefined);
  if (whole) await lab.sweeps.change(whole.sweep.path, { type: 'retry' });
  const [first] = nodes.length > 0 ? nodes : whole ? [whole] : [];
  const sweep = first && lab.sweeps.find(first.sweep.path);
  if (sweep?.state === 'paused' && lab.sweeps.led === undefined) await begin(lab, sweep);
}

async function withFailures(lab: Lab): Promise<SweepNode | undefined> {
  const failed = ({ trials }: SweepSummary): boolean => trials.some(({ state }) => state === 'failed');
  const sweep = await sweepOf(lab, [], failed, vscode.l10n.t('Train again what failed in which sweep?'), vscode.l10n.t('In no sweep has a training failed.'));
  return sweep && { kind: 'sweep', sweep };
}

export async function skipTrials(lab: Lab, ...args: Arguments): Promise<void> {
  await change(lab, args, (trials) => ({ type: 'skip', trials }));
}

export async function moveTrialsFirst(lab: Lab, ...args: Arguments): Promise<void> {
  await change(lab, args, (trials) => ({ type: 'move', trials, to: 'first' }));
}

export async function moveTrialsUp(lab: Lab, ...args: Arguments): Promise<void> {
  await change(lab, args, (trials) => ({ type: 'move', trials, to: 'up' }));
}

export async function moveTrialsDown(lab: Lab, ...args: Arguments): Promise<void> {
  await change(lab, args, (trials) => ({ type: 'move', trials, to: 'down' }));
}

async function change(lab: Lab, args: Arguments, make: (trials: readonly number[]) => SweepChange): Promise<void> {
  for (const [sweep, trials] of bySweep(nodesOf(lab, args))) await lab.sweeps.change(sweep, make(trials));
}

/** Opens table and pictures of a sweep. */
export async function showSweep(lab: Lab, ...args: Arguments): Promise<void> {
  const sweep = await sweepOf(lab, args, ({ problem }) => problem === undefined, vscode.l10n.t('Show the results of which sweep?'), vscode.l10n.t('There are no sweeps yet.'));
  if (sweep) await lab.sweepPanel.show(sweep.path);
}

/** Shows the run of a training among the runs. */
export async function showTrial(lab: Lab, ...args: Arguments): Promise<void> {
  const [node] = nodesOf(lab, args);
  if (node?.kind === 'trial' && node.trial.run !== undefined) await lab.runsView.show(node.trial.run);
}

export async function openSweepConfig(lab: Lab, ...args: Arguments): Promise<void> {
  const [node] = nodesOf(lab, args);
  if (node) await vscode.window.showTextDocument(vscode.Uri.file(node.sweep.config));
}

/** Moves sweeps to the trash: with their runs, or their queues and tables alone. One that is led is refused. */
export async function deleteSweep(lab: Lab, ...args: Arguments): Promise<void> {
  const sweep = await sweepOf(lab, args, () => true, vscode.l10n.t('Delete which sweep?'), vscode.l10n.t('There are no sweeps yet.'));
  if (!sweep) return;
  if (sweep.state === 'running' || sweep.state === 'pausing') throw new Refusal(vscode.l10n.t('{0} is running. Pause it before you delete it.', sweep.name));
  const runs = sweep.trials.flatMap(({ run }) => (run === undefined || !lab.runs.find(run) ? [] : [run]));
  const [whole, alone] = [vscode.l10n.t('The sweep and its {0} runs', runs.length), vscode.l10n.t('The sweep alone: its runs stay among the runs')];
  const chosen = runs.length === 0 ? alone : await vscode.window.showQuickPick([whole, alone], { title: vscode.l10n.t('Delete what of "{0}"?', sweep.name) });
  if (chosen === undefined) return;
  const gone = [sweep.path, ...(chosen === whole ? runs : [])];
  const detail = chosen === whole ? vscode.l10n.t('Their metrics and checkpoints go with them. They stay in the trash of their folder until it is emptied.') : vscode.l10n.t('Its plan, its queue and its table go; no run does.');
  const toTrash = vscode.l10n.t('Move to Trash');
  const answer = await vscode.window.showWarningMessage(vscode.l10n.t('Delete the sweep "{0}"?', sweep.name), { modal: true, detail: `${detail}\n\n${gone.map((one) => path.basename(one)).join('\n')}` }, toTrash);
  if (answer === toTrash) await trashSweep(lab, sweep, gone);
}

/** Where deleted runs lie, too, and as they come back: with a button now, by “Restore Deleted Runs…” later. */
async function trashSweep(lab: Lab, sweep: SweepSummary, gone: readonly string[]): Promise<void> {
  const client = await lab.looker.client();
  const compared = gone.filter((one) => lab.compared.has(one));
  const trashed = await client.trashRuns({ runs: gone });
  await lab.compared.remove(gone);
  const refresh = (): Promise<unknown> => Promise.all([lab.runs.refresh(), lab.sweeps.refresh()]);
  await refresh();
  const undo = async (): Promise<void> => {
    await client.restoreRuns({ trashed });
    await refresh();
    await lab.compared.add(compared);
  };
  offer('info', vscode.l10n.t('Moved "{0}" to the trash.', sweep.name), [{ label: vscode.l10n.t('Undo'), run: undo }], lab.log);
}

/** The sweep of a menu, else the only one that suits, else one that the user chooses. */
async function sweepOf(lab: Lab, args: Arguments, suits: (sweep: SweepSummary) => boolean, title: string, none: string): Promise<SweepSummary | undefined> {
  await lab.sweeps.refresh();
  const [given] = args.length > 0 ? nodesOf(lab, args) : [];
  if (given) return lab.sweeps.find(given.sweep.path) ?? given.sweep;
  const all = lab.sweeps.all.filter(suits);
  if (all.length === 0) throw new Refusal(none, [], 'info');
  if (all.length === 1) return all[0];
  const items = all.map((sweep) => ({ label: sweep.name, description: dateTime(sweep.created), sweep }));
  return (await vscode.window.showQuickPick(items, { title }))?.sweep;
}

/** What a menu of the Sweeps view means; of a key what is selected there. */
function nodesOf(lab: Lab, [first, all]: Arguments): readonly SweepNode[] {
  const nodes: readonly unknown[] = Array.isArray(all) ? all : first === undefined ? lab.sweepsView.selection : [first];
  return nodes.filter(isNode);
}

function isNode(value: unknown): value is SweepNode {
  return typeof value === 'object' && value !== null && 'kind' in value && 'sweep' in value && (value.kind === 'sweep' || value.kind === 'trial');
}

function bySweep(nodes: readonly SweepNode[]): ReadonlyMap<string, readonly number[]> {
  const chosen = new Map<string, number[]>();
  for (const node of nodes) if (node.kind === 'trial') chosen.set(node.sweep.path, [...(chosen.get(node.sweep.path) ?? []), node.trial.index]);
  return chosen;
}

function demandIdle(lab: Lab): void {
  const { led } = lab.sweeps;
  if (led === undefined) return;
  const name = lab.sweeps.find(led)?.name ?? path.basename(led);
  const show = { label: vscode.l10n.t('Show Sweeps'), run: () => vscode.commands.executeCommand(`${viewIds.sweeps}.focus`) };
  const pause = { label: vscode.l10n.t('Pause'), run: () => vscode.commands.executeCommand(commandIds.pauseSweep) };
  throw new Refusal(vscode.l10n.t('The sweep {0} is running. Pause it first; this window runs one sweep at a time.', name), [show, pause], 'info');
}
