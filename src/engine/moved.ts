import { existsSync } from 'node:fs';
import * as l10n from '@vscode/l10n';
import type { MovedPlaces } from '../protocol';
import type { Config } from './config/schema';
import { files } from './runs/files';
import { UserError } from './userError';

/**
 * A configuration of a run in which what lies elsewhere now is named by where that is.
 *
 * @throws UserError when a place is named of what the run never had, or there is nothing
 */
export function moved(config: Config, { data, weights, teacher }: MovedPlaces): Config {
  const { dataset, finetune, train } = config;
  if (data !== undefined && dataset.path === undefined) throw new UserError(l10n.t('This run drew its images itself: there is no place of a dataset to name.'));
  if (data !== undefined && !existsSync(data)) throw new UserError(l10n.t('There is nothing at {0}, which --data names.', data));
  if (weights !== undefined && finetune?.from === undefined) throw new UserError(l10n.t('This run started from no weights: there is no place of them to name.'));
  if (teacher !== undefined && train.distillation?.teacher === undefined) throw new UserError(l10n.t('This run had no teacher: there is no place of one to name.'));
  return {
    ...config,
    ...(data !== undefined && { dataset: { ...dataset, path: data } }),
    ...(weights !== undefined && finetune && { finetune: { ...finetune, from: weights } }),
    ...(teacher !== undefined && train.distillation && { train: { ...train, distillation: { ...train.distillation, teacher } } }),
  };
}

/** @throws UserError that names the key, by which a window knows what to ask for */
export function demandData(run: string, { dataset }: Config): void {
  if (dataset.path === undefined || existsSync(dataset.path)) return;
  throw new UserError(l10n.t('The dataset of this run (dataset.path) is not at {0}. Put it back, or say where it lies now (in a terminal with --data PLACE).', dataset.path), { file: files.config(run) });
}
