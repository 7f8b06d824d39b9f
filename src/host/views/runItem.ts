import * as vscode from 'vscode';
import type { RunState, RunSummary, TrackingState } from '../../protocol';
import { dateTime } from '../../dateTime';
import { epochsDone, isWithinEpoch } from '../../epochs';
import { accuracyText, duration, metric, metricTable, number } from '../format';
import { itemKinds } from '../ids';
import type { LiveTraining } from '../runs';
import type { Shown } from '../runsShown';
import { valueOf } from './runGroups';

/** What a run looks like in the tree: icon, words beside its name, what is spoken, what a hover tells. */

const ICONS: Record<RunState, readonly [icon: string, color?: string]> = {
  running: ['sync~spin'],
  finished: ['pass', 'testing.iconPassed'],
  stopped: ['debug-pause'],
  failed: ['error', 'testing.iconFailed'],
  interrupted: ['warning', 'problemsWarningIcon.foreground'],
};
const DAMAGED = ['warning', 'problemsWarningIcon.foreground'] as const;

export function iconOf(run: RunSummary): vscode.ThemeIcon {
  const [icon, usual] = run.problem === undefined ? ICONS[run.state] : DAMAGED;
  // What was found odd while it trained is not passed over by a green tick.
  const color = run.state === 'finished' && run.warnings?.length ? 'problemsWarningIcon.foreground' : usual;
  return new vscode.ThemeIcon(icon, color === undefined ? undefined : new vscode.ThemeColor(color));
}

/** The description names the state only where the icon alone would not do. */
export function spoken(run: RunSummary, live: LiveTraining | undefined, shown: Shown): string {
  const state = saysState(run) ? [] : [stateName(run.state)];
  const star = run.notes?.starred ? [vscode.l10n.t('starred')] : [];
  return [run.name, ...star, ...state, described(run, live, shown)].join(', ').replaceAll('★ ', '');
}

/** What is said of a run beside its name, where there is room. */
export function described(run: RunSummary, live: LiveTraining | undefined, shown: Pick<Shown, 'sort' | 'metric'>): string {
  return partsOf(run, live, shown, epochText(run, live), warningCount(run)).join(' · ');
}

/**
 * The same in a row of a side bar, which cuts the end off: the icon tells the state, and a fraction is an epoch.
 *
 * @param apart what tells the run from another of its name, where the name that stands beside does not
 */
export function describedInRow(run: RunSummary, live: LiveTraining | undefined, shown: Pick<Shown, 'sort' | 'metric'>, apart?: string): string {
  const parts = partsOf(run, live, shown, `${doneOf(run, live)}/${run.epochs}`, undefined);
  if (run.warnings?.length && run.problem === undefined) parts.splice(1, 0, `⚠ ${run.warnings.length}`);
  const state = run.problem === undefined && saysState(run) ? [stateName(run.state)] : [];
  return [...parts.slice(0, 2), ...(apart === undefined ? [] : [apart]), ...parts.slice(2), ...state].join(' · ');
}

function partsOf(run: RunSummary, live: LiveTraining | undefined, { sort, metric: chosen }: Pick<Shown, 'sort' | 'metric'>, epoch: string, warned: string | undefined): string[] {
  const star = run.notes?.starred ? '★ ' : '';
  if (run.problem !== undefined) return [star + vscode.l10n.t('cannot be read')];
  const accuracy = sort === 'metric' ? sortedValue(run, chosen) : accuracyText({ ...run.latest, ...live?.metrics });
  const time = sort === 'duration' && run.seconds !== undefined ? duration(run.seconds) : undefined;
  // A narrow side bar cuts the end off: what a finished run reached comes first.
  const first = run.state === 'finished' ? [time, accuracy, epoch] : [epoch, time, accuracy];
  const tags = run.notes?.tags.map((tag) => `#${tag}`).join(' ') || undefined;
  const archived = run.notes?.archived ? vscode.l10n.t('archived') : undefined;
  const [head, ...rest] = [...first, live?.loss === undefined ? undefined : lossText(live.loss), warned, archived, tags].filter((part) => part !== undefined);
  return [star + head, ...rest];
}

function sortedValue(run: RunSummary, name: string): string | undefined {
  const value = valueOf(run, name);
  return value === undefined ? undefined : `${name} ${metric(name, value)}`;
}

function warningCount({ warnings }: RunSummary): string | undefined {
  if (!warnings) return undefined;
  return warnings.length === 1 ? vscode.l10n.t('1 warning') : vscode.l10n.t('{0} warnings', warnings.length);
}

function lossText(loss: number): string {
  return vscode.l10n.t('loss {0}', number(loss, 3));
}

function doneOf(run: RunSummary, live: LiveTraining | undefined): number {
  return live ? epochsDone(live, live.epoch) : run.epoch;
}

function epochText(run: RunSummary, live: LiveTraining | undefined): string {
  const epoch = vscode.l10n.t('{0} of {1} epochs', doneOf(run, live), run.epochs);
  return saysState(run) ? `${stateName(run.state)} · ${epoch}` : epoch;
}

function saysState({ state, problem }: RunSummary): boolean {
  return problem !== undefined || (state !== 'running' && state !== 'finished');
}

/** Its state, then its marks, in the order in which `itemKinds` has them: the menus match parts of it. */
export function kindOf({ state, resumable, start, notes }: RunSummary): string {
  const kind = state === 'running' ? itemKinds.runRunning : resumable ? itemKinds.runResumable : itemKinds.runEnded;
  return [kind, ...(notes?.starred ? ['starred'] : []), ...(notes?.archived ? ['archived'] : []), ...(start ? ['finetuned'] : [])].join('.');
}

function stateName(state: RunState): string {
  switch (state) {
    case 'running':
      return vscode.l10n.t('running');
    case 'finished':
      return vscode.l10n.t('finished');
    case 'stopped':
      return vscode.l10n.t('stopped');
    case 'failed':
      return vscode.l10n.t('failed');
    case 'interrupted':
      return vscode.l10n.t('interrupted');
  }
}

/** Names and notes come from strangers' files: they are appended as text, never as Markdown. */
export function tooltipOf(run: RunSummary): vscode.MarkdownString {
  const text = new vscode.MarkdownString();
  text.supportThemeIcons = true;
  text.appendMarkdown('**').appendText(run.name).appendMarkdown('**\n\n').appendText(run.problem ?? stateSentence(run));
  const created = dateTime(run.created);
  const facts = [run.dataset, run.engine, created, run.seconds === undefined ? '' : duration(run.seconds)].filter(Boolean).join(' · ');
  text.appendMarkdown('\n\n').appendText(facts);
  if (run.notes?.note) text.appendMarkdown('\n\n$(note) ').appendText(run.notes.note.slice(0, 2000));
  if (run.notes && run.notes.tags.length > 0) text.appendMarkdown('\n\n$(tag) ').appendText(run.notes.tags.join(', '));
  if (run.notesProblem !== undefined) text.appendMarkdown('\n\n$(warning) ').appendText(run.notesProblem);
  if (run.sweep !== undefined) text.appendMarkdown('\n\n').appendText(vscode.l10n.t('Of the sweep {0}', run.sweep));
  if (run.start) text.appendMarkdown('\n\n').appendText(vscode.l10n.t('Fine-tuned from {0}', run.start.path));
  for (const { message, advice, epoch } of run.warnings ?? [])
    text.appendMarkdown('\n\n$(warning) ').appendText(`${vscode.l10n.t('Epoch {0}: {1}', epoch, message)} ${advice}`);
  if (run.tracking) {
    text.appendMarkdown(`\n\n$(${run.tracking.state === 'waiting' ? 'cloud' : 'cloud-upload'}) ${prose(trackingText(run.tracking))}`);
    if (run.tracking.url !== undefined && /^https?:/.test(run.tracking.url)) text.appendMarkdown(' ').appendMarkdown(`[MLflow](${run.tracking.url.replace(/[()\s<>\\]/g, (sign) => `%${sign.charCodeAt(0).toString(16)}`)})`);
  }
  const metrics = metricTable(run.latest);
  if (metrics) text.appendMarkdown(`\n\n${metrics}`);
  return text.appendMarkdown('\n\n').appendText(run.path);
}

/** A text that may be long: `appendText` would keep its words on one line, and break them where that ends. */
function prose(text: string): string {
  return text.replace(/[\\`*_{}[\]()#+\-.!|<>&~$:]/g, '\\$&').replace(/\s+/g, ' ');
}

function trackingText({ uri, experiment, state, at, problem }: TrackingState): string {
  const where = vscode.l10n.t('{0}, experiment {1}', uri, experiment);
  const when = at === undefined ? '' : ` · ${dateTime(at)}`;
  if (state === 'sent') return vscode.l10n.t('MLflow: all of it sent to {0}', where) + when;
  if (state === 'sending') return vscode.l10n.t('MLflow: being sent to {0}', where) + when;
  return problem === undefined ? vscode.l10n.t('MLflow: not all of it is sent to {0}', where) : vscode.l10n.t('MLflow: not all of it is sent to {0}: {1}', where, problem);
}

function stateSentence(run: RunSummary): string {
  const state = isWithinEpoch(run) && run.state !== 'finished'
    ? vscode.l10n.t('{0} in epoch {1} of {2}, step {3} of {4}', stateName(run.state), run.epoch + 1, run.epochs, run.step, run.steps)
    : vscode.l10n.t('{0}, {1} of {2} epochs, step {3} of {4}', stateName(run.state), run.epoch, run.epochs, run.step, run.steps);
  return run.reason === undefined ? state : `${state}. ${run.reason}`;
}
