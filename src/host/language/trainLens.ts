import * as vscode from 'vscode';
import { looksLikeConfig } from '../configFiles';
import { commandIds } from '../ids';

/** "Train" above the first line of a configuration. */
export function registerTrainLens(): vscode.Disposable {
  return vscode.languages.registerCodeLensProvider([{ scheme: 'file', pattern: '**/*.{yaml,yml}' }, { scheme: 'file', pattern: '**/*.vit.json' }], {
    provideCodeLenses: (document) => {
      if (!vscode.workspace.isTrusted || !looksLikeConfig(document.fileName, document.getText())) return [];
      const title = `$(play) ${vscode.l10n.t('Train')}`;
      return [new vscode.CodeLens(new vscode.Range(0, 0, 0, 0), { title, command: commandIds.startTraining, arguments: [document.uri] })];
    },
  });
}
