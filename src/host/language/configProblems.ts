import * as vscode from 'vscode';
import type { ConfigFix, ConfigProblem } from '../../protocol';
import { looksLikeConfig, looksLikePipeline } from '../configFiles';
import { inBackground } from '../failures';
import type { Core } from '../core';
import { configSelector } from './configAssist';
import { leftIn } from './otherExtensions';

const DEBOUNCE_MS = 300;
const SOURCE = 'ViT Lab';

/** A problem at its place in the document. */
interface Found {
  readonly problem: ConfigProblem;
  readonly diagnostic: vscode.Diagnostic;
}

/** Puts the problems of open configurations into the Problems panel, with fixes; what another extension tells from our schema is left to it, but not its fixes. */
export function registerConfigProblems(core: Core): vscode.Disposable {
  const collection = vscode.languages.createDiagnosticCollection('vitLab');
  const timers = new Map<string, NodeJS.Timeout>();
  const known = new Map<string, readonly Found[]>();
  const tell = (document: vscode.TextDocument, found: readonly Found[]): void => {
    known.set(document.uri.toString(), found);
    const { problems: left } = leftIn(document);
    collection.set(document.uri, found.filter(({ problem }) => !(left && problem.schema)).map(({ diagnostic }) => diagnostic));
  };
  const soon = (document: vscode.TextDocument): void => {
    const key = document.uri.toString();
    clearTimeout(timers.get(key));
    timers.set(key, setTimeout(() => inBackground(check(core, document, tell), core.log), DEBOUNCE_MS));
  };
  const forget = (document: vscode.TextDocument): void => {
    clearTimeout(timers.get(document.uri.toString()));
    timers.delete(document.uri.toString());
    known.delete(document.uri.toString());
    collection.delete(document.uri);
  };
  const all = (): void => vscode.workspace.textDocuments.forEach(soon);
  all();
  return vscode.Disposable.from(
    collection,
    vscode.workspace.onDidOpenTextDocument(soon),
    vscode.workspace.onDidChangeTextDocument(({ document }) => soon(document)),
    vscode.workspace.onDidCloseTextDocument(forget),
    vscode.workspace.onDidGrantWorkspaceTrust(all),
    vscode.workspace.onDidChangeConfiguration((event) => (event.affectsConfiguration('yaml') || event.affectsConfiguration('json')) && all()),
    vscode.extensions.onDidChange(all),
    vscode.languages.registerCodeActionsProvider(
      configSelector,
      { provideCodeActions: (document, range, { diagnostics }) => (known.get(document.uri.toString()) ?? []).filter((found) => found.diagnostic.range.intersection(range)).flatMap((found) => fixesOf(document, found, diagnostics)) },
      { providedCodeActionKinds: [vscode.CodeActionKind.QuickFix] },
    ),
    new vscode.Disposable(() => timers.forEach((timer) => clearTimeout(timer))),
  );
}

async function check(core: Core, document: vscode.TextDocument, tell: (document: vscode.TextDocument, found: readonly Found[]) => void): Promise<void> {
  if (document.isClosed || document.uri.scheme !== 'file') return;
  const text = document.getText();
  const pipeline = looksLikePipeline(document.fileName, text);
  if (!(pipeline || looksLikeConfig(document.fileName, text)) || !vscode.workspace.isTrusted) return tell(document, []);
  const { version } = document;
  const client = await core.looker.client();
  const q = { file: document.fileName, text };
  const problems = await (pipeline ? client.checkPipeline(q) : client.checkConfig(q));
  if (document.version !== version || document.isClosed) return;
  tell(document, problems.map((problem) => ({ problem, diagnostic: diagnosticOf(document, problem) })));
}

function diagnosticOf(document: vscode.TextDocument, problem: ConfigProblem): vscode.Diagnostic {
  const { Error: error, Warning: warning } = vscode.DiagnosticSeverity;
  const diagnostic = new vscode.Diagnostic(rangeOf(document, problem), problem.message, problem.severity === 'error' ? error : warning);
  diagnostic.source = SOURCE;
  diagnostic.code = problem.key;
  return diagnostic;
}

function rangeOf(document: vscode.TextDocument, { line, column, endLine, endColumn }: Pick<ConfigProblem, 'line' | 'column' | 'endLine' | 'endColumn'>): vscode.Range {
  return document.validateRange(new vscode.Range(line - 1, column - 1, endLine - 1, endColumn - 1));
}

/** @param shown the diagnostics at the place, whoever tells them: where ours is left to another extension, theirs is the one that is fixed */
function fixesOf(document: vscode.TextDocument, { problem, diagnostic }: Found, shown: readonly vscode.Diagnostic[]): vscode.CodeAction[] {
  const fixed = shown.filter((one) => one.range.intersection(diagnostic.range) && (one.source !== SOURCE || one.code === problem.key));
  const { suggestion, fixes = [] } = problem;
  const actions = [...(suggestion === undefined ? [] : [changeTo(document, diagnostic.range, suggestion)]), ...fixes.map((fix) => actionOf(document, fix))];
  actions.forEach((action, index) => {
    action.diagnostics = fixed.length > 0 ? fixed : [diagnostic];
    action.isPreferred = index === 0;
  });
  return actions;
}

function changeTo(document: vscode.TextDocument, range: vscode.Range, suggestion: string): vscode.CodeAction {
  // A key of a sweep is written with its sections, and so is what was meant.
  const written = document.getText(range);
  const dotted = /^["']?[\w$-]+\./.test(written);
  const key = dotted ? suggestion : (suggestion.split('.').at(-1) ?? suggestion);
  const quote = /^["']/.exec(written)?.[0] ?? '';
  const action = new vscode.CodeAction(vscode.l10n.t('Change to "{0}"', key), vscode.CodeActionKind.QuickFix);
  action.edit = new vscode.WorkspaceEdit();
  action.edit.replace(document.uri, keyRange(document, range), quote + key + quote);
  return action;
}

function actionOf(document: vscode.TextDocument, fix: ConfigFix): vscode.CodeAction {
  const action = new vscode.CodeAction(fix.title, vscode.CodeActionKind.QuickFix);
  action.edit = new vscode.WorkspaceEdit();
  action.edit.replace(document.uri, rangeOf(document, fix), fix.text);
  return action;
}

/** The key alone, when the problem's range holds its value too. */
function keyRange(document: vscode.TextDocument, range: vscode.Range): vscode.Range {
  const length = /^(["']?)[\w$.-]+\1/.exec(document.getText(range))?.[0].length;
  return length === undefined ? range : new vscode.Range(range.start, range.start.translate(0, length));
}
