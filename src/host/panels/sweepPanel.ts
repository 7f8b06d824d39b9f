import path from 'node:path';
import * as vscode from 'vscode';
import type { SweepPanelApi, SweepPanelEvents, SweepPanelState } from '../../protocol';
import { serve, type Server } from '../../rpc';
import type { Core } from '../core';
import { offer } from '../failures';
import { commandIds, panelIds } from '../ids';
import { saveBytes, saveText } from '../saveFile';
import { glossaryLink } from './glossaryLink';
import { fillWebview, panelIcon, webviewOptions, webviewPort } from './webviewPage';

const EMPTY: SweepPanelState = { results: null, error: null };
const COMMANDS = { pauseSweep: commandIds.pauseSweep, resumeSweep: commandIds.resumeSweep, retryTrials: commandIds.retryTrials } as const;

/** Table and pictures of a sweep, live while it runs. One panel; the next sweep takes its place. */
export class SweepPanel implements vscode.Disposable {
  readonly #core: Core;
  readonly #subscription: vscode.Disposable;
  #panel: vscode.WebviewPanel | undefined;
  #emit: ((name: 'state', value: SweepPanelState) => void) | undefined;
  #folder: string | undefined;
  #state = EMPTY;

  constructor(core: Core) {
    this.#core = core;
    this.#subscription = core.sweeps.onDidChange(() => void this.#read());
  }

  get state(): SweepPanelState {
    return this.#state;
  }

  async show(folder: string): Promise<void> {
    if (this.#folder !== folder) this.#state = EMPTY;
    this.#folder = folder;
    this.#open();
    await this.#read();
  }

  dispose(): void {
    this.#subscription.dispose();
    this.#panel?.dispose();
  }

  #open(): void {
    if (this.#panel) return this.#panel.reveal(undefined, true);
    const { extensionUri } = this.#core.context;
    const panel = vscode.window.createWebviewPanel(panelIds.sweep, vscode.l10n.t('ViT Sweep'), vscode.ViewColumn.Active, webviewOptions(extensionUri));
    this.#panel = panel;
    panel.iconPath = panelIcon(extensionUri);
    this.#emit = serve<SweepPanelApi, SweepPanelEvents>(webviewPort(panel.webview, panel.onDidDispose), this.#handlers());
    panel.onDidDispose(() => this.#closed());
    panel.onDidChangeViewState(() => this.#core.sweeps.watch('sweep panel', panel.visible));
    fillWebview(panel.webview, extensionUri, 'sweep', panel.title);
    this.#core.sweeps.watch('sweep panel', true);
  }

  #closed(): void {
    this.#panel = undefined;
    this.#emit = undefined;
    this.#folder = undefined;
    this.#core.sweeps.watch('sweep panel', false);
  }

  #handlers(): Server<SweepPanelApi> {
    return {
      ...glossaryLink,
      state: () => this.#state,
      openRun: ({ run }) => void vscode.commands.executeCommand(commandIds.showTrial, this.#nodeOf(run)),
      compareRuns: ({ runs }) => this.#compare(runs),
      saveCsv: () => saveText(`${this.#name()}.csv`, this.#state.results?.csv ?? '', { CSV: ['csv'] }),
      savePicture: ({ as, metric }) => this.#savePicture(as, metric),
      runCommand: ({ command }) => void (Object.hasOwn(COMMANDS, command) && vscode.commands.executeCommand(COMMANDS[command], this.#sweepNode())),
    };
  }

  #name(): string {
    return this.#state.results?.sweep.name ?? 'sweep';
  }

  #sweepNode(): unknown {
    const sweep = this.#state.results?.sweep;
    return sweep && { kind: 'sweep', sweep };
  }

  /** Only runs of the sweep that is shown: the page cannot name others. */
  #nodeOf(run: string): unknown {
    const sweep = this.#state.results?.sweep;
    const trial = sweep?.trials.find((each) => each.run === run);
    return trial && { kind: 'trial', sweep, trial };
  }

  async #compare(runs: readonly string[]): Promise<void> {
    const known = runs.filter((run) => this.#nodeOf(run) !== undefined);
    await this.#core.compared.set(known);
    await vscode.commands.executeCommand(commandIds.openCompareWide);
  }

  async #savePicture(as: 'svg' | 'png', metric: 'val' | 'test'): Promise<void> {
    if (this.#folder === undefined) return;
    const client = await this.#core.looker.client();
    const { bytes, lettered } = await client.drawSweep({ folder: this.#folder, as, metric });
    if (!lettered) offer('warning', vscode.l10n.t('This machine has no fonts, so that the picture has no letters. SVG has them wherever it is shown.'), []);
    await saveBytes(`${this.#name()}.${as}`, bytes, as === 'svg' ? { SVG: ['svg'] } : { PNG: ['png'] });
  }

  async #read(): Promise<void> {
    const folder = this.#folder;
    if (folder === undefined) return;
    try {
      const client = await this.#core.looker.client();
      const results = await client.readSweep({ folder });
      if (this.#folder === folder) this.#set({ results, error: null });
    } catch (error) {
      if (this.#folder === folder) this.#set({ ...this.#state, error: error instanceof Error ? error.message : String(error) });
    }
  }

  #set(state: SweepPanelState): void {
    this.#state = state;
    if (this.#panel) this.#panel.title = vscode.l10n.t('Sweep: {0}', state.results?.sweep.name ?? path.basename(this.#folder ?? ''));
    this.#emit?.('state', state);
  }
}
