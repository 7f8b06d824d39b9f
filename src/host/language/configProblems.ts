import * as vscode from 'vscode';
import type { ConfigProblem } from '../../protocol';
import { looksLikeConfig } from '../configFiles';
import { inBackground } from '../failures';
import type { Core } from '../core';

const DEBOUNCE_MS = 300;
const SOURCE = 'ViT Lab';

/** A diagnostic that remembers the nearest valid key, for the quick fix. */
class ConfigDiagnostic extends vscode.Diagnostic {
  constructor(
    range: vscode.Range,
    problem: ConfigProblem,
    readonly suggestion = problem.suggestion,
  ) {
    const { Error: error, Warning: warning } = vscode.DiagnosticSeverity;
    super(range, problem.message, problem.severity === 'error' ? error : warning);
    this.source = SOURCE;
    this.code = problem.key;
  }
}

/** Puts the problems of open configurations into the Problems panel, with a fix for keys that are nearly right. */
export function registerConfigProblems(core: Core): vscode.Disposable {
  const collection = vscode.languages.createDiagnosticCollection('vitLab');
  const timers = new Map<string, NodeJS.Timeout>();
  const soon = (document: vscode.TextDocument): void => {
    const key = document.uri.toString();
    clearTimeout(timers.get(key));
    timers.set(key, setTimeout(() => inBackground(check(core, document, collection), core.log), DEBOUNCE_MS));
  };
  const forget = (document: vscode.TextDocument): void => {
    clearTimeout(timers.get(document.uri.toString()));
    timers.delete(document.uri.toString());
    collection.delete(document.uri);
  };
  vscode.workspace.textDocuments.forEach(soon);
  return vscode.Disposable.from(
    collection,
    vscode.workspace.onDidOpenTextDocument(soon),
    vscode.workspace.onDidChangeTextDocument(({ document }) => soon(document)),
    vscode.workspace.onDidCloseTextDocument(forget),
    vscode.workspace.onDidGrantWorkspaceTrust(() => vscode.workspace.textDocuments.forEach(soon)),
    vscode.languages.registerCodeActionsProvider({ scheme: 'file' }, { provideCodeActions: fixes }, { providedCodeActionKinds: [vscode.CodeActionKind.QuickFix] }),
    new vscode.Disposable(() => timers.forEach((timer) => clearTimeout(timer))),
  );
}

async function check(core: Core, document: vscode.TextDocument, collection: vscode.DiagnosticCollection): Promise<void> {
  if (document.isClosed || document.uri.scheme !== 'file') return;
  const text = document.getText();
  if (!looksLikeConfig(document.fileName, text) || !vscode.workspace.isTrusted) return collection.delete(document.uri);
  const { version } = document;
  const client = await core.looker.client();
  const problems = await client.checkConfig({ file: document.fileName, text });
  if (document.version !== version || document.isClosed) return;
  collection.set(
    document.uri,
    problems.map((problem) => new ConfigDiagnostic(rangeOf(document, problem), problem)),
  );
}

function rangeOf(document: vscode.TextDocument, { line, column, endLine, endColumn }: ConfigProblem): vscode.Range {
  return document.validateRange(new vscode.Range(line - 1, column - 1, endLine - 1, endColumn - 1));
}

function fixes(document: vscode.TextDocument, _range: vscode.Range, context: vscode.CodeActionContext): vscode.CodeAction[] {
  return context.diagnostics.flatMap((diagnostic) => {
    const known = vscode.languages.getDiagnostics(document.uri).find((own) => own === diagnostic) ?? diagnostic;
    return known instanceof ConfigDiagnostic && known.suggestion !== undefined ? [fixOf(document, known, known.suggestion)] : [];
  });
}

function fixOf(document: vscode.TextDocument, diagnostic: ConfigDiagnostic, suggestion: string): vscode.CodeAction {
  const key = suggestion.split('.').at(-1) ?? suggestion;
  const action = new vscode.CodeAction(vscode.l10n.t('Change to "{0}"', key), vscode.CodeActionKind.QuickFix);
  action.diagnostics = [diagnostic];
  action.isPreferred = true;
  action.edit = new vscode.WorkspaceEdit();
  action.edit.replace(document.uri, keyRange(document, diagnostic.range), key);
  return action;
}

/** The key alone, when the problem's range holds its value too. */
function keyRange(document: vscode.TextDocument, range: vscode.Range): vscode.Range {
  const length = /^"?[\w$-]+"?/.exec(document.getText(range))?.[0].length;
  return length === undefined ? range : new vscode.Range(range.start, range.start.translate(0, length));
}
