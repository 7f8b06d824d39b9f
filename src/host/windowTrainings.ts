import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as vscode from 'vscode';
import type { RunSummary, SweepSummary } from '../protocol';
import type { Core } from './core';
import { inBackground, offer } from './failures';
import { commandIds } from './ids';

/** Over a minute: a process without its parent checkpoints and leaves within one. */
const LOOKS = 22;
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
    core.sweeps.onDidLead((folder) => (folder === undefined ? sweep.forget() : sweep.write(folder))),
    core.runs.onDidStart(({ run }) => training.write(run)),
    core.runs.onDidProgress((live) => live ?? training.forget()),
  );
}

/**
 * A path that outlives the window, in a file of the workspace's storage. It is on the disk when `write` returns: the storage of
 * `workspaceState` is written a moment later, and a browser that closes or reloads does not wait for it. Two windows of one
 * workspace share it: what another one has written is not ours to erase.
 */
class Note {
  readonly #file: string | undefined;
  /** What this window has begun. */
  #own: string | undefined;

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

  write(value: string): void {
    this.#own = value;
    this.#change((file) => {
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, value);
    });
  }

  /** @param value what may be forgotten: without it what this window has begun */
  forget(value = this.#own): void {
    if (value !== undefined && this.read() === value) this.#change((file) => rmSync(file, { force: true }));
    if (value === this.#own) this.#own = undefined;
  }

  #change(change: (file: string) => void): void {
    if (this.#file === undefined) return;
    try {
      change(this.#file);
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
  const run = await whenLeft(folder, note, refreshed, () => core.runs.live !== undefined);
  if (!run?.resumable || (run.state !== 'stopped' && run.state !== 'interrupted')) return;
  core.log.info(`the training of ${folder} was stopped when the window closed, at step ${run.step} of ${run.steps}`);
  const resume = { label: vscode.l10n.t('Resume'), run: () => vscode.commands.executeCommand(commandIds.resumeTraining, run) };
  offer('info', vscode.l10n.t('The training of {0} was stopped when the window closed.', run.name), [resume], core.log);
}

async function tellStoppedSweep(core: Core, folder: string, note: Note): Promise<void> {
  const refreshed = async (): Promise<SweepSummary | undefined> => {
    await core.sweeps.refresh();
    return core.sweeps.find(folder);
  };
  const sweep = await whenLeft(folder, note, refreshed, () => core.sweeps.led !== undefined);
  if (sweep?.state !== 'paused') return;
  core.log.info(`the sweep of ${folder} was stopped when the window closed`);
  const resume = { label: vscode.l10n.t('Resume'), run: () => vscode.commands.executeCommand(commandIds.resumeSweep, { kind: 'sweep', sweep }) };
  offer('info', vscode.l10n.t('The sweep {0} was stopped when the window closed.', sweep.name), [resume], core.log);
}

/**
 * What was left, once nothing runs it; the note is forgotten then. The process of the old window may still be saving, and a list
 * that could not be read has nothing. What goes on for longer has another owner, and the note stays for the window after this
 * one; where this window itself has begun something, the note is of that.
 */
async function whenLeft<T extends { readonly state: string }>(folder: string, note: Note, look: () => Promise<T | undefined>, isBusy: () => boolean): Promise<T | undefined> {
  let value: T | undefined;
  for (let count = 0; count < LOOKS && existsSync(folder); count++) {
    if (count > 0) await sleep(LOOK_MS);
    value = await look();
    if (isBusy()) return undefined;
    if (value === undefined || value.state === 'running') continue;
    note.forget(folder);
    return value;
  }
  // Deleted, or no longer in a folder of runs that anybody looks at.
  if (value === undefined) note.forget(folder);
  return undefined;
}
