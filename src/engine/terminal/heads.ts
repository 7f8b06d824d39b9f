import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import type { HeadStatistics } from '../../protocol';
import { writeFileAtomic } from '../atomic';
import { csvText } from '../csv';
import { UserError } from '../userError';
import { counting, imageSize, imageSizeHelp, number, text, UsageError, type Command } from './command';
import { headsPicture } from './headsPicture';
import { table } from './output';

export const headsCommand: Command = {
  get summary() {
    return l10n.t('how far and how broadly each head looks, over many images');
  },
  usage: 'CHECKPOINT [FILE|FOLDER…] [--most N] [--image-size N|HxW] [--csv FILE] [--svg FILE] [--json]',
  options: { most: { type: 'string', default: '128' }, 'image-size': { type: 'string' }, csv: { type: 'string' }, svg: { type: 'string' } },
  get help() {
    return {
      most: l10n.t('images that are taken, spread over all (default 128, as the ViT paper)'),
      'image-size': imageSizeHelp(),
      csv: l10n.t('also write the table to a CSV file'),
      svg: l10n.t('also write a picture: figure 7, right, of the ViT paper'),
    };
  },
  takes: [1, Infinity],
  async run(terminal) {
    const { output, engine, args } = terminal;
    const [checkpoint, ...paths] = args;
    const most = number(terminal, 'most', 128);
    if (!Number.isInteger(most) || most < 1) throw new UsageError(l10n.t('--most takes a whole number from 1, not {0}', most));
    const size = imageSize(terminal);
    const statistics = await engine.api.measureHeads({ checkpoint: checkpoint!, most, ...(paths.length > 0 && { paths }), ...(size !== undefined && { size }) }, terminal.call(counting(output, l10n.t('Looking'))));
    output.settle();
    const { broken, images } = statistics;
    if (output.json) output.document({ ...statistics, ...Object.fromEntries(columns.map((name) => [name, [...statistics[name]]])) });
    else {
      output.print(table([[l10n.t('layer'), l10n.t('head'), l10n.t('distance px'), '±', l10n.t('entropy nats'), '±'], ...rowsOf(statistics).map(([layer, head, ...rest]) => [String(layer), String(head), ...rest.map((value, i) => value.toFixed(i < 2 ? 1 : 2))])], output));
      output.print(l10n.t('Over {0} images: mean and standard deviation. Distance without prefix tokens, rows brought to 1 again; entropy over all queries.', images));
      for (const { file, error } of broken) output.note(l10n.t('{0}: {1}', file, error));
    }
    await write(text(terminal, 'csv'), () => csvText([['layer', 'head', 'mean_distance_px', 'sd_distance_px', 'mean_entropy_nats', 'sd_entropy_nats'], ...rowsOf(statistics).map((row) => row.map(String))]));
    await write(text(terminal, 'svg'), () => headsPicture(statistics, path.basename(checkpoint!)));
    return 0;
  },
};

const columns = ['distance', 'distanceSpread', 'entropy', 'entropySpread'] as const;

function rowsOf(statistics: HeadStatistics): readonly (readonly number[])[] {
  return Array.from(statistics.distance, (_, i) => [Math.floor(i / statistics.heads) + 1, (i % statistics.heads) + 1, ...columns.map((name) => statistics[name][i]!)]);
}

async function write(file: string | undefined, content: () => string): Promise<void> {
  if (file === undefined) return;
  if (file === '') throw new UserError(l10n.t('A name of a file is missing.'));
  await writeFileAtomic(path.resolve(file), content());
}
