import * as vscode from 'vscode';
import { isImageName } from './imageNames';

const DEBOUNCE_MS = 150;

/** The image of a tab, if it shows one: by the built-in preview, by another image editor, opened as text, or as the newer side of a comparison. */
export function imageOfTab(tab: vscode.Tab | undefined): vscode.Uri | undefined {
  const input = tab?.input;
  if (input instanceof vscode.TabInputTextDiff) return [input.modified, input.original].find((uri) => isImageName(uri.path));
  if (!(input instanceof vscode.TabInputCustom || input instanceof vscode.TabInputText)) return undefined;
  return isImageName(input.uri.path) ? input.uri : undefined;
}

/** The image in the active editor; where there is none, one that is visible beside it. */
export function visibleImage(): vscode.Uri | undefined {
  const { activeTabGroup, all } = vscode.window.tabGroups;
  const tabs = [activeTabGroup, ...all].map((group) => group.activeTab);
  return tabs.map(imageOfTab).find((uri) => uri !== undefined);
}

/** Follows the image in the active editor. Keeps the last one while something else has the focus. */
export class ActiveImage implements vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<vscode.Uri>();
  readonly onDidChange = this.#changed.event;
  readonly #subscriptions: vscode.Disposable[];
  #current: vscode.Uri | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor() {
    this.#current = visibleImage();
    const look = (): void => this.#lookSoon();
    this.#subscriptions = [vscode.window.tabGroups.onDidChangeTabs(look), vscode.window.tabGroups.onDidChangeTabGroups(look)];
  }

  get current(): vscode.Uri | undefined {
    return this.#current;
  }

  dispose(): void {
    clearTimeout(this.#timer);
    for (const subscription of this.#subscriptions) subscription.dispose();
    this.#changed.dispose();
  }

  #lookSoon(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#look(), DEBOUNCE_MS);
  }

  #look(): void {
    const image = imageOfTab(vscode.window.tabGroups.activeTabGroup.activeTab);
    if (!image || image.toString() === this.#current?.toString()) return;
    this.#current = image;
    this.#changed.fire(image);
  }
}
