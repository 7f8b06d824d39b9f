import * as vscode from 'vscode';
import type { GlossaryApi, GlossaryEvents, GlossaryState } from '../../protocol';
import { serve } from '../../rpc';
import type { Core } from '../core';
import { panelIds } from '../ids';
import { fillWebview, panelIcon, webviewOptions, webviewPort } from './webviewPage';

/** The terms of the field, to search and to read. One panel; it opens at the term that somebody asks for. */
export class GlossaryPanel implements vscode.Disposable {
  readonly #core: Core;
  #panel: vscode.WebviewPanel | undefined;
  #emit: ((name: 'state', value: GlossaryState) => void) | undefined;
  #state: GlossaryState = { term: null, asked: 0 };

  constructor(core: Core) {
    this.#core = core;
  }

  get state(): GlossaryState {
    return this.#state;
  }

  /** Shows the glossary, at a term when its id is given. */
  show(term?: unknown): void {
    this.#state = { term: typeof term === 'string' ? term : null, asked: this.#state.asked + 1 };
    if (this.#panel) this.#panel.reveal();
    else this.#open();
    this.#emit?.('state', this.#state);
  }

  dispose(): void {
    this.#panel?.dispose();
  }

  #open(): void {
    const { extensionUri } = this.#core.context;
    const beside = vscode.window.tabGroups.activeTabGroup.activeTab ? vscode.ViewColumn.Beside : vscode.ViewColumn.Active;
    const panel = vscode.window.createWebviewPanel(panelIds.glossary, vscode.l10n.t('ViT Glossary'), beside, webviewOptions(extensionUri));
    this.#panel = panel;
    panel.iconPath = panelIcon(extensionUri);
    this.#emit = serve<GlossaryApi, GlossaryEvents>(webviewPort(panel.webview, panel.onDidDispose), { state: () => this.#state });
    panel.onDidDispose(() => {
      this.#panel = undefined;
      this.#emit = undefined;
    });
    fillWebview(panel.webview, extensionUri, 'glossary', panel.title);
  }
}
