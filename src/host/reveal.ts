import * as vscode from 'vscode';

/** Whether files of this extension's machine can be shown by programs beside VS Code. */
export function isLocal(): boolean {
  return vscode.env.uiKind === vscode.UIKind.Desktop && vscode.env.remoteName === undefined;
}

/** In the explorer where the file belongs to the workspace, else in the file manager of the system. */
export async function reveal(uri: vscode.Uri): Promise<void> {
  const inside = vscode.workspace.getWorkspaceFolder(uri) !== undefined;
  await vscode.commands.executeCommand(inside ? 'revealInExplorer' : 'revealFileInOS', uri);
}
