import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import { sharedName } from '../../sharedName';
import { configChanges } from '../runs/compare';
import type { Group, RunFolder } from './material';

/** Runs whose configurations are the same but for the seed, on the same data, in the order of the first of each, and their seeds in order. One that did not train to its end stands alone: its numbers are no other seed's. */
export function groupsOf(runs: readonly RunFolder[]): readonly Group[] {
  const members: number[][] = [];
  runs.forEach((run, i) => {
    const own = members.find(([first]) => isAlike(runs[first!]!, run));
    if (own) own.push(i);
    else members.push([i]);
  });
  const seedOf = (run: number): number => runs[run]!.record?.seed ?? 0;
  for (const own of members) own.sort((a, b) => seedOf(a) - seedOf(b));
  const names = unique(members.map((own) => sharedName(own.map((run) => nameOf(runs[run]!, runs)))));
  return members.map((own, i) => ({ name: names[i]!, letter: letterOf(i), runs: own }));
}

function isAlike(a: RunFolder, b: RunFolder): boolean {
  if (!a.config || !b.config || !a.record || !b.record || a.record.state !== 'finished' || b.record.state !== 'finished') return false;
  return a.record.dataset.fingerprint === b.record.dataset.fingerprint && a.record.start?.sha256 === b.record.start?.sha256 && configChanges(a.config, b.config).every(({ key }) => key === 'seed');
}

/** What each run is called: by its own name, with the seed or the folder where that does not tell it from another. */
export function labelsOf(runs: readonly RunFolder[], groups: readonly Group[]): readonly string[] {
  const labels = runs.map((run, i) => {
    const group = groups.find((one) => one.runs.includes(i))!;
    if (group.runs.length === 1) return group.name;
    const own = nameOf(run, runs);
    // Names that tell them apart need no seed.
    if (group.runs.every((other) => runs[other] === run || nameOf(runs[other]!, runs) !== own)) return own;
    return run.record ? l10n.t('{0}, seed {1}', group.name, run.record.seed) : group.name;
  });
  return labels.map((label, i) => (labels.indexOf(label) === labels.lastIndexOf(label) ? label : `${label} (${path.basename(runs[i]!.folder)})`));
}

/** With how far it came, where that is not the end: whatever is said of it is said of an unfinished training. */
function nameOf(run: RunFolder, all: readonly RunFolder[]): string {
  const name = plainName(run, all);
  const { state, problem, epoch, epochs } = run.summary;
  if (problem !== undefined) return name;
  switch (state) {
    case 'running':
      return l10n.t('{0} (still training, {1} of {2} epochs)', name, epoch, epochs);
    case 'stopped':
      return l10n.t('{0} (stopped, {1} of {2} epochs)', name, epoch, epochs);
    case 'failed':
      return l10n.t('{0} (failed, {1} of {2} epochs)', name, epoch, epochs);
    case 'interrupted':
      return l10n.t('{0} (interrupted, {1} of {2} epochs)', name, epoch, epochs);
    default:
      return name;
  }
}

/** A sweep calls its runs by its own name, the setting and the seed: the first says nothing where all are of one sweep, the last is told apart. */
function plainName({ summary, folder, record }: RunFolder, all: readonly RunFolder[]): string {
  if (summary.problem !== undefined) return path.basename(folder);
  const sweep = record?.sweep;
  if (sweep === undefined) return summary.name;
  const setting = summary.name.replace(new RegExp(`, seed ${record!.seed}$`), '');
  const alone = all.every((run) => run.record?.sweep === sweep && run.summary.name.startsWith(`${sweep} `));
  return (alone ? setting.slice(sweep.length + 1) : setting) || summary.name;
}

/** A second one of a name gets a number. */
function unique(names: readonly string[]): readonly string[] {
  return names.map((name, i) => {
    const before = names.slice(0, i).filter((other) => other === name).length;
    return before === 0 ? name : `${name} (${before + 1})`;
  });
}

/** A … Z, then AA. */
function letterOf(index: number): string {
  const letter = String.fromCharCode(65 + (index % 26));
  return index < 26 ? letter : letterOf(Math.floor(index / 26) - 1) + letter;
}
