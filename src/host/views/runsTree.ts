import * as vscode from 'vscode';
import type { RunSummary } from '../../protocol';
import { commandIds, contextKeys, itemKinds, viewIds } from '../ids';
import type { Core } from '../core';
import { ShownRuns } from '../shownRuns';
import type { RunGroup } from './runGroups';
import { describedInRow, iconOf, kindOf, spoken, tooltipOf } from './runItem';

/** Stands for the runs that are not drawn yet: a tree of thousands answers only after it has drawn them all. */
interface More {
  readonly more: string;
  readonly count: number;
}
export type RunNode = RunSummary | RunGroup | More;

/** So many runs are drawn under a heading before somebody asks for more. */
const PAGE = 200;

/** The Runs view: one line per run, newest first unless it is wished otherwise; the ticked ones are compared. */
export class RunsView implements vscode.Disposable, vscode.TreeDataProvider<RunNode> {
  readonly #core: Core;
  readonly #changed = new vscode.EventEmitter<RunNode | undefined>();
  readonly onDidChangeTreeData = this.#changed.event;
  readonly #tree: vscode.TreeView<RunNode>;
  readonly #shown: ShownRuns;
  readonly #subscriptions: vscode.Disposable[];
  /** How many are drawn under each heading; '' is the list without headings. */
  readonly #drawn = new Map<string, number>();

  constructor(core: Core) {
    this.#core = core;
    this.#shown = new ShownRuns(core.runs, core.runsShown, core.looker);
    this.#tree = vscode.window.createTreeView(viewIds.runs, {
      treeDataProvider: this,
      canSelectMany: true,
      manageCheckboxStateManually: true,
      showCollapseAll: true,
    });
    this.#subscriptions = [
      this.#tree,
      this.#shown,
      this.#tree.onDidChangeVisibility(({ visible }) => core.runs.watch('runs view', visible)),
      this.#tree.onDidChangeCheckboxState((event) => void this.#tick(event.items)),
      this.#shown.onDidChange(() => this.#update()),
      core.runs.onDidChange(() => this.#showState()),
      core.runs.onDidProgress(throttled(() => this.#showProgress(), 500)),
      core.compared.onDidChange(() => this.#changed.fire(undefined)),
    ];
    this.#tree.message = vscode.l10n.t('Reading the runs …');
    core.runs.watch('runs view', this.#tree.visible);
  }

  get selection(): readonly RunSummary[] {
    return this.#tree.selection.filter(isRun);
  }

  /** Selects a run in the view and shows it; a filter that hides it is taken off. */
  async show(path: string): Promise<void> {
    await this.#core.runs.refresh();
    if (!this.#core.runs.find(path)) return;
    if (!this.#listedRun(path)) {
      const listed = new Promise<void>((resolve) => {
        const once = this.#shown.onDidChange(() => {
          once.dispose();
          resolve();
        });
      });
      await this.#core.runsShown.set({ filter: '', archived: true });
      await listed;
    }
    const run = this.#listedRun(path);
    if (!run) return;
    const parent = this.#shown.parentOf(path);
    const place = (parent?.runs ?? this.#roots().filter(isRun)).indexOf(run);
    const key = parent?.group ?? '';
    if (place >= (this.#drawn.get(key) ?? PAGE)) this.#drawn.set(key, place + 1);
    this.#changed.fire(undefined);
    await this.#tree.reveal(run, { select: true, focus: true });
  }

  getChildren(node?: RunNode): RunNode[] {
    if (node && 'group' in node) return this.#page(node.runs, node.group);
    if (node) return [];
    const roots = this.#roots();
    return this.#shown.listed.grouped ? [...roots] : this.#page(roots.filter(isRun), '');
  }

  getParent(node: RunNode): RunNode | undefined {
    return isRun(node) ? this.#shown.parentOf(node.path) : undefined;
  }

  getTreeItem(node: RunNode): vscode.TreeItem {
    if ('group' in node) return groupItem(node);
    if ('more' in node) return moreItem(node);
    const live = this.#core.runs.live?.run === node.path ? this.#core.runs.live : undefined;
    const shown = this.#core.runsShown.now;
    const { label, apart } = this.#core.runs.rowOf(node);
    const item = new vscode.TreeItem(label);
    item.id = node.path;
    item.iconPath = iconOf(node);
    item.description = describedInRow(node, live, shown, apart);
    item.contextValue = kindOf(node);
    item.checkboxState = this.#checkbox(node);
    item.accessibilityInformation = { label: spoken(node, live, shown) };
    return item;
  }

  resolveTreeItem(item: vscode.TreeItem, node: RunNode): vscode.TreeItem {
    if (isRun(node)) item.tooltip = tooltipOf(node);
    return item;
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
    this.#changed.dispose();
  }

  #roots(): readonly RunNode[] {
    return this.#shown.listed.roots;
  }

  #listedRun(path: string): RunSummary | undefined {
    const { roots } = this.#shown.listed;
    for (const root of roots) {
      const found = 'group' in root ? root.runs.find((run) => run.path === path) : root.path === path ? root : undefined;
      if (found) return found;
    }
    return undefined;
  }

  #page(runs: readonly RunSummary[], key: string): RunNode[] {
    const count = this.#drawn.get(key) ?? PAGE;
    return runs.length <= count ? [...runs] : [...runs.slice(0, count), { more: key, count: runs.length - count }];
  }

  /** Draws more runs under the heading that is meant. */
  showMore(node: unknown): void {
    const key = typeof node === 'object' && node !== null && 'more' in node ? String(node.more) : '';
    this.#drawn.set(key, (this.#drawn.get(key) ?? PAGE) + 5 * PAGE);
    this.#changed.fire(undefined);
  }

  #checkbox(run: RunSummary): NonNullable<vscode.TreeItem['checkboxState']> {
    const compared = this.#core.compared.has(run.path);
    const state = compared ? vscode.TreeItemCheckboxState.Checked : vscode.TreeItemCheckboxState.Unchecked;
    return { state, tooltip: compared ? vscode.l10n.t('In the comparison') : vscode.l10n.t('Add to the comparison') };
  }

  /** Draws the item of the training alone: drawing all again would swallow a click that is under way. */
  #showProgress(): void {
    const { live } = this.#core.runs;
    const run = live && this.#listedRun(live.run);
    if (run) this.#changed.fire(run);
  }

  async #tick(items: readonly (readonly [RunNode, vscode.TreeItemCheckboxState])[]): Promise<void> {
    const runs = items.flatMap(([node, state]) => (isRun(node) ? [[node.path, state] as const] : []));
    const checked = runs.filter(([, state]) => state === vscode.TreeItemCheckboxState.Checked).map(([run]) => run);
    const unchecked = runs.filter(([, state]) => state === vscode.TreeItemCheckboxState.Unchecked).map(([run]) => run);
    await this.#core.compared.set([...this.#core.compared.runs.filter((run) => !unchecked.includes(run)), ...checked]);
  }

  #update(): void {
    this.#showState();
    this.#changed.fire(undefined);
  }

  #showState(): void {
    void vscode.commands.executeCommand('setContext', contextKeys.hasRuns, this.#core.runs.all.length > 0);
    const running = this.#core.runs.all.filter(({ state }) => state === 'running').length;
    const tooltip = vscode.l10n.t('{0} running', running);
    this.#tree.badge = running === 0 ? undefined : { value: running, tooltip };
    this.#tree.message = this.#core.runs.problem ?? (this.#core.runs.loaded ? this.#filterWords() : this.#readingWords());
    const { count, of, hidden } = this.#shown.listed;
    this.#tree.description = [count === of ? undefined : `${count}/${of}`, hidden > 0 ? vscode.l10n.t('{0} archived', hidden) : undefined].filter(Boolean).join(' · ');
  }

  #readingWords(): string {
    const { reading } = this.#core.runs;
    return reading ? vscode.l10n.t('Reading the runs … {0} of {1}', reading.done, reading.of) : vscode.l10n.t('Reading the runs …');
  }

  /** What the filter is, and how many it lets through; an empty view would else be a riddle. */
  #filterWords(): string {
    const { filter } = this.#core.runsShown.now;
    const { count, of, problem, hidden } = this.#shown.listed;
    if (problem !== undefined) return filter === '' ? problem : vscode.l10n.t('Filter {0}: {1}', filter, problem);
    if (filter !== '') return vscode.l10n.t('Filter: {0} ({1} of {2} runs)', filter, count, of);
    return count === 0 && hidden > 0 ? vscode.l10n.t('All {0} runs are archived. “Show Archived Runs” lists them.', hidden) : '';
  }
}

export function isRun(node: RunNode): node is RunSummary {
  return 'path' in node && 'resumable' in node;
}

function groupItem({ group, label, runs }: RunGroup): vscode.TreeItem {
  const item = new vscode.TreeItem(label, vscode.TreeItemCollapsibleState.Collapsed);
  item.id = `group ${group}`;
  item.iconPath = new vscode.ThemeIcon('folder');
  item.description = String(runs.length);
  item.contextValue = itemKinds.runGroup;
  item.accessibilityInformation = { label: vscode.l10n.t('{0}, {1} runs', label, runs.length) };
  return item;
}

function moreItem(node: More): vscode.TreeItem {
  const item = new vscode.TreeItem(vscode.l10n.t('Show more ({0})', node.count));
  item.id = `more ${node.more}`;
  item.iconPath = new vscode.ThemeIcon('ellipsis');
  item.command = { command: commandIds.showMoreRuns, title: vscode.l10n.t('Show more ({0})', node.count), arguments: [node] };
  return item;
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
