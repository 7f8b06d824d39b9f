import * as vscode from 'vscode';
import { signalOf } from './failures';
import type { Lab } from './lab';

type EngineClient = Awaited<ReturnType<Lab['looker']['client']>>;

/** Asks the looking engine with a progress that can be cancelled. */
export function withEngine<T>(lab: Lab, title: string, ask: (client: EngineClient, call: { signal: AbortSignal; onProgress: (value: unknown) => void }) => Promise<T>): Promise<T> {
  const options = { location: vscode.ProgressLocation.Notification, title, cancellable: true };
  const work = async (progress: vscode.Progress<{ message?: string }>, token: vscode.CancellationToken): Promise<T> =>
    ask(await lab.looker.client(), { signal: signalOf(token), onProgress: (value) => progress.report({ message: messageOf(value) }) });
  return Promise.resolve(vscode.window.withProgress(options, work));
}

/** Progress is a sentence, or so many of so many. */
function messageOf(value: unknown): string {
  if (typeof value === 'string') return value;
  const { done, of } = value as { readonly done: number; readonly of: number };
  return `${done}/${of}`;
}
