import { statSync } from 'node:fs';
import * as vscode from 'vscode';
import { RemoteError } from '../rpc';

export interface Action {
  readonly label: string;
  readonly run: () => unknown;
}

/** A refusal or a problem whose message is complete for the user: it needs no log. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  constructor(
    message: string,
    readonly actions: readonly Action[] = [],
    /** A step that is missing is no error. */
    readonly kind: 'info' | 'error' = 'error',
  ) {
    super(message);
  }
}

/** Tells the user once what went wrong and what can be done; nothing for what the user cancelled. */
export function showFailure(error: unknown, log: vscode.LogOutputChannel): void {
  if (error instanceof Error && (error.name === 'AbortError' || error instanceof vscode.CancellationError)) return;
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof Refusal) {
    log.info(message);
    return offer(error.kind, message, error.actions, log);
  }
  log.error(error instanceof RemoteError ? (error.remoteStack ?? message) : error instanceof Error ? (error.stack ?? message) : message);
  offer('error', message, actionsOf(error, log), log);
}

function actionsOf(error: unknown, log: vscode.LogOutputChannel): readonly Action[] {
  const showLog = { label: vscode.l10n.t('Show Log'), run: () => log.show(true) };
  if (!(error instanceof RemoteError) || !error.place) return [showLog];
  const place = error.place;
  if (!isFile(place.file)) return [showLog];
  return [{ label: vscode.l10n.t('Open File'), run: () => openAt(place) }, showLog];
}

/** A place may be a folder of images, which no editor opens. */
function isFile(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false })?.isFile() ?? false;
}

/** Shows a message with buttons and runs the chosen one. Does not wait for the user. What the button's work throws is told too. */
export function offer(kind: 'info' | 'warning' | 'error', message: string, actions: readonly Action[], log?: vscode.LogOutputChannel): void {
  const show =
    kind === 'error'
      ? vscode.window.showErrorMessage
      : kind === 'warning'
        ? vscode.window.showWarningMessage
        : vscode.window.showInformationMessage;
  const labels = actions.map(({ label }) => label);
  show(message, ...labels).then((chosen) => actions.find(({ label }) => label === chosen)?.run()).then(undefined, (error: unknown) => {
    if (log) showFailure(error, log);
    else void vscode.window.showErrorMessage(error instanceof Error ? error.message : String(error));
  });
}

/** Opens a file at a place whose line and column count from 1. */
export async function openAt(place: { readonly file: string; readonly line?: number; readonly column?: number }): Promise<void> {
  const position = new vscode.Position(Math.max(0, (place.line ?? 1) - 1), Math.max(0, (place.column ?? 1) - 1));
  await vscode.window.showTextDocument(vscode.Uri.file(place.file), { selection: new vscode.Range(position, position) });
}

/** Runs something in the background whose failure belongs into the log, not into a notification. */
export function inBackground(work: Promise<unknown> | Thenable<unknown>, log: vscode.LogOutputChannel): void {
  work.then(undefined, (error: unknown) => log.warn(error instanceof Error ? error.message : String(error)));
}

/** An abort signal that follows a cancellation token. */
export function signalOf(token: vscode.CancellationToken): AbortSignal {
  const controller = new AbortController();
  if (token.isCancellationRequested) controller.abort();
  token.onCancellationRequested(() => controller.abort());
  return controller.signal;
}
