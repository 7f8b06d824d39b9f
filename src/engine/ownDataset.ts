import { existsSync } from 'node:fs';
import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import type { Dataset, Split } from './dataset/dataset';
import { openDataset } from './dataset/open';
import type { Opened } from './looking';
import { UserError } from './userError';

export interface OwnDatasetOptions {
  /** Another place of the dataset. */
  readonly data?: string | undefined;
  readonly signal: AbortSignal;
}

/**
 * A split of the dataset that a checkpoint was trained on.
 *
 * @throws UserError when it lies there no longer, has other classes, or has no images in this split
 */
export async function openOwnSplit({ meta, info, path: file }: Pick<Opened, 'meta' | 'info' | 'path'>, name: keyof Dataset['splits'], { data, signal }: OwnDatasetOptions): Promise<Split> {
  const { dataset: trainedOn } = meta.config;
  const place = data === undefined ? trainedOn.path && path.resolve(info.run, trainedOn.path) : path.resolve(data);
  if (place !== undefined && !existsSync(place)) throw new UserError(nothingAt(place, file, data !== undefined), { file: place });
  const moved = place === undefined ? meta.config : { ...meta.config, dataset: { ...trainedOn, path: place } };
  const dataset = await openDataset(moved, info.run, { signal, acceptBroken: true });
  if (dataset.classes.join('\n') !== meta.classes.join('\n')) throw new UserError(l10n.t('{0} has other classes than {1}.', dataset.path, file));
  const split = dataset.splits[name];
  if (split.size === 0) throw new UserError(l10n.t('{0} has no images in {1}.', dataset.path, name));
  return split;
}

function nothingAt(place: string, checkpoint: string, given: boolean): string {
  return given
    ? l10n.t('There is nothing at {0}, which --data names.', place)
    : l10n.t('The images that {0} was trained on are no longer at {1}. Put them back there, or name their new place in a terminal: --data PLACE', checkpoint, place);
}
