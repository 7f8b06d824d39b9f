import * as vscode from 'vscode';
import { epochsDone } from '../epochs';
import { offer, type Action } from './failures';
import { accuracyOf, duration, number, percent } from './format';
import { commandIds, viewIds } from './ids';
import type { Core } from './core';
import type { EndedEvent, LiveTraining } from './runs';
import { notifyOnEnd } from './settings';

const LONG_MS = 2 * 60_000;

/** The status bar's item while this window trains. A click shows the runs. */
export function registerTrainingStatus(core: Core): vscode.Disposable {
  const item = vscode.window.createStatusBarItem('vitLab.training', vscode.StatusBarAlignment.Left, 10);
  item.name = vscode.l10n.t('ViT Lab training');
  item.command = `${viewIds.runs}.focus`;
  const subscription = core.runs.onDidProgress((live) => {
    if (!live) return item.hide();
    item.text = `$(sync~spin) ${statusText(live)}`;
    item.tooltip = tooltipOf(live);
    item.show();
  });
  return vscode.Disposable.from(item, subscription);
}

/** The same of a sweep, whose trainings have processes of their own. A click shows the sweeps. */
export function registerSweepStatus(core: Core): vscode.Disposable {
  const item = vscode.window.createStatusBarItem('vitLab.sweep', vscode.StatusBarAlignment.Left, 9);
  item.name = vscode.l10n.t('ViT Lab sweep');
  item.command = `${viewIds.sweeps}.focus`;
  const subscription = core.sweeps.onDidChange(() => {
    const running = core.sweeps.all.filter(({ state }) => state === 'running' || state === 'pausing');
    const [first] = running;
    if (!first) return item.hide();
    const trials = running.flatMap((sweep) => sweep.trials).filter(({ state }) => state !== 'skipped');
    const ended = trials.filter(({ state }) => state === 'finished' || state === 'failed').length;
    item.text = `$(sync~spin) ${vscode.l10n.t('sweep {0}/{1}', ended, trials.length)}`;
    item.tooltip = vscode.l10n.t('{0}: {1} of {2} trainings are over. Click to show the sweeps.', running.map(({ name }) => name).join(', '), ended, trials.length);
    item.show();
  });
  return vscode.Disposable.from(item, subscription);
}

function tooltipOf({ name, step, steps, pace }: LiveTraining): string {
  const first = vscode.l10n.t('{0}: step {1} of {2}. Click to show the runs.', name, step, steps);
  if (!pace) return first;
  // Both shares of the time: a training that waits for its images is not made faster by a smaller network.
  const { imagesPerSecond, dataShare, secondsLeft, lr, gradNorm } = pace;
  const speed = vscode.l10n.t('{0} images/s; {1} of the time computing, {2} waiting for images', number(imagesPerSecond, 3), percent(1 - dataShare), percent(dataShare));
  const left = secondsLeft === undefined ? [] : [vscode.l10n.t('about {0} left, evaluations included', duration(secondsLeft))];
  return [first, [speed, ...left].join(' · '), vscode.l10n.t('learning rate {0} · gradient norm {1}', number(lr, 3), number(gradNorm, 3))].join('\n');
}

/** Tells what is odd before a training starts, and the first warning while it runs; the others wait in the Runs view and the log. */
export function registerWarningNotices(core: Core): vscode.Disposable {
  let told = '';
  const showLog = { label: vscode.l10n.t('Show Log'), run: () => core.log.show(true) };
  const odd = core.runs.onDidStart(({ name, warnings }) => {
    const [first, ...more] = warnings;
    if (first === undefined) return;
    const others = more.length === 0 ? '' : ` ${more.length === 1 ? vscode.l10n.t('One more warning is in the log.') : vscode.l10n.t('{0} more warnings are in the log.', more.length)}`;
    offer('warning', `${name}: ${first}${others}`, [showLog]);
  });
  const running = core.runs.onDidWarn(({ run, message, advice }) => {
    if (told === run) return;
    told = run;
    offer('warning', `${message} ${advice}`, [showLog]);
  });
  return vscode.Disposable.from(odd, running);
}

function statusText(training: LiveTraining): string {
  const { epochs, loss } = training;
  const epoch = epochsDone(training, training.epoch);
  return loss === undefined
    ? vscode.l10n.t('ViT {0}/{1}', epoch, epochs)
    : vscode.l10n.t('ViT {0}/{1} · loss {2}', epoch, epochs, number(loss, 3));
}

/** Tells how a training ended: always when it failed, else as the setting says. */
export function registerEndNotices(core: Core): vscode.Disposable {
  return core.runs.onDidEnd(({ event, training }) => {
    const name = training?.name ?? event.run;
    const showLog = { label: vscode.l10n.t('Show Log'), run: () => core.log.show(true) };
    if (event.reason === 'error' || event.reason === 'non-finite')
      offer('error', vscode.l10n.t('The training of {0} failed: {1}', name, event.message), [showLog]);
    else if (event.reason !== 'stopped' && wantsNotice(core, training)) offer('info', endText(name, event, training), [compareAction(event.run), ...useActions(core, event.run)]);
  });
}

/** Tells that the training process died, once, and offers to go on from the last checkpoint. */
export function tellLostTraining(core: Core, lost: LiveTraining, reason: string): void {
  const resume = {
    label: vscode.l10n.t('Resume'),
    run: async () => {
      await core.runs.refresh();
      const run = core.runs.find(lost.run);
      if (run) await vscode.commands.executeCommand(commandIds.resumeTraining, run);
    },
  };
  const showLog = { label: vscode.l10n.t('Show Log'), run: () => core.log.show(true) };
  offer('error', vscode.l10n.t('The training of {0} was interrupted. {1}', lost.name, reason), [resume, showLog]);
}

function wantsNotice({ runs }: Core, training: LiveTraining | undefined): boolean {
  const wish = notifyOnEnd();
  if (wish !== 'away') return wish === 'always';
  const long = training !== undefined && Date.now() - training.startedAt > LONG_MS;
  return long || !vscode.window.state.focused || !runs.inSight;
}

function endText(name: string, { metrics }: EndedEvent, training: LiveTraining | undefined): string {
  const accuracy = accuracyOf(metrics);
  if (accuracy === undefined) return vscode.l10n.t('{0} is trained.', name);
  const tested = metrics['test/top1'] !== undefined;
  const images = tested ? training?.sizes.test : training?.sizes.val;
  if (!images) return vscode.l10n.t('{0} is trained: {1} of the images recognised.', name, percent(accuracy));
  // Of six images a share says little: how many they were belongs to it.
  return tested ? vscode.l10n.t('{0} is trained: {1} of {2} test images recognised.', name, percent(accuracy), images) : vscode.l10n.t('{0} is trained: {1} of {2} validation images recognised.', name, percent(accuracy), images);
}

/** The model in use stays when another one is trained; this takes the new one. */
function useActions({ checkpoints }: Core, run: string): readonly Action[] {
  if (checkpoints.active?.run === run) return [];
  const use = async (): Promise<void> => {
    await checkpoints.refresh();
    const best = checkpoints.all.find((checkpoint) => checkpoint.run === run);
    if (best) await checkpoints.choose(best.path);
  };
  return [{ label: vscode.l10n.t('Use This Model'), run: use }];
}

function compareAction(run: string): Action {
  return {
    label: vscode.l10n.t('Compare'),
    run: () => vscode.commands.executeCommand(commandIds.compareRuns, { path: run, state: 'finished', resumable: false }),
  };
}
