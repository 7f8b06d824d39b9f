import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import type { Classified } from '../../protocol';
import { writeFileAtomic } from '../atomic';
import { counting, imageSize, imageSizeHelp, number, oneOf, text, UsageError, type Command } from './command';
import { csvText } from '../csv';
import { tellKnown } from './known';
import { percent, showChange } from './measured';
import { table } from './output';

export const classifyCommand: Command = {
  get summary() {
    return l10n.t('tell the classes of images');
  },
  usage: 'CHECKPOINT FILE|FOLDER… [--top K] [--image-size N|HxW] [--csv FILE] [--precision fp32|fp16|int8] [--data DIR] [--json]',
  options: { top: { type: 'string', default: '3' }, 'image-size': { type: 'string' }, csv: { type: 'string' }, precision: { type: 'string', default: 'fp32' }, data: { type: 'string' } },
  get help() {
    return {
      top: l10n.t('classes per image (default 3)'),
      'image-size': imageSizeHelp(),
      csv: l10n.t('also write the table to a CSV file'),
      precision: l10n.t('int8 is faster on CPUs, fp16 on GPUs; what changes on the validation images of the run is shown first'),
      data: l10n.t('another place of the dataset'),
    };
  },
  takes: [2, Infinity],
  async run(terminal) {
    const { output, engine } = terminal;
    const [checkpoint, ...paths] = terminal.args;
    const top = number(terminal, 'top', 3);
    if (!Number.isInteger(top) || top < 1) throw new UsageError(l10n.t('--top takes a whole number from 1, not {0}', top));
    const precision = oneOf(terminal, 'precision', ['fp32', 'fp16', 'int8'] as const, 'fp32');
    if (precision !== 'fp32') await showChange(terminal, checkpoint!, precision);
    const size = imageSize(terminal);
    const rows = await engine.api.classify({ checkpoint: checkpoint!, paths, top, precision, ...(size !== undefined && { size }) }, terminal.call(counting(output, l10n.t('Classifying'))));
    output.settle();
    if (output.json) output.document(rows);
    else {
      const good = rows.filter(({ error }) => error === undefined);
      if (good.length > 0) output.print(table([[l10n.t('file'), l10n.t('class'), l10n.t('probability'), l10n.t('next, with their probability')], ...good.map(cells)], output));
    }
    for (const { file, error } of rows) if (error !== undefined) output.note(l10n.t('{0}: {1}', shown(file), error));
    // A folder without images is no file that could not be read.
    const files = rows.filter(({ empty }) => !empty);
    const unreadable = files.filter(({ error }) => error !== undefined).length;
    // Of one, the line above has said it all.
    if (unreadable > 0 && files.length > 1) output.note(l10n.t('Not classified: {0} of {1}.', unreadable, files.length));
    if (unreadable < files.length) {
      const known = await engine.looker.withCheckpoint(checkpoint!, ({ info, meta }) => Promise.resolve([info, meta.classes] as const), precision, size);
      tellKnown(output, ...known);
    }
    // Last, so that a file that cannot be written costs no result.
    const csv = text(terminal, 'csv');
    if (csv !== undefined) await writeFileAtomic(path.resolve(csv), toCsv(rows));
    // A script that goes on must hear that something is missing from its table.
    return unreadable > 0 || files.length < rows.length || rows.length === 0 ? 1 : 0;
  },
};

function cells({ file, predictions: [first, ...next] }: Classified): string[] {
  if (!first) return [shown(file), '', '', ''];
  const others = next.map(({ label, probability }) => `${label} ${percent(probability)}`).join(', ');
  return [shown(file), first.label, percent(first.probability), others];
}

function shown(file: string): string {
  const relative = path.relative('', file);
  return relative.startsWith('..') ? file : relative;
}

export function toCsv(rows: readonly Classified[]): string {
  const top = rows.reduce((most, { predictions }) => Math.max(most, predictions.length), 0);
  const ranks = Array.from({ length: top }, (_, i) => i);
  const heading = ['file', ...ranks.flatMap((i) => [`label_${i + 1}`, `probability_${i + 1}`]), 'error'];
  const lines = rows.map(({ file, predictions, error }) => [
    file,
    ...ranks.flatMap((i) => [predictions[i]?.label ?? '', predictions[i]?.probability.toFixed(6) ?? '']),
    error ?? '',
  ]);
  return csvText([heading, ...lines]);
}
