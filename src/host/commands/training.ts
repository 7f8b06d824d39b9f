import path from 'node:path';
import * as vscode from 'vscode';
import type { MovedPlaces, RunEvent, RunSummary } from '../../protocol';
import { dateTime } from '../../dateTime';
import { RemoteError } from '../../rpc';
import { hasConfigName, looksLikeConfig, looksLikeSweep } from '../configFiles';
import { Refusal, signalOf, type Action } from '../failures';
import { folderOf } from '../folderOf';
import { commandIds } from '../ids';
import type { Lab } from '../lab';
import { locate, missingImages, wasFile } from '../locate';
import { runsFolderFor } from '../settings';
import { described } from '../views/runItem';
import { demandTrust } from '../trust';
import { chooseProbe, probeFor, probeItems } from './probe';
import { runsOf, urisOf, type Arguments } from './targets';

const MAX_CONFIGS = 200;

/** Trains: the given configuration, else the one in the editor, else one that the user chooses. */
export async function startTraining(lab: Lab, ...args: Arguments): Promise<void> {
  demandTrust();
  const config = urisOf(args)[0] ?? configInEditor() ?? (await chooseConfig(vscode.l10n.t('Train with which configuration?'), { lab }));
  if (!config) return;
  await saveOpen(config);
  if (looksLikeSweep(await textOf(config))) return void (await vscode.commands.executeCommand(commandIds.runSweep, config));
  demandIdle(lab);
  try {
    await train(lab, config, false);
  } catch (error) {
    throw asQuestion(error, () => train(lab, config, true));
  }
}

async function train(lab: Lab, config: vscode.Uri, acceptBroken: boolean): Promise<void> {
  const runs = runsFolderFor(config);
  await whilePreparing(vscode.l10n.t('Starting the training of {0}', path.basename(config.fsPath)), async (options) => {
    const client = await lab.trainer.client();
    await client.startTraining({ config: config.fsPath, runs, acceptBroken, set: await probeFor(lab, config) }, options);
  });
  await lab.runs.refresh();
}

/** Too many broken images are a question, not an end: the message names the key, in every language. */
function asQuestion(error: unknown, goOn: () => Promise<void>): unknown {
  if (!(error instanceof RemoteError) || !error.message.includes('dataset.max_broken')) return error;
  return new Refusal(error.message, [{ label: vscode.l10n.t('Train Without Them'), run: goOn }]);
}

/** Goes on with a run where it stopped. */
export async function resumeTraining(lab: Lab, ...args: Arguments): Promise<void> {
  demandTrust();
  const [given] = runsOf(args, []);
  await lab.runs.refresh();
  if (given && lab.runs.live?.run === given.path) throw new Refusal(vscode.l10n.t('{0} is training already.', given.name), [showRuns()], 'info');
  demandIdle(lab);
  const resumable = lab.runs.all.filter((run) => run.resumable);
  const run = given ?? (await chooseRun(resumable, vscode.l10n.t('Resume which run?'), vscode.l10n.t('No run can be resumed.')));
  if (run) await goOnWith(lab, run, {});
}

async function goOnWith(lab: Lab, run: RunSummary, places: Omit<MovedPlaces, 'weights'>): Promise<void> {
  try {
    await whilePreparing(vscode.l10n.t('Resuming {0}', run.name), async (options) => {
      const client = await lab.trainer.client();
      await client.resumeTraining({ run: run.path, ...places }, options);
    });
  } catch (error) {
    if (!(error instanceof RemoteError)) throw error;
    // Where others lie at what was chosen, another place can be chosen.
    const refused = places.data !== undefined && error.place?.file === places.data ? { run: run.path, images: places.data } : null;
    const missing = missingImages(error) ?? refused;
    if (!missing) throw error;
    throw new Refusal(error.message, [locate('data', wasFile(missing), (moved) => goOnWith(lab, run, { ...places, ...moved }))]);
  }
  await lab.runs.refresh();
}

/** Asks runs to save a checkpoint and stop. */
export async function stopTraining(lab: Lab, ...args: Arguments): Promise<void> {
  const running = lab.runs.all.filter(({ state }) => state === 'running');
  const given = runsOf(args, []);
  const choose = (): Promise<RunSummary | undefined> =>
    chooseRun(running, vscode.l10n.t('Stop which run?'), vscode.l10n.t('No training is running.'));
  const runs = given.length > 0 ? given.filter(({ state }) => state === 'running') : [running.length === 1 ? running[0] : await choose()];
  for (const run of runs) if (run) await stopOne(lab, run);
}

async function stopOne(lab: Lab, run: RunSummary): Promise<void> {
  const title = vscode.l10n.t('Stopping {0}: saving a checkpoint', run.name);
  await vscode.window.withProgress({ location: vscode.ProgressLocation.Notification, title }, async () => {
    // The process that trains is asked directly; for a run of another process either engine leaves the request in its folder.
    const engine = lab.runs.live?.run === run.path ? lab.trainer : lab.looker;
    lab.log.info(`asked to stop: ${run.path}`);
    await (await engine.client()).stopTraining({ run: run.path });
    await lab.runs.refresh();
  });
}

function showRuns(): Action {
  return { label: vscode.l10n.t('Show Runs'), run: () => vscode.commands.executeCommand('vitLab.runs.focus') };
}

export function demandIdle(lab: Lab): void {
  const { live } = lab.runs;
  if (!live) return;
  throw new Refusal(vscode.l10n.t('{0} is training. Stop it first; this window trains one model at a time.', live.name), [
    showRuns(),
  ]);
}

/** The configuration that is looked at. */
export function configInEditor(): vscode.Uri | undefined {
  const document = vscode.window.activeTextEditor?.document;
  if (!document || document.uri.scheme !== 'file') return undefined;
  return looksLikeConfig(document.fileName, document.getText()) ? document.uri : undefined;
}

/** The workspace's configurations: by name, and YAML files whose keys are ours. */
export async function findConfigs(): Promise<readonly vscode.Uri[]> {
  const skip = '**/{node_modules,.git,runs,checkpoints}/**';
  const files = await vscode.workspace.findFiles('**/*.{yaml,yml,vit.json}', skip, MAX_CONFIGS);
  const ours = await Promise.all(files.map(async (file) => hasConfigName(file.fsPath) || looksLikeConfig(file.fsPath, await textOf(file))));
  return files.filter((_, index) => ours[index]).sort((a, b) => a.fsPath.localeCompare(b.fsPath));
}

export async function textOf(file: vscode.Uri): Promise<string> {
  return new TextDecoder().decode(await vscode.workspace.fs.readFile(file));
}

/** Only those that `suits` likes; when there is none, it says so and what to do. With a `lab`, its probe image can be changed on the way. */
export async function chooseConfig(title: string, { suits = () => true, lab }: { readonly suits?: (text: string) => boolean; readonly lab?: Lab } = {}): Promise<vscode.Uri | undefined> {
  const all = await findConfigs();
  const liked = await Promise.all(all.map(async (uri) => suits(await textOf(uri))));
  const configs = all.filter((_, i) => liked[i]);
  if (configs.length === 0)
    throw new Refusal(vscode.l10n.t('There is no configuration in this workspace.'), [
      { label: vscode.l10n.t('New Configuration'), run: () => vscode.commands.executeCommand(commandIds.newConfiguration) },
      { label: vscode.l10n.t('Create Sample Workspace'), run: () => vscode.commands.executeCommand(commandIds.createSample) },
    ], 'info');
  const items = configs.map((uri) => ({ label: path.basename(uri.fsPath), description: folderOf(uri.fsPath), uri }));
  const chosen = await vscode.window.showQuickPick([...items, ...(lab ? probeItems(lab) : [])], { title, matchOnDescription: true });
  if (!chosen || 'uri' in chosen || !lab) return chosen && 'uri' in chosen ? chosen.uri : undefined;
  await chooseProbe(lab);
  return chooseConfig(title, { suits, lab });
}

async function chooseRun(runs: readonly RunSummary[], title: string, none: string): Promise<RunSummary | undefined> {
  if (runs.length === 0) throw new Refusal(none);
  const items = runs.map((run) => ({ label: run.name, description: described(run, undefined, { sort: 'created', metric: '' }), detail: dateTime(run.created), run }));
  return (await vscode.window.showQuickPick(items, { title }))?.run;
}

export async function saveOpen(uri: vscode.Uri): Promise<void> {
  const open = vscode.workspace.textDocuments.find((document) => document.uri.toString() === uri.toString());
  if (open?.isDirty) await open.save();
}

/** Shows what the engine prepares (opening images, loading the backend), with a way to cancel. */
export async function whilePreparing(
  title: string,
  work: (options: { signal: AbortSignal; onProgress: (progress: unknown) => void }) => Promise<void>,
): Promise<void> {
  const options = { location: vscode.ProgressLocation.Notification, title, cancellable: true };
  await vscode.window.withProgress(options, (progress, token) => {
    let shown = 0;
    const onProgress = (value: unknown): void => {
      const { message, done, of } = value as Extract<RunEvent, { type: 'preparing' }>;
      const share = done !== undefined && of ? (100 * done) / of : undefined;
      progress.report({ message, ...(share === undefined ? {} : { increment: Math.max(0, share - shown) }) });
      shown = share ?? shown;
    };
    return work({ signal: signalOf(token), onProgress });
  });
}
