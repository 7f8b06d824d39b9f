import type { ConfusionMatrix, EvaluationReport } from '../protocol';
import type { Dataset, Split } from './dataset/dataset';
import type { Looker, Opened } from './looking';
import { openOwnDataset, splitOf } from './ownDataset';
import { readRecord } from './runs/files';
import { describeImages } from './runs/images';
import { evaluate, type EvaluateOptions } from './trainer';
import { howOf } from './trainingEnd';
import type { Tta } from './tta';

export interface EvaluationQuestion {
  /** A file, a run folder (its best), or `RUN@last`. */
  readonly checkpoint: string;
  readonly split: keyof Dataset['splits'];
  /** Another place of the dataset. */
  readonly data?: string | undefined;
  /** Test-time augmentation; without it that of the configuration. */
  readonly tta?: Tta | undefined;
  readonly signal: AbortSignal;
  readonly onProgress?: (done: number, of: number) => void;
}

export interface Evaluated {
  /** The file. */
  readonly checkpoint: string;
  readonly report: EvaluationReport;
  readonly confusion: ConfusionMatrix;
}

/**
 * Evaluates a checkpoint on a split of the dataset that it was trained on.
 *
 * @throws UserError when the images cannot be found, or are of other classes; an abort when stopped
 */
export async function evaluateCheckpoint(q: EvaluationQuestion, looker: Looker): Promise<Evaluated> {
  return looker.withCheckpoint(q.checkpoint, (opened) => evaluateOpened(opened, q));
}

/** The same of one that is open. */
export async function evaluateOpened(opened: Opened, q: EvaluationQuestion): Promise<Evaluated> {
  const dataset = await openOwnDataset(opened, q);
  const { report, ...rest } = await evaluateImages(opened, splitOf(dataset, q.split), q);
  const otherImages = await unlikeRun(opened.info.run, dataset);
  return { report: { ...report, ...(otherImages && { otherImages }) }, ...rest };
}

/** How the images differ from those that the run was trained with; nothing where they do not, or nobody knows. */
async function unlikeRun(run: string, { fingerprint, splits: { train, val, test } }: Dataset): Promise<EvaluationReport['otherImages']> {
  const recorded = await readRecord(run).catch(() => undefined);
  if (!recorded || recorded.dataset.fingerprint === fingerprint) return undefined;
  return { then: describeImages(recorded.dataset), now: describeImages({ fingerprint, sizes: { train: train.size, val: val.size, test: test.size } }) };
}

type ImagesQuestion = Pick<EvaluationQuestion, 'split' | 'tta' | 'signal' | 'onProgress'> & Pick<EvaluateOptions, 'onLogits'>;

/** The same on images that are open, too. */
export async function evaluateImages({ path, meta, session }: Opened, images: Split, { split, tta: wished, signal, onProgress, onLogits }: ImagesQuestion): Promise<Evaluated> {
  const tta = wished ?? meta.config.train.tta;
  const options = { classes: meta.classes, analyse: true, tta, signal, ...(onProgress && { onProgress }), ...(onLogits && { onLogits }) };
  const { confusion, analysis } = await evaluate(session, images, meta.config, options);
  signal.throwIfAborted();
  if (!analysis) throw new Error('An evaluation that nobody stopped has no analysis');
  return { checkpoint: path, report: { split, epoch: meta.epoch, ...howOf({ ...meta.config.train, tta }), ...analysis }, confusion };
}

/** The best checkpoint of a run on its test images; on those of the validation where it has none. */
export async function evaluateRun(run: string, looker: Looker, call: Pick<EvaluationQuestion, 'signal' | 'onProgress'>): Promise<EvaluationReport> {
  const { dataset } = await readRecord(run);
  const { report } = await evaluateCheckpoint({ checkpoint: run, split: dataset.sizes.test > 0 ? 'test' : 'val', ...call }, looker);
  return report;
}
