import path from 'node:path';
import * as vscode from 'vscode';
import type { GalleryEvents, GalleryFilter, GalleryPanelApi, GalleryState, GalleryWish, ImageSet } from '../../protocol';
import { serve, type Call, type Server } from '../../rpc';
import type { Core } from '../core';
import { inBackground, Refusal, showFailure } from '../failures';
import { commandIds, panelIds } from '../ids';
import { locateImages, missingImages, missingWords, orOfferToLocate, type MissingImages } from '../locate';
import { saveBytes } from '../saveFile';
import { fillWebview, panelIcon, webviewOptions, webviewPort } from './webviewPage';

const EMPTY = { wish: null, list: null, version: 0, busy: null, error: null, missing: false } as const;
/** So many images stay in the order of their set; of more a mixed order is told. The page asks for as many at a time. */
const FEW = 200;
/** After so long without a gallery the engine lets go of what it holds for it: whoever opens one again at once waits for nothing. */
const REST_MS = 5000;
const COMMANDS = { createSample: commandIds.createSample, startTraining: commandIds.startTraining } as const;
/** What the panel may write, by its ending. */
const KINDS: Readonly<Record<string, string>> = { png: 'PNG', svg: 'SVG', csv: 'CSV', npy: 'NumPy' };

/** Many images and where a network looks in each: of a folder, a class, a split, or a cell of a confusion matrix. One panel; the next images take the place of those before. */
export class GalleryPanel implements vscode.Disposable {
  readonly #core: Core;
  readonly #isLookedInto: (checkpoint: string) => boolean;
  readonly #subscription: vscode.Disposable;
  #panel: vscode.WebviewPanel | undefined;
  #resting: NodeJS.Timeout | undefined;
  #emit: ((name: 'state', value: GalleryState) => void) | undefined;
  #state: Omit<GalleryState, 'checkpoints' | 'place'> = EMPTY;
  #work: AbortController | undefined;
  /** Images that were not found. */
  #missing: MissingImages | null = null;
  /** Never goes back, so that a question about an older list is known as one. */
  #lists = 0;

  /** @param isLookedInto whether an inspector shows this network */
  constructor(core: Core, isLookedInto: (checkpoint: string) => boolean) {
    this.#core = core;
    this.#isLookedInto = isLookedInto;
    this.#subscription = core.checkpoints.onDidChange(() => this.#set({}));
  }

  get state(): GalleryState {
    const images = this.#state.wish?.images;
    return { ...this.#state, place: images && 'folder' in images ? vscode.workspace.asRelativePath(images.folder) : null, checkpoints: this.#core.checkpoints.all };
  }

  /** @param wish null shows what can be done where there is no checkpoint */
  async show(wish: GalleryWish | null): Promise<void> {
    this.#state = { ...EMPTY, wish };
    this.#open();
    await this.#find();
  }

  /** Fills a panel that VS Code kept over a reload, with what it kept of its place. */
  async restore(panel: vscode.WebviewPanel, state: unknown): Promise<void> {
    this.#panel?.dispose();
    this.#state = { ...EMPTY, wish: readWish(state) };
    this.#fill(panel);
    await this.#core.checkpoints.refresh();
    await this.#find();
  }

  dispose(): void {
    this.#work?.abort();
    this.#subscription.dispose();
    this.#panel?.dispose();
    clearTimeout(this.#resting);
  }

  #open(): void {
    if (this.#panel) return this.#panel.reveal(undefined, true);
    this.#fill(vscode.window.createWebviewPanel(panelIds.gallery, vscode.l10n.t('ViT Gallery'), vscode.ViewColumn.Active, webviewOptions(this.#core.context.extensionUri)));
  }

  #fill(panel: vscode.WebviewPanel): void {
    const { extensionUri } = this.#core.context;
    this.#panel = panel;
    panel.iconPath = panelIcon(extensionUri);
    this.#emit = serve<GalleryPanelApi, GalleryEvents>(webviewPort(panel.webview, panel.onDidDispose), this.#handlers());
    panel.onDidDispose(() => this.#closed(panel));
    fillWebview(panel.webview, extensionUri, 'gallery', panel.title);
  }

  #closed(panel: vscode.WebviewPanel): void {
    if (this.#panel !== panel) return;
    this.#panel = undefined;
    this.#emit = undefined;
    this.#work?.abort();
    this.#restSoon(this.#state.wish?.checkpoint ?? null);
  }

  /** Images and a network are hundreds of megabytes that nobody needs once the gallery is closed, also while an inspector remains. */
  #restSoon(checkpoint: string | null): void {
    clearTimeout(this.#resting);
    this.#resting = setTimeout(() => {
      if (this.#panel) return;
      const network = checkpoint !== null && this.#isLookedInto(checkpoint) ? null : checkpoint;
      void this.#core.looker.running?.closeGallery({ network }).catch((error: unknown) => this.#core.log.warn(error instanceof Error ? error.message : String(error)));
    }, REST_MS);
  }

  #handlers(): Server<GalleryPanelApi> {
    return {
      state: () => this.state,
      look: (q, call) => this.#look(q, call),
      choose: ({ images, filter }) => this.#choose({ ...(images && { images: { split: images.split } }), filter }),
      chooseFolder: () => inBackground(this.#chooseFolder(), this.#core.log),
      locate: () => inBackground(this.#locate(), this.#core.log),
      chooseCheckpoint: ({ checkpoint }) => this.#chooseCheckpoint(checkpoint),
      cancel: () => this.#work?.abort(),
      inspect: (q) => this.#inspect(q),
      save: ({ name, bytes }) => save(name, bytes),
      runCommand: ({ command }) => void (Object.hasOwn(COMMANDS, command) && vscode.commands.executeCommand(COMMANDS[command])),
    };
  }

  async #look({ version, indices, method }: Parameters<Server<GalleryPanelApi>['look']>[0], { signal, progress }: Call): Promise<void> {
    const wish = this.#demand(version);
    const client = await this.#core.looker.client();
    await client.lookAtGallery({ checkpoint: wish.checkpoint, images: wish.images, indices, method }, { signal, onProgress: progress });
  }

  /** A webview may ask about the images that it is shown, and about nothing else on the disk. */
  #demand(version: number): GalleryWish {
    const { wish, version: now } = this.#state;
    if (!wish || version !== now || now === 0) throw new Refusal(vscode.l10n.t('Other images are shown now.'));
    return wish;
  }

  async #choose({ images, filter }: { readonly images?: ImageSet; readonly filter: GalleryFilter }): Promise<void> {
    const { wish } = this.#state;
    if (!wish) return;
    this.#state = { ...this.#state, wish: { ...wish, ...(images && { images }), filter } };
    await this.#find();
  }

  async #chooseFolder(): Promise<void> {
    const { wish } = this.#state;
    const folder = await askFolder();
    if (wish && folder) await this.#choose({ images: { folder: folder.fsPath }, filter: {} });
  }

  /** Places of an evaluation are those of its run: with another one all images of the set are shown. */
  async #chooseCheckpoint(checkpoint: string): Promise<void> {
    const { wish } = this.#state;
    const [before, now] = [wish?.checkpoint, checkpoint].map((file) => this.#core.checkpoints.all.find((one) => one.path === file));
    if (!wish || !now) throw new Refusal(vscode.l10n.t('The checkpoint {0} is not there any more.', checkpoint));
    const same = before?.run === now.run;
    this.#state = { ...this.#state, wish: { ...wish, checkpoint, filter: same ? wish.filter : {} } };
    await this.#find();
  }

  async #find(): Promise<void> {
    this.#work?.abort();
    const { wish } = this.#state;
    if (!wish) return this.#set({ busy: null });
    const mine = (this.#work = new AbortController());
    const text = vscode.l10n.t('Looking for images …');
    const tell = (change: Partial<GalleryState>): void => {
      if (this.#work === mine) this.#set(change);
    };
    tell({ busy: { text }, error: null, missing: false });
    try {
      const client = await this.#core.looker.client();
      const onProgress = (value: unknown): void => tell({ busy: { text, ...(value as { readonly done: number; readonly of: number }) } });
      const list = await client.findGallery({ ...wish, few: FEW }, { signal: mine.signal, onProgress });
      tell({ list, version: ++this.#lists, busy: null });
    } catch (error) {
      const stopped = mine.signal.aborted;
      if (!stopped) this.#core.log.warn(`[looker] gallery: ${error instanceof Error ? error.message : String(error)}`);
      // What was shown is of other images.
      const missing = stopped ? null : missingImages(error);
      if (this.#work === mine) this.#missing = missing;
      tell({ list: null, version: 0, busy: null, missing: missing !== null, error: stopped ? vscode.l10n.t('Cancelled.') : missing ? missingWords(this.#core, missing) : error instanceof Error ? error.message : String(error) });
    }
  }

  async #locate(): Promise<void> {
    try {
      const { wish } = this.#state;
      // Others may be shown by then.
      if (this.#missing && (await locateImages(this.#core, this.#missing)) && this.#state.wish === wish) await this.#find();
    } catch (error) {
      showFailure(error, this.#core.log);
    }
  }

  /** Looks into an image with the checkpoint of the gallery. */
  async #inspect({ version, index }: { readonly version: number; readonly index: number }): Promise<void> {
    const { checkpoint, images } = this.#demand(version);
    const { file } = await orOfferToLocate(this.#core, (await this.#core.looker.client()).galleryFile({ checkpoint, images, index }));
    await this.#core.checkpoints.choose(checkpoint);
    await vscode.commands.executeCommand(commandIds.inspectImage, vscode.Uri.file(file));
  }

  #set(change: Partial<GalleryState>): void {
    this.#state = { ...this.#state, ...change };
    this.#emit?.('state', this.state);
  }
}

/** Asks for a folder of images. */
export async function askFolder(): Promise<vscode.Uri | undefined> {
  const workspace = vscode.workspace.workspaceFolders?.[0]?.uri;
  const [folder] = (await vscode.window.showOpenDialog({ title: vscode.l10n.t('Choose a folder of images'), canSelectFiles: false, canSelectFolders: true, ...(workspace && { defaultUri: workspace }) })) ?? [];
  return folder?.scheme === 'file' ? folder : undefined;
}

async function save(name: string, bytes: Uint8Array): Promise<void> {
  const ending = path.extname(name).slice(1);
  const kind = KINDS[ending];
  if (kind === undefined) throw new Refusal(vscode.l10n.t('The gallery writes {0}, not {1}.', Object.keys(KINDS).join(', '), ending));
  await saveBytes(path.basename(name), bytes, { [kind]: [ending] });
}

/** What a webview kept of its panel; null where it is of an earlier version, or damaged. */
export function readWish(state: unknown): GalleryWish | null {
  const wish = (state as { readonly wish?: Partial<GalleryWish> } | null | undefined)?.wish;
  if (typeof wish?.checkpoint !== 'string') return null;
  const images = readImages(wish.images);
  return images && { checkpoint: wish.checkpoint, images, filter: readFilter(wish.filter) };
}

function readImages(value: unknown): ImageSet | null {
  const { folder, split } = (value ?? {}) as { readonly folder?: unknown; readonly split?: unknown };
  if (typeof folder === 'string') return { folder };
  return split === 'train' || split === 'val' || split === 'test' ? { split } : null;
}

function readFilter(value: unknown): GalleryFilter {
  const { is, as, right, indices } = (value ?? {}) as Partial<Record<keyof GalleryFilter, unknown>>;
  return {
    ...(typeof is === 'number' && { is }),
    ...(typeof as === 'number' && { as }),
    ...(typeof right === 'boolean' && { right }),
    ...(Array.isArray(indices) && { indices: indices.filter((one) => typeof one === 'number') }),
  };
}

/** Lets VS Code restore the gallery after a reload of the window. */
export function registerGalleryRestore(core: Core, gallery: GalleryPanel): vscode.Disposable {
  return vscode.window.registerWebviewPanelSerializer(panelIds.gallery, {
    deserializeWebviewPanel: async (panel, state: unknown) => {
      gallery.restore(panel, state).catch((error: unknown) => {
        showFailure(error, core.log);
        panel.dispose();
      });
      return Promise.resolve();
    },
  });
}
