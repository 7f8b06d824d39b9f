import path from 'node:path';
import * as vscode from 'vscode';
import type { CheckpointInfo } from '../../protocol';
import { dateTime } from '../../dateTime';
import { isFromWithin } from '../../epochs';
import { accuracyText, bytes, metricTable } from '../format';
import { itemKinds, viewIds } from '../ids';
import type { Core } from '../core';

export type CheckpointNode =
  | { readonly kind: 'run'; readonly run: string; readonly name: string; readonly bundled: boolean }
  | { readonly kind: 'checkpoint'; readonly checkpoint: CheckpointInfo };

/** The Checkpoints view: runs with their checkpoints; the active one classifies and is looked into. */
export class CheckpointsView implements vscode.Disposable, vscode.TreeDataProvider<CheckpointNode> {
  readonly #core: Core;
  readonly #changed = new vscode.EventEmitter<undefined>();
  readonly onDidChangeTreeData = this.#changed.event;
  readonly #tree: vscode.TreeView<CheckpointNode>;
  readonly #subscriptions: vscode.Disposable[];

  constructor(core: Core) {
    this.#core = core;
    this.#tree = vscode.window.createTreeView(viewIds.checkpoints, { treeDataProvider: this, showCollapseAll: true, canSelectMany: true });
    this.#subscriptions = [
      this.#tree,
      this.#tree.onDidChangeVisibility(({ visible }) => this.#watch(visible)),
      core.checkpoints.onDidChange(() => this.#update()),
      core.runs.onDidChange(() => core.checkpoints.loaded || this.#update()),
    ];
    this.#update();
    this.#watch(this.#tree.visible);
  }

  get selection(): readonly CheckpointNode[] {
    return this.#tree.selection;
  }

  getChildren(node?: CheckpointNode): CheckpointNode[] {
    if (node?.kind === 'checkpoint') return [];
    const all = this.#core.checkpoints.all;
    if (node) return all.filter(({ run }) => run === node.run).map((checkpoint) => ({ kind: 'checkpoint', checkpoint }));
    const firsts = all.filter((checkpoint, index) => all.findIndex(({ run }) => run === checkpoint.run) === index);
    return firsts.map((first) => ({ kind: 'run', run: first.run, name: first.runName, bundled: this.#core.checkpoints.isBundled(first) }));
  }

  getParent(node: CheckpointNode): CheckpointNode | undefined {
    return node.kind === 'run' ? undefined : this.getChildren().find((group) => group.kind === 'run' && group.run === node.checkpoint.run);
  }

  getTreeItem(node: CheckpointNode): vscode.TreeItem {
    return node.kind === 'run' ? this.#groupItem(node) : this.#checkpointItem(node.checkpoint);
  }

  resolveTreeItem(item: vscode.TreeItem, node: CheckpointNode): vscode.TreeItem {
    if (node.kind === 'checkpoint') item.tooltip = tooltipOf(node.checkpoint);
    return item;
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
    this.#changed.dispose();
  }

  #update(): void {
    this.#tree.message = this.#core.checkpoints.loaded ? '' : this.#core.runs.problem ?? vscode.l10n.t('Reading the checkpoints …');
    this.#changed.fire(undefined);
  }

  #watch(visible: boolean): void {
    this.#core.runs.watch('checkpoints view', visible);
    if (visible) void this.#core.checkpoints.refresh();
  }

  #groupItem(node: Extract<CheckpointNode, { kind: 'run' }>): vscode.TreeItem {
    const open = this.#core.checkpoints.active?.run === node.run;
    const { Expanded, Collapsed } = vscode.TreeItemCollapsibleState;
    const run = this.#core.runs.find(node.run);
    const { name, apart } = run ? this.#core.runs.rowOf(run) : { name: node.name };
    const item = new vscode.TreeItem(name, open ? Expanded : Collapsed);
    item.id = `run:${node.run}`;
    item.contextValue = itemKinds.checkpointGroup;
    item.iconPath = new vscode.ThemeIcon(node.bundled ? 'package' : this.#core.checkpoints.imported.find(node.run) ? 'cloud-download' : this.#core.checkpoints.isUntrained({ path: node.run }) ? 'circle-slash' : 'beaker');
    const description = node.bundled ? vscode.l10n.t('comes with the extension') : apart;
    if (description !== undefined) item.description = description;
    item.tooltip = node.name;
    item.accessibilityInformation = { label: [node.name, ...(node.bundled ? [vscode.l10n.t('comes with the extension')] : [])].join(', ') };
    return item;
  }

  #checkpointItem(checkpoint: CheckpointInfo): vscode.TreeItem {
    const active = this.#core.checkpoints.active?.path === checkpoint.path;
    const item = new vscode.TreeItem(labelOf(checkpoint));
    item.id = checkpoint.path;
    item.contextValue = this.#kindOf(checkpoint, active);
    item.iconPath = new vscode.ThemeIcon(active ? 'circle-filled' : 'circle-outline');
    item.description = describe(checkpoint, active);
    item.accessibilityInformation = { label: `${labelOf(checkpoint)}, ${describe(checkpoint, active)}` };
    return item;
  }

  #kindOf(checkpoint: CheckpointInfo, active: boolean): string {
    if (this.#core.checkpoints.isBundled(checkpoint)) return itemKinds.checkpointBundled;
    if (checkpoint.scheme !== undefined) return itemKinds.checkpointImported;
    return active ? itemKinds.checkpointActive : itemKinds.checkpoint;
  }
}

function labelOf({ best, last, epoch, step, scheme, run, path: file }: CheckpointInfo): string {
  // Of no run, and no epoch: what a training would begin with.
  if (scheme === undefined && run === file && epoch === 0) return vscode.l10n.t('initial weights');
  if (scheme !== undefined) return vscode.l10n.t('weights of {0}', scheme);
  const epochLabel = isFromWithin(file) ? vscode.l10n.t('epoch {0}, step {1}', epoch, step) : vscode.l10n.t('epoch {0}', epoch);
  const roles = [best ? vscode.l10n.t('best') : undefined, last ? vscode.l10n.t('last') : undefined];
  const role = roles.filter((name) => name !== undefined).join(', ');
  return role === '' ? epochLabel : `${role} (${epochLabel})`;
}

function describe(checkpoint: CheckpointInfo, active: boolean): string {
  const parts = [active ? vscode.l10n.t('active') : undefined, accuracyText(checkpoint.metrics), bytes(checkpoint.bytes)];
  return parts.filter((part) => part !== undefined).join(' · ');
}

function tooltipOf(checkpoint: CheckpointInfo): vscode.MarkdownString {
  const text = new vscode.MarkdownString().appendMarkdown('**').appendText(checkpoint.runName).appendMarkdown('** ');
  text.appendText(checkpoint.scheme === undefined && checkpoint.run !== checkpoint.path ? vscode.l10n.t('epoch {0}, step {1}', checkpoint.epoch, checkpoint.step) : labelOf(checkpoint));
  const metrics = metricTable(checkpoint.metrics);
  if (metrics) text.appendMarkdown(`\n\n${metrics}`);
  return text.appendMarkdown('\n\n').appendText(`${path.basename(checkpoint.path)}\n${dateTime(checkpoint.modified)}`);
}
