import * as l10n from '@vscode/l10n';
import type { DatasetFindings, Duplicate } from '../../../protocol';
import { copies, unmeasured } from '../../dataset/findings';
import { grouped } from '../../units';
import { barsChart } from '../charts/bars';
import { tilesChart } from '../charts/tiles';
import { caution, citing, heading, list, own, spansOf, text, type Block, type Section } from '../document';
import type { DatasetSeen, Material } from '../material';
import { dataSource } from '../sources';
import { enumerated, NONE } from '../words';

/** More bars than that no page holds. */
const MOST_BARS = 40;
const MOST_NAMED = 30;

export function data(material: Material): Section {
  const { datasets } = material;
  const blocks = datasets.flatMap((dataset, i) => [...(datasets.length > 1 ? [heading(dataset.record.name)] : []), ...ofDataset(dataset, i, material)]);
  const none = datasets.length === 0 ? [caution(l10n.t('What the runs recorded of their data cannot be read.'))] : [];
  return { id: 'data', title: l10n.t('Data'), blocks: [...none, ...blocks, own(l10n.t('where the images come from, who labelled them, what they show and what they do not, their licence'))] };
}

function ofDataset(seen: DatasetSeen, index: number, material: Material): Block[] {
  const { record, findings, closed, runs } = seen;
  const { train, val, test } = record.sizes;
  const cite = dataSource(record.name);
  const used = material.datasets.length > 1 ? [' ', l10n.t('Used by: {0}.', enumerated(runs.map((run) => material.runs[run]!.label)))] : [];
  return [
    text([...spansOf(citing(l10n.t('{0}: {1} images of {2} classes.', record.name, grouped(train + val + test), record.classes.length), ...(cite ? [cite] : []))), ...used, ' ', classWords(record.classes)]),
    splits(seen),
    ...(closed === null ? [] : [caution(l10n.t('The images were not opened for this report, so that there are no examples and no check for copies: {0}', closed || l10n.t('only what the runs recorded was asked for.')))]),
    ...(findings ? [...balance(findings, record.classes, index), ...unmeasured(findings, record.classes).map((words) => caution(words)), ...copied(findings, record.classes)] : []),
    ...(record.broken > 0 ? [text(l10n.t('Images that could not be read were left out: {0}.', record.broken))] : []),
    ...(material.withoutImages ? [text(l10n.t('This report was written without the images of the dataset, so that it can be passed on where they must not: there are no examples, mistakes are told by name, and maps of attention stand alone. Who has the dataset can write it with them.'))] : examples(seen, index)),
  ];
}

function classWords(classes: readonly string[]): string {
  const named = classes.slice(0, MOST_NAMED).join(', ');
  return classes.length > MOST_NAMED ? l10n.t('The first of the classes: {0} …', named) : l10n.t('The classes: {0}.', named);
}

function splits({ record, findings }: DatasetSeen): Block {
  const all = record.sizes.train + record.sizes.val + record.sizes.test;
  const range = (counts: readonly number[] | undefined): string => {
    if (!counts || counts.length === 0) return NONE;
    const [least, most] = [Math.min(...counts), Math.max(...counts)];
    return least === most ? grouped(least) : l10n.t('{0} to {1}', grouped(least), grouped(most));
  };
  const row = (name: string, split: 'train' | 'val' | 'test', use: string): string[] => [name, grouped(record.sizes[split]), all === 0 ? NONE : `${((100 * record.sizes[split]) / all).toFixed(1)} %`, range(findings?.counts[split]), use];
  return {
    kind: 'table',
    caption: l10n.t('How the images are divided.'),
    head: [l10n.t('Split'), l10n.t('Images'), l10n.t('Share'), l10n.t('Per class'), l10n.t('What for')],
    rows: [
      row(l10n.t('Training'), 'train', l10n.t('learned from')),
      row(l10n.t('Validation'), 'val', l10n.t('looked at after each epoch; chooses the best one')),
      row(l10n.t('Test'), 'test', l10n.t('looked at once, at the end')),
    ],
    numbers: [1, 2, 3],
  };
}

function balance({ counts }: DatasetFindings, classes: readonly string[], index: number): Block[] {
  const [least, most] = [Math.min(...counts.train), Math.max(...counts.train)];
  if (least === most) return [text(l10n.t('The classes are even: each has {0} training images.', grouped(least)))];
  const words = l10n.t('The smallest class has {0} training images and the largest {1}, {2} times as many.', grouped(least), grouped(most), least === 0 ? '∞' : (most / least).toFixed(2));
  // Bars that look alike tell nothing that the sentence does not.
  if (classes.length > MOST_BARS || (least > 0 && most / least < 1.1)) return [text(words)];
  return [
    text(words),
    {
      kind: 'figure',
      name: `class-balance${index === 0 ? '' : `-${index + 1}`}`,
      svg: barsChart(classes.map((label, k) => ({ label, count: counts.train[k]! }))),
      alt: l10n.t('Bars: training images of each class'),
      caption: l10n.t('Training images of each class.'),
    },
  ];
}

/** What the same file at two places means for the numbers. */
function copied(findings: DatasetFindings, classes: readonly string[]): Block[] {
  const { across, within, relabelled } = findings.duplicates;
  const none = Object.values(across).every((count) => count === 0) && Object.values(within).every((count) => count === 0) && relabelled.length === 0;
  const how = l10n.t('Copies are found by the sha256 of the stored files: an image that was saved anew, cut or scaled is another file and is not found.');
  if (none) return [text(`${l10n.t('No image is in two splits, none occurs twice in one, and none has two classes.')} ${how}`)];
  const { listed, relabelled: odd } = findings.duplicates;
  const said = copies({ ...findings, duplicates: { ...findings.duplicates, listed: listed.map(seenFromData), relabelled: odd.map(seenFromData) } }, classes);
  const leaks = Object.values(across).some((count) => count > 0);
  return [...(leaks ? said.map((words) => caution(words)) : list(said)), text(how)];
}

function examples({ examples: shown, record, aspect, width }: DatasetSeen, index: number): Block[] {
  const rows = shown.filter(({ urls }) => urls.length > 0).map(({ label, urls }) => ({ label, tiles: urls.map((url) => ({ url, lines: [] })) }));
  if (rows.length === 0) return [];
  const more = record.classes.length > shown.length ? ` ${l10n.t('The first {0} of {1} classes.', shown.length, record.classes.length)}` : '';
  return [{
    kind: 'figure',
    name: `examples${index === 0 ? '' : `-${index + 1}`}`,
    svg: tilesChart(rows, { side: 52, aspect, pixelated: width < 120 }),
    alt: l10n.t('Example images of each class'),
    caption: l10n.t('The first training images of each class, as the network gets them but for augmentation and normalisation.') + more,
  }];
}

/** Split, class and file: where the dataset lies is nobody's business but its owner's. */
function seenFromData(pair: Duplicate): Duplicate {
  const [first, second] = pair.files.map((file) => file.split(/[\\/]/).slice(-3).join('/'));
  return { ...pair, files: [first!, second!] };
}
