import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import { looksLikePipeline } from '../configFiles';
import { offer, Refusal, type Action } from '../failures';
import { commandIds } from '../ids';
import type { Lab } from '../lab';
import { showMarkdown } from '../markdownPage';
import { diskFolders } from '../settings';
import { PIPELINE_FILE, pipelineTask } from '../tasks';
import { demandTrust } from '../trust';
import { withEngine } from '../withEngine';
import { urisOf, type Arguments } from './targets';

/** Asks where, how it is called and for which images; writes the project, and offers to open it. */
export async function newProject(lab: Lab): Promise<void> {
  demandTrust();
  const folder = await chooseFolder();
  const dataset = folder && (await chooseData());
  if (!folder || !dataset) return;
  const language = vscode.env.language.split('-')[0]!;
  const title = vscode.l10n.t('Writing the project {0}', path.basename(folder));
  const made = await withEngine(lab, title, (client, call) =>
    client.newProject({ folder, language: language === 'es' ? 'es' : 'en', ...(dataset !== 'sample' && { dataset: dataset.fsPath }) }, call));
  await show(vscode.Uri.file(made.folder), vscode.Uri.file(made.readme));
}

/** Does the pipeline of the clicked file, else of the editor's or the workspace's, in a terminal: Ctrl-C or its bin stops it. */
export async function runPipeline(lab: Lab, ...args: Arguments): Promise<void> {
  demandTrust();
  const file = urisOf(args)[0] ?? pipelineInEditor() ?? (await choosePipeline());
  if (!file) return;
  const folder = path.dirname(file.fsPath);
  for (const document of vscode.workspace.textDocuments) if (document.isDirty && isInside(document.fileName, folder) && /\.(ya?ml|json)$/i.test(document.fileName)) await document.save();
  const task = pipelineTask(lab, vscode.workspace.getWorkspaceFolder(file) ?? vscode.TaskScope.Workspace, folder, path.basename(file.fsPath) === PIPELINE_FILE ? [] : [path.basename(file.fsPath)]);
  const busy = vscode.tasks.taskExecutions.find((one) => one.task.definition['type'] === task.definition['type'] && one.task.scope === task.scope && one.task.name === task.name);
  if (busy) throw new Refusal(vscode.l10n.t('The pipeline runs already; its terminal shows how far it is.'), [], 'info');
  const code = await ended(await vscode.tasks.executeTask(task));
  if (code === 0) tellDone(folder);
  else if (code !== 130 && code !== undefined) offer('error', vscode.l10n.t('The pipeline has failed. Its terminal and logs/pipeline.log say why; run it again to go on from there.'), openLog(folder));
}

function ended(execution: vscode.TaskExecution): Promise<number | undefined> {
  return new Promise((resolve) => {
    const listener = vscode.tasks.onDidEndTaskProcess((event) => {
      if (event.execution !== execution) return;
      listener.dispose();
      resolve(event.exitCode);
    });
  });
}

function tellDone(folder: string): void {
  const report = reportOf(folder);
  const actions: readonly Action[] = report === undefined ? [] : [{ label: vscode.l10n.t('Open Report'), run: () => showMarkdown(vscode.Uri.file(report)) }];
  offer('info', vscode.l10n.t('The pipeline is done.'), actions);
}

/** The newest one, as the lock names it. */
function reportOf(folder: string): string | undefined {
  const lock = path.join(folder, 'pipeline.lock');
  const name = existsSync(lock) ? /^\s+(reports\/[^\s:]+\/report\.md):/m.exec(readFileSync(lock, 'utf8'))?.[1] : undefined;
  return name !== undefined && existsSync(path.join(folder, name)) ? path.join(folder, name) : undefined;
}

function openLog(folder: string): readonly Action[] {
  const log = path.join(folder, 'logs/pipeline.log');
  return existsSync(log) ? [{ label: vscode.l10n.t('Open File'), run: () => vscode.window.showTextDocument(vscode.Uri.file(log)) }] : [];
}

function isInside(file: string, folder: string): boolean {
  return !path.relative(folder, file).startsWith('..');
}

function pipelineInEditor(): vscode.Uri | undefined {
  const document = vscode.window.activeTextEditor?.document;
  return document?.uri.scheme === 'file' && looksLikePipeline(document.fileName, document.getText()) ? document.uri : undefined;
}

async function choosePipeline(): Promise<vscode.Uri | undefined> {
  const found = await vscode.workspace.findFiles(`**/${PIPELINE_FILE}`, '**/node_modules/**', 50);
  if (found.length === 0)
    throw new Refusal(vscode.l10n.t('There is no pipeline.yaml in this workspace.'), [{ label: vscode.l10n.t('New Project…'), run: () => vscode.commands.executeCommand(commandIds.newProject) }], 'info');
  if (found.length === 1) return found[0];
  const items = found.map((uri) => ({ label: vscode.workspace.asRelativePath(uri), uri }));
  return (await vscode.window.showQuickPick(items, { title: vscode.l10n.t('Run which pipeline?') }))?.uri;
}

/** A folder of the workspace as it is, or a new one. */
async function chooseFolder(): Promise<string | undefined> {
  const free = diskFolders().filter(({ uri }) => !existsSync(path.join(uri.fsPath, PIPELINE_FILE)));
  const items = [...free.map(({ name, uri }) => ({ label: `$(folder) ${name}`, description: uri.fsPath, folder: uri.fsPath })), { label: `$(new-folder) ${vscode.l10n.t('New folder…')}`, description: '', folder: '' }];
  const chosen = free.length === 0 ? items.at(-1) : await vscode.window.showQuickPick(items, { title: vscode.l10n.t('Write the project into which folder?'), placeHolder: vscode.l10n.t('No file that is there is changed') });
  if (!chosen || chosen.folder !== '') return chosen?.folder;
  const home = diskFolders()[0]?.uri;
  const [parent] = (await vscode.window.showOpenDialog({ title: vscode.l10n.t('In which folder shall the new one be?'), openLabel: vscode.l10n.t('Create Here'), canSelectFolders: true, canSelectFiles: false, ...(home && { defaultUri: home }) })) ?? [];
  if (!parent) return undefined;
  const name = await vscode.window.showInputBox({ title: vscode.l10n.t('Name of the project'), value: 'vit-project', validateInput: (given) => problemOf(given, parent.fsPath) });
  return name === undefined ? undefined : path.join(parent.fsPath, name.trim());
}

function problemOf(name: string, parent: string): string | undefined {
  if (name.trim() === '' || /[\\/:*?"<>|]/.test(name) || /^\.+$/.test(name.trim())) return vscode.l10n.t('A name of a folder is needed, without \\ / : * ? " < > |');
  return existsSync(path.join(parent, name.trim())) ? vscode.l10n.t('{0} is there already.', name.trim()) : undefined;
}

async function chooseData(): Promise<'sample' | vscode.Uri | undefined> {
  const items = [
    { label: `$(sparkle) ${vscode.l10n.t('Drawn sample')}`, detail: vscode.l10n.t('Small pictures of shapes; your own images take their place later'), from: 'sample' as const },
    { label: `$(folder) ${vscode.l10n.t('A folder of images…')}`, detail: vscode.l10n.t('A folder per class, or train/val/test folders'), from: 'folder' as const },
    { label: `$(file-zip) ${vscode.l10n.t('A zip or data file…')}`, detail: vscode.l10n.t('A zip of such a folder, or IDX images'), from: 'file' as const },
  ];
  const chosen = await vscode.window.showQuickPick(items, { title: vscode.l10n.t('With which images?') });
  if (!chosen || chosen.from === 'sample') return chosen?.from;
  const found = await vscode.window.showOpenDialog({ title: chosen.label.replace(/^\$\([^)]*\) /, ''), openLabel: vscode.l10n.t('Use as Dataset'), canSelectFolders: chosen.from === 'folder', canSelectFiles: chosen.from === 'file' });
  return found?.[0];
}

async function show(folder: vscode.Uri, readme: vscode.Uri): Promise<void> {
  if (vscode.workspace.getWorkspaceFolder(folder)) return showMarkdown(readme);
  const [open, inNewWindow, add] = [vscode.l10n.t('Open'), vscode.l10n.t('Open in New Window'), vscode.l10n.t('Add to Workspace')];
  const actions = vscode.workspace.workspaceFolders ? [inNewWindow, add] : [open];
  const chosen = await vscode.window.showInformationMessage(vscode.l10n.t('The project is ready in {0}.', folder.fsPath), ...actions);
  if (chosen === undefined) return;
  if (chosen === add) vscode.workspace.updateWorkspaceFolders(vscode.workspace.workspaceFolders?.length ?? 0, 0, { uri: folder });
  else await vscode.commands.executeCommand('vscode.openFolder', folder, { forceNewWindow: chosen === inNewWindow });
}
