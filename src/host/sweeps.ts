import * as vscode from 'vscode';
import type { SweepChange, SweepSummary } from '../protocol';
import type { EngineClient } from './engineClient';
import { inBackground, offer, showFailure } from './failures';
import { commandIds, contextKeys } from './ids';
import { Poller } from './poller';
import type { Runs } from './runs';
import { runsFolders, sweepParallel } from './settings';

/**
 * The sweeps of the workspace. They are files that a terminal or another window may lead and change, so the list is read again
 * while somebody looks or a sweep of this window is under way.
 */
export class Sweeps implements vscode.Disposable {
  readonly #looker: EngineClient;
  readonly #leader: EngineClient;
  readonly #runs: Runs;
  readonly #log: vscode.LogOutputChannel;
  readonly #changed = new vscode.EventEmitter<void>();
  readonly onDidChange = this.#changed.event;
  readonly #leads = new vscode.EventEmitter<string | undefined>();
  /** This window began to lead a sweep, of this folder, or no longer leads one. */
  readonly onDidLead = this.#leads.event;
  readonly #poller = new Poller(() => this.#read());
  readonly #subscription: vscode.Disposable;
  #all: readonly SweepSummary[] = [];
  #signature = '';
  #led: string | undefined;

  constructor(looker: EngineClient, leader: EngineClient, runs: Runs, log: vscode.LogOutputChannel) {
    [this.#looker, this.#leader, this.#runs, this.#log] = [looker, leader, runs, log];
    // A sweep of a terminal shows by its runs first.
    this.#subscription = runs.onDidChange(() => void this.refresh());
  }

  /** Newest first. */
  get all(): readonly SweepSummary[] {
    return this.#all;
  }

  /** Folder of the sweep that a process of this window leads. */
  get led(): string | undefined {
    return this.#led;
  }

  find(path: string): SweepSummary | undefined {
    return this.#all.find((sweep) => sweep.path === path);
  }

  /** Says that somebody looks at the sweeps, or no longer does. */
  watch(viewer: string, looking: boolean): void {
    this.#poller.watch(viewer, looking);
  }

  refresh(): Promise<void> {
    return this.#poller.refresh();
  }

  /** Begins to train what is left; resolves when the first training may begin, and tells of the end later. */
  async lead(sweep: SweepSummary): Promise<void> {
    const client = await this.#leader.client();
    const parallel = sweepParallel();
    this.#setLed(sweep.path);
    await new Promise<void>((resolve) => {
      const onProgress = (): void => {
        resolve();
        void this.refresh();
        void this.#runs.refresh();
      };
      const options = { folder: sweep.path, ...(parallel !== undefined && { parallel }) };
      const over = client.leadSweep(options, { onProgress }).then(
        ({ done }) => this.#ended(sweep, done),
        (error: unknown) => this.#broke(error),
      );
      // One that cannot begin has ended.
      void over.then(resolve);
    });
    await this.refresh();
  }

  async change(sweep: string, change: SweepChange): Promise<void> {
    const client = await this.#looker.client();
    await client.changeSweep({ folder: sweep, change });
    await this.refresh();
  }

  dispose(): void {
    this.#poller.dispose();
    this.#subscription.dispose();
    this.#changed.dispose();
    this.#leads.dispose();
  }

  #ended(sweep: SweepSummary, done: boolean): void {
    this.#setLed(undefined);
    inBackground(this.refresh(), this.#log);
    if (!done) return;
    const failed = this.find(sweep.path)?.trials.filter(({ state }) => state === 'failed').length ?? 0;
    const show = { label: vscode.l10n.t('Show Results'), run: () => vscode.commands.executeCommand(commandIds.showSweep, { kind: 'sweep', sweep }) };
    if (failed > 0) offer('warning', vscode.l10n.t('The sweep {0} is done; {1} of its trainings failed.', sweep.name, failed), [show]);
    else offer('info', vscode.l10n.t('The sweep {0} is done.', sweep.name), [show]);
  }

  #broke(error: unknown): void {
    this.#setLed(undefined);
    inBackground(this.refresh(), this.#log);
    showFailure(error, this.#log);
  }

  #setLed(path: string | undefined): void {
    this.#led = path;
    this.#leads.fire(path);
    void vscode.commands.executeCommand('setContext', contextKeys.sweeping, path !== undefined);
    this.watch('led', path !== undefined);
  }

  async #read(): Promise<void> {
    const folders = runsFolders();
    // The workspace's files are untrusted input until the user says otherwise.
    if (folders.length === 0 || !vscode.workspace.isTrusted) return this.#set([]);
    try {
      const client = await this.#looker.client();
      const lists = await Promise.all(folders.map((runs) => client.listSweeps({ runs })));
      this.#set(lists.flat().sort((a, b) => b.created.localeCompare(a.created)));
    } catch (error) {
      this.#log.warn(error instanceof Error ? error.message : String(error));
    }
  }

  #set(all: readonly SweepSummary[]): void {
    const signature = JSON.stringify(all);
    // The old objects stay while nothing changed: a tree knows its items by them.
    if (signature === this.#signature) return;
    this.#signature = signature;
    this.#all = all;
    void vscode.commands.executeCommand('setContext', contextKeys.sweeps, all.length > 0);
    this.#changed.fire();
  }
}
