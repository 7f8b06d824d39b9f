import * as vscode from 'vscode';
import type { InspectorState } from '../../protocol';
import { visibleImage } from '../activeImage';
import type { Core } from '../core';
import { showFailure } from '../failures';
import { panelIds } from '../ids';
import { readKept } from './inspectorKept';
import { InspectorPanel } from './inspectorPanel';

/** After so long without an inspector the engine lets go of what it holds for them. */
const REST_MS = 5000;

/** All inspectors of a window. Commands speak to the one that was used last; others are opened beside it, each with a place of its own. */
export class InspectorPanels implements vscode.Disposable {
  readonly #core: Core;
  /** It remembers its image for the workspace; it is there also while it is closed. */
  readonly #first: InspectorPanel;
  readonly #others = new Set<InspectorPanel>();
  #used: InspectorPanel;
  #made = 1;
  #resting: NodeJS.Timeout | undefined;
  /** Engines that have loaded what computes. */
  readonly #ready = new WeakSet<object>();
  readonly #following: vscode.Disposable;

  constructor(core: Core) {
    this.#core = core;
    this.#first = this.#used = new InspectorPanel(core, { name: 'inspector', remembers: true });
    this.#first.onDidUse(() => (this.#used = this.#first));
    this.#first.onDidClose(() => this.#restSoon());
    this.#following = core.activeImage.onDidChange(() => this.#makeReady());
  }

  get state(): InspectorState {
    return this.#current.state;
  }

  get column(): vscode.ViewColumn | undefined {
    return this.#current.column;
  }

  /** How many are open. */
  get openPanels(): number {
    return [this.#first, ...this.#others].filter((panel) => panel.isOpen).length;
  }

  /** Whether one that is open shows this network, alone or beside another. */
  shows(checkpoint: string): boolean {
    return [this.#first, ...this.#others].some(({ isOpen, state }) => isOpen && (state.checkpoint === checkpoint || state.against?.checkpoint === checkpoint));
  }

  /**
   * Shows an image, else the one in the editor. Where the inspector is pinned to another one than that, one that follows the
   * editor shows it, beside it where there is none: who asks gets to see it, and the pin holds.
   */
  open(image?: vscode.Uri): Promise<void> {
    const current = this.#current;
    // The button of an editor's title and the explorer's menu name the image, too.
    const wanted = image ?? visibleImage();
    if (!wanted || !current.isOpen || !current.state.pinned || current.state.file === wanted.fsPath) return current.open(image);
    const free = [this.#first, ...this.#others].find((panel) => panel.isOpen && !panel.state.pinned);
    if (free) this.#used = free;
    return (free ?? this.#make()).open(wanted, besideOf(current));
  }

  openProbe(run: string): Promise<boolean> {
    return this.#current.openProbe(run);
  }

  /** One more inspector, that stays on its image: the others go on. */
  async openAnother(image?: vscode.Uri): Promise<void> {
    if (!this.#first.isOpen) return this.#first.open(image);
    const { file } = this.state;
    const wanted = image ?? (file === null ? undefined : vscode.Uri.file(file));
    // Behind the one that is there, so that both are seen, wherever the focus is.
    const column = besideOf(this.#current);
    const panel = this.#make();
    await panel.open(wanted, column);
    await panel.pin(true);
  }

  /** Two images beside each other in one inspector. */
  async compare(a: vscode.Uri, b: vscode.Uri): Promise<void> {
    await this.open(a);
    await this.#current.compareWith({ checkpoint: null, file: b.fsPath });
  }

  /** Fills a panel that VS Code kept over a reload, with what it kept of its place. */
  restore(panel: vscode.WebviewPanel, state?: unknown): void {
    const kept = readKept(state);
    const own = this.#first.isOpen ? this.#make() : this.#first;
    own.restore(panel, kept);
  }

  dispose(): void {
    clearTimeout(this.#resting);
    this.#following.dispose();
    for (const panel of [this.#first, ...this.#others]) panel.dispose();
  }

  get #current(): InspectorPanel {
    return this.#used.isOpen ? this.#used : ([this.#first, ...this.#others].find((panel) => panel.isOpen) ?? this.#first);
  }

  /** A network and its attention are hundreds of megabytes that nobody needs once no inspector is open. Who opens one again at once waits for nothing. */
  #restSoon(): void {
    clearTimeout(this.#resting);
    this.#resting = setTimeout(() => {
      if (this.openPanels === 0) void this.#core.looker.running?.letGo({}).catch((error: unknown) => this.#core.log.warn(error instanceof Error ? error.message : String(error)));
    }, REST_MS);
  }

  /** Whoever opens an image may look inside it next: the runtime is loaded by then, where there is a network to look with. */
  #makeReady(): void {
    const engine = this.#core.looker.running;
    if (!engine || this.#core.checkpoints.active === undefined || this.#ready.has(engine)) return;
    this.#ready.add(engine);
    // Who then looks is told what is wrong.
    void engine.about({}).catch((error: unknown) => this.#core.log.warn(error instanceof Error ? error.message : String(error)));
  }

  #make(): InspectorPanel {
    const panel = new InspectorPanel(this.#core, { name: `inspector ${String(++this.#made)}`, remembers: false });
    this.#others.add(panel);
    this.#used = panel;
    panel.onDidUse(() => (this.#used = panel));
    panel.onDidClose(() => {
      this.#others.delete(panel);
      panel.dispose();
      this.#restSoon();
    });
    return panel;
  }
}

/** The next editor group behind an inspector. */
function besideOf({ column }: InspectorPanel): vscode.ViewColumn | undefined {
  return column && Math.min(column + 1, vscode.ViewColumn.Nine);
}

/** Lets VS Code restore the inspectors after a reload of the window. */
export function registerInspectorRestore(core: Core, inspectors: InspectorPanels): vscode.Disposable {
  return vscode.window.registerWebviewPanelSerializer(panelIds.inspector, {
    deserializeWebviewPanel: async (panel, state: unknown) => {
      try {
        inspectors.restore(panel, state);
      } catch (error) {
        showFailure(error, core.log);
        panel.dispose();
      }
      return Promise.resolve();
    },
  });
}
