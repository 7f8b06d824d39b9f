import * as vscode from 'vscode';
import type { ConfigHover, ConfigPlace, Suggestion, Suggestions } from '../../protocol';
import { looksLikeConfig } from '../configFiles';
import type { Core } from '../core';
import { signalOf } from '../failures';
import { leftIn } from './otherExtensions';

/** Configurations are files whose name or text says so; which of these are ours is asked of the text. */
export const configSelector: vscode.DocumentSelector = [{ scheme: 'file', pattern: '**/*.{yaml,yml,json}' }];

/** Behind these something else can be written than before them. */
const TRIGGERS = [':', ' ', '.', '/', '{', '[', ','];

/** Completion and hover of configurations, as the engine knows them. */
export function registerConfigAssist(core: Core): vscode.Disposable {
  return vscode.Disposable.from(
    vscode.languages.registerCompletionItemProvider(configSelector, { provideCompletionItems: (document, position, token) => complete(core, document, position, token) }, ...TRIGGERS),
    vscode.languages.registerHoverProvider(configSelector, { provideHover: (document, position, token) => hover(core, document, position, token) }),
  );
}

function isOurs(document: vscode.TextDocument): boolean {
  return vscode.workspace.isTrusted && looksLikeConfig(document.fileName, document.getText());
}

function placeOf(document: vscode.TextDocument, { line, character }: vscode.Position): ConfigPlace {
  // The engine counts lines by their ends, whichever those are.
  return { file: document.fileName, text: document.getText(), line: line + 1, column: character + 1 };
}

async function complete(core: Core, document: vscode.TextDocument, position: vscode.Position, token: vscode.CancellationToken): Promise<vscode.CompletionList | undefined> {
  if (!isOurs(document)) return undefined;
  const client = await core.looker.client();
  const found = await client.completeConfig({ ...placeOf(document, position), beyondSchema: leftIn(document).completion }, { signal: signalOf(token) });
  // What is typed on may be the beginning of another folder.
  return found ? new vscode.CompletionList(found.items.map((item, index) => itemOf(item, index, found)), found.items.some(({ kind }) => kind === 'folder')) : undefined;
}

const KINDS: Readonly<Record<Suggestion['kind'], vscode.CompletionItemKind>> = {
  key: vscode.CompletionItemKind.Property,
  section: vscode.CompletionItemKind.Module,
  snippet: vscode.CompletionItemKind.Snippet,
  value: vscode.CompletionItemKind.Value,
  file: vscode.CompletionItemKind.File,
  folder: vscode.CompletionItemKind.Folder,
};

function itemOf({ label, kind, detail, words, insert, again }: Suggestion, index: number, { line, column, endColumn }: Suggestions): vscode.CompletionItem {
  const item = new vscode.CompletionItem({ label, ...(detail !== undefined && kind !== 'file' && kind !== 'folder' && { description: detail }) }, KINDS[kind]);
  item.insertText = new vscode.SnippetString(insert);
  item.range = new vscode.Range(line - 1, column - 1, line - 1, endColumn - 1);
  item.sortText = String(index).padStart(4, '0');
  if (words !== undefined) item.documentation = new vscode.MarkdownString(words);
  if (again) item.command = { command: 'editor.action.triggerSuggest', title: '' };
  return item;
}

async function hover(core: Core, document: vscode.TextDocument, position: vscode.Position, token: vscode.CancellationToken): Promise<vscode.Hover | undefined> {
  if (!isOurs(document)) return undefined;
  const client = await core.looker.client();
  const found = await client.hoverConfig(placeOf(document, position), { signal: signalOf(token) });
  if (!found) return undefined;
  const parts = partsOf(found, leftIn(document).hover);
  const range = new vscode.Range(found.line - 1, found.column - 1, found.endLine - 1, found.endColumn - 1);
  return parts.length > 0 ? new vscode.Hover(parts.map((part) => new vscode.MarkdownString(part)), range) : undefined;
}

/** Meaning first, then numbers, then the literature, which a small hover has to be scrolled for; the meaning may be another extension's to tell. */
function partsOf({ words, paper, effect }: ConfigHover, meaningIsTold: boolean): string[] {
  return [...(meaningIsTold ? [] : [words]), effect, paper].filter((part) => part !== undefined);
}
