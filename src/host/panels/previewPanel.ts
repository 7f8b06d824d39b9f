import path from 'node:path';
import * as vscode from 'vscode';
import type { PreviewApi, PreviewEvents, PreviewState } from '../../protocol';
import { serve, type Server } from '../../rpc';
import { looksLikeSweep } from '../configFiles';
import type { Core } from '../core';
import { commandIds, panelIds } from '../ids';
import { glossaryLink } from './glossaryLink';
import { fillWebview, panelIcon, webviewOptions, webviewPort } from './webviewPage';

const EMPTY: PreviewState = { config: null, sweep: false, batch: null, schedule: null, busy: null, error: null };
/** Whoever types is not done yet. */
const TYPING_MS = 700;

/** What is said of lines of the file that the panel is about, without its whole path before each. */
function inFile(text: string, file: string): string {
  const own = (line: string): string => {
    const [, at, words] = line.startsWith(`${file}:`) ? (/^(\d+):\d+: (.*)$/s.exec(line.slice(file.length + 1)) ?? []) : [];
    return at === undefined ? line : vscode.l10n.t('Line {0}: {1}', at, words ?? '');
  };
  return text.split('\n').map(own).join('\n');
}

/** A batch as the network is given it and the learning rate, before anything is trained. One panel; it follows its configuration while that is edited. */
export class PreviewPanel implements vscode.Disposable {
  readonly #core: Core;
  readonly #subscription: vscode.Disposable;
  #panel: vscode.WebviewPanel | undefined;
  #emit: ((name: 'state', value: PreviewState) => void) | undefined;
  #config: vscode.Uri | undefined;
  #wish: { readonly step: number; readonly seed: number | null } = { step: 0, seed: null };
  #state = EMPTY;
  #work: AbortController | undefined;
  #typing: NodeJS.Timeout | undefined;

  constructor(core: Core) {
    this.#core = core;
    this.#subscription = vscode.workspace.onDidChangeTextDocument(({ document }) => {
      if (!this.#panel || document.uri.toString() !== this.#config?.toString()) return;
      clearTimeout(this.#typing);
      this.#typing = setTimeout(() => void this.#read(), TYPING_MS);
    });
  }

  get state(): PreviewState {
    return this.#state;
  }

  async show(config: vscode.Uri): Promise<void> {
    const same = this.#config?.toString() === config.toString();
    this.#config = config;
    this.#state = { ...(same ? this.#state : EMPTY), config: path.basename(config.fsPath) };
    if (!same) this.#wish = { step: 0, seed: null };
    this.#open();
    await this.#read();
  }

  dispose(): void {
    this.#work?.abort();
    clearTimeout(this.#typing);
    this.#subscription.dispose();
    this.#panel?.dispose();
  }

  #open(): void {
    if (this.#panel) return this.#panel.reveal(undefined, true);
    const { extensionUri } = this.#core.context;
    const panel = vscode.window.createWebviewPanel(panelIds.preview, vscode.l10n.t('ViT Preview'), { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true }, webviewOptions(extensionUri));
    this.#panel = panel;
    panel.iconPath = panelIcon(extensionUri);
    this.#emit = serve<PreviewApi, PreviewEvents>(webviewPort(panel.webview, panel.onDidDispose), this.#handlers());
    panel.onDidDispose(() => this.#closed());
    fillWebview(panel.webview, extensionUri, 'preview', panel.title);
  }

  #closed(): void {
    this.#panel = undefined;
    this.#emit = undefined;
    this.#config = undefined;
    this.#work?.abort();
  }

  #handlers(): Server<PreviewApi> {
    return {
      ...glossaryLink,
      state: () => this.#state,
      show: (wish) => {
        this.#wish = wish;
        return this.#read();
      },
      startTraining: () => void vscode.commands.executeCommand(commandIds.startTraining, this.#config),
    };
  }

  async #read(): Promise<void> {
    const config = this.#config;
    if (!config) return;
    this.#work?.abort();
    const work = (this.#work = new AbortController());
    const tell = (change: Partial<PreviewState>): void => {
      if (this.#work === work) this.#set(change);
    };
    const reading = vscode.l10n.t('Reading the images …');
    const onProgress = (value: unknown): void => {
      const { done, of } = value as { readonly done: number; readonly of: number };
      tell({ busy: `${reading} ${done}/${of}` });
    };
    tell({ busy: reading });
    try {
      const text = (await vscode.workspace.openTextDocument(config)).getText();
      const client = await this.#core.looker.client();
      const { step, seed } = this.#wish;
      const batch = await client.previewBatch({ config: config.fsPath, text, step, ...(seed !== null && { seed }) }, { signal: work.signal, onProgress });
      const images = batch.counts.train.reduce((a, b) => a + b, 0);
      const schedule = await client.previewSchedule({ config: config.fsPath, text, images }, { signal: work.signal });
      const warnings = batch.warnings.map((warning) => inFile(warning, config.fsPath));
      tell({ batch: { ...batch, warnings }, schedule, sweep: looksLikeSweep(text), busy: null, error: null });
    } catch (error) {
      tell({ busy: null, error: work.signal.aborted ? null : inFile(error instanceof Error ? error.message : String(error), config.fsPath) });
    }
  }

  #set(change: Partial<PreviewState>): void {
    this.#state = { ...this.#state, ...change };
    if (this.#panel) this.#panel.title = vscode.l10n.t('Preview: {0}', this.#state.config ?? '');
    this.#emit?.('state', this.#state);
  }
}
