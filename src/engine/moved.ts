import { existsSync } from 'node:fs';
import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import type { MovedPlaces } from '../protocol';
import type { Config } from './config/schema';
import { openDataset, type OpenOptions } from './dataset/open';
import { files, readRecord } from './runs/files';
import { describeImages } from './runs/images';
import { claim, thisProcess } from './runs/owner';
import { writeRecord } from './runs/writer';
import { readRunConfig } from './runStore';
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
  throw new UserError(l10n.t('The dataset of this run (dataset.path) is not at {0}. Put it back, or say where it lies now (in a terminal with --data PLACE).', dataset.path), { file: files.config(run), imagesOf: run });
}

/**
 * Keeps with a run where its images lie now. All that reads them finds them there from then on.
 *
 * @param data absolute
 * @throws UserError when there is nothing, other images lie there, or a process trains the run; nothing is changed then
 */
export async function locateImages({ run, data }: { readonly run: string; readonly data: string }, call: Pick<OpenOptions, 'signal' | 'onProgress'>): Promise<void> {
  const before = await readRecord(run);
  const config = moved(await readRunConfig(run, before), { data });
  const { fingerprint, splits } = await openDataset(config, run, { ...call, acceptBroken: true });
  if (fingerprint !== before.dataset.fingerprint) {
    const sizes = { train: splits.train.size, val: splits.val.size, test: splits.test.size };
    throw new UserError(l10n.t('The images at {0} are not those of the run {1}: then {2}, now {3}. Nothing was changed. A terminal evaluates on other images, too: vit-lab eval CHECKPOINT --data PLACE', data, before.name, describeImages(before.dataset), describeImages({ fingerprint, sizes })), { file: data });
  }
  const release = await claim(run, await thisProcess());
  try {
    const record = await readRecord(run);
    await writeRecord(run, { ...record, dataset: { ...record.dataset, path: data, relative: path.relative(run, data) } });
  } finally {
    await release();
  }
}

