import { existsSync } from 'node:fs';
import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import type { Dataset, Split } from './dataset/dataset';
import { openDataset } from './dataset/open';
import type { Opened } from './looking';
import { files } from './runs/files';
import { readRunConfig } from './runStore';
import { UserError } from './userError';

export interface OwnDatasetOptions {
  /** Another place of the dataset. */
  readonly data?: string | undefined;
  readonly signal: AbortSignal;
}

type Trained = Pick<Opened, 'meta' | 'info' | 'path'>;

/**
 * A split of the dataset that a checkpoint was trained on.
 *
 * @throws UserError when it lies there no longer, has other classes, or has no images in this split
 */
export async function openOwnSplit(trained: Trained, name: keyof Dataset['splits'], options: OwnDatasetOptions): Promise<Split> {
  return splitOf(await openOwnDataset(trained, options), name);
}

/** @throws UserError when it has no images in this split */
export function splitOf(dataset: Dataset, name: keyof Dataset['splits']): Split {
  const split = dataset.splits[name];
  if (split.size === 0) throw new UserError(l10n.t('{0} has no images in {1}.', dataset.path, name));
  return split;
}

/**
 * The dataset that a checkpoint was trained on.
 *
 * @param shownTo another network, to whose size and channels its images are brought
 * @throws UserError when it never came along, lies there no longer, or has other classes
 */
export async function openOwnDataset({ meta, info, path: file }: Trained, { data, signal }: OwnDatasetOptions, shownTo: Pick<Trained, 'meta'> = { meta }): Promise<Dataset> {
  if (data === undefined && info.withoutImages) throw new UserError(l10n.t('{0} comes without the images that it was trained on. Choose a folder of your own images instead; in a terminal, name it (--images FOLDER, or where FOLDER stands in the usage), or a copy of the dataset with --data PLACE.', file), { file });
  const { dataset: trainedOn } = meta.config;
  const place = data === undefined ? trainedOn.path && (await placeNow(info.run, path.resolve(info.run, trainedOn.path))) : path.resolve(data);
  if (place !== undefined && !existsSync(place)) throw new UserError(nothingAt(place, file, info.run, data !== undefined), { file: place, ...(data === undefined && existsSync(files.record(info.run)) && { missing: { run: info.run, images: place } }) });
  const { image, model } = shownTo.meta.config;
  const moved = { ...meta.config, image, model, dataset: place === undefined ? trainedOn : { ...trainedOn, path: place } };
  const dataset = await openDataset(moved, info.run, { signal, acceptBroken: true });
  if (dataset.classes.join('\n') !== meta.classes.join('\n')) throw new UserError(l10n.t('{0} has other classes than {1}.', dataset.path, file));
  return dataset;
}

/** Where the run's configuration says, whose reader may have been told of another place, or corrected it by hand. */
async function placeNow(run: string, trained: string): Promise<string> {
  if (existsSync(trained)) return trained;
  const config = await readRunConfig(run).catch(() => null);
  return config?.dataset.path !== undefined && existsSync(config.dataset.path) ? config.dataset.path : trained;
}

function nothingAt(place: string, checkpoint: string, run: string, given: boolean): string {
  return given
    ? l10n.t('There is nothing at {0}, which --data names.', place)
    : l10n.t('The images that {0} was trained on are no longer at {1}. Put them back there, write their new place as dataset.path into {2}, or name it in a terminal: --data PLACE', checkpoint, place, path.join(run, 'config.yaml'));
}
