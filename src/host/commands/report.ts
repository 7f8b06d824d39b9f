import path from 'node:path';
import * as vscode from 'vscode';
import type { ReportQuestion, RunSummary, WrittenReport } from '../../protocol';
import { dateTime } from '../../dateTime';
import { offer, Refusal, type Action } from '../failures';
import type { Lab } from '../lab';
import { showMarkdown } from '../markdownPage';
import { tickFor } from '../practicals';
import { freeFolder, safeName } from '../saveFile';
import { demandTrust } from '../trust';
import { withEngine } from '../withEngine';
import { isLocal, reveal } from '../reveal';
import { runsOf, type Arguments } from './targets';

/** Where reports go: a folder of its own for each, in this one of the workspace. */
const REPORTS = 'reports';

/** Writes a report of the clicked or selected runs; from the palette, asks which. Then it is shown, and its folder. */
export async function writeReport(lab: Lab, ...args: Arguments): Promise<void> {
  demandTrust();
  const given = runsOf(args, []);
  const runs = given.length > 0 ? given : await chooseRuns(lab);
  if (!runs || runs.length === 0) return;
  const compared = runs.length > 1 ? await chooseBaseline(runs) : {};
  const look = compared && (await chooseLook());
  const parent = look && (await chooseParent());
  if (!parent) return;
  const folder = await freeFolder(parent, nameOf(runs));
  const title = vscode.l10n.t('Writing a report of {0}', runs.length === 1 ? runs[0]!.name : vscode.l10n.t('{0} runs', runs.length));
  const done = await withEngine(lab, title, (client, call) => client.writeReport({ runs: runs.map(({ path: run }) => run), out: folder.fsPath, ...compared, ...look }, call));
  lab.log.info(`[looker] wrote ${done.html}`, ...done.notes);
  await show(done);
  for (const run of runs) tickFor(run, 'reported');
}

/** In the browser where one can open files of this machine, else Markdown's own preview. */
async function show({ html, markdown, folder, notes }: WrittenReport): Promise<void> {
  const local = isLocal();
  const page = vscode.Uri.file(html);
  const actions: readonly Action[] = [
    ...(local ? [{ label: vscode.l10n.t('Open in Browser'), run: () => vscode.env.openExternal(page) }] : []),
    { label: vscode.l10n.t('Open Markdown'), run: () => vscode.window.showTextDocument(vscode.Uri.file(markdown)) },
  ];
  if (local) await vscode.env.openExternal(page);
  else await showMarkdown(vscode.Uri.file(markdown));
  await reveal(page);
  // The last note counts the places for the author; what comes before it could not be told.
  offer(notes.length > 1 ? 'warning' : 'info', [vscode.l10n.t('The report is in {0}.', vscode.workspace.asRelativePath(folder)), ...notes].join(' '), actions);
}

async function chooseRuns(lab: Lab): Promise<readonly RunSummary[] | undefined> {
  await lab.runs.refresh();
  if (lab.runs.all.length === 0) throw new Refusal(vscode.l10n.t('There are no runs yet.'), [], 'info');
  const chosen = await vscode.window.showQuickPick(lab.runs.all.map((run) => ({ ...itemOf(run), picked: lab.compared.has(run.path) })), { canPickMany: true, title: vscode.l10n.t('Write a report of which runs?') });
  return chosen?.map(({ run }) => run);
}

async function chooseBaseline(runs: readonly RunSummary[]): Promise<Pick<ReportQuestion, 'baseline'> | undefined> {
  const all = { label: vscode.l10n.t('Every configuration with every other'), description: vscode.l10n.t('seed by seed; of more than four, each with the first'), run: undefined };
  const chosen = await vscode.window.showQuickPick([all, ...runs.map(itemOf)], { title: vscode.l10n.t('Compare the others with which run?'), placeHolder: vscode.l10n.t('The baseline of the report') });
  return chosen && (chosen.run ? { baseline: chosen.run.path } : {});
}

function itemOf(run: RunSummary): vscode.QuickPickItem & { readonly run: RunSummary } {
  return { label: run.name, description: run.created === '' ? path.basename(run.path) : dateTime(run.created), run };
}

/** The language of the window first; then the same without the dataset's images. */
async function chooseLook(): Promise<Pick<ReportQuestion, 'language' | 'withoutImages'> | undefined> {
  const languages = [{ label: 'English', language: 'en' }, { label: 'Español', language: 'es' }];
  if (vscode.env.language.startsWith('es')) languages.reverse();
  const without = languages.map((one) => ({ ...one, description: vscode.l10n.t('without the dataset’s images, for when those must not be shared'), withoutImages: true }));
  const chosen = await vscode.window.showQuickPick([...languages.map((one) => ({ ...one, withoutImages: false })), ...without], { title: vscode.l10n.t('In which language?') });
  return chosen && { language: chosen.language, withoutImages: chosen.withoutImages };
}

async function chooseParent(): Promise<vscode.Uri | undefined> {
  const workspace = vscode.workspace.workspaceFolders?.[0]?.uri;
  if (workspace) return vscode.Uri.joinPath(workspace, REPORTS);
  const [parent] = (await vscode.window.showOpenDialog({ canSelectFiles: false, canSelectFolders: true, title: vscode.l10n.t('Write the report into which folder?') })) ?? [];
  return parent;
}

function nameOf(runs: readonly RunSummary[]): string {
  return runs.length === 1 ? safeName(runs[0]!.name) : `${safeName(runs[0]!.name)}-and-${runs.length - 1}-more`;
}
