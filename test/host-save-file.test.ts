/** What every export of the panels says once its file is written. */
import { beforeEach, expect, test, vi } from 'vitest';
import { saveBytes } from '../src/host/saveFile';

const { window, workspace, commands, env } = vi.hoisted(() => ({
  window: { showSaveDialog: vi.fn(), showInformationMessage: vi.fn(), showErrorMessage: vi.fn() },
  workspace: { workspaceFolders: undefined, getWorkspaceFolder: vi.fn(), fs: { writeFile: vi.fn() } },
  commands: { executeCommand: vi.fn() },
  env: { uiKind: 1, remoteName: undefined as string | undefined, openExternal: vi.fn() },
}));
vi.mock('vscode', () => ({ window, workspace, commands, env, UIKind: { Desktop: 1, Web: 2 }, l10n: { t: (text: string, ...args: string[]) => args.reduce((all, arg, i) => all.replace(`{${String(i)}}`, arg), text) } }));

const bytes = Uint8Array.of(1, 2, 3);
const uri = (name: string) => ({ scheme: 'file', path: `/home/ana/${name}`, fsPath: `/home/ana/${name}` });

async function save(name: string, button?: string): Promise<unknown[]> {
  window.showSaveDialog.mockResolvedValueOnce(uri(name));
  window.showInformationMessage.mockResolvedValueOnce(button);
  expect(await saveBytes(name, bytes, {})).toBe(true);
  await new Promise(setImmediate);
  return window.showInformationMessage.mock.calls.at(-1)!;
}

beforeEach(() => {
  vi.clearAllMocks();
  [env.uiKind, env.remoteName] = [1, undefined];
});

test('the file is named, with what shows it: pictures and pages outside, tables inside, arrays in their folder', async () => {
  expect(await save('jaguar-attention.png', 'Open')).toEqual(['Saved jaguar-attention.png.', 'Open', 'Reveal']);
  expect(env.openExternal).toHaveBeenCalledWith(uri('jaguar-attention.png'));
  expect(await save('jaguar.html', 'Open in Browser')).toEqual(['Saved jaguar.html.', 'Open in Browser', 'Reveal']);
  expect(env.openExternal).toHaveBeenLastCalledWith(uri('jaguar.html'));
  expect(await save('classes.csv', 'Open')).toEqual(['Saved classes.csv.', 'Open', 'Reveal']);
  expect(commands.executeCommand).toHaveBeenLastCalledWith('vscode.open', uri('classes.csv'));
  expect(await save('maps.npy', 'Reveal')).toEqual(['Saved maps.npy.', 'Reveal']);
  expect(commands.executeCommand).toHaveBeenLastCalledWith('revealFileInOS', uri('maps.npy'));
  workspace.getWorkspaceFolder.mockReturnValue({});
  await save('maps.npy', 'Reveal');
  expect(commands.executeCommand).toHaveBeenLastCalledWith('revealInExplorer', uri('maps.npy'));
});

test('elsewhere no program of this machine is offered; nothing is said of what was not saved', async () => {
  env.remoteName = 'ssh-remote';
  workspace.getWorkspaceFolder.mockReturnValue(undefined);
  expect(await save('jaguar.png')).toEqual(['Saved jaguar.png.']);
  workspace.getWorkspaceFolder.mockReturnValue({});
  expect(await save('jaguar.html')).toEqual(['Saved jaguar.html.', 'Reveal']);
  window.showInformationMessage.mockClear();
  window.showSaveDialog.mockResolvedValueOnce(undefined);
  expect(await saveBytes('jaguar.png', bytes, {})).toBe(false);
  window.showSaveDialog.mockResolvedValueOnce(uri('jaguar.png'));
  workspace.fs.writeFile.mockRejectedValueOnce(new Error('The disk is full.'));
  await expect(saveBytes('jaguar.png', bytes, {})).rejects.toThrow('The disk is full.');
  expect(window.showInformationMessage).not.toHaveBeenCalled();
});
