import * as path from 'node:path';
import * as vscode from 'vscode';
import type { MovedPlaces } from '../protocol';
import { RemoteError, type ErrorPlace } from '../rpc';
import type { Core } from './core';
import { offer, Refusal, signalOf, type Action } from './failures';

/**
 * A button that asks where something of a run lies now, and goes on with that.
 *
 * @param isFile a dialog chooses either files or folders
 */
export function locate(what: keyof MovedPlaces, isFile: boolean, goOn: (moved: MovedPlaces) => Promise<void>): Action {
  const label = what === 'data' ? vscode.l10n.t('Locate the Images…') : what === 'weights' ? vscode.l10n.t('Locate the Weights…') : vscode.l10n.t('Locate the Teacher…');
  return {
    label,
    run: async () => {
      const place = await ask(label, isFile);
      if (place !== undefined) await goOn({ [what]: place });
    },
  };
}

/** Images of a run that were not found, and where they were. */
export type MissingImages = NonNullable<ErrorPlace['missing']>;

/** What an engine did not find, where that is what its error says. */
export function missingImages(error: unknown): MissingImages | null {
  return (error instanceof RemoteError && error.place?.missing) || null;
}

/** Whether it was one file: of a zip, of MNIST's or of CIFAR's. What is not there any more cannot be asked. */
export function wasFile({ images }: MissingImages): boolean {
  return /\.(zip|gz|bin)$|ubyte$/i.test(images);
}

/** Where a button stands beside it, which needs no words on configurations and terminals. */
export function missingWords({ runs }: Core, { run, images }: MissingImages): string {
  return vscode.l10n.t('The images that {0} was trained on are no longer at {1}.', runs.find(run)?.name ?? path.basename(run), images);
}

/**
 * Asks where the images of a run lie now, and keeps that with the run, and with those beside it that were trained on the same.
 *
 * @returns whether they are found now; not when the user gave up
 * @throws RemoteError when others lie there
 */
export async function locateImages(core: Core, missing: MissingImages): Promise<boolean> {
  const data = await ask(vscode.l10n.t('Locate the Images…'), wasFile(missing));
  if (data === undefined) return false;
  const options = { location: vscode.ProgressLocation.Notification, cancellable: true, title: vscode.l10n.t('Reading the images at {0}', data) };
  const { runs } = await vscode.window.withProgress(options, async (_, token) => (await core.looker.client()).locateImages({ run: missing.run, data }, { signal: signalOf(token) }));
  core.log.info(`the images of ${missing.run} lie at ${data} now; runs that keep this: ${String(runs)}`);
  return true;
}

/** What asks for images of a run in a place that has no room for a button: a notification has it. */
export async function orOfferToLocate<T>(core: Core, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    const missing = missingImages(error);
    if (missing) offer('warning', missingWords(core, missing), [locateAndTell(core, missing)], core.log);
    throw error;
  }
}

/** The button stays while others lie at what is chosen. */
function locateAndTell(core: Core, missing: MissingImages): Action {
  return {
    label: vscode.l10n.t('Locate the Images…'),
    run: async () => {
      try {
        if (await locateImages(core, missing)) void vscode.window.showInformationMessage(vscode.l10n.t('The images were found, and the run keeps where they lie. Ask once more.'));
      } catch (error) {
        throw error instanceof RemoteError && error.name === 'UserError' ? new Refusal(error.message, [locateAndTell(core, missing)]) : error;
      }
    },
  };
}

async function ask(label: string, isFile: boolean): Promise<string | undefined> {
  const chosen = await vscode.window.showOpenDialog({ canSelectFiles: isFile, canSelectFolders: !isFile, title: label.replace('…', ''), openLabel: vscode.l10n.t('Choose') });
  return chosen?.[0]?.fsPath;
}
