import path from 'node:path';
import * as vscode from 'vscode';
import type { CheckpointInfo, Classified, ResultsApi, ResultsEvents, ResultsState } from '../../protocol';
import { serve, type Server } from '../../rpc';
import { panelIds } from '../ids';
import type { Core } from '../core';
import { saveText } from '../saveFile';
import type { InspectorPanels } from './inspectorPanels';
import { glossaryLink } from './glossaryLink';
import { fillWebview, panelIcon, webviewOptions, webviewPort } from './webviewPage';

const EMPTY: ResultsState = { checkpoint: null, precision: 'fp32', change: null, classes: [], rows: [], progress: null, error: null };

/** The table of what the model made of the chosen images. One panel; the next classification takes its place. */
export class ResultsPanel implements vscode.Disposable {
  readonly #core: Core;
  readonly #inspector: InspectorPanels;
  #panel: vscode.WebviewPanel | undefined;
  #emit: ((name: 'state', value: ResultsState) => void) | undefined;
  #state = EMPTY;
  #work: AbortController | undefined;

  constructor(core: Core, inspector: InspectorPanels) {
    this.#core = core;
    this.#inspector = inspector;
  }

  get state(): ResultsState {
    return this.#state;
  }

  /** Shows the panel for a new classification; its signal aborts when the user cancels or asks for another one. */
  begin(checkpoint: CheckpointInfo, { precision, change }: Pick<ResultsState, 'precision' | 'change'>): AbortSignal {
    this.#work?.abort();
    this.#work = new AbortController();
    this.#set({ ...EMPTY, checkpoint, precision, change, progress: { done: 0, of: 0 } });
    this.#open();
    return this.#work.signal;
  }

  progress(done: number, of: number): void {
    this.#set({ ...this.#state, progress: { done, of } });
  }

  finish(rows: readonly Classified[], classes: readonly string[]): void {
    // A folder without images is no image that could not be read.
    const empty = rows.filter((row) => row.empty).map(({ file, error = '' }) => `${path.basename(file)}: ${error}`);
    this.#set({ ...this.#state, rows: rows.filter((row) => !row.empty), classes, progress: null, error: empty.length > 0 ? empty.join('\n') : null });
  }

  fail(error: string): void {
    this.#set({ ...this.#state, progress: null, error });
  }

  dispose(): void {
    this.#work?.abort();
    this.#panel?.dispose();
  }

  #open(): void {
    if (this.#panel) return this.#panel.reveal(undefined, true);
    const options = webviewOptions(this.#core.context.extensionUri);
    const panel = vscode.window.createWebviewPanel(
      panelIds.results,
      vscode.l10n.t('ViT Results'),
      { viewColumn: this.#column(), preserveFocus: true },
      options,
    );
    this.#panel = panel;
    panel.iconPath = panelIcon(this.#core.context.extensionUri);
    this.#emit = serve<ResultsApi, ResultsEvents>(webviewPort(panel.webview, panel.onDidDispose), this.#handlers());
    panel.onDidDispose(() => this.#closed());
    fillWebview(panel.webview, this.#core.context.extensionUri, 'results', panel.title);
  }

  /** The group in use, unless the inspector is in it: what one looks at stays in sight. */
  #column(): vscode.ViewColumn {
    const taken = this.#inspector.column;
    const { activeTabGroup, all } = vscode.window.tabGroups;
    const free = [activeTabGroup, ...all].find(({ viewColumn }) => viewColumn !== taken);
    return free?.viewColumn ?? vscode.ViewColumn.Beside;
  }

  #closed(): void {
    this.#panel = undefined;
    this.#emit = undefined;
    this.#work?.abort();
  }

  #handlers(): Server<ResultsApi> {
    return {
      ...glossaryLink,
      state: () => this.#state,
      open: ({ file }) => this.#openFile(file),
      inspect: async ({ file }) => {
        await this.#openFile(file);
        await this.#inspector.open(vscode.Uri.file(file));
      },
      saveCsv: ({ csv }) => saveText('classified.csv', csv, { CSV: ['csv'] }),
      cancel: () => this.#work?.abort(),
    };
  }

  /** Only files of the table are opened: a webview does not choose paths. */
  async #openFile(file: string): Promise<void> {
    if (!this.#state.rows.some((row) => row.file === file)) return;
    await vscode.commands.executeCommand('vscode.open', vscode.Uri.file(file));
  }

  #set(state: ResultsState): void {
    this.#state = state;
    this.#emit?.('state', state);
  }
}
