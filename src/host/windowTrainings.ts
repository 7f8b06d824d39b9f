import { setTimeout as sleep } from 'node:timers/promises';
import * as vscode from 'vscode';
import type { RunSummary } from '../protocol';
import type { Core } from './core';
import { inBackground, offer } from './failures';
import { commandIds } from './ids';

const STATE_KEY = 'trainingOfWindow';
const LOOKS = 5;
const LOOK_MS = 3000;

/**
 * A window that closes takes its training with it. It is remembered in the workspace while it runs, so that the next
 * window can tell what became of it and offer to go on.
 */
export function registerWindowTrainings(core: Core): vscode.Disposable {
  const { workspaceState: memory } = core.context;
  const forget = (): void => void memory.update(STATE_KEY, undefined);
  const left = memory.get<string>(STATE_KEY);
  if (left !== undefined && vscode.workspace.isTrusted) {
    forget();
    inBackground(tellStopped(core, left), core.log);
  }
  return vscode.Disposable.from(
    core.runs.onDidStart(({ run }) => void memory.update(STATE_KEY, run)),
    core.runs.onDidProgress((live) => live ?? forget()),
  );
}

async function tellStopped(core: Core, path: string): Promise<void> {
  const run = await whenStopped(core, path);
  if (!run?.resumable || (run.state !== 'stopped' && run.state !== 'interrupted')) return;
  core.log.info(`the training of ${path} was stopped when the window closed, at step ${run.step} of ${run.steps}`);
  const resume = { label: vscode.l10n.t('Resume'), run: () => vscode.commands.executeCommand(commandIds.resumeTraining, run) };
  offer('info', vscode.l10n.t('The training of {0} was stopped when the window closed.', run.name), [resume], core.log);
}

/** The process of the old window may still be saving; a run that goes on for longer has another owner. */
async function whenStopped(core: Core, path: string): Promise<RunSummary | undefined> {
  for (let look = 0; look < LOOKS; look++) {
    if (look > 0) await sleep(LOOK_MS);
    await core.runs.refresh();
    const run = core.runs.find(path);
    if (run?.state !== 'running' || core.runs.live) return run;
  }
  return undefined;
}
