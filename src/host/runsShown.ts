import * as vscode from 'vscode';
import { contextKeys } from './ids';
import { groupings, sortings, type Arrangement } from './views/runGroups';

export interface Shown extends Arrangement {
  readonly filter: string;
  /** Filters of before, the newest first. */
  readonly recent: readonly string[];
  /** Whether archived runs are listed, too. */
  readonly archived: boolean;
}

const STATE_KEY = 'runsShown';
const FIRST: Shown = { filter: '', recent: [], archived: false, sort: 'created', metric: 'val/top1', ascending: false, group: 'none' };
const MOST_RECENT = 8;

/** What the Runs view lists, and how: kept for the workspace. */
export class RunsShown implements vscode.Disposable {
  readonly #memory: vscode.Memento;
  readonly #changed = new vscode.EventEmitter<void>();
  readonly onDidChange = this.#changed.event;

  constructor(memory: vscode.Memento) {
    this.#memory = memory;
    this.#setContext();
  }

  get now(): Shown {
    const kept = this.#memory.get<Partial<Shown>>(STATE_KEY, {});
    const sort = sortings.find((one) => one === kept.sort) ?? FIRST.sort;
    return { ...FIRST, ...kept, sort, group: groupings.find((one) => one === kept.group) ?? FIRST.group };
  }

  async set(change: Partial<Omit<Shown, 'recent'>>): Promise<void> {
    const before = this.now;
    const filter = change.filter ?? before.filter;
    const recent = filter === '' ? before.recent : [filter, ...before.recent.filter((one) => one !== filter)].slice(0, MOST_RECENT);
    await this.#memory.update(STATE_KEY, { ...before, ...change, recent } satisfies Shown);
    this.#setContext();
    this.#changed.fire();
  }

  dispose(): void {
    this.#changed.dispose();
  }

  #setContext(): void {
    const { filter, archived } = this.now;
    void vscode.commands.executeCommand('setContext', contextKeys.filtered, filter !== '');
    void vscode.commands.executeCommand('setContext', contextKeys.archivedShown, archived);
  }
}
