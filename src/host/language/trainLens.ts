import * as vscode from 'vscode';
import { looksLikeConfig, looksLikeSweep } from '../configFiles';
import type { Estimates } from '../estimates';
import { duration } from '../format';
import { commandIds, type CommandId } from '../ids';
import { configSelector } from './configAssist';

/** What can be done with a configuration, above its first line: train or run the sweep, preview, estimate, look inside, compare. */
export function registerTrainLens(estimates: Estimates): vscode.Disposable {
  return vscode.languages.registerCodeLensProvider(configSelector, {
    onDidChangeCodeLenses: estimates.onDidChange,
    provideCodeLenses: (document) => {
      const text = document.getText();
      if (!vscode.workspace.isTrusted || !looksLikeConfig(document.fileName, text)) return [];
      const lens = (icon: string, title: string, command: CommandId): vscode.CodeLens =>
        new vscode.CodeLens(new vscode.Range(0, 0, 0, 0), { title: `$(${icon}) ${title}`, command, arguments: [document.uri] });
      const known = estimates.of(document.uri, text);
      const train = looksLikeSweep(text) ? lens('run-all', vscode.l10n.t('Run Sweep'), commandIds.runSweep) : lens('play', vscode.l10n.t('Train'), commandIds.startTraining);
      return [
        train,
        lens('open-preview', vscode.l10n.t('Preview'), commandIds.previewTraining),
        lens('watch', known ? vscode.l10n.t('Estimate: {0}', duration(known.total)) : vscode.l10n.t('Estimate'), commandIds.estimate),
        lens('eye', vscode.l10n.t('Inspect Untrained'), commandIds.inspectUntrained),
        lens('split-horizontal', vscode.l10n.t('Compare with…'), commandIds.compareWith),
      ];
    },
  });
}
