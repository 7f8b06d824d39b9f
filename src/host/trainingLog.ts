import type * as vscode from 'vscode';
import type { EngineInfo } from '../protocol';
import type { Core } from './core';
import type { StartedEvent } from './runs';

/** Writes into the log what a training does: with what it computes, where its run lies, how it ended. */
export function registerTrainingLog({ runs, log }: Core): vscode.Disposable {
  const started = runs.onDidStart((event) => {
    log.info(startedLine(event));
    logEngine('trainer', event.engine, log);
    for (const warning of event.warnings) log.warn(`[trainer] ${warning}`);
  });
  const warned = runs.onDidWarn(({ rule, epoch, message, advice }) => log.warn(`[trainer] ${rule}, epoch ${epoch}: ${message} ${advice}`));
  const ended = runs.onDidEnd(({ event }) => {
    const line = `[trainer] training ended (${event.reason}): ${event.message} Run folder: ${event.run}`;
    if (event.reason === 'error' || event.reason === 'non-finite') log.error(line);
    else log.info(line);
  });
  return { dispose: () => [started, warned, ended].forEach((each) => void each.dispose()) };
}

/** Says which backend computes, and why no better one does. */
export function logEngine(role: string, { label, rejected }: EngineInfo, log: vscode.LogOutputChannel): void {
  log.info(`[${role}] computes with ${label}`);
  for (const { name, reason } of rejected) log.info(`[${role}] not ${name}: ${reason}`);
}

function startedLine({ name, run, epochs, steps, resumedFrom }: StartedEvent): string {
  const begun = resumedFrom === undefined ? 'started' : `resumed at step ${resumedFrom}`;
  return `[trainer] training of ${name} ${begun}: ${epochs} epochs, ${steps} steps. Run folder: ${run}`;
}
