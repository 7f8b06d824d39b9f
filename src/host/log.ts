import { existsSync, readdirSync } from 'node:fs';
import * as vscode from 'vscode';

const SCHEME = 'vit-lab-log';
const PAGE = vscode.Uri.from({ scheme: SCHEME, path: '/ViT Lab.log' });
const MAX_LINES = 2000;
const LEVELS = ['debug', 'info', 'warn', 'error'] as const;

/**
 * The log channel. A VS Code without its native logger (code-server from npm) writes none of its log files and shows an
 * empty channel; the newest lines are kept here too, and shown as a page there.
 */
export function createLog(context: vscode.ExtensionContext): vscode.LogOutputChannel {
  const channel = vscode.window.createOutputChannel('ViT Lab', { log: true });
  const changed = new vscode.EventEmitter<vscode.Uri>();
  const lines: string[] = [];
  const provider = { onDidChange: changed.event, provideTextDocumentContent: () => lines.join('\n') };
  context.subscriptions.push(changed, vscode.workspace.registerTextDocumentContentProvider(SCHEME, provider));
  const writer = (level: (typeof LEVELS)[number]) => ({
    value: (message: string | Error, ...args: unknown[]): void => {
      lines.push(`${new Date().toISOString()} [${level}] ${String(message)}`);
      if (lines.length > MAX_LINES) lines.shift();
      changed.fire(PAGE);
      channel[level](String(message), ...args);
    },
  });
  const show = (): void => (isWritten(context.logUri.fsPath) ? channel.show(true) : void vscode.window.showTextDocument(PAGE, { preview: true }));
  return Object.create(channel, { ...Object.fromEntries(LEVELS.map((level) => [level, writer(level)])), show: { value: show } }) as vscode.LogOutputChannel;
}

function isWritten(folder: string): boolean {
  return existsSync(folder) && readdirSync(folder).some((name) => name.endsWith('.log'));
}
