import * as vscode from 'vscode';
import type { ConfusionMatrix, EvaluationApi, EvaluationEvents, EvaluationReport, EvaluationState, RunSummary, WeighedWeights, WeighingQuestion } from '../../protocol';
import { dateTime } from '../../dateTime';
import { serve, type Server } from '../../rpc';
import type { Core } from '../core';
import { inBackground, Refusal, showFailure } from '../failures';
import { commandIds, panelIds } from '../ids';
import { locateImages, missingImages, missingWords, type MissingImages } from '../locate';
import { saveText } from '../saveFile';
import type { GalleryPanel } from './galleryPanel';
import { Verdictor } from './verdictor';
import { glossaryLink } from './glossaryLink';
import { fillWebview, panelIcon, webviewOptions, webviewPort } from './webviewPage';

const EMPTY: EvaluationState = { run: null, report: null, busy: null, evaluable: false, error: null, missing: false, confusion: null, other: null, weighed: [], sizes: null, judged: 0 };

interface Found {
  readonly report: EvaluationReport | null;
  readonly confusion: ConfusionMatrix | null;
  /** What of it is damaged. What is not, and another run, is shown all the same. */
  readonly problems: readonly string[];
}

/** What a run's test found: metrics with intervals, classes, calibration, curves, images; of two runs side by side. One panel; the next run takes its place. */
export class EvaluationPanel implements vscode.Disposable {
  readonly #core: Core;
  readonly #gallery: GalleryPanel;
  readonly #subscriptions: vscode.Disposable[];
  /** Reports that were made here, since the run's test kept none: by run and checkpoint. */
  readonly #made = new Map<string, EvaluationReport>();
  /** Weights that were set side by side here, by run and checkpoint. */
  readonly #weighed = new Map<string, readonly WeighedWeights[]>();
  readonly #verdictor: Verdictor;
  #panel: vscode.WebviewPanel | undefined;
  #emit: ((name: 'state', value: EvaluationState) => void) | undefined;
  #run: RunSummary | undefined;
  #other: RunSummary | undefined;
  #state = EMPTY;
  #work: AbortController | undefined;
  /** Images that were not found, and what wanted them: it is done again while its run is shown. */
  #missing: { readonly images: MissingImages; readonly again: () => Promise<void> } | undefined;

  constructor(core: Core, gallery: GalleryPanel) {
    [this.#core, this.#gallery] = [core, gallery];
    this.#verdictor = new Verdictor(core.looker);
    this.#subscriptions = [core.runs.onDidChange(() => void this.#follow()), core.checkpoints.onDidChange(() => this.#set({}))];
  }

  get state(): EvaluationState {
    return this.#state;
  }

  /** @param other a run beside it */
  async show(run: RunSummary, other?: RunSummary): Promise<void> {
    this.#work?.abort();
    this.#run = run;
    this.#other = other;
    this.#state = { ...EMPTY, run: run.name, judged: this.#verdictor.choose(run.path, other?.path) };
    this.#open();
    await this.#read(run, other);
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
    this.#other = undefined;
    this.#work?.abort();
    this.#core.runs.watch('evaluation', false);
  }

  #handlers(): Server<EvaluationApi> {
    return {
      ...glossaryLink,
      state: () => this.#state,
      chooseOther: () => inBackground(this.#chooseOther(), this.#core.log),
      dropOther: () => (this.#run ? this.show(this.#run) : undefined),
      evaluate: () => this.#evaluate(),
      weigh: (q) => this.#weigh(q),
      judge: () => this.#judge(),
      judged: () => this.#verdictor.judged,
      images: ({ indices }) => this.#verdictor.images(indices),
      inspect: ({ index, which }) => this.#inspect(index, which),
      showGallery: (q) => this.#showGallery(q),
      cancel: () => this.#work?.abort(),
      locate: () => inBackground(this.#locate(), this.#core.log),
      saveCsv: ({ csv, name }) => saveText(`${name}.csv`, csv, { CSV: ['csv'] }),
    };
  }

  async #chooseOther(): Promise<void> {
    const run = this.#run;
    if (!run) return;
    const likely = this.#core.runs.all.filter(({ path, problem }) => path !== run.path && problem === undefined);
    // Of the same data first: only on the same images two runs can be compared image by image.
    const sorted = [...likely].sort((a, b) => Number(b.dataset === run.dataset) - Number(a.dataset === run.dataset));
    const items = sorted.map((other) => ({ label: other.name, description: [other.dataset, dateTime(other.created)].join(' · '), other }));
    const chosen = await vscode.window.showQuickPick(items, { title: vscode.l10n.t('Set which run beside {0}?', run.name) });
    if (chosen) await this.show(run, chosen.other);
  }

  /** A training that has just ended has its test now. */
  async #follow(): Promise<void> {
    const before = this.#run;
    const now = before && this.#core.runs.find(before.path);
    if (!now || !this.#panel) return;
    this.#run = now;
    if (now.state !== before.state || now.name !== before.name) await this.#read(now, this.#other);
  }

  async #read(run: RunSummary, other: RunSummary | undefined): Promise<void> {
    this.#set({ busy: { text: vscode.l10n.t('Reading the evaluation …') }, error: null });
    const current = (): boolean => this.#run?.path === run.path && this.#other?.path === other?.path;
    try {
      const client = await this.#core.looker.client();
      // Where nobody can tell how many images there are, the rest is shown all the same.
      const [first, second, sizes] = await Promise.all([this.#find(run), other && this.#find(other), client.splitSizes({ run: run.path }).catch(() => null)]);
      const weighed = this.#weighed.get(keyOf(run)) ?? [];
      const error = [...new Set([...first.problems, ...(second?.problems ?? [])])].join(' ') || null;
      const shown = ({ report, confusion }: Found) => ({ report, confusion });
      if (current()) this.#set({ ...shown(first), sizes, weighed, other: other && second ? { run: other.name, ...shown(second) } : null, error, busy: null });
    } catch (error) {
      if (current()) this.#set({ busy: null, error: messageOf(error) });
    }
  }

  async #find(run: RunSummary): Promise<Found> {
    const client = await this.#core.looker.client();
    const problems: string[] = [];
    const attempt = <T>(what: Promise<T | null>): Promise<T | null> => what.catch((error: unknown) => (problems.push(messageOf(error)), null));
    const [kept, confusion] = await Promise.all([attempt(client.readEvaluation({ run: run.path })), attempt(client.readConfusion({ run: run.path }))]);
    const report = kept ?? this.#made.get(keyOf(run)) ?? null;
    return { report, confusion: report && confusion && belongs(confusion, report) ? confusion : null, problems };
  }

  #evaluate(): Promise<void> {
    return this.#doing(vscode.l10n.t('Evaluating'), async (run, _, call) => {
      const client = await this.#core.looker.client();
      const report = await client.evaluateRun({ run: run.path }, call);
      this.#made.set(keyOf(run), report);
      return { report };
    });
  }

  #weigh(q: WeighingQuestion): Promise<void> {
    return this.#doing(vscode.l10n.t('Evaluating the weights'), async (run, _, call) => {
      const client = await this.#core.looker.client();
      const { weighed: found, problems } = await client.weighRun({ run: run.path, ...q }, call);
      const before = this.#weighed.get(keyOf(run)) ?? [];
      const weighed = [...before.filter(({ split, tta }) => split !== q.split || tta !== q.tta), ...found];
      this.#weighed.set(keyOf(run), weighed);
      return { weighed, error: problems.join(' ') || null };
    });
  }

  #judge(): Promise<void> {
    return this.#doing(vscode.l10n.t('Evaluating image by image'), async (run, other, call) => ({ judged: await this.#verdictor.judge(run.path, other?.path, call) }));
  }

  /** Does something that takes its time, tells how far it is, and can be stopped. */
  async #doing(text: string, work: (run: RunSummary, other: RunSummary | undefined, call: { readonly signal: AbortSignal; readonly onProgress: (value: unknown) => void }) => Promise<Partial<EvaluationState>>): Promise<void> {
    const [run, other] = [this.#run, this.#other];
    if (!run) return;
    this.#work?.abort();
    const mine = (this.#work = new AbortController());
    const tell = (change: Partial<EvaluationState>): void => {
      if (this.#work === mine && this.#run?.path === run.path) this.#set(change);
    };
    const onProgress = (value: unknown): void => tell({ busy: { text, ...(value as { readonly done: number; readonly of: number }) } });
    tell({ busy: { text }, error: null });
    try {
      tell({ ...(await work(run, other, { signal: mine.signal, onProgress })), busy: null });
    } catch (error) {
      const missing = missingImages(error);
      if (mine.signal.aborted) tell({ busy: null, error: null });
      else if (!missing) tell({ busy: null, error: messageOf(error) });
      else {
        if (this.#work === mine) this.#missing = { images: missing, again: () => (this.#run?.path === run.path && this.#other?.path === other?.path ? this.#doing(text, work) : Promise.resolve()) };
        tell({ busy: null, error: missingWords(this.#core, missing), missing: true });
      }
    }
  }

  async #locate(): Promise<void> {
    const missing = this.#missing;
    if (!missing) return;
    try {
      if (await locateImages(this.#core, missing.images)) await missing.again();
    } catch (error) {
      showFailure(error, this.#core.log);
    }
  }

  /** Looks into an image with the best checkpoint of the run that judged it. */
  async #inspect(index: number, which: 0 | 1): Promise<void> {
    const run = which === 0 ? this.#run : this.#other;
    if (!run) return;
    const file = await this.#verdictor.file(run.path, index);
    const best = this.#core.checkpoints.bestOf(run.path);
    if (best) await this.#core.checkpoints.choose(best.path);
    await vscode.commands.executeCommand(commandIds.inspectImage, vscode.Uri.file(file));
  }

  /** The images that are shown, with where the network looks in each. */
  async #showGallery({ which, indices, cell }: Parameters<Server<EvaluationApi>['showGallery']>[0]): Promise<void> {
    const run = which === 0 ? this.#run : this.#other;
    const verdicts = which === 0 ? this.#verdictor.judged.first : this.#verdictor.judged.second;
    const best = run && this.#core.checkpoints.bestOf(run.path);
    if (!best || !verdicts) throw new Refusal(vscode.l10n.t('The run has no checkpoint any more.'));
    await this.#gallery.show({ checkpoint: best.path, images: { split: verdicts.split }, filter: { indices, ...(cell && { is: cell[0], as: cell[1] }) } });
  }

  #set(change: Partial<EvaluationState>): void {
    const run = this.#run;
    const evaluable = run !== undefined && run.state !== 'running' && this.#core.checkpoints.all.some((checkpoint) => checkpoint.run === run.path);
    // A new error, or none, is not that of the images.
    const missing = 'error' in change ? { missing: false } : {};
    this.#state = { ...this.#state, ...(run && { run: run.name }), evaluable, ...missing, ...change };
    this.#emit?.('state', this.#state);
  }
}

/** The matrix is of whatever was evaluated last: it is shown where it counts the images of the report. */
function belongs({ counts, epoch }: ConfusionMatrix, report: EvaluationReport): boolean {
  const images = counts.reduce((sum, row) => sum + row.reduce((a, b) => a + b, 0), 0);
  return images === report.images && counts.length === report.classes.length && (epoch === undefined || epoch === report.epoch);
}

/** A run that went on has another best checkpoint. */
function keyOf({ path, step }: RunSummary): string {
  return `${path}\n${step}`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
