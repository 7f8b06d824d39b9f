import * as vscode from 'vscode';
import type { Difference, MovedPlaces, RunSummary } from '../../protocol';
import { Refusal } from '../failures';
import { locate } from '../locate';
import type { Lab } from '../lab';
import { demandTrust } from '../trust';
import { runsOf, type Arguments } from './targets';
import { demandIdle, whilePreparing } from './training';

/** Trains a run once more, from its folder alone. Where something differs, says what and asks. */
export async function rerun(lab: Lab, ...args: Arguments): Promise<void> {
  demandTrust();
  demandIdle(lab);
  const [run] = runsOf(args, lab.runsView.selection);
  if (!run) throw new Refusal(vscode.l10n.t('Select a run.'), [], 'info');
  await trainAgain(lab, run, {});
}

async function trainAgain(lab: Lab, run: RunSummary, places: MovedPlaces): Promise<void> {
  const client = await lab.trainer.client();
  const title = vscode.l10n.t('Comparing with what {0} was trained on', run.name);
  const differences = await vscode.window.withProgress({ location: vscode.ProgressLocation.Notification, title }, () => client.compareWithRecord({ run: run.path, ...places }));
  if (!(await agreed(lab, run.name, differences, (moved) => trainAgain(lab, run, { ...places, ...moved })))) return;
  await whilePreparing(vscode.l10n.t('Training {0} again', run.name), async (options) => {
    await client.rerunTraining({ run: run.path, ...places }, options);
  });
  await lab.runs.refresh();
}

async function agreed(lab: Lab, name: string, differences: readonly Difference[], again: (moved: MovedPlaces) => Promise<void>): Promise<boolean> {
  const lines = differences.map(({ what, recorded, now }) => vscode.l10n.t('{0}: then {1}, now {2}', what, recorded, now));
  for (const line of lines) lab.log.info(`[trainer] ${name} differs: ${line}`);
  const missing = differences.filter((difference) => difference.missing);
  const [first] = missing;
  if (first) throw new Refusal([vscode.l10n.t('{0} cannot be trained again.', name), ...lines].join('\n'), first.place ? [locate(first.place, /\.\w+$/.test(first.recorded), again)] : []);
  if (differences.length === 0) return true;
  const goOn = vscode.l10n.t('Run Again');
  const question = vscode.l10n.t('Not all is as it was when {0} was trained; the weights may come out differently.', name);
  return (await vscode.window.showWarningMessage(question, { modal: true, detail: lines.join('\n') }, goOn)) === goOn;
}
