import * as vscode from 'vscode';
import type { EvaluationApi, EvaluationEvents, EvaluationReport, EvaluationState, RunSummary } from '../../protocol';
import { serve, type Server } from '../../rpc';
import type { Core } from '../core';
import { panelIds } from '../ids';
import { saveText } from '../saveFile';
import { fillWebview, panelIcon, webviewOptions, webviewPort } from './webviewPage';

const EMPTY: EvaluationState = { run: null, report: null, busy: null, evaluable: false, error: null };

/** What a run's test found: metrics with intervals, classes, calibration, curves. One panel; the next run takes its place. */
export class EvaluationPanel implements vscode.Disposable {
  readonly #core: Core;
  readonly #subscriptions: vscode.Disposable[];
  /** Reports that were made here, since the run's test kept none: by run and checkpoint. */
  readonly #made = new Map<string, EvaluationReport>();
  #panel: vscode.WebviewPanel | undefined;
  #emit: ((name: 'state', value: EvaluationState) => void) | undefined;
  #run: RunSummary | undefined;
  #state = EMPTY;
  #work: AbortController | undefined;

  constructor(core: Core) {
    this.#core = core;
    this.#subscriptions = [core.runs.onDidChange(() => void this.#follow()), core.checkpoints.onDidChange(() => this.#set({}))];
  }

  get state(): EvaluationState {
    return this.#state;
  }

  async show(run: RunSummary): Promise<void> {
    this.#work?.abort();
    this.#run = run;
    this.#state = { ...EMPTY, run: run.name };
    this.#open();
    await this.#read(run);
  }

  dispose(): void {
    this.#work?.abort();
    for (const subscription of this.#subscriptions) subscription.dispose();
    this.#panel?.dispose();
  }

  #open(): void {
    if (this.#panel) return this.#panel.reveal(undefined, true);
    const { extensionUri } = this.#core.context;
    const panel = vscode.window.createWebviewPanel(panelIds.evaluation, vscode.l10n.t('ViT Evaluation'), vscode.ViewColumn.Active, webviewOptions(extensionUri));
    this.#panel = panel;
    panel.iconPath = panelIcon(extensionUri);
    this.#emit = serve<EvaluationApi, EvaluationEvents>(webviewPort(panel.webview, panel.onDidDispose), this.#handlers());
    panel.onDidDispose(() => this.#closed());
    fillWebview(panel.webview, extensionUri, 'evaluation', panel.title);
    this.#core.runs.watch('evaluation', true);
  }

  #closed(): void {
    this.#panel = undefined;
    this.#emit = undefined;
    this.#run = undefined;
    this.#work?.abort();
    this.#core.runs.watch('evaluation', false);
  }

  #handlers(): Server<EvaluationApi> {
    return {
      state: () => this.#state,
      evaluate: () => this.#evaluate(),
      cancel: () => this.#work?.abort(),
      saveCsv: ({ csv }) => saveText('classes.csv', csv, { CSV: ['csv'] }),
    };
  }

  /** A training that has just ended has its test now. */
  async #follow(): Promise<void> {
    const before = this.#run;
    const now = before && this.#core.runs.find(before.path);
    if (!now || !this.#panel) return;
    this.#run = now;
    if (now.state !== before.state || now.name !== before.name) await this.#read(now);
  }

  async #read(run: RunSummary): Promise<void> {
    this.#set({ busy: { text: vscode.l10n.t('Reading the evaluation …') }, error: null });
    try {
      const client = await this.#core.looker.client();
      const report = await client.readEvaluation({ run: run.path });
      if (this.#run?.path === run.path) this.#set({ report: report ?? this.#made.get(keyOf(run)) ?? null, busy: null });
    } catch (error) {
      if (this.#run?.path === run.path) this.#set({ busy: null, error: messageOf(error) });
    }
  }

  async #evaluate(): Promise<void> {
    const run = this.#run;
    if (!run) return;
    this.#work?.abort();
    const work = (this.#work = new AbortController());
    const tell = (change: Partial<EvaluationState>): void => {
      if (this.#work === work && this.#run?.path === run.path) this.#set(change);
    };
    const text = vscode.l10n.t('Evaluating');
    const onProgress = (value: unknown): void => tell({ busy: { text, ...(value as { readonly done: number; readonly of: number }) } });
    tell({ busy: { text }, error: null });
    try {
      const client = await this.#core.looker.client();
      const report = await client.evaluateRun({ run: run.path }, { signal: work.signal, onProgress });
      this.#made.set(keyOf(run), report);
      tell({ report, busy: null });
    } catch (error) {
      tell({ busy: null, error: work.signal.aborted ? null : messageOf(error) });
    }
  }

  #set(change: Partial<EvaluationState>): void {
    const run = this.#run;
    const evaluable = run !== undefined && run.state !== 'running' && this.#core.checkpoints.all.some((checkpoint) => checkpoint.run === run.path);
    this.#state = { ...this.#state, ...(run && { run: run.name }), evaluable, ...change };
    this.#emit?.('state', this.#state);
  }
}

/** A run that went on has another best checkpoint. */
function keyOf({ path, step }: RunSummary): string {
  return `${path}\n${step}`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
