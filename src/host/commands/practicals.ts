import path from 'node:path';
import * as vscode from 'vscode';
import type { PracticalNumber, WrittenPractical } from '../../protocol';
import { Refusal } from '../failures';
import { commandIds, practicalWalkthroughId } from '../ids';
import type { Lab } from '../lab';
import { showMarkdown } from '../markdownPage';
import { askForServer } from '../mlflow';
import { tick } from '../practicals';
import { freeFolder } from '../saveFile';
import { diskFolders, trackingSettings } from '../settings';
import { demandTrust } from '../trust';
import { withEngine } from '../withEngine';
import type { Arguments } from './targets';

/** Datasets that practicals were begun with, the last one first. */
const DATASETS = 'vitLab.practicalDatasets';
const REMEMBERED = 4;
const CIFAR_HOME = 'https://www.cs.toronto.edu/~kriz/cifar.html';

/** Writes the files of a practical into the workspace, with the images that the user chooses, and shows its guide. */
export async function startPractical(lab: Lab, ...args: Arguments): Promise<void> {
  demandTrust();
  const practical = numberOf(args[0]) ?? (await choosePractical());
  if (practical === undefined) return;
  const parent = diskFolders()[0]?.uri ?? (await chooseParent());
  const place = parent && (await choosePlace(parent, practical));
  if (!place) return;
  if (place.there) return showGuide(practical, vscode.Uri.joinPath(place.folder, 'README.md'), args.length === 0, lab);
  const data = await chooseData(lab, practical);
  if (!data) return;
  const mlflow = practical === 4 ? await askForServer(trackingSettings().uri ?? 'http://127.0.0.1:5000', vscode.l10n.t('To which MLflow server is practical 4 sent? It need not run yet.')) : undefined;
  if (practical === 4 && mlflow === undefined) return;
  const written = await write(lab, { practical, folder: place.folder.fsPath, ...(data.path !== undefined && { dataset: data.path }), ...(mlflow !== undefined && { mlflow }) });
  if (data.path !== undefined) await remember(lab, data.path);
  await showGuide(practical, vscode.Uri.file(written.guide), args.length === 0, lab);
}

type Question = Parameters<Awaited<ReturnType<Lab['looker']['client']>>['writePractical']>[0];

function write(lab: Lab, question: Question): Promise<WrittenPractical> {
  return withEngine(lab, vscode.l10n.t('Writing practical {0}', question.practical), (client, call) => client.writePractical(question, call));
}

/** From the palette its walkthrough comes, too; a walkthrough that called stays as it is. */
async function showGuide(practical: PracticalNumber, guide: vscode.Uri, walkthrough: boolean, lab: Lab): Promise<void> {
  tick(`${practical}.ready`);
  if (!walkthrough) return showMarkdown(guide);
  await vscode.commands.executeCommand('workbench.action.openWalkthrough', `${lab.context.extension.id}#${practicalWalkthroughId(practical)}`, false);
  // It opens as a preview, which the next file that is looked at would take the place of.
  await vscode.commands.executeCommand('workbench.action.keepEditor');
}

function numberOf(value: unknown): PracticalNumber | undefined {
  return [1, 2, 3, 4].includes(Number(value)) ? (Number(value) as PracticalNumber) : undefined;
}

async function choosePractical(): Promise<PracticalNumber | undefined> {
  const items: readonly (vscode.QuickPickItem & { readonly practical: PracticalNumber })[] = [
    { practical: 1, label: vscode.l10n.t('1: patches and positions'), detail: vscode.l10n.t('Vary patch size and width; implement and plot the learned 1-D embedding') },
    { practical: 2, label: vscode.l10n.t('2: train a ViT, and beat a naive one'), detail: vscode.l10n.t('On CIFAR-10, or on drawn images') },
    { practical: 3, label: vscode.l10n.t('3: fine-tune, and compare before and after'), detail: vscode.l10n.t('Weights that have seen photographs learn other classes from few images') },
    { practical: 4, label: vscode.l10n.t('4: three classes, with MLflow and a full evaluation'), detail: vscode.l10n.t('Fine-tune, track, evaluate, report') },
  ];
  return (await vscode.window.showQuickPick(items, { title: vscode.l10n.t('Start which practical?') }))?.practical;
}

async function chooseParent(): Promise<vscode.Uri | undefined> {
  const chosen = await vscode.window.showOpenDialog({ title: vscode.l10n.t('Write the practical into which folder?'), openLabel: vscode.l10n.t('Write Here'), canSelectFolders: true, canSelectFiles: false });
  return chosen?.[0];
}

/** A practical that is there already is gone on with, or a new one begun beside it: nothing is overwritten. */
async function choosePlace(parent: vscode.Uri, practical: PracticalNumber): Promise<{ readonly folder: vscode.Uri; readonly there: boolean } | undefined> {
  const name = `practical-${practical}`;
  const free = await freeFolder(parent, name);
  if (path.basename(free.fsPath) === name) return { folder: free, there: false };
  const items = [
    { label: vscode.l10n.t('Go on with {0}', name), place: { folder: vscode.Uri.joinPath(parent, name), there: true } },
    { label: vscode.l10n.t('Begin anew in {0}', path.basename(free.fsPath)), place: { folder: free, there: false } },
  ];
  return (await vscode.window.showQuickPick(items, { title: vscode.l10n.t('{0} is there already', name) }))?.place;
}

type Choice = vscode.QuickPickItem & { readonly path?: string; readonly ask?: 'folder' | 'file' | 'cifar' };

/** Which images: drawn ones, those of another practical, or others. Nothing when the user leaves. */
async function chooseData(lab: Lab, practical: PracticalNumber): Promise<{ readonly path?: string } | undefined> {
  const known = lab.context.globalState.get<readonly string[]>(DATASETS, []);
  const drawn: Choice = { label: `$(symbol-color) ${vscode.l10n.t('Drawn images')}`, detail: vscode.l10n.t('Circles, squares, stars …: nothing to download. What is found with them need not hold for photographs.') };
  const wishes: Record<PracticalNumber, string> = {
    1: vscode.l10n.t('Any images will do'),
    2: vscode.l10n.t('CIFAR-10: a folder or zip with train/CLASS/ and test/CLASS/, or the unpacked binary version'),
    3: vscode.l10n.t('Images of yours with a folder for each class; not CIFAR-10, which the weights know already'),
    4: vscode.l10n.t('Photos of three classes, with a folder for each; of more classes three are taken'),
  };
  const items: readonly Choice[] = [
    ...known.map((file) => ({ label: `$(history) ${path.basename(file)}`, description: path.dirname(file), path: file })),
    { label: `$(folder) ${vscode.l10n.t('A folder of images …')}`, detail: wishes[practical], ask: 'folder' },
    { label: `$(file-zip) ${vscode.l10n.t('A zip or data file …')}`, ask: 'file' },
    ...(practical === 2 || practical === 4 ? [{ label: `$(link-external) ${vscode.l10n.t('Where to get CIFAR-10 …')}`, detail: vscode.l10n.t('The “binary version” (162 MB) of {0}; unpack it and choose its folder here', CIFAR_HOME), ask: 'cifar' as const }] : []),
    drawn,
  ];
  const chosen = await vscode.window.showQuickPick(practical === 2 || known.length > 0 ? items : [drawn, ...items.slice(0, -1)], { title: vscode.l10n.t('Practical {0}: with which images?', practical) });
  if (chosen?.ask === 'cifar') return void (await vscode.env.openExternal(vscode.Uri.parse(CIFAR_HOME)));
  if (chosen?.ask === undefined) return chosen && (chosen.path === undefined ? {} : { path: chosen.path });
  const [uri] = (await vscode.window.showOpenDialog({ title: wishes[practical], openLabel: vscode.l10n.t('Use as Dataset'), canSelectFolders: chosen.ask === 'folder', canSelectFiles: chosen.ask === 'file' })) ?? [];
  return uri && { path: uri.fsPath };
}

async function remember(lab: Lab, dataset: string): Promise<void> {
  const known = lab.context.globalState.get<readonly string[]>(DATASETS, []);
  await lab.context.globalState.update(DATASETS, [dataset, ...known.filter((other) => other !== dataset)].slice(0, REMEMBERED));
}

/** Where a step needs what an earlier one makes. */
export function missing(practical: PracticalNumber, what: string): Refusal {
  return new Refusal(what, [{ label: vscode.l10n.t('Start Practical {0}', practical), run: () => vscode.commands.executeCommand(commandIds.startPractical, practical) }], 'info');
}
