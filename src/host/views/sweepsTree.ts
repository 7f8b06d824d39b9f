import * as vscode from 'vscode';
import type { SweepSummary, SweepTrial, TrialState } from '../../protocol';
import type { Core } from '../core';
import { inBackground } from '../failures';
import { metric } from '../format';
import { commandIds, itemKinds, viewIds } from '../ids';

export type SweepNode = { readonly kind: 'sweep'; readonly sweep: SweepSummary } | { readonly kind: 'trial'; readonly sweep: SweepSummary; readonly trial: SweepTrial };

const ICONS: Record<TrialState, readonly [icon: string, color?: string]> = {
  running: ['sync~spin'],
  stopped: ['debug-pause'],
  waiting: ['circle-large-outline'],
  failed: ['error', 'testing.iconFailed'],
  finished: ['pass', 'testing.iconPassed'],
  skipped: ['circle-slash', 'disabledForeground'],
};

const KINDS: Record<TrialState, string> = {
  waiting: itemKinds.trialWaiting,
  running: itemKinds.trialRunning,
  stopped: itemKinds.trialStopped,
  finished: itemKinds.trialFinished,
  failed: itemKinds.trialFailed,
  skipped: itemKinds.trialSkipped,
};

const DRAGGED = 'application/vnd.code.tree.vitlab.sweeps';

/** The Sweeps view: each sweep with its trainings in the order of the queue, which dragging and Alt+arrows change. */
export class SweepsView implements vscode.Disposable, vscode.TreeDataProvider<SweepNode>, vscode.TreeDragAndDropController<SweepNode> {
  readonly dragMimeTypes = [DRAGGED];
  readonly dropMimeTypes = [DRAGGED];
  readonly #core: Core;
  readonly #changed = new vscode.EventEmitter<SweepNode | undefined>();
  readonly onDidChangeTreeData = this.#changed.event;
  readonly #tree: vscode.TreeView<SweepNode>;
  readonly #subscriptions: readonly vscode.Disposable[];

  constructor(core: Core) {
    this.#core = core;
    this.#tree = vscode.window.createTreeView(viewIds.sweeps, { treeDataProvider: this, canSelectMany: true, dragAndDropController: this });
    this.#subscriptions = [
      this.#tree,
      this.#tree.onDidChangeVisibility(({ visible }) => core.sweeps.watch('sweeps view', visible)),
      core.sweeps.onDidChange(() => this.#update()),
    ];
    core.sweeps.watch('sweeps view', this.#tree.visible);
  }

  get selection(): readonly SweepNode[] {
    return this.#tree.selection;
  }

  getChildren(node?: SweepNode): SweepNode[] {
    if (!node) return this.#core.sweeps.all.map((sweep) => ({ kind: 'sweep', sweep }));
    return node.kind === 'sweep' ? node.sweep.trials.map((trial) => ({ kind: 'trial', sweep: node.sweep, trial })) : [];
  }

  getParent(node: SweepNode): SweepNode | undefined {
    return node.kind === 'trial' ? { kind: 'sweep', sweep: node.sweep } : undefined;
  }

  getTreeItem(node: SweepNode): vscode.TreeItem {
    return node.kind === 'sweep' ? sweepItem(node.sweep) : trialItem(node);
  }

  handleDrag(nodes: readonly SweepNode[], data: vscode.DataTransfer): void {
    const trials = nodes.flatMap((node) => (node.kind === 'trial' && node.trial.state === 'waiting' ? [node] : []));
    const [first] = trials;
    if (first) data.set(DRAGGED, new vscode.DataTransferItem({ sweep: first.sweep.path, trials: trials.filter(({ sweep }) => sweep.path === first.sweep.path).map(({ trial }) => trial.index) }));
  }

  /** In front of the one that it is dropped on; on the sweep itself, or behind the last that waits, at the end. */
  async handleDrop(target: SweepNode | undefined, data: vscode.DataTransfer): Promise<void> {
    const dragged = data.get(DRAGGED)?.value as { readonly sweep: string; readonly trials: readonly number[] } | undefined;
    if (!dragged || target?.sweep.path !== dragged.sweep) return;
    const { sweep } = target;
    const before = target.kind === 'trial' && target.trial.state === 'waiting' ? target.trial.index : null;
    const toFirst = target.kind === 'trial' && ['running', 'stopped'].includes(target.trial.state);
    await this.#core.sweeps.change(sweep.path, toFirst ? { type: 'move', trials: dragged.trials, to: 'first' } : { type: 'place', trials: dragged.trials, before });
  }

  /** Shows a sweep in the view. */
  reveal(sweep: SweepSummary): void {
    const known = this.#core.sweeps.find(sweep.path);
    if (known) inBackground(this.#tree.reveal({ kind: 'sweep', sweep: known }, { select: true, focus: true, expand: true }), this.#core.log);
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
    this.#changed.dispose();
  }

  #update(): void {
    const running = this.#core.sweeps.all.filter(({ state }) => state === 'running').length;
    this.#tree.badge = running === 0 ? undefined : { value: running, tooltip: vscode.l10n.t('{0} running', running) };
    this.#changed.fire(undefined);
  }
}

function sweepItem(sweep: SweepSummary): vscode.TreeItem {
  const open = sweep.state === 'running' || sweep.state === 'pausing' || sweep.state === 'paused';
  const item = new vscode.TreeItem(cutMiddle(sweep.name, 28), open ? vscode.TreeItemCollapsibleState.Expanded : vscode.TreeItemCollapsibleState.Collapsed);
  const [icon, kind] = { running: ['sync~spin', itemKinds.sweepRunning], pausing: ['loading~spin', itemKinds.sweepRunning], paused: ['debug-pause', itemKinds.sweepPaused], finished: ['beaker', itemKinds.sweepFinished] }[sweep.state] as [string, string];
  item.id = sweep.path;
  const failed = sweep.trials.some(({ state }) => state === 'failed');
  item.iconPath = sweep.problem === undefined ? new vscode.ThemeIcon(icon, failed ? new vscode.ThemeColor('problemsWarningIcon.foreground') : undefined) : new vscode.ThemeIcon('warning');
  item.contextValue = sweep.problem === undefined ? kind : itemKinds.sweepBroken;
  item.description = sweep.problem === undefined ? sweepWords(sweep) : vscode.l10n.t('cannot be read');
  item.tooltip = [sweep.name, sweep.problem ?? sweepWords(sweep), vscode.l10n.t('Judged by {0}', sweep.monitor), sweep.path].join('\n');
  item.accessibilityInformation = { label: `${sweep.name}, ${item.description}` };
  return item;
}

/** "paused · 3/12 · 1 failed · patch_size, embed_dim" */
function sweepWords({ state, trials, keys }: SweepSummary): string {
  const count = (...states: readonly TrialState[]): number => trials.filter((trial) => states.includes(trial.state)).length;
  const wanted = trials.length - count('skipped');
  const [failed, skipped] = [count('failed'), count('skipped')];
  const word = { running: vscode.l10n.t('running'), pausing: vscode.l10n.t('saving checkpoints'), paused: vscode.l10n.t('paused'), finished: vscode.l10n.t('done') }[state];
  return [word, `${count('finished')}/${wanted}`, ...(failed > 0 ? [vscode.l10n.t('{0} failed', failed)] : []), ...(skipped > 0 ? [vscode.l10n.t('{0} skipped', skipped)] : []), ...(keys.length > 1 ? [keys.join(', ')] : [])].join(' · ');
}

/** A side bar cuts the end off, where what comes behind a name stands. */
function cutMiddle(text: string, most: number): string {
  const letters = [...text];
  const half = Math.floor((most - 1) / 2);
  return letters.length > most ? `${letters.slice(0, most - 1 - half).join('')}…${letters.slice(-half).join('')}` : text;
}

function trialItem({ sweep, trial }: Extract<SweepNode, { kind: 'trial' }>): vscode.TreeItem {
  const inRound = (words: string): string => (sweep.rounds > 1 ? vscode.l10n.t('{0}, round {1}', words, trial.round + 1) : words);
  const name = inRound(vscode.l10n.t('{0}, seed {1}', trial.label, trial.seed));
  // A narrow side bar cuts the end off, which is what tells one from another: the names of the keys are in the sweep's own line.
  const item = new vscode.TreeItem(inRound(vscode.l10n.t('{0}, seed {1}', cutMiddle(trial.short, 32), trial.seed)));
  const [icon, color] = ICONS[trial.state];
  item.id = `${sweep.path}#${trial.index}`;
  item.iconPath = new vscode.ThemeIcon(icon, color === undefined ? undefined : new vscode.ThemeColor(color));
  item.contextValue = KINDS[trial.state];
  item.description = trialWords(sweep, trial);
  item.tooltip = [name, item.description, ...(trial.run === undefined ? [] : [trial.run])].join('\n');
  item.accessibilityInformation = { label: [name, ...new Set([stateName(trial.state), item.description])].join(', ') };
  if (trial.run !== undefined && trial.state !== 'waiting') item.command = { command: commandIds.showTrial, title: vscode.l10n.t('Show Run'), arguments: [{ kind: 'trial', sweep, trial }] };
  return item;
}

function trialWords({ monitor }: SweepSummary, { state, val, reason, epoch, epochs, step, steps }: SweepTrial): string {
  const far = epoch === undefined ? [] : [vscode.l10n.t('{0} of {1} epochs', epoch, epochs)];
  if (state === 'finished') return val === undefined ? stateName(state) : monitor === 'val/top1' ? vscode.l10n.t('val {0}', metric(monitor, val)) : `${monitor} ${metric(monitor, val)}`;
  if (state === 'failed') return reason ?? stateName(state);
  if (state === 'running') return [...far, ...(step !== undefined && steps ? [`${Math.floor((100 * step) / steps)} %`] : [])].join(' · ') || vscode.l10n.t('preparing');
  return [stateName(state), ...(state === 'stopped' ? far : [])].join(' · ');
}

function stateName(state: TrialState): string {
  switch (state) {
    case 'waiting':
      return vscode.l10n.t('queued');
    case 'running':
      return vscode.l10n.t('running');
    case 'stopped':
      return vscode.l10n.t('paused');
    case 'finished':
      return vscode.l10n.t('finished');
    case 'failed':
      return vscode.l10n.t('failed');
    case 'skipped':
      return vscode.l10n.t('skipped');
  }
}
