import * as vscode from 'vscode';
import type { CheckpointInfo, Precision, PrecisionChange } from '../protocol';
import { number, percent } from './format';
import { settingIds, settingsSection } from './ids';
import type { Lab } from './lab';
import { locateImages, missingImages, missingWords } from './locate';
import { classifyPrecision } from './settings';
import { withEngine } from './withEngine';

/** What numbers are computed in, and what that changed when it was measured; null for float32, which changes nothing. */
export interface Agreed {
  readonly precision: Precision;
  readonly change: PrecisionChange | null;
}

type Lower = Exclude<Precision, 'fp32'>;

const STATE_KEY = 'agreedPrecisions';
/** So many are remembered: a workspace has few checkpoints that classify. */
const REMEMBERED = 200;
const FULL: Agreed = { precision: 'fp32', change: null };

/**
 * What to classify with: the precision of the settings, once the user has seen what it changes for this checkpoint.
 * Undefined when they did not want to go on.
 */
export async function agreedPrecision(lab: Lab, checkpoint: CheckpointInfo): Promise<Agreed | undefined> {
  const precision = classifyPrecision();
  if (precision === 'fp32') return FULL;
  // Other weights under the same name have another time.
  const key = [precision, checkpoint.path, checkpoint.modified].join(' ');
  const known = lab.context.workspaceState.get<readonly (readonly [string, PrecisionChange])[]>(STATE_KEY, []);
  const change = known.find(([name]) => name === key)?.[1];
  if (change) return { precision, change };
  const agreed = await ask(lab, checkpoint, precision);
  if (agreed?.change) await lab.context.workspaceState.update(STATE_KEY, [...known, [key, agreed.change]].slice(-REMEMBERED));
  return agreed;
}

async function ask(lab: Lab, checkpoint: CheckpointInfo, precision: Lower): Promise<Agreed | undefined> {
  const [inLower, inFull] = [vscode.l10n.t('Classify in {0}', precision), vscode.l10n.t('Classify in {0}', 'float32')];
  let change: PrecisionChange;
  try {
    change = await measure(lab, checkpoint, precision);
  } catch (error) {
    if (error instanceof Error && error.name === 'AbortError') return undefined;
    const missing = missingImages(error);
    const [settings, locate] = [vscode.l10n.t('Open Settings'), vscode.l10n.t('Locate the Images…')];
    const detail = missing ? missingWords(lab, missing) : error instanceof Error ? error.message : String(error);
    const chosen = await vscode.window.showWarningMessage(vscode.l10n.t('What {0} changes for this checkpoint cannot be measured.', precision), { modal: true, detail }, ...(missing ? [locate] : []), inFull, settings);
    if (chosen === locate && missing) return (await locateImages(lab, missing)) ? ask(lab, checkpoint, precision) : undefined;
    if (chosen === settings) await vscode.commands.executeCommand('workbench.action.openSettings', `${settingsSection}.${settingIds.precision}`);
    return chosen === inFull ? FULL : undefined;
  }
  const chosen = await vscode.window.showInformationMessage(vscode.l10n.t('Classify in {0}?', precision), { modal: true, detail: told(change) }, inLower, inFull);
  if (chosen === inLower) return { precision, change };
  return chosen === inFull ? FULL : undefined;
}

/** Asks what a lower precision changes, with a progress that can be cancelled. */
export async function measure(lab: Lab, checkpoint: CheckpointInfo, precision: Lower): Promise<PrecisionChange> {
  return withEngine(lab, vscode.l10n.t('Measuring what {0} changes', precision), (client, call) => client.measurePrecision({ checkpoint: checkpoint.path, precision }, call));
}

/** A measured change in sentences, one a line. */
export function told({ images, top1, agreement, probability }: PrecisionChange): string {
  return [
    vscode.l10n.t('Measured on {0} validation images of the run:', images),
    vscode.l10n.t('top-1 {0}, in float32 {1}', percent(top1.lower), percent(top1.fp32)),
    vscode.l10n.t('the same class for {0}', percent(agreement)),
    vscode.l10n.t('probabilities differ by {0} on average', `${number(100 * probability, 2)} %`),
  ].join('\n');
}
