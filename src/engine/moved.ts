import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
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
  throw new UserError(l10n.t('The dataset of this run (dataset.path) is not at {0}. Put it back, or say where it lies now (in a terminal with --data PLACE).', dataset.path), { file: files.config(run), missing: { run, images: dataset.path } });
}

/**
 * Keeps with a run where its images lie now, and with the runs beside it that were trained on the same and miss them, too. All
 * that reads them finds them there from then on.
 *
 * @param data absolute
 * @returns how many runs keep it
 * @throws UserError when there is nothing, other images lie there, or a process trains the run; nothing is changed then
 */
export async function locateImages({ run, data }: { readonly run: string; readonly data: string }, call: Pick<OpenOptions, 'signal' | 'onProgress'>): Promise<number> {
  const record = await readRecord(run);
  const config = moved(await readRunConfig(run, record), { data });
  const { fingerprint, splits } = await openDataset(config, run, { ...call, acceptBroken: true });
  if (fingerprint !== record.dataset.fingerprint) {
    const sizes = { train: splits.train.size, val: splits.val.size, test: splits.test.size };
    throw new UserError(l10n.t('The images at {0} are not those of the run {1}: then {2}, now {3}. Nothing was changed. A terminal evaluates on other images, too: vit-lab eval CHECKPOINT --data PLACE', data, record.name, describeImages(record.dataset), describeImages({ fingerprint, sizes })), { file: data });
  }
  await keepPlace(run, data);
  const beside = (await readdir(path.dirname(run), { withFileTypes: true })).filter((entry) => entry.isDirectory()).map(({ name }) => path.join(path.dirname(run), name));
  let kept = 1;
  for (const other of beside) if (other !== run && (await missesThem(other, fingerprint)) && (await keepPlace(other, data).then(() => true, () => false))) kept++;
  return kept;
}

/** Whether a run was trained on these images, and does not find them. What is no run, or damaged, was not. */
async function missesThem(run: string, fingerprint: string): Promise<boolean> {
  try {
    const record = await readRecord(run);
    if (record.dataset.fingerprint !== fingerprint) return false;
    const { dataset } = await readRunConfig(run, record);
    return dataset.path !== undefined && !existsSync(dataset.path);
  } catch {
    return false;
  }
}

/** @throws UserError when a process trains it */
async function keepPlace(run: string, data: string): Promise<void> {
  const release = await claim(run, await thisProcess());
  try {
    const record = await readRecord(run);
    await writeRecord(run, { ...record, dataset: { ...record.dataset, path: data, relative: path.relative(run, data) } });
  } finally {
    await release();
  }
}
