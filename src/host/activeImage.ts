import * as vscode from 'vscode';
import { imageInLabel, isImageName } from './imageNames';

const DEBOUNCE_MS = 150;

/** The image of a tab, if it shows one: by the built-in preview, by another image editor, opened as text, or as the newer side of a comparison. */
export function imageOfTab(tab: vscode.Tab | undefined): vscode.Uri | undefined {
  const input = tab?.input;
  if (input instanceof vscode.TabInputTextDiff) return [input.modified, input.original].find((uri) => isImageName(uri.path));
  if (!(input instanceof vscode.TabInputCustom || input instanceof vscode.TabInputText)) return undefined;
  return isImageName(input.uri.path) ? input.uri : undefined;
}

/**
 * The image of a comparison in image editors. Of such a tab VS Code tells its label and nothing else (1.139: `_editorInputToDto`
 * knows comparisons of texts and notebooks): the file is the one of that name, where the workspace has one only.
 */
async function imageOfComparison({ label }: vscode.Tab): Promise<vscode.Uri | undefined> {
  const name = imageInLabel(label);
  if (name === undefined) return undefined;
  const found = await vscode.workspace.findFiles(`**/${name.replace(/[[\]{}*?!]/g, '?')}`, undefined, 2);
  return found.length === 1 ? found[0] : undefined;
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
    const tab = vscode.window.tabGroups.activeTabGroup.activeTab;
    const image = imageOfTab(tab);
    if (image) this.#found(image);
    else if (tab && tab.input === undefined) void imageOfComparison(tab).then((found) => found && tab.isActive && this.#found(found));
  }

  #found(image: vscode.Uri): void {
    if (image.toString() === this.#current?.toString()) return;
    this.#current = image;
    this.#changed.fire(image);
  }
}
