import * as l10n from '@vscode/l10n';
import type { DatasetFindings, Duplicate } from '../../protocol';
import type { Config } from '../config/schema';
import type { Gathered } from './gather';
import type { SplitName } from './source';

const SPLITS = ['train', 'val', 'test'] as const satisfies readonly SplitName[];

/** So many pairs are told by name. */
const LISTED = 20;

/** How often the largest class must occur for each time of the smallest to be worth a word. */
const UNEVEN = 3;

/**
 * How many images each class has in each split, and which images are there more than once, by the sha256 of their files:
 * within a split (the first one of a kind counts as the original), and in two splits, where what is measured on one was
 * learnt from the other. An image that was saved anew is another file, and is not found.
 */
export function findingsOf(classes: readonly string[], gathered: Readonly<Record<SplitName, Gathered>>): DatasetFindings {
  const counts = Object.fromEntries(SPLITS.map((name) => [name, countsOf(gathered[name].split.labels, classes.length)])) as unknown as DatasetFindings['counts'];
  const first = new Map<string, { readonly split: SplitName; readonly at: number }>();
  const within = { train: 0, val: 0, test: 0 };
  const across = { 'train-val': 0, 'train-test': 0, 'val-test': 0 };
  const listed: Duplicate[] = [];
  const relabelled: Duplicate[] = [];
  for (const split of SPLITS) {
    const own = new Set<string>();
    gathered[split].identities.forEach(({ sha256 }, at) => {
      const original = first.get(sha256);
      if (original === undefined) first.set(sha256, { split, at });
      else {
        const pair = pairOf(gathered, original, { split, at });
        if (own.has(sha256)) within[split]++;
        else across[`${original.split}-${split}` as keyof typeof across]++;
        if (original.split !== split && !own.has(sha256) && listed.length < LISTED) listed.push(pair);
        if (pair.classes[0] !== pair.classes[1] && relabelled.length < LISTED) relabelled.push(pair);
      }
      own.add(sha256);
    });
  }
  return { counts, duplicates: { within, across, listed, relabelled } };
}

function countsOf(labels: Int32Array, classes: number): number[] {
  const counts = new Array<number>(classes).fill(0);
  for (const label of labels) counts[label]!++;
  return counts;
}

interface Spot {
  readonly split: SplitName;
  readonly at: number;
}

function pairOf(gathered: Readonly<Record<SplitName, Gathered>>, a: Spot, b: Spot): Duplicate {
  const of = ({ split, at }: Spot) => ({ name: gathered[split].split.name(at), label: gathered[split].split.labels[at]! });
  return { splits: [a.split, b.split], files: [of(a).name, of(b).name], classes: [of(a).label, of(b).label] };
}

/** How often the largest class of the training images occurs for each time of the smallest; Infinity when one has none. */
export function imbalanceOf({ counts }: DatasetFindings): number {
  return Math.max(...counts.train) / Math.min(...counts.train);
}

/** A longer list of classes is not read. */
const MOST_NAMED = 5;

/**
 * What of it is worth knowing before a training starts, for people.
 *
 * @param evened whether the training makes up for rare classes already
 */
export function warningsOf(findings: DatasetFindings, classes: readonly string[], evened: boolean): string[] {
  return [...unevenness(findings, classes, evened), ...unmeasured(findings, classes), ...copies(findings, classes)];
}

/** Whether a training makes up for rare classes. */
export function evensOut({ train, dataset }: { readonly train: Pick<Config['train'], 'class_weights'>; readonly dataset: Pick<Config['dataset'], 'sampling'> }): boolean {
  const weights = train.class_weights;
  return (typeof weights === 'string' ? weights !== 'none' : new Set(weights).size > 1) || dataset.sampling.order !== 'shuffled';
}

function unevenness(findings: DatasetFindings, classes: readonly string[], evened: boolean): string[] {
  if (imbalanceOf(findings) < UNEVEN) return [];
  const { train } = findings.counts;
  const [most, least] = [Math.max(...train), Math.min(...train)];
  const name = (count: number): string => classes[train.indexOf(count)]!;
  return [
    evened
      ? l10n.t('The classes are uneven: {0} has {1} training images, {2} has {3}. Look at balanced accuracy and F1 rather than accuracy.', name(most), most, name(least), least)
      : l10n.t('The classes are uneven: {0} has {1} training images, {2} has {3}. Consider `train.class_weights: balanced` or `dataset.sampling.order: balanced`, and look at balanced accuracy and F1 rather than accuracy.', name(most), most, name(least), least),
  ];
}

/** Classes of which a split has no image. */
export function unmeasured({ counts }: DatasetFindings, classes: readonly string[]): string[] {
  const said: string[] = [];
  for (const split of ['val', 'test'] as const) {
    const missing = counts[split].some((count) => count > 0) ? classes.filter((_, k) => counts[split][k] === 0) : [];
    const named = missing.slice(0, MOST_NAMED).join(', ') + (missing.length > MOST_NAMED ? ' …' : '');
    if (missing.length === 0) continue;
    said.push(split === 'val' ? l10n.t('Classes without a validation image: {0}. Whether they are recognised is not measured there.', named) : l10n.t('Classes without a test image: {0}. Whether they are recognised is not measured there.', named));
  }
  return said;
}

/** The same file at two places. */
export function copies({ duplicates }: DatasetFindings, classes: readonly string[]): string[] {
  const said: string[] = [];
  for (const [pair, count] of Object.entries(duplicates.across)) {
    if (count === 0) continue;
    const [a, b] = pair.split('-') as [string, string];
    const example = duplicates.listed.find(({ splits }) => splits.join('-') === pair);
    said.push(l10n.t('Images of {0} that are in {1}, too (the same file): {2}. What is measured on {0} is too good. For example {3} and {4}.', b, a, count, example?.files[1] ?? '–', example?.files[0] ?? '–'));
  }
  const { within, relabelled } = duplicates;
  const repeated = within.train + within.val + within.test;
  if (repeated > 0) said.push(l10n.t('Copies of images within a split: {0} (training {1}, validation {2}, test {3}).', repeated, within.train, within.val, within.test));
  const [odd] = relabelled;
  if (odd) said.push(l10n.t('The same image has two classes: {0} ({1}) and {2} ({3}).', odd.files[0], classes[odd.classes[0]]!, odd.files[1], classes[odd.classes[1]]!));
  return said;
}
