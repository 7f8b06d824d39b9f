import * as l10n from '@vscode/l10n';
import type { DatasetFacts, Duplicate } from '../../protocol';
import { loadConfig } from '../config/load';
import { evensOut, imbalanceOf, warningsOf } from '../dataset/findings';
import { describeDataset } from '../dataset/open';
import { openNamed } from '../fitsData';
import { isConfigFile } from '../describe';
import { startFacts } from '../finetune/start';
import { counting, texts, UsageError, type Terminal } from './command';
import { table } from './output';

/** `vit-lab info CONFIG --data`: what the dataset of a configuration holds, and what is odd about it. */
export async function tellData(terminal: Terminal): Promise<number> {
  const file = terminal.args[0]!;
  if (!isConfigFile(file)) throw new UsageError(l10n.t('--data takes a configuration, not {0}', file));
  const { output } = terminal;
  const config = await loadConfig(file, texts(terminal, 'set'), (message) => terminal.output.note(l10n.t('warning: {0}', message)), startFacts);
  const progress = counting(output, l10n.t('Reading images'));
  const { signal } = terminal.call();
  const dataset = await openNamed(config, { file, set: texts(terminal, 'set') }, { acceptBroken: true, signal, onProgress: (done, of) => progress({ done, of }) });
  output.settle();
  const facts = describeDataset(dataset);
  const warnings = warningsOf(facts.findings, facts.classes, evensOut(config));
  // JSON knows no infinity: a class without training images makes the ratio none.
  const ratio = imbalanceOf(facts.findings);
  if (output.json) output.document({ ...facts, imbalance: Number.isFinite(ratio) ? ratio : null, warnings });
  else for (const line of lines(terminal, facts, warnings)) output.print(line);
  return 0;
}

function lines({ output }: Terminal, facts: DatasetFacts, warnings: readonly string[]): string[] {
  const { name, format, path: place, classes, sizes, broken, findings } = facts;
  const { train, val, test } = findings.counts;
  const rows = classes.map((label, k) => [label, ...[train, val, test].map((counts) => String(counts[k]!))]);
  const total = [l10n.t('all'), String(sizes.train), String(sizes.val), String(sizes.test)];
  return [
    `${output.style('bold', name)} (${format})${place === '' ? '' : `: ${place}`}`,
    '',
    table([[l10n.t('class'), l10n.t('training'), l10n.t('validation'), l10n.t('test')], ...rows, total], output),
    '',
    l10n.t('largest class over smallest, training: {0}', imbalanceOf(findings).toFixed(2)),
    l10n.t('images that cannot be read: {0}', broken.length),
    ...warnings.map((warning) => l10n.t('  warning: {0}', warning)),
    ...findings.duplicates.listed.map((pair) => `  ${shown(pair)}`),
  ];
}

function shown({ splits, files }: Duplicate): string {
  return `${splits[0]} ${files[0]} = ${splits[1]} ${files[1]}`;
}
