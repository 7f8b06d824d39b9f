import * as vscode from 'vscode';
import type { CompareApi, CompareEvents, CompareState } from '../../protocol';
import { serve, type Server } from '../../rpc';
import { commandIds, panelIds, viewIds } from '../ids';
import type { Core } from '../core';
import { glossaryLink } from '../panels/glossaryLink';
import { fillWebview, panelIcon, webviewOptions, webviewPort } from '../panels/webviewPage';
import { saveBytes, saveText } from '../saveFile';

const NOTHING: CompareState = { comparison: { runs: [], differences: [] }, slots: {}, error: null };
const COMMANDS = { startTraining: commandIds.startTraining, createSample: commandIds.createSample } as const;
const LIVE_MS = 1000;

type Emit = (name: 'state', value: CompareState) => void;

/** The comparison of the ticked runs: a view of the side bar and, on demand, a wide panel. Both show the same state. */
export class CompareView implements vscode.Disposable, vscode.WebviewViewProvider {
  readonly #core: Core;
  readonly #audience = new Set<Emit>();
  readonly #subscriptions: vscode.Disposable[];
  #panel: vscode.WebviewPanel | undefined;
  #state = NOTHING;
  #timer: NodeJS.Timeout | undefined;
  #reading = false;
  #again = false;

  constructor(core: Core) {
    this.#core = core;
    const now = (): void => this.#updateIn(0);
    this.#subscriptions = [
      vscode.window.registerWebviewViewProvider(viewIds.compare, this),
      vscode.window.registerWebviewPanelSerializer(panelIds.compare, {
        deserializeWebviewPanel: (panel) => Promise.resolve(this.#restore(panel)),
      }),
      core.compared.onDidChange(now),
      core.runs.onDidChange(now),
      core.runs.onDidProgress((live) => live && core.compared.has(live.run) && this.#updateIn(LIVE_MS)),
    ];
  }

  get state(): CompareState {
    return this.#state;
  }

  resolveWebviewView(view: vscode.WebviewView): void {
    this.#attach(view.webview, view.onDidDispose, vscode.l10n.t('Compare'));
    view.onDidChangeVisibility(() => this.#core.runs.watch('compare view', view.visible));
    view.onDidDispose(() => this.#core.runs.watch('compare view', false));
    this.#core.runs.watch('compare view', view.visible);
  }

  /** Opens the comparison wide, in an editor. */
  openWide(): void {
    if (this.#panel) return this.#panel.reveal();
    const options = webviewOptions(this.#core.context.extensionUri);
    this.#restore(vscode.window.createWebviewPanel(panelIds.compare, vscode.l10n.t('ViT Compare'), vscode.ViewColumn.Active, options));
  }

  dispose(): void {
    clearTimeout(this.#timer);
    for (const subscription of this.#subscriptions) subscription.dispose();
    this.#panel?.dispose();
  }

  #restore(panel: vscode.WebviewPanel): void {
    this.#panel?.dispose();
    this.#panel = panel;
    panel.iconPath = panelIcon(this.#core.context.extensionUri);
    panel.onDidChangeViewState(() => this.#core.runs.watch('compare panel', panel.visible));
    panel.onDidDispose(() => {
      if (this.#panel === panel) this.#panel = undefined;
      this.#core.runs.watch('compare panel', false);
    });
    this.#attach(panel.webview, panel.onDidDispose, panel.title);
    this.#core.runs.watch('compare panel', true);
  }

  #attach(webview: vscode.Webview, onDidDispose: vscode.Event<void>, title: string): void {
    const emit = serve<CompareApi, CompareEvents>(webviewPort(webview, onDidDispose), this.#handlers());
    this.#audience.add(emit);
    onDidDispose(() => this.#audience.delete(emit));
    fillWebview(webview, this.#core.context.extensionUri, 'compare', title);
    this.#updateIn(0);
  }

  #handlers(): Server<CompareApi> {
    return {
      ...glossaryLink,
      state: () => this.#state,
      openWide: () => this.openWide(),
      saveCsv: ({ csv, name = 'comparison' }) => saveText(`${name}.csv`, csv, { CSV: ['csv'] }),
      savePicture: async ({ name, kind, bytes }) => void (await saveBytes(`${name}.${kind}`, bytes, kind === 'png' ? { PNG: ['png'] } : { SVG: ['svg'] })),
      showEvaluation: ({ runs }) => void vscode.commands.executeCommand(commandIds.showEvaluation, ...this.#named(runs)),
      runCommand: ({ command }) => void (Object.hasOwn(COMMANDS, command) && vscode.commands.executeCommand(COMMANDS[command])),
    };
  }

  /** As a menu gives its runs to a command: the first, and all. */
  #named(runs: readonly string[]): unknown[] {
    const found = runs.flatMap((run) => this.#core.runs.find(run) ?? []);
    return [found[0], found];
  }

  /** Steps come many times a second; the picture follows once a second. */
  #updateIn(milliseconds: number): void {
    if (milliseconds > 0 && this.#timer) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.#update();
    }, milliseconds);
  }

  async #update(): Promise<void> {
    this.#again = this.#reading;
    if (this.#reading || this.#audience.size === 0) return;
    this.#reading = true;
    try {
      this.#set(await this.#read());
    } finally {
      this.#reading = false;
    }
    if (this.#again) this.#updateIn(0);
  }

  async #read(): Promise<CompareState> {
    const runs = this.#core.compared.runs.filter((run) => this.#core.runs.find(run));
    if (runs.length === 0) return NOTHING;
    try {
      const client = await this.#core.looker.client();
      const comparison = await client.compareRuns({ runs });
      const named = comparison.runs.map((run) => ({ ...run, name: this.#core.runs.find(run.path)?.name ?? run.name }));
      return { comparison: { ...comparison, runs: named }, slots: this.#core.compared.slots, error: null };
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      this.#core.log.warn(message);
      return { ...this.#state, error: message };
    }
  }

  #set(state: CompareState): void {
    this.#state = state;
    for (const emit of this.#audience) emit('state', state);
  }
}
