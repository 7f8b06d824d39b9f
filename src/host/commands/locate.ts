import * as vscode from 'vscode';
import type { MovedPlaces } from '../../protocol';
import type { Action } from '../failures';

/**
 * A button that asks where something of a run lies now, and goes on with that.
 *
 * @param isFile a dialog chooses either files or folders
 */
export function locate(what: keyof MovedPlaces, isFile: boolean, goOn: (moved: MovedPlaces) => Promise<void>): Action {
  const label = what === 'data' ? vscode.l10n.t('Locate the Images…') : what === 'weights' ? vscode.l10n.t('Locate the Weights…') : vscode.l10n.t('Locate the Teacher…');
  return {
    label,
    run: async () => {
      const chosen = await vscode.window.showOpenDialog({ canSelectFiles: isFile, canSelectFolders: !isFile, title: label.replace('…', ''), openLabel: vscode.l10n.t('Use') });
      if (chosen?.[0]) await goOn({ [what]: chosen[0].fsPath });
    },
  };
}
