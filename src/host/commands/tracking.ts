import path from 'node:path';
import * as vscode from 'vscode';
import type { RunSummary, TrackReport } from '../../protocol';
import { dateTime } from '../../dateTime';
import { RemoteError } from '../../rpc';
import { offer, Refusal, type Action } from '../failures';
import type { Lab } from '../lab';
import { askForCredentials, askForServer, forgetCredentials, trackingAccess } from '../mlflow';
import { trackingSettings } from '../settings';
import { demandTrust } from '../trust';
import { withEngine } from '../withEngine';
import { runsOf, sweepFolderOf, type Arguments } from './targets';

/** The server that was named last, where no setting names one. */
const LAST = 'vitLab.lastMlflowServer';
const LOCAL = 'http://127.0.0.1:5000';

/** Sends runs, or a sweep with all of its runs, to a server that the user names: what is not there yet. */
export async function sendToMlflow(lab: Lab, ...args: Arguments): Promise<void> {
  demandTrust();
  const sweep = sweepFolderOf(args);
  const runs = sweep === undefined ? await chosenRuns(lab, args) : [];
  const places = sweep === undefined ? runs.map(({ path: run }) => run) : [sweep];
  if (places.length === 0) return;
  const known = runs[0]?.tracking;
  const uri = await askForServer(known?.uri ?? defaultServer(lab), vscode.l10n.t('Send to MLflow (1/2)'));
  if (!uri) return;
  const experiment = (await vscode.window.showInputBox({
    title: vscode.l10n.t('Send to MLflow (2/2)'),
    prompt: vscode.l10n.t('Name of the experiment; it is made when it is missing'),
    value: known?.experiment ?? trackingSettings().experiment ?? 'Default',
    ignoreFocusOut: true,
  }))?.trim();
  if (!experiment) return;
  await lab.context.globalState.update(LAST, uri);
  await send(lab, places, { uri, experiment });
}

async function send(lab: Lab, places: readonly string[], where: { readonly uri: string; readonly experiment: string }): Promise<void> {
  try {
    const title = vscode.l10n.t('Sending to {0}', where.uri);
    const reports = await withEngine(lab, title, async (client, call) => {
      // Credentials that were given a moment ago may not have reached it by themselves.
      await client.useTracking(await trackingAccess(lab.context));
      const all: TrackReport[] = [];
      for (const run of places) all.push(...(await client.trackRun({ run, ...where }, call)));
      return all;
    });
    tellSent(lab, reports, where.uri);
  } catch (error) {
    throw asQuestion(error, lab, where.uri, () => send(lab, places, where));
  } finally {
    await lab.runs.refresh();
  }
}

function tellSent(lab: Lab, reports: readonly TrackReport[], uri: string): void {
  const sum = (count: (report: TrackReport) => number): number => reports.reduce((all, report) => all + count(report), 0);
  const [metrics, files] = [sum((report) => report.metrics), sum(({ artifacts }) => artifacts.length)];
  for (const { run, notes } of reports) for (const note of notes) lab.log.warn(`[mlflow] ${path.basename(run)}: ${note}`);
  const notes = [...new Set(reports.flatMap((report) => report.notes))];
  const url = reports[0]?.url;
  const actions: Action[] = url === undefined ? [] : [{ label: vscode.l10n.t('Open in Browser'), run: () => vscode.env.openExternal(vscode.Uri.parse(url)) }];
  const said = metrics + files === 0 ? vscode.l10n.t('{0} has all of it already.', uri) : vscode.l10n.t('Sent to {0}: {1} values of metrics, {2} files.', uri, metrics, files);
  offer(notes.length > 0 ? 'warning' : 'info', [said, ...notes].join(' '), actions, lab.log);
}

/** Missing credentials are a question, not an end. */
function asQuestion(error: unknown, lab: Lab, uri: string, again: () => Promise<void>): unknown {
  if (!(error instanceof RemoteError) || !/\((401|403)\)/.test(error.message)) return error;
  const set = async (): Promise<void> => {
    if (await askForCredentials(lab.context, uri)) await again();
  };
  return new Refusal(error.message, [{ label: vscode.l10n.t('Set Credentials…'), run: set }]);
}

async function chosenRuns(lab: Lab, args: Arguments): Promise<readonly RunSummary[]> {
  const given = runsOf(args, lab.runsView.selection);
  if (given.length > 0) return given;
  await lab.runs.refresh();
  if (lab.runs.all.length === 0) throw new Refusal(vscode.l10n.t('There are no runs yet.'), [], 'info');
  const items = lab.runs.all.map((run) => ({ label: run.name, description: dateTime(run.created), run }));
  return (await vscode.window.showQuickPick(items, { canPickMany: true, title: vscode.l10n.t('Send which runs to MLflow?') }))?.map(({ run }) => run) ?? [];
}

function defaultServer({ context }: Lab): string {
  return trackingSettings().uri ?? context.globalState.get<string>(LAST) ?? LOCAL;
}

/** Asks for a server and how it knows the user. */
export async function setMlflowCredentials(lab: Lab): Promise<void> {
  const server = await askForServer(defaultServer(lab), vscode.l10n.t('Credentials of which MLflow server?'));
  if (!server || !(await askForCredentials(lab.context, server))) return;
  offer('info', vscode.l10n.t('The credentials for {0} are kept in the key store of the system.', new URL(server).origin), []);
}

export async function forgetMlflowCredentials(lab: Lab): Promise<void> {
  const forgotten = await forgetCredentials(lab.context);
  if (forgotten === undefined) return;
  offer('info', forgotten === null ? vscode.l10n.t('There are no credentials of an MLflow server.') : vscode.l10n.t('The credentials for {0} are forgotten.', forgotten), []);
}

/** Writes runs as files for other programs, into a folder that the user chooses. */
export async function writeRun(lab: Lab, ...args: Arguments): Promise<void> {
  demandTrust();
  const runs = await chosenRuns(lab, args);
  if (runs.length === 0) return;
  const forms = [
    { label: 'TensorBoard', detail: vscode.l10n.t('Event files: scalars, pictures, weights, hyperparameters'), as: 'tensorboard' },
    { label: 'CSV', detail: vscode.l10n.t('Tables: metrics, configuration, checkpoints, classes, confusion matrix'), as: 'csv' },
    { label: 'JSON', detail: vscode.l10n.t('All of a run in one document'), as: 'json' },
  ] as const;
  const form = await vscode.window.showQuickPick(forms, { title: vscode.l10n.t('Write the runs as what?') });
  if (!form) return;
  const [folder] = (await vscode.window.showOpenDialog({ title: vscode.l10n.t('Write into which folder?'), openLabel: vscode.l10n.t('Write Here'), canSelectFolders: true, canSelectFiles: false })) ?? [];
  if (!folder) return;
  const files = await withEngine(lab, vscode.l10n.t('Writing {0}', form.label), async (client, call) => {
    const all: string[] = [];
    for (const { path: run } of runs) all.push(...(await client.writeRun({ run, folder: folder.fsPath, as: form.as }, call)));
    return all;
  });
  const reveal = { label: vscode.l10n.t('Reveal'), run: () => vscode.commands.executeCommand('revealFileInOS', vscode.Uri.file(files[0]!)) };
  offer('info', vscode.l10n.t('{0} files written into {1}.', files.length, folder.fsPath), [reveal], lab.log);
}
