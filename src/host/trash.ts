import * as vscode from 'vscode';

/** Asks, then moves files to the trash; where there is none, asks again before it deletes for good. Returns what is gone. */
export async function moveToTrash(question: string, detail: string, uris: readonly vscode.Uri[]): Promise<readonly vscode.Uri[]> {
  const toTrash = vscode.l10n.t('Move to Trash');
  if ((await vscode.window.showWarningMessage(question, { modal: true, detail }, toTrash)) !== toTrash) return [];
  const gone: vscode.Uri[] = [];
  let forGood = false;
  for (const uri of uris) {
    if (!forGood && (await intoTrash(uri))) gone.push(uri);
    else if ((forGood ||= await confirmForGood(uris.length - gone.length))) {
      await vscode.workspace.fs.delete(uri, { recursive: true, useTrash: false });
      gone.push(uri);
    } else break;
  }
  return gone;
}

/** False where the machine has no trash, as on many servers. */
async function intoTrash(uri: vscode.Uri): Promise<boolean> {
  try {
    await vscode.workspace.fs.delete(uri, { recursive: true, useTrash: true });
    return true;
  } catch {
    return false;
  }
}

async function confirmForGood(count: number): Promise<boolean> {
  const forGood = vscode.l10n.t('Delete Permanently');
  const question = vscode.l10n.t('There is no trash here. Delete permanently?');
  const detail = vscode.l10n.t('Items: {0}. This cannot be undone.', count);
  return (await vscode.window.showWarningMessage(question, { modal: true, detail }, forGood)) === forGood;
}
