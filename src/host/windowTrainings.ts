import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as vscode from 'vscode';
import type { RunSummary, SweepSummary } from '../protocol';
import type { Core } from './core';
import { inBackground, offer } from './failures';
import { commandIds } from './ids';

/** As long as a process without its parent takes to checkpoint and leave, at most. */
const LOOKS = 20;
const LOOK_MS = 3000;

/**
 * A window that closes takes its training, or its sweep, with it. It is remembered in the workspace while it runs, so that
 * the next window can tell what became of it and offer to go on.
 */
export function registerWindowTrainings(core: Core): vscode.Disposable {
  const [training, sweep] = [new Note(core, 'training-of-window'), new Note(core, 'sweep-of-window')];
  const [leftTraining, leftSweep] = [training.read(), sweep.read()];
  if (leftTraining !== undefined && vscode.workspace.isTrusted) inBackground(tellStopped(core, leftTraining, training), core.log);
  if (leftSweep !== undefined && vscode.workspace.isTrusted) inBackground(tellStoppedSweep(core, leftSweep, sweep), core.log);
  return vscode.Disposable.from(
    core.sweeps.onDidLead((folder) => sweep.write(folder)),
    core.runs.onDidStart(({ run }) => training.write(run)),
    core.runs.onDidProgress((live) => live ?? training.write(undefined)),
  );
}

/**
 * A path that outlives the window, in a file of the workspace's storage. It is on the disk when `write` returns: the storage of
 * `workspaceState` is written a moment later, and a browser that closes or reloads does not wait for it.
 */
class Note {
  readonly #file: string | undefined;

  constructor(
    readonly core: Core,
    name: string,
  ) {
    const folder = core.context.storageUri;
    this.#file = folder && path.join(folder.fsPath, name);
  }

  read(): string | undefined {
    try {
      return this.#file && (readFileSync(this.#file, 'utf8') || undefined);
    } catch {
      return undefined;
    }
  }

  write(value: string | undefined): void {
    if (this.#file === undefined) return;
    try {
      if (value === undefined) return rmSync(this.#file, { force: true });
      mkdirSync(path.dirname(this.#file), { recursive: true });
      writeFileSync(this.#file, value);
    } catch (error) {
      // The training goes on; only the next window does not know of it.
      this.core.log.warn(error instanceof Error ? error.message : String(error));
    }
  }
}

async function tellStopped(core: Core, folder: string, note: Note): Promise<void> {
  const refreshed = async (): Promise<RunSummary | undefined> => {
    await core.runs.refresh();
    return core.runs.find(folder);
  };
  const run = await whenLeft(refreshed, () => core.runs.live !== undefined);
  if (!run) return;
  note.write(undefined);
  if (!run.resumable || (run.state !== 'stopped' && run.state !== 'interrupted')) return;
  core.log.info(`the training of ${folder} was stopped when the window closed, at step ${run.step} of ${run.steps}`);
  const resume = { label: vscode.l10n.t('Resume'), run: () => vscode.commands.executeCommand(commandIds.resumeTraining, run) };
  offer('info', vscode.l10n.t('The training of {0} was stopped when the window closed.', run.name), [resume], core.log);
}

async function tellStoppedSweep(core: Core, folder: string, note: Note): Promise<void> {
  const refreshed = async (): Promise<SweepSummary | undefined> => {
    await core.sweeps.refresh();
    return core.sweeps.find(folder);
  };
  const sweep = await whenLeft(refreshed, () => core.sweeps.led !== undefined);
  if (!sweep) return;
  note.write(undefined);
  if (sweep.state !== 'paused') return;
  core.log.info(`the sweep of ${folder} was stopped when the window closed`);
  const resume = { label: vscode.l10n.t('Resume'), run: () => vscode.commands.executeCommand(commandIds.resumeSweep, { kind: 'sweep', sweep }) };
  offer('info', vscode.l10n.t('The sweep {0} was stopped when the window closed.', sweep.name), [resume], core.log);
}

/**
 * What was left, once nothing runs it: the process of the old window may still be saving, and a list that could not be read has
 * nothing. What goes on for longer has another owner, and the note stays for the window after this one; where this window itself
 * has begun something, the note is of that.
 */
async function whenLeft<T extends { readonly state: string }>(look: () => Promise<T | undefined>, isBusy: () => boolean): Promise<T | undefined> {
  for (let count = 0; count < LOOKS; count++) {
    if (count > 0) await sleep(LOOK_MS);
    const value = await look();
    if (isBusy()) return undefined;
    if (value !== undefined && value.state !== 'running') return value;
  }
  return undefined;
}
