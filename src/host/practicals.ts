import * as vscode from 'vscode';
import type { PracticalNumber, RunSummary } from '../protocol';
import type { Core } from './core';
import { contextOfStep, type PracticalStep } from './ids';

/** What the runs of a practical are called; their configurations say so. */
export const practicalNames = {
  patches: 'practical-1-patches',
  positions: 'practical-1-positions',
  naive: 'practical-2-naive',
  better: 'practical-2-better',
  beforeAfter: 'practical-3',
  tracked: 'practical-4',
} as const;

/**
 * Ticks off the steps of the walkthroughs when what they ask for has truly happened, be it by their buttons, in another way or in
 * a terminal: it is read off runs, sweeps and the comparison. VS Code itself remembers what is done.
 */
export function registerPracticals({ runs, sweeps, compared }: Core): vscode.Disposable {
  const look = (): void => {
    const finished = (name: string): RunSummary | undefined => newest(runs.all, name, ({ state }) => state === 'finished');
    const swept = (name: string): boolean => sweeps.all.some((sweep) => sweep.name === name && sweep.state === 'finished');
    if (swept(practicalNames.patches)) tick('1.patches');
    if (swept(practicalNames.positions)) tick('1.positions');
    if (finished(practicalNames.naive)) tick('2.naive');
    if (finished(practicalNames.better)) tick('2.better');
    if ([practicalNames.naive, practicalNames.better].every((name) => compared.runs.some((run) => runs.find(run)?.name.startsWith(name)))) tick('2.compared');
    if (swept(practicalNames.beforeAfter)) tick('3.trained');
    if (finished(practicalNames.tracked)) tick('4.trained');
    if (newest(runs.all, practicalNames.tracked, ({ tracking }) => tracking?.state === 'sent')) tick('4.tracked');
  };
  return vscode.Disposable.from(runs.onDidChange(look), sweeps.onDidChange(look), compared.onDidChange(look));
}

/** Says that a step of a walkthrough is done. */
export function tick(step: PracticalStep): void {
  void vscode.commands.executeCommand('setContext', contextOfStep(step), true);
}

/** The same where what was done was done with a run: only those of a practical count. */
export function tickFor(run: Pick<RunSummary, 'name'>, step: 'evaluated' | 'before' | 'reported'): void {
  const steps: Partial<Record<PracticalNumber, Partial<Record<typeof step, PracticalStep>>>> = {
    2: { evaluated: '2.evaluated' },
    3: { before: '3.before' },
    4: { evaluated: '4.evaluated', reported: '4.reported' },
  };
  const practical = Number(/^practical-(\d)/.exec(run.name)?.[1]) as PracticalNumber;
  const done = steps[practical]?.[step];
  if (done) tick(done);
}

/** The newest run of a practical's configuration. */
export function newest(runs: readonly RunSummary[], name: string, suits: (run: RunSummary) => boolean = () => true): RunSummary | undefined {
  return runs.find((run) => run.name.startsWith(name) && suits(run));
}
