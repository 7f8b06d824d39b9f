import * as vscode from 'vscode';
import { looksLikeConfig, looksLikeSweep } from '../configFiles';
import { commandIds } from '../ids';

/** "Train" or "Run Sweep", and "Preview", above the first line of a configuration. */
export function registerTrainLens(): vscode.Disposable {
  return vscode.languages.registerCodeLensProvider([{ scheme: 'file', pattern: '**/*.{yaml,yml}' }, { scheme: 'file', pattern: '**/*.vit.json' }], {
    provideCodeLenses: (document) => {
      if (!vscode.workspace.isTrusted || !looksLikeConfig(document.fileName, document.getText())) return [];
      const lens = (title: string, command: string): vscode.CodeLens => new vscode.CodeLens(new vscode.Range(0, 0, 0, 0), { title, command, arguments: [document.uri] });
      const train = looksLikeSweep(document.getText())
        ? lens(`$(run-all) ${vscode.l10n.t('Run Sweep')}`, commandIds.runSweep)
        : lens(`$(play) ${vscode.l10n.t('Train')}`, commandIds.startTraining);
      return [train, lens(`$(open-preview) ${vscode.l10n.t('Preview')}`, commandIds.previewTraining)];
    },
  });
}
