import * as vscode from 'vscode';
import type { ModelQuestion } from '../protocol';

const TOKEN = 'vitLab.huggingFaceToken';

type Access = Pick<ModelQuestion, 'token' | 'proxy' | 'noProxy'>;

/** How the hub is reached from here: the user's token, which only the system's key store keeps, and VS Code's proxy. */
export async function accessToHub({ secrets }: vscode.ExtensionContext): Promise<Access> {
  const token = await secrets.get(TOKEN);
  return { ...(token ? { token } : {}), ...proxy() };
}

/** VS Code's own settings go before the environment; where they say nothing, the engine reads that. */
function proxy(): Access {
  const settings = vscode.workspace.getConfiguration('http');
  if (settings.get<string>('proxySupport') === 'off') return { proxy: '' };
  const address = settings.get<string>('proxy')?.trim();
  const without = settings.get<readonly string[]>('noProxy') ?? [];
  return { ...(address ? { proxy: address } : {}), ...(without.length > 0 ? { noProxy: without.join(',') } : {}) };
}

/** Asks for the token and keeps it; false when the user gives none. */
export async function askForToken({ secrets }: vscode.ExtensionContext): Promise<boolean> {
  const token = await vscode.window.showInputBox({
    title: vscode.l10n.t('Hugging Face token'),
    prompt: vscode.l10n.t('Made at huggingface.co/settings/tokens; one that may only read is enough. It is kept in the key store of the system, and sent to the hub alone.'),
    placeHolder: 'hf_…',
    password: true,
    ignoreFocusOut: true,
    validateInput: (value) => (/^\S*$/.test(value.trim()) ? undefined : vscode.l10n.t('A token has no spaces.')),
  });
  if (!token?.trim()) return false;
  await secrets.store(TOKEN, token.trim());
  return true;
}

/** Whether there was one. */
export async function forgetToken({ secrets }: vscode.ExtensionContext): Promise<boolean> {
  const had = (await secrets.get(TOKEN)) !== undefined;
  await secrets.delete(TOKEN);
  return had;
}
