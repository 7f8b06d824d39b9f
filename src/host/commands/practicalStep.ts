import * as vscode from 'vscode';
import type { PracticalNumber, RunSummary } from '../../protocol';
import { commandIds, viewIds } from '../ids';
import type { Lab } from '../lab';
import { showMarkdown } from '../markdownPage';
import { newest, practicalNames, tick } from '../practicals';
import { inspectUntrained } from './authoring';
import { inspectImage } from './images';
import { missing } from './practicals';
import { compareWithStart, showEvaluation } from './runCommands';
import { writeReport } from './report';
import { runSweep } from './sweeps';
import type { Arguments } from './targets';
import { sendToMlflow } from './tracking';
import { startTraining, textOf } from './training';

type Step = (lab: Lab) => Promise<unknown>;

/** What the buttons of the walkthroughs do, beside the commands that they call by name. */
const steps: Readonly<Record<string, Step>> = {
  '1.guide': () => guide(1),
  '1.untrained': async (lab) => {
    const config = await configOf(1, 'positions.vit.yaml', practicalNames.positions);
    await openImage(config);
    await inspectUntrained(lab, config);
    // The walkthrough hears of commands of the user alone.
    tick('1.tokens');
  },
  '1.patches': async (lab) => runSweep(lab, await opened(1, 'patches.vit.yaml', practicalNames.patches)),
  '1.positions': async (lab) => runSweep(lab, await opened(1, 'positions.vit.yaml', practicalNames.positions)),
  '1.plot': async (lab) => inspect(lab, 1, await trained(lab, 1, practicalNames.positions, ({ name }) => name.includes('learned'))),
  '2.guide': () => guide(2),
  '2.naive': async (lab) => startTraining(lab, await opened(2, 'naive.vit.yaml', practicalNames.naive)),
  '2.open': () => opened(2, 'better.vit.yaml', practicalNames.better),
  '2.better': async (lab) => startTraining(lab, await opened(2, 'better.vit.yaml', practicalNames.better)),
  '2.compare': async (lab) => {
    const both = await pair(lab);
    await lab.compared.set(both.map(({ path: run }) => run));
    await vscode.commands.executeCommand(`${viewIds.compare}.focus`);
    lab.compareView.openWide();
  },
  '2.evaluate': async (lab) => {
    const both = await pair(lab);
    await showEvaluation(lab, both[0], both);
  },
  '3.guide': () => guide(3),
  '3.train': async (lab) => runSweep(lab, await opened(3, 'before-after.vit.yaml', practicalNames.beforeAfter)),
  '3.before': async (lab) => compareWithStart(lab, await fineTuned(lab)),
  '3.look': async (lab) => inspect(lab, 3, await fineTuned(lab)),
  '4.guide': () => guide(4),
  '4.train': async (lab) => startTraining(lab, await opened(4, 'tracked.vit.yaml', practicalNames.tracked)),
  '4.send': async (lab) => sendToMlflow(lab, await trained(lab, 4, practicalNames.tracked)),
  '4.evaluate': async (lab) => showEvaluation(lab, await trained(lab, 4, practicalNames.tracked)),
  '4.report': async (lab) => writeReport(lab, await trained(lab, 4, practicalNames.tracked)),
};

/** Does a step of a practical's walkthrough, e.g. `1.patches`, with the files and runs of that practical in this workspace. */
export async function practicalStep(lab: Lab, ...[name]: Arguments): Promise<void> {
  const step = typeof name === 'string' && Object.hasOwn(steps, name) ? steps[name] : undefined;
  if (!step) return void (await vscode.commands.executeCommand(commandIds.startPractical));
  await step(lab);
}

/** The configuration of a practical, wherever in the workspace it lies; of several the newest. */
async function configOf(practical: PracticalNumber, file: string, name: string): Promise<vscode.Uri> {
  const found = await vscode.workspace.findFiles(`**/${file}`, '**/{node_modules,.git,runs}/**', 20);
  const ours: (readonly [changed: number, uri: vscode.Uri])[] = [];
  for (const uri of found) if (new RegExp(`^name: *['"]?${name}['"]? *$`, 'm').test(await textOf(uri))) ours.push([(await vscode.workspace.fs.stat(uri)).mtime, uri]);
  const [last] = ours.sort(([a], [b]) => b - a);
  if (last) return last[1];
  throw missing(practical, vscode.l10n.t('This workspace holds no {0} of practical {1} yet.', file, practical));
}

async function opened(practical: PracticalNumber, file: string, name: string): Promise<vscode.Uri> {
  const config = await configOf(practical, file, name);
  await vscode.window.showTextDocument(config, { preview: false });
  return config;
}

async function guide(practical: PracticalNumber): Promise<void> {
  const first: Record<PracticalNumber, readonly [file: string, name: string]> = {
    1: ['patches.vit.yaml', practicalNames.patches],
    2: ['naive.vit.yaml', practicalNames.naive],
    3: ['before-after.vit.yaml', practicalNames.beforeAfter],
    4: ['tracked.vit.yaml', practicalNames.tracked],
  };
  const config = await configOf(practical, ...first[practical]);
  await showMarkdown(vscode.Uri.joinPath(config, '..', 'README.md'));
}

/** The newest run of a configuration that has ended. */
async function trained(lab: Lab, practical: PracticalNumber, name: string, suits: (run: RunSummary) => boolean = () => true): Promise<RunSummary> {
  await lab.runs.refresh();
  const run = newest(lab.runs.all, name, (one) => one.state === 'finished' && suits(one));
  if (run) return run;
  throw missing(practical, vscode.l10n.t('No training of {0} has ended yet: this step comes after it.', name));
}

async function pair(lab: Lab): Promise<readonly [RunSummary, RunSummary]> {
  return [await trained(lab, 2, practicalNames.better), await trained(lab, 2, practicalNames.naive)];
}

function fineTuned(lab: Lab): Promise<RunSummary> {
  return trained(lab, 3, practicalNames.beforeAfter, ({ name, start }) => start !== undefined && !name.includes('head'));
}

/** Looks inside the best network of a run, with an image of its practical. */
async function inspect(lab: Lab, practical: PracticalNumber, run: RunSummary): Promise<void> {
  await lab.checkpoints.refresh();
  const own = lab.checkpoints.all.filter((checkpoint) => checkpoint.run === run.path);
  const best = own.find((checkpoint) => checkpoint.best) ?? own[0];
  if (best) await lab.checkpoints.choose(best.path);
  const [file, name] = practical === 1 ? ['positions.vit.yaml', practicalNames.positions] : ['before-after.vit.yaml', practicalNames.beforeAfter];
  const image = await openImage(await configOf(practical, file, name));
  await inspectImage(lab, image);
  if (practical === 3) tick('3.looked');
}

/** Opens a drawn test image that lies beside a configuration; with images of the user's, the one that is open is looked at. */
async function openImage(config: vscode.Uri): Promise<vscode.Uri | undefined> {
  const images = new vscode.RelativePattern(vscode.Uri.joinPath(config, '..'), 'images/test/*/*.png');
  const [image] = (await vscode.workspace.findFiles(images, undefined, 50)).sort((a, b) => a.fsPath.localeCompare(b.fsPath));
  if (image) await vscode.commands.executeCommand('vscode.open', image, { preview: false });
  return image;
}
