import path from 'node:path';
import * as vscode from 'vscode';
import type { DownloadProgress, GotModel } from '../../protocol';
import { RemoteError } from '../../rpc';
import { chooseModel } from '../chooseModel';
import { offer, Refusal, signalOf } from '../failures';
import { bytes, number } from '../format';
import { accessToHub, askForToken, forgetToken } from '../huggingFace';
import type { Lab } from '../lab';
import { diskFolders } from '../settings';
import { demandTrust } from '../trust';
import { commandIds } from '../ids';
import type { Arguments } from './targets';

/** Downloads a published model into the workspace; asks for a token where the hub wants one. */
export async function getModel(lab: Lab, ...[given]: Arguments): Promise<void> {
  demandTrust();
  const models = await modelsFolder();
  if (models === undefined) return;
  const source = typeof given === 'string' ? given : await chooseModel(await (await lab.looker.client()).listModels({ models }));
  if (source === undefined) return;
  try {
    await download(lab, source, models);
  } catch (error) {
    throw asQuestion(error, lab, () => download(lab, source, models));
  }
}

export async function setHuggingFaceToken({ context }: Lab): Promise<void> {
  if (await askForToken(context)) offer('info', vscode.l10n.t('The token is kept in the key store of the system.'), []);
}

export async function forgetHuggingFaceToken({ context }: Lab): Promise<void> {
  const had = await forgetToken(context);
  offer('info', had ? vscode.l10n.t('The token is forgotten.') : vscode.l10n.t('There was no token.'), []);
}

async function download(lab: Lab, source: string, models: string): Promise<void> {
  const access = await accessToHub(lab.context);
  const options = { location: vscode.ProgressLocation.Notification, title: vscode.l10n.t('Getting {0}', source), cancellable: true };
  const got = await vscode.window.withProgress(options, async (progress, token) => {
    let shown = 0;
    const onProgress = (value: unknown): void => {
      // The engine is our own code at the other end of `EngineApi`.
      const state = value as DownloadProgress;
      const share = state.of > 0 ? (100 * state.done) / state.of : 0;
      if (state.message !== undefined) lab.log.warn(state.message);
      progress.report({ message: told(state), increment: Math.max(0, share - shown) });
      shown = Math.max(shown, share);
    };
    return (await lab.looker.client()).getModel({ source, models, ...access }, { signal: signalOf(token), onProgress });
  });
  lab.log.info(`[looker] ${got.source} in ${got.folder}, ${got.bytes} bytes, commit ${got.commit ?? 'none'}`);
  tellDone(got, lab);
}

function told({ done, of, perSecond, message }: DownloadProgress): string {
  if (message !== undefined) return message;
  const speed = perSecond > 0 ? vscode.l10n.t('{0} MB/s', number(perSecond / 1e6, 2)) : '';
  return [vscode.l10n.t('{0} of {1}', bytes(done), bytes(of)), speed].filter(Boolean).join(', ');
}

function tellDone({ source, folder, bytes: size, licence, reused }: GotModel, lab: Lab): void {
  const open = { label: vscode.l10n.t('Open Model'), run: () => openModelFolder(folder) };
  const terms = [bytes(size), ...(licence === null ? [] : [vscode.l10n.t('licence {0}', licence)])].join(', ');
  const message = reused ? vscode.l10n.t('{0} is there already ({1}).', source, terms) : vscode.l10n.t('{0} is downloaded ({1}).', source, terms);
  offer('info', message, [open], lab.log);
}

/** Goes on with a model that has been downloaded: it becomes the active checkpoint. */
export async function openModelFolder(folder: string): Promise<void> {
  await vscode.commands.executeCommand(commandIds.importWeights, vscode.Uri.file(folder));
}

/** A missing token is a question, not an end. */
function asQuestion(error: unknown, lab: Lab, again: () => Promise<void>): unknown {
  if (!(error instanceof RemoteError) || error.name !== 'TokenNeeded') return error;
  const set = async (): Promise<void> => {
    if (await askForToken(lab.context)) await again();
  };
  return new Refusal(error.message, [{ label: vscode.l10n.t('Set Token…'), run: set }]);
}

/** `models` in the workspace; without a workspace, in a folder that the user chooses. */
async function modelsFolder(): Promise<string | undefined> {
  const home = diskFolders()[0]?.uri ?? (await chooseFolder());
  return home && path.join(home.fsPath, 'models');
}

async function chooseFolder(): Promise<vscode.Uri | undefined> {
  const options = { title: vscode.l10n.t('Download the model into which folder?'), openLabel: vscode.l10n.t('Download Here'), canSelectFolders: true, canSelectFiles: false };
  return (await vscode.window.showOpenDialog(options))?.[0];
}
