import { setTimeout as sleep } from 'node:timers/promises';
import * as vscode from 'vscode';
import type { RunSummary, SweepSummary } from '../protocol';
import type { Core } from './core';
import { inBackground, offer } from './failures';
import { commandIds } from './ids';

const STATE_KEY = 'trainingOfWindow';
const SWEEP_KEY = 'sweepOfWindow';
const LOOKS = 5;
const LOOK_MS = 3000;

/**
 * A window that closes takes its training, or its sweep, with it. It is remembered in the workspace while it runs, so that
 * the next window can tell what became of it and offer to go on.
 */
export function registerWindowTrainings(core: Core): vscode.Disposable {
  const { workspaceState: memory } = core.context;
  const forget = (): void => void memory.update(STATE_KEY, undefined);
  const left = memory.get<string>(STATE_KEY);
  if (left !== undefined && vscode.workspace.isTrusted) {
    forget();
    inBackground(tellStopped(core, left), core.log);
  }
  const sweep = memory.get<string>(SWEEP_KEY);
  if (sweep !== undefined && vscode.workspace.isTrusted) {
    void memory.update(SWEEP_KEY, undefined);
    inBackground(tellStoppedSweep(core, sweep), core.log);
  }
  return vscode.Disposable.from(
    core.sweeps.onDidLead((path) => void memory.update(SWEEP_KEY, path)),
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

async function tellStoppedSweep(core: Core, path: string): Promise<void> {
  const refreshed = async (): Promise<SweepSummary | undefined> => {
    await core.sweeps.refresh();
    return core.sweeps.find(path);
  };
  const sweep = await lookedAt(refreshed, (now) => now?.state !== 'running' || core.sweeps.led !== undefined);
  if (sweep?.state !== 'paused') return;
  core.log.info(`the sweep of ${path} was stopped when the window closed`);
  const resume = { label: vscode.l10n.t('Resume'), run: () => vscode.commands.executeCommand(commandIds.resumeSweep, { kind: 'sweep', sweep }) };
  offer('info', vscode.l10n.t('The sweep {0} was stopped when the window closed.', sweep.name), [resume], core.log);
}

function whenStopped(core: Core, path: string): Promise<RunSummary | undefined> {
  const refreshed = async (): Promise<RunSummary | undefined> => {
    await core.runs.refresh();
    return core.runs.find(path);
  };
  return lookedAt(refreshed, (run) => run?.state !== 'running' || core.runs.live !== undefined);
}

/** The process of the old window may still be saving; what goes on for longer has another owner. */
async function lookedAt<T>(look: () => Promise<T>, isOver: (value: T) => boolean): Promise<T | undefined> {
  for (let count = 0; count < LOOKS; count++) {
    if (count > 0) await sleep(LOOK_MS);
    const value = await look();
    if (isOver(value)) return value;
  }
  return undefined;
}
