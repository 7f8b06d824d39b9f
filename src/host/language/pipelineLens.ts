import * as vscode from 'vscode';
import { looksLikePipeline } from '../configFiles';
import { commandIds } from '../ids';
import { configSelector } from './configAssist';

/** Runs a pipeline, above its first line. */
export function registerPipelineLens(): vscode.Disposable {
  return vscode.languages.registerCodeLensProvider(configSelector, {
    provideCodeLenses: (document) =>
      vscode.workspace.isTrusted && looksLikePipeline(document.fileName, document.getText())
        ? [new vscode.CodeLens(new vscode.Range(0, 0, 0, 0), { title: `$(run-all) ${vscode.l10n.t('Run Pipeline')}`, command: commandIds.runPipeline, arguments: [document.uri] })]
        : [],
  });
}
