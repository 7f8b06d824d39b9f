import path from 'node:path';
import * as vscode from 'vscode';
import { visibleImage } from '../activeImage';
import { offer, Refusal } from '../failures';
import { commandIds } from '../ids';
import type { Lab } from '../lab';
import { chooseImages, diskPath } from './images';
import { runsOf, urisOf, type Arguments } from './targets';

/** The image that trainings of this workspace are watched on. */
const STATE_KEY = 'probeImage';

/** Takes an image for the trainings to come: the given one, else the one in the editor, else one that the user chooses. */
export async function useAsProbe(lab: Lab, ...args: Arguments): Promise<void> {
  const [given] = urisOf(args);
  const image = given ?? visibleImage() ?? lab.activeImage.current;
  if (image) await setProbe(lab, diskPath(image));
  else await chooseProbe(lab);
  const file = probeOf(lab);
  if (file === undefined) return;
  offer('info', vscode.l10n.t('{0} is looked into after every epoch of the trainings that you start in this workspace.', path.basename(file)), [
    { label: vscode.l10n.t('Start Training'), run: () => vscode.commands.executeCommand(commandIds.startTraining) },
    { label: vscode.l10n.t('No Probe Image'), run: () => setProbe(lab, undefined) },
  ]);
}

/** How the network of a run saw its probe image, epoch by epoch. */
export async function showProbe(lab: Lab, ...args: Arguments): Promise<void> {
  const [run] = runsOf(args, lab.runsView.selection);
  const wanted = run ?? lab.runs.all.find(({ state }) => state === 'running') ?? lab.runs.all[0];
  if (!wanted) throw new Refusal(vscode.l10n.t('There are no runs yet.'), [], 'info');
  if (await lab.inspector.openProbe(wanted.path)) return;
  throw new Refusal(
    vscode.l10n.t('{0} was trained without a probe image. Choose "Use as Probe Image" on an image before you train, or name one in the configuration (probe.image).', wanted.name),
    [{ label: vscode.l10n.t('Choose Image…'), run: () => chooseProbe(lab) }],
    'info',
  );
}

/** The line of the choice of a configuration that tells of the probe image, and changes it. */
export function probeItems(lab: Lab): readonly vscode.QuickPickItem[] {
  const file = probeOf(lab);
  const label = file === undefined ? vscode.l10n.t('Probe image: none') : vscode.l10n.t('Probe image: {0}', path.basename(file));
  return [
    { label: '', kind: vscode.QuickPickItemKind.Separator },
    { label: `$(eye) ${label}`, description: vscode.l10n.t('looked into after every epoch, to watch the network learn'), alwaysShow: true },
  ];
}

/** Asks for an image; where one is chosen already, whether to go on without. Escape changes nothing. */
export async function chooseProbe(lab: Lab): Promise<void> {
  if (probeOf(lab) !== undefined) {
    const none = vscode.l10n.t('No Probe Image');
    const chosen = await vscode.window.showQuickPick([vscode.l10n.t('Choose Image…'), none]);
    if (chosen === none) await setProbe(lab, undefined);
    if (chosen === undefined || chosen === none) return;
  }
  const [uri] = await chooseImages(vscode.l10n.t('Watch the training on which image?'), false);
  if (uri) await setProbe(lab, diskPath(uri));
}

/** What a training is told in addition to its configuration, which has the first word. */
export async function probeFor(lab: Lab, config: vscode.Uri): Promise<string[]> {
  const file = probeOf(lab);
  if (file === undefined) return [];
  const text = new TextDecoder().decode(await vscode.workspace.fs.readFile(config));
  if (/^\s*"?probe"?\s*:/m.test(text)) return [];
  try {
    await vscode.workspace.fs.stat(vscode.Uri.file(file));
  } catch {
    // An image that is gone shall not keep anybody from training.
    lab.log.warn(`[trainer] the probe image ${file} is not there any more`);
    await setProbe(lab, undefined);
    return [];
  }
  return [`probe.image=${JSON.stringify([file])}`];
}

function probeOf({ context }: Lab): string | undefined {
  return context.workspaceState.get<string>(STATE_KEY);
}

async function setProbe({ context }: Lab, file: string | undefined): Promise<void> {
  await context.workspaceState.update(STATE_KEY, file);
}
