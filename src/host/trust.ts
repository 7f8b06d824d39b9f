import * as vscode from 'vscode';
import { Refusal } from './failures';

/** Refuses what a workspace that is not trusted must not do. The manifest hides it too, but a command can still be called. */
export function demandTrust(): void {
  if (vscode.workspace.isTrusted) return;
  throw new Refusal(
    vscode.l10n.t('This workspace is not trusted. Training and checkpoints of the workspace need trust; the bundled sample checkpoint works without.'),
    [{ label: vscode.l10n.t('Manage Trust'), run: () => vscode.commands.executeCommand('workbench.trust.manage') }],
  );
}
