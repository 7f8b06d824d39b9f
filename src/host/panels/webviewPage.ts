import { existsSync } from 'node:fs';
import * as vscode from 'vscode';
import type { Port } from '../../rpc';
import { renderPage, type PageName } from './page';

/** Rights of a webview: scripts from `dist/webview` and nothing else. */
export function webviewOptions(extension: vscode.Uri): vscode.WebviewOptions {
  return {
    enableScripts: true,
    enableForms: false,
    enableCommandUris: false,
    localResourceRoots: [vscode.Uri.joinPath(extension, 'dist', 'webview')],
  };
}

/** The icon of a panel's tab; unlike a view's icon it does not take the colour of the theme by itself. */
export function panelIcon(extension: vscode.Uri): { readonly light: vscode.Uri; readonly dark: vscode.Uri } {
  const file = (theme: string): vscode.Uri => vscode.Uri.joinPath(extension, 'media', `vit-lab-${theme}.svg`);
  return { light: file('light'), dark: file('dark') };
}

/** Puts a page into a webview. */
export function fillWebview(webview: vscode.Webview, extension: vscode.Uri, name: PageName, title: string): void {
  const file = (ending: string): vscode.Uri => vscode.Uri.joinPath(extension, 'dist', 'webview', `${name}.${ending}`);
  if (!existsSync(file('js').fsPath)) throw new Error(vscode.l10n.t('The extension is incomplete: {0} is missing.', file('js').fsPath));
  webview.options = webviewOptions(extension);
  webview.html = renderPage({
    name,
    title,
    language: vscode.env.language,
    texts: vscode.l10n.bundle ?? {},
    cspSource: webview.cspSource,
    script: webview.asWebviewUri(file('js')).toString(),
    style: webview.asWebviewUri(file('css')).toString(),
  });
}

/** The channel to a webview. It closes when the webview is disposed. */
export function webviewPort(webview: vscode.Webview, onDidDispose: vscode.Event<void>): Port {
  let open = true;
  onDidDispose(() => (open = false));
  return {
    send: (message) => {
      if (open) void webview.postMessage(message);
    },
    onMessage: (listener) => void webview.onDidReceiveMessage(listener),
    onClose: (listener) => void onDidDispose(() => listener(vscode.l10n.t('The panel was closed.'))),
  };
}
