import * as vscode from 'vscode';
import type { MlflowCredentials, TrackingAccess } from '../protocol';
import { trackingSettings } from './settings';

const CREDENTIALS = 'vitLab.mlflowCredentials';

type Kept = Readonly<Record<string, MlflowCredentials>>;

/** Where trainings are sent, and with whose name, as the engines are told it: they keep it in memory alone. */
export async function trackingAccess({ secrets }: vscode.ExtensionContext): Promise<TrackingAccess> {
  return { ...trackingSettings(), credentials: await keptCredentials(secrets) };
}

/** Hears when settings or credentials change. */
export function onTrackingChange({ secrets }: vscode.ExtensionContext, listener: () => void): vscode.Disposable {
  return vscode.Disposable.from(
    secrets.onDidChange(({ key }) => key === CREDENTIALS && listener()),
    vscode.workspace.onDidChangeConfiguration((event) => event.affectsConfiguration('vitLab.tracking') && listener()),
  );
}

async function keptCredentials(secrets: vscode.SecretStorage): Promise<Kept> {
  const text = await secrets.get(CREDENTIALS);
  return text === undefined ? {} : (JSON.parse(text) as Kept);
}

/** Keeps what a server wants to know; undefined forgets it. */
async function keep(secrets: vscode.SecretStorage, origin: string, credentials: MlflowCredentials | undefined): Promise<void> {
  const { [origin]: _, ...others } = await keptCredentials(secrets);
  const all = credentials === undefined ? others : { ...others, [origin]: credentials };
  if (Object.keys(all).length === 0) await secrets.delete(CREDENTIALS);
  else await secrets.store(CREDENTIALS, JSON.stringify(all));
}

/** Asks for an address of a server; undefined where the user gives none. */
export async function askForServer(value: string, title: string): Promise<string | undefined> {
  const given = await vscode.window.showInputBox({
    title,
    prompt: vscode.l10n.t('Address of the MLflow server'),
    placeHolder: 'http://127.0.0.1:5000',
    value,
    ignoreFocusOut: true,
    validateInput: (text) => (isAddress(text.trim()) ? undefined : vscode.l10n.t('An address begins with http:// or https:// and holds no user and no password.')),
  });
  return given?.trim().replace(/\/+$/, '');
}

function isAddress(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password } = new URL(text);
  return /^https?:$/.test(protocol) && username === '' && password === '';
}

/** Asks for a server's credentials and keeps them in the key store of the system; false when the user gives none. */
export async function askForCredentials({ secrets }: vscode.ExtensionContext, server: string): Promise<boolean> {
  const { origin, protocol, hostname } = new URL(server);
  if (protocol === 'http:' && !/^(localhost|127\.|\[::1\])/.test(hostname) && !(await confirmPlain(origin))) return false;
  const kinds = [
    { label: vscode.l10n.t('Token'), how: 'token' },
    { label: vscode.l10n.t('User and password'), how: 'user' },
  ] as const;
  const chosen = await vscode.window.showQuickPick(kinds, { title: vscode.l10n.t('How does {0} know you?', origin) });
  const credentials = chosen && (chosen.how === 'token' ? await askForToken(origin) : await askForUser(origin));
  if (!credentials) return false;
  await keep(secrets, origin, credentials);
  return true;
}

async function confirmPlain(origin: string): Promise<boolean> {
  const goOn = vscode.l10n.t('Use It All the Same');
  const detail = vscode.l10n.t('What is sent there, the credentials as well, can be read by anybody on the way. An address that begins with https:// protects them.');
  return (await vscode.window.showWarningMessage(vscode.l10n.t('{0} is not encrypted.', origin), { modal: true, detail }, goOn)) === goOn;
}

async function askForToken(origin: string): Promise<MlflowCredentials | undefined> {
  const token = await secretInput(vscode.l10n.t('Token for {0}', origin));
  return token ? { token } : undefined;
}

async function askForUser(origin: string): Promise<MlflowCredentials | undefined> {
  const user = await vscode.window.showInputBox({ title: vscode.l10n.t('User for {0}', origin), ignoreFocusOut: true });
  if (!user?.trim()) return undefined;
  const password = await secretInput(vscode.l10n.t('Password of {0} for {1}', user.trim(), origin));
  return password === undefined ? undefined : { user: user.trim(), password };
}

async function secretInput(title: string): Promise<string | undefined> {
  const prompt = vscode.l10n.t('It is kept in the key store of the system, sent to this server alone, and written into no run and no log.');
  return (await vscode.window.showInputBox({ title, prompt, password: true, ignoreFocusOut: true }))?.trim();
}

/** Lets the user choose a server whose credentials are forgotten; null where there are none, undefined where none is chosen. */
export async function forgetCredentials({ secrets }: vscode.ExtensionContext): Promise<string | null | undefined> {
  const origins = Object.keys(await keptCredentials(secrets));
  if (origins.length === 0) return null;
  const chosen = origins.length === 1 ? origins[0] : await vscode.window.showQuickPick(origins, { title: vscode.l10n.t('Forget the credentials of which server?') });
  if (chosen !== undefined) await keep(secrets, chosen, undefined);
  return chosen;
}
