import path from 'node:path';
import * as vscode from 'vscode';
import type { ModelComparison } from '../protocol';
import type { Core } from './core';
import { showMarkdown } from './markdownPage';

const SCHEME = 'vitlab-architectures';

/**
 * Architectures side by side, as a table in a rendered Markdown document: it has the colours of the theme, can be searched,
 * copied and read aloud. Which models it compares is in its address, so that it can be read again; when one of their files
 * is saved, the table follows.
 */
export class Architectures implements vscode.Disposable, vscode.TextDocumentContentProvider {
  readonly #core: Core;
  readonly #changed = new vscode.EventEmitter<vscode.Uri>();
  readonly #open = new Set<string>();
  readonly #subscriptions: vscode.Disposable[];
  readonly onDidChange = this.#changed.event;

  constructor(core: Core) {
    this.#core = core;
    this.#subscriptions = [
      this.#changed,
      vscode.workspace.registerTextDocumentContentProvider(SCHEME, this),
      vscode.workspace.onDidCloseTextDocument(({ uri }) => this.#open.delete(uri.toString())),
      vscode.workspace.onDidSaveTextDocument(({ uri: saved }) => this.#refresh(saved.fsPath)),
    ];
  }

  /** Shows the comparison; what hinders it is thrown, and nothing opens. */
  async show(models: readonly string[]): Promise<void> {
    await this.#read(models);
    const uri = addressOf(models);
    this.#changed.fire(uri);
    await showMarkdown(uri);
  }

  async provideTextDocumentContent(uri: vscode.Uri): Promise<string> {
    this.#open.add(uri.toString());
    try {
      return markdownOf(await this.#read(modelsOf(uri)));
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
  }

  async #read(models: readonly string[]): Promise<ModelComparison> {
    const client = await this.#core.looker.client();
    return client.compareModels({ models });
  }

  #refresh(saved: string): void {
    for (const address of this.#open) {
      const uri = vscode.Uri.parse(address);
      if (modelsOf(uri).includes(saved)) this.#changed.fire(uri);
    }
  }
}

function addressOf(models: readonly string[]): vscode.Uri {
  return vscode.Uri.from({ scheme: SCHEME, path: `/${vscode.l10n.t('ViT architectures')}.md`, query: JSON.stringify(models) });
}

function modelsOf(uri: vscode.Uri): readonly string[] {
  return JSON.parse(uri.query) as string[];
}

/** A table with a column for each model, and what its words mean. */
export function markdownOf({ models, rows }: ModelComparison): string {
  const cells = (values: readonly string[]): string => `| ${values.map((value) => value.replaceAll('|', '\\|')).join(' | ')} |`;
  return [
    `# ${vscode.l10n.t('Architectures side by side')}`,
    '',
    cells(['', ...models.map(({ title }) => title)]),
    cells(['---', ...models.map(() => '---')]),
    ...rows.map(({ label, values }) => cells([`**${label}**`, ...values])),
    '',
    vscode.l10n.t('Ω(MSA) = 4hwC² + 2(hw)²C counts the multiply-adds of the self-attention of one block over h·w patches of width C. Memory is an estimate in 32 bits. "A position sees" is the receptive field: the square of the image that can change one position, of the first layer and of the last; it may be larger than the image.'),
    '',
    ...models.map(({ file, title }) => `- ${title}: \`${vscode.workspace.asRelativePath(path.normalize(file))}\``),
    '',
  ].join('\n');
}
