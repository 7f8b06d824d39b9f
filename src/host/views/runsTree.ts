import * as vscode from 'vscode';
import type { RunState, RunSummary, TrackingState } from '../../protocol';
import { accuracyText, metricTable, number } from '../format';
import { itemKinds, viewIds } from '../ids';
import type { Core } from '../core';

const ICONS: Record<RunState, readonly [icon: string, color?: string]> = {
  running: ['sync~spin'],
  finished: ['pass', 'testing.iconPassed'],
  stopped: ['debug-pause'],
  failed: ['error', 'testing.iconFailed'],
  interrupted: ['warning', 'problemsWarningIcon.foreground'],
};

/** The Runs view: one line per run, newest first; the ticked ones are compared. */
export class RunsView implements vscode.Disposable, vscode.TreeDataProvider<RunSummary> {
  readonly #core: Core;
  readonly #changed = new vscode.EventEmitter<RunSummary | undefined>();
  readonly onDidChangeTreeData = this.#changed.event;
  readonly #tree: vscode.TreeView<RunSummary>;
  readonly #subscriptions: vscode.Disposable[];

  constructor(core: Core) {
    this.#core = core;
    this.#tree = vscode.window.createTreeView(viewIds.runs, {
      treeDataProvider: this,
      canSelectMany: true,
      manageCheckboxStateManually: true,
    });
    this.#subscriptions = [
      this.#tree,
      this.#tree.onDidChangeVisibility(({ visible }) => core.runs.watch('runs view', visible)),
      this.#tree.onDidChangeCheckboxState((event) => void this.#tick(event.items)),
      core.runs.onDidChange(() => this.#update()),
      core.runs.onDidProgress(throttled(() => this.#showProgress(), 500)),
      core.compared.onDidChange(() => this.#changed.fire(undefined)),
    ];
    this.#tree.message = vscode.l10n.t('Reading the runs …');
    core.runs.watch('runs view', this.#tree.visible);
  }

  get selection(): readonly RunSummary[] {
    return this.#tree.selection;
  }

  /** Selects a run in the view and shows it. */
  async show(path: string): Promise<void> {
    await this.#core.runs.refresh();
    const run = this.#core.runs.find(path);
    if (run) await this.#tree.reveal(run, { select: true, focus: true });
  }

  getChildren(run?: RunSummary): RunSummary[] {
    return run ? [] : [...this.#core.runs.all];
  }

  getParent(): undefined {
    return undefined;
  }

  getTreeItem(run: RunSummary): vscode.TreeItem {
    const item = new vscode.TreeItem(run.name);
    const [icon, color] = run.problem === undefined ? ICONS[run.state] : (['warning', 'problemsWarningIcon.foreground'] as const);
    item.id = run.path;
    item.iconPath = new vscode.ThemeIcon(icon, color === undefined ? undefined : new vscode.ThemeColor(color));
    item.description = this.#describe(run);
    item.contextValue = kindOf(run);
    item.checkboxState = this.#checkbox(run);
    item.accessibilityInformation = { label: this.#spoken(run) };
    return item;
  }

  resolveTreeItem(item: vscode.TreeItem, run: RunSummary): vscode.TreeItem {
    item.tooltip = tooltipOf(run);
    return item;
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
    this.#changed.dispose();
  }

  /** The description names the state only where the icon alone would not do. */
  #spoken(run: RunSummary): string {
    const state = saysState(run) ? [] : [stateName(run.state)];
    return [run.name, ...state, this.#describe(run)].join(', ');
  }

  #describe(run: RunSummary): string {
    if (run.problem !== undefined) return vscode.l10n.t('cannot be read');
    const live = this.#core.runs.live?.run === run.path ? this.#core.runs.live : undefined;
    const accuracy = accuracyText({ ...run.latest, ...live?.metrics });
    const epoch = epochText(run, live?.epoch);
    // A narrow side bar cuts the end off: what a finished run reached comes first.
    const first = run.state === 'finished' ? [accuracy, epoch] : [epoch, accuracy];
    return [...first, live?.loss === undefined ? undefined : lossText(live.loss), warningCount(run)].filter((part) => part !== undefined).join(' · ');
  }

  #checkbox(run: RunSummary): NonNullable<vscode.TreeItem['checkboxState']> {
    const compared = this.#core.compared.has(run.path);
    const state = compared ? vscode.TreeItemCheckboxState.Checked : vscode.TreeItemCheckboxState.Unchecked;
    return { state, tooltip: compared ? vscode.l10n.t('In the comparison') : vscode.l10n.t('Add to the comparison') };
  }

  /** Draws the item of the training alone: drawing all again would swallow a click that is under way. */
  #showProgress(): void {
    const { live } = this.#core.runs;
    const run = live && this.#core.runs.find(live.run);
    if (run) this.#changed.fire(run);
  }

  async #tick(items: readonly (readonly [RunSummary, vscode.TreeItemCheckboxState])[]): Promise<void> {
    const checked = items.filter(([, state]) => state === vscode.TreeItemCheckboxState.Checked).map(([run]) => run.path);
    const unchecked = items.filter(([, state]) => state === vscode.TreeItemCheckboxState.Unchecked).map(([run]) => run.path);
    await this.#core.compared.set([...this.#core.compared.runs.filter((run) => !unchecked.includes(run)), ...checked]);
  }

  #update(): void {
    const running = this.#core.runs.all.filter(({ state }) => state === 'running').length;
    const tooltip = vscode.l10n.t('{0} running', running);
    this.#tree.badge = running === 0 ? undefined : { value: running, tooltip };
    this.#tree.message = this.#core.runs.problem ?? (this.#core.runs.loaded ? '' : vscode.l10n.t('Reading the runs …'));
    this.#changed.fire(undefined);
  }
}

function warningCount({ warnings }: RunSummary): string | undefined {
  if (!warnings) return undefined;
  return warnings.length === 1 ? vscode.l10n.t('1 warning') : vscode.l10n.t('{0} warnings', warnings.length);
}

function lossText(loss: number): string {
  return vscode.l10n.t('loss {0}', number(loss, 3));
}

function epochText(run: RunSummary, live: number | undefined): string {
  const epoch = vscode.l10n.t('epoch {0}/{1}', live ?? run.epoch, run.epochs);
  return saysState(run) ? `${stateName(run.state)} · ${epoch}` : epoch;
}

function saysState({ state, problem }: RunSummary): boolean {
  return problem !== undefined || (state !== 'running' && state !== 'finished');
}

function kindOf({ state, resumable, start }: RunSummary): string {
  if (state === 'running') return start ? itemKinds.finetunedRunning : itemKinds.runRunning;
  if (resumable) return start ? itemKinds.finetunedResumable : itemKinds.runResumable;
  return start ? itemKinds.finetunedEnded : itemKinds.runEnded;
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

function tooltipOf(run: RunSummary): vscode.MarkdownString {
  const text = new vscode.MarkdownString();
  text.supportThemeIcons = true;
  text.appendMarkdown('**').appendText(run.name).appendMarkdown('**\n\n').appendText(run.problem ?? stateSentence(run));
  const facts = [run.dataset, run.engine, new Date(run.created).toLocaleString(vscode.env.language)].filter(Boolean).join(' · ');
  text.appendMarkdown('\n\n').appendText(facts);
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
  const when = at === undefined ? '' : ` · ${new Date(at).toLocaleString(vscode.env.language)}`;
  if (state === 'sent') return vscode.l10n.t('MLflow: all of it sent to {0}', where) + when;
  if (state === 'sending') return vscode.l10n.t('MLflow: being sent to {0}', where) + when;
  return problem === undefined ? vscode.l10n.t('MLflow: not all of it is sent to {0}', where) : vscode.l10n.t('MLflow: not all of it is sent to {0}: {1}', where, problem);
}

function stateSentence(run: RunSummary): string {
  const state = vscode.l10n.t('{0}, epoch {1} of {2}, step {3} of {4}', stateName(run.state), run.epoch, run.epochs, run.step, run.steps);
  return run.reason === undefined ? state : `${state}. ${run.reason}`;
}

/** Calls at most once in so many milliseconds, the last call included. */
function throttled(call: () => void, milliseconds: number): () => void {
  let timer: NodeJS.Timeout | undefined;
  return () => {
    timer ??= setTimeout(() => {
      timer = undefined;
      call();
    }, milliseconds);
  };
}
