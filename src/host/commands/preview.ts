import * as vscode from 'vscode';
import type { Lab } from '../lab';
import { demandTrust } from '../trust';
import { urisOf, type Arguments } from './targets';
import { chooseConfig, configInEditor } from './training';

/** Shows the first batch and the learning rate of a configuration; what is in the editor counts, saved or not. */
export async function previewTraining(lab: Lab, ...args: Arguments): Promise<void> {
  demandTrust();
  const config = urisOf(args)[0] ?? configInEditor() ?? (await chooseConfig(vscode.l10n.t('Preview which configuration?')));
  if (config) await lab.preview.show(config);
}
