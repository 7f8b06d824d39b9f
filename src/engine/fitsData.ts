import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import { aboutKey, type Origin } from './config/aboutKey';
import type { Config } from './config/schema';
import type { Dataset } from './dataset/dataset';
import { openDataset, type OpenOptions } from './dataset/open';
import { checkedWeights } from './dataset/sampling';
import { classWeights } from './pipeline/targets';
import { UserError } from './userError';

/**
 * Opens the dataset of a configuration file. What is wrong there is told with the line that names it.
 *
 * @throws UserError with the line of `dataset.path`
 */
export function openNamed(config: Config, origin: Origin, options: OpenOptions = {}): Promise<Dataset> {
  return aboutKey(origin, 'dataset.path', () => openDataset(config, path.dirname(path.resolve(origin.file)), options));
}

/**
 * Refuses what a configuration asks of data that do not have it. A training, its schedule and the preview of its batches
 * refuse the same.
 *
 * @throws UserError with the line of the key
 */
export async function refuseUnfit(config: Config, dataset: Dataset, origin: Origin): Promise<void> {
  const { train, val } = dataset.splits;
  const K = dataset.classes.length;
  await aboutKey(origin, 'train.class_weights', () => classWeights(config.train.class_weights, train.labels, K));
  await aboutKey(origin, 'dataset.sampling.weights', () => checkedWeights(config.dataset.sampling, K));
  if (config.train.schedule !== 'plateau' || val.size > 0) return;
  await aboutKey(origin, 'train.schedule', () => {
    throw new UserError(l10n.t('train.schedule: plateau watches {0}, but {1} has no validation images. Set dataset.val_split, or choose another schedule.', config.train.monitor, dataset.path));
  });
}
