import * as vscode from 'vscode';

/** Shows a page of Markdown as it is meant; as text where VS Code's own Markdown extension is switched off. */
export async function showMarkdown(uri: vscode.Uri): Promise<void> {
  try {
    // The extension starts with its command: before that, the command is on no list.
    await vscode.commands.executeCommand('markdown.showPreview', uri);
  } catch {
    await vscode.window.showTextDocument(uri);
  }
}
