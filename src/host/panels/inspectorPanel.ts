import path from 'node:path';
import * as vscode from 'vscode';
import type { Against, CheckpointInfo, ImageView, InspectorApi, InspectorEvents, InspectorState } from '../../protocol';
import { serve, type Client, type Server } from '../../rpc';
import type { EngineApi, ImageQuestion } from '../../protocol';
import { visibleImage } from '../activeImage';
import { Refusal } from '../failures';
import { IMAGE_ENDINGS, isImageName } from '../imageNames';
import { commandIds, panelIds } from '../ids';
import type { Core } from '../core';
import { logEngine } from '../trainingLog';
import { featureQuestions, type Asked } from './featureQuestions';
import { imageQuestions } from './imageQuestions';
import type { Kept, KeptFrame } from './inspectorKept';
import { BesideLook } from './besideLook';
import { saveExport, savePage } from './inspectorExports';
import { ProbeFrames } from './probeFrames';
import { copyOf, fileOfImage } from './takenImages';
import { glossaryLink } from './glossaryLink';
import { fillWebview, panelIcon, webviewOptions, webviewPort } from './webviewPage';

const STATE_KEY = 'inspector';
const COMMANDS = {
  createSample: commandIds.createSample,
  startTraining: commandIds.startTraining,
  showLog: commandIds.showLog,
  importWeights: commandIds.importWeights,
} as const;

/** An inspector, which follows the image in the editor and the active checkpoint. */
export class InspectorPanel implements vscode.Disposable {
  readonly #core: Core;
  readonly #subscriptions: vscode.Disposable[];
  #panel: vscode.WebviewPanel | undefined;
  #emit: ((name: 'state', value: InspectorState) => void) | undefined;
  #file: string | null;
  /** Holds what is seen; it ends with the panel. One that VS Code restores has it again. */
  #pinned = false;
  #times: number;
  #viewTimes = 1;
  #view: ImageView | null = null;
  /** What `#view` answers, so that the same question is not asked twice. */
  #shown = '';
  #busy: string | null = null;
  #error: string | null = null;
  #looking: AbortController | undefined;
  #engineLogged: string | undefined;
  readonly #probe: ProbeFrames;
  readonly #beside: BesideLook;
  readonly #name: string;
  readonly #remembers: boolean;
  readonly #used = new vscode.EventEmitter<void>();
  readonly #gone = new vscode.EventEmitter<void>();
  /** The panel got the focus. */
  readonly onDidUse = this.#used.event;
  readonly onDidClose = this.#gone.event;

  /** @param remembers whether the workspace keeps its image, also while it is closed */
  constructor(core: Core, { name, remembers }: { readonly name: string; readonly remembers: boolean }) {
    this.#core = core;
    [this.#name, this.#remembers] = [name, remembers];
    this.#probe = new ProbeFrames(core);
    const kept = remembers ? core.context.workspaceState.get<Kept>(STATE_KEY) : undefined;
    this.#file = kept?.file ?? null;
    this.#times = kept?.times ?? 1;
    this.#beside = new BesideLook(core, kept?.against ?? null, () => this.#push({}));
    this.#subscriptions = [
      core.activeImage.onDidChange((uri) => this.#follow(uri)),
      core.checkpoints.onDidChange(() => this.#checkpointsChanged()),
      core.runs.onDidChange(() => this.#checkpointsChanged()),
      vscode.workspace.onDidGrantWorkspaceTrust(() => void core.runs.refresh()),
    ];
  }

  /** What the panel shows now. */
  get state(): InspectorState {
    const frame = this.#probe.shown;
    return {
      file: frame?.file ?? this.#file,
      pinned: this.#pinned,
      checkpoints: this.#core.checkpoints.all,
      checkpoint: frame?.path ?? this.#core.checkpoints.active?.path ?? null,
      probe: this.#probe.state,
      view: this.#view,
      times: frame ? 1 : this.#times,
      viewTimes: this.#viewTimes,
      against: this.#beside.state,
      busy: this.#busy,
      error: this.#error,
    };
  }

  get isOpen(): boolean {
    return this.#panel !== undefined;
  }

  /** The editor group that the panel is in. */
  get column(): vscode.ViewColumn | undefined {
    return this.#panel?.viewColumn;
  }

  /**
   * Shows the panel, with an image when one is given; else with the one in the editor.
   *
   * @param column where a new one opens; else beside what is active
   */
  async open(image?: vscode.Uri, column?: vscode.ViewColumn): Promise<void> {
    const inEditor = this.#pinned ? undefined : (visibleImage() ?? this.#core.activeImage.current);
    const wanted = image ?? inEditor;
    if (wanted) this.#setFile(wanted);
    if (this.#panel) this.#panel.reveal(undefined, true);
    else await this.#create(wanted, column);
    void this.#look();
  }

  /** Shows how a run sees its probe image, and follows it as it trains. */
  async openProbe(run: string): Promise<boolean> {
    if (!(await this.#probe.open(run))) return false;
    if (this.#panel) this.#panel.reveal(undefined, true);
    else await this.#create(undefined);
    void this.#look();
    return true;
  }

  /**
   * Beside the image and without the focus: the next image opens where the first one is, not over the panel. Where the panel
   * has the focus, too: VS Code locks a group that begins with an inspector (`workbench.editor.autoLockGroups` of the manifest,
   * as it is for its own Simple Browser), and the user may unlock it.
   */
  async #create(image: vscode.Uri | undefined, column?: vscode.ViewColumn): Promise<void> {
    const { activeTabGroup } = vscode.window.tabGroups;
    if (!activeTabGroup.activeTab && image) await vscode.commands.executeCommand('vscode.open', image, { preserveFocus: true });
    const viewColumn = column ?? (activeTabGroup.activeTab || image ? vscode.ViewColumn.Beside : vscode.ViewColumn.Active);
    const options = webviewOptions(this.#core.context.extensionUri);
    const title = vscode.l10n.t('ViT Inspector');
    this.restore(vscode.window.createWebviewPanel(panelIds.inspector, title, { viewColumn, preserveFocus: true }, options));
  }

  /** Fills a panel that is new, or that VS Code kept over a reload. */
  restore(panel: vscode.WebviewPanel, kept?: Kept): void {
    this.#panel?.dispose();
    this.#panel = panel;
    if (kept) {
      [this.#file, this.#pinned, this.#times] = [kept.file, kept.pinned, kept.times ?? 1];
      this.#beside.set(kept.against ?? null);
    }
    panel.onDidChangeViewState(() => panel.active && this.#used.fire());
    panel.iconPath = panelIcon(this.#core.context.extensionUri);
    const port = webviewPort(panel.webview, panel.onDidDispose);
    this.#emit = serve<InspectorApi, InspectorEvents>(port, this.#handlers());
    panel.onDidDispose(() => this.#closed(panel));
    fillWebview(panel.webview, this.#core.context.extensionUri, 'inspector', panel.title);
    this.#core.runs.watch(this.#name, true);
    void this.#goBack(kept?.probe ?? null).then(() => this.#refreshProbe()).then(() => this.#look());
  }

  async #goBack(frame: KeptFrame | null): Promise<void> {
    await this.#core.checkpoints.refresh();
    if (!frame) return;
    await this.#core.runs.refresh();
    this.#probe.restore(frame);
  }

  dispose(): void {
    this.#looking?.abort();
    for (const subscription of this.#subscriptions) subscription.dispose();
    this.#beside.dispose();
    this.#panel?.dispose();
    this.#used.dispose();
    this.#gone.dispose();
  }

  /** Puts B beside what is shown, or takes it away. */
  async compareWith(against: Against | null): Promise<void> {
    this.#beside.set(against);
    this.#keep();
    this.#push({});
    await this.#look();
  }

  #closed(panel: vscode.WebviewPanel): void {
    if (this.#panel !== panel) return;
    this.#panel = undefined;
    this.#emit = undefined;
    this.#looking?.abort();
    this.#pinned = false;
    this.#core.runs.watch(this.#name, false);
    this.#gone.fire();
  }

  #handlers(): Server<InspectorApi> {
    const asked: Asked = { about: (q) => this.#engine(q), aboutCheckpoint: (checkpoint) => this.#engineFor(checkpoint), open: (image) => this.#showImage(image) };
    return {
      ...featureQuestions(this.#core, asked),
      ...imageQuestions(this.#core, asked),
      ...glossaryLink,
      state: () => this.state,
      chooseCheckpoint: ({ checkpoint }) => {
        this.#probe.choose(null);
        return this.#core.checkpoints.choose(checkpoint);
      },
      chooseFrame: ({ frame }) => {
        this.#probe.choose(frame);
        return this.#look();
      },
      pin: ({ pinned }) => this.pin(pinned),
      enlarge: ({ times }) => this.#enlarge(times),
      openImage: ({ side }) => this.#openImage(side ?? 'a'),
      takeImage: async (q) => this.#take(await fileOfImage(this.#core.context, q)),
      compareWith: ({ against }) => {
        if (against?.checkpoint != null) this.#demandKnown(against.checkpoint);
        return this.compareWith(against);
      },
      swapSides: () => this.#swap(),
      runCommand: ({ command }) => void (Object.hasOwn(COMMANDS, command) && vscode.commands.executeCommand(COMMANDS[command])),
      save: (q) => saveExport(q),
      savePage: (q) => savePage(this.#core.context.extensionUri, q),
    };
  }

  async #engineFor(checkpoint: string): Promise<Client<EngineApi>> {
    this.#demandKnown(checkpoint);
    return this.#core.looker.client();
  }

  /** Shows an image where images are, and looks inside it. */
  async #showImage(image: vscode.Uri): Promise<void> {
    const viewColumn = this.#panel?.viewColumn === vscode.ViewColumn.One ? vscode.ViewColumn.Two : vscode.ViewColumn.One;
    await vscode.commands.executeCommand('vscode.open', image, { preserveFocus: true, viewColumn });
    this.#setFile(image);
    await this.#look();
  }

  /** A webview may ask about what it is shown, and about nothing else on the disk. */
  async #engine(q: ImageQuestion): Promise<Client<EngineApi>> {
    this.#demandKnown(q.checkpoint);
    if (q.file !== this.state.file && q.file !== this.#view?.file && !this.#beside.isAbout(q.checkpoint, q.file)) throw new Refusal(vscode.l10n.t('Another image is shown now.'));
    return this.#core.looker.client();
  }

  #demandKnown(checkpoint: string): void {
    if (this.#probe.knows(checkpoint) || this.#core.checkpoints.all.some(({ path: known }) => known === checkpoint)) return;
    throw new Refusal(vscode.l10n.t('The checkpoint {0} is not there any more.', checkpoint));
  }

  #follow(uri: vscode.Uri): void {
    if (this.#pinned || !this.#panel) return;
    this.#setFile(uri);
    void this.#look();
  }

  #setFile(uri: vscode.Uri): void {
    if (uri.scheme !== 'file') {
      // What lies elsewhere, such as an older version in Git, is copied to where the engine can read it.
      void copyOf(this.#core.context, uri).then((copy) => this.#take(copy), (error: unknown) => this.#push({ error: error instanceof Error ? error.message : String(error) }));
      return;
    }
    // Another image ends the look at the probe; the same one does not.
    if (this.#probe.shown && this.#probe.shown.file !== uri.fsPath) this.#probe.choose(null);
    this.#file = uri.fsPath;
    this.#keep();
  }

  /** Shows an image that is no editor's: that it is followed by the next one of an editor is as with any other. */
  async #take(uri: vscode.Uri): Promise<void> {
    this.#setFile(uri);
    await this.#look();
  }

  async #swap(): Promise<void> {
    const against = this.#beside.against;
    const subject = this.#subject();
    if (!against || !subject) return;
    const b = { checkpoint: against.checkpoint ?? subject.path, file: against.file ?? subject.file };
    // What followed A goes on following it.
    this.#beside.set({ checkpoint: against.checkpoint === null ? null : subject.path, file: against.file === null ? null : subject.file });
    if (against.file !== null) this.#setFile(vscode.Uri.file(b.file));
    if (against.checkpoint !== null) {
      this.#probe.choose(this.#probe.knows(b.checkpoint) ? b.checkpoint : null);
      if (!this.#probe.knows(b.checkpoint)) await this.#core.checkpoints.choose(b.checkpoint);
    }
    this.#keep();
    await this.#look();
  }

  /** Stays on its image, or follows the editor. */
  async pin(pinned: boolean): Promise<void> {
    this.#pinned = pinned;
    this.#keep();
    const current = this.#core.activeImage.current;
    if (!pinned && current) this.#setFile(current);
    await this.#look();
  }

  async #enlarge(times: number): Promise<void> {
    if (!(times > 0 && times <= 8)) return;
    this.#times = times;
    this.#keep();
    await this.#look();
  }

  async #openImage(side: 'a' | 'b'): Promise<void> {
    const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
    const [uri] =
      (await vscode.window.showOpenDialog({
        title: vscode.l10n.t('Choose an image to look inside'),
        filters: { [vscode.l10n.t('Images')]: [...IMAGE_ENDINGS] },
        ...(folder === undefined ? {} : { defaultUri: folder }),
      })) ?? [];
    if (!uri || !isImageName(uri.path)) return;
    if (side === 'b') return this.compareWith({ checkpoint: this.#beside.against?.checkpoint ?? null, file: uri.fsPath });
    await this.#take(uri);
  }

  #keep(): void {
    if (!this.#remembers) return;
    const kept: Kept = { file: this.#file, pinned: this.#pinned, times: this.#times, against: this.#beside.against };
    void this.#core.context.workspaceState.update(STATE_KEY, kept);
  }

  #checkpointsChanged(): void {
    if (!this.#panel) return;
    void this.#refreshProbe().then(() => this.#look());
  }

  async #refreshProbe(): Promise<void> {
    try {
      if (await this.#probe.refresh(this.#core.checkpoints.active?.run)) this.#push({});
    } catch (error) {
      this.#core.log.warn(error instanceof Error ? error.message : String(error));
    }
  }

  /** Asks the engine about the image and the checkpoint of this moment; a newer question takes the place of an older one. */
  async #look(): Promise<void> {
    if (!this.#panel) return;
    const subject = this.#subject();
    if (!subject) return this.#push({ busy: null });
    const { checkpoint, path: asked, file, times } = subject;
    void this.#beside.look(subject, (known) => this.#core.checkpoints.all.find((one) => one.path === known));
    if (subject.identity === this.#shown) return this.#push({});
    this.#looking?.abort();
    this.#shown = subject.identity;
    const looking = (this.#looking = new AbortController());
    this.#push({ busy: vscode.l10n.t('Looking at {0} …', path.basename(file)), error: null });
    try {
      const client = await this.#core.looker.client();
      const view = await client.viewImage({ checkpoint: asked, file, ...(times !== 1 && { size: { times } }) }, { signal: looking.signal });
      if (looking.signal.aborted) return;
      // The list's name tells runs of one name apart; the engine knows only this run.
      const runName = checkpoint?.runName ?? this.#core.runs.find(view.checkpoint.run)?.name ?? view.checkpoint.runName;
      this.#view = { ...view, checkpoint: { ...view.checkpoint, runName, last: checkpoint?.last ?? false } };
      this.#viewTimes = times;
      this.#logView(view);
      if (checkpoint) await this.#core.checkpoints.keep(checkpoint);
      this.#push({ busy: null });
    } catch (error) {
      if (looking.signal.aborted) return;
      this.#shown = '';
      this.#core.log.error(`[looker] ${file}: ` + (error instanceof Error ? error.message : String(error)));
      this.#push({ busy: null, error: error instanceof Error ? error.message : String(error) });
    }
  }

  /** What is asked about now: a frame of a probe, else the checkpoint and the image. */
  #subject(): { readonly checkpoint?: CheckpointInfo; readonly path: string; readonly file: string; readonly times: number; readonly identity: string } | null {
    const frame = this.#probe.shown;
    if (frame) return { path: frame.path, file: frame.file, times: 1, identity: JSON.stringify(frame) };
    const checkpoint = this.#core.checkpoints.active;
    if (!checkpoint || this.#file === null) return null;
    return { checkpoint, path: checkpoint.path, file: this.#file, times: this.#times, identity: identityOf(checkpoint, this.#file, this.#times) };
  }

  /** The backend is told once: it stays the same as long as the process lives. */
  #logView({ file, engine }: ImageView): void {
    if (this.#probe.shown) return;
    if (this.#engineLogged !== engine.label) logEngine('looker', engine, this.#core.log);
    this.#engineLogged = engine.label;
    this.#core.log.info(`[looker] looked inside with ${file}`);
  }

  #push(change: { readonly busy?: string | null; readonly error?: string | null }): void {
    if (change.busy !== undefined) this.#busy = change.busy;
    if (change.error !== undefined) this.#error = change.error;
    this.#emit?.('state', this.state);
  }
}

/** A checkpoint file that was written again is another question. */
function identityOf(checkpoint: CheckpointInfo, file: string, times: number): string {
  return JSON.stringify([checkpoint.path, checkpoint.step, checkpoint.modified, file, times]);
}
