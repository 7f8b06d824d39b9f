import { existsSync } from 'node:fs';
import * as l10n from '@vscode/l10n';
import type { ConfusionMatrix, EvaluationReport } from '../../protocol';
import { reasonOf } from '../atomic';
import type { Dataset, Split } from '../dataset/dataset';
import { evaluateImages } from '../evaluateCheckpoint';
import type { Looker } from '../looking';
import { openOwnDataset } from '../ownDataset';
import { UserError } from '../userError';
import { galleryOf, urlsOf } from './gallery';
import type { DatasetSeen, Gallery, Predictions, RunFolder } from './material';
import { startPredictions } from './predictions';

/** Classes of which there are pictures, and pictures of each. */
const SHOWN_CLASSES = 12;
const EXAMPLES = 8;

export interface Measured {
  readonly evaluation: EvaluationReport;
  readonly confusion: ConfusionMatrix;
  readonly predictions: Predictions;
  readonly gallery: Gallery | null;
  readonly data: Pick<DatasetSeen, 'findings' | 'examples' | 'aspect' | 'width'>;
}

interface MeasureOptions {
  readonly data: string | undefined;
  /** Whether pictures are wanted, too. */
  readonly pictures: boolean;
  /** Whether the dataset's images may be in them. */
  readonly images: boolean;
  readonly signal: AbortSignal;
  readonly onProgress: (done: number, of: number) => void;
}

/** The images that a run is judged by: of the test, else of the validation. */
export function splitOf({ record }: Pick<RunFolder, 'record'>): 'test' | 'val' | null {
  if (!record) return null;
  const { test, val } = record.dataset.sizes;
  return test > 0 ? 'test' : val > 0 ? 'val' : null;
}

/**
 * Evaluates the best checkpoint of a run again, and keeps what it says of every image. A sentence why not, where its data or
 * its weights are not what they were; whatever else goes wrong with one run, the others go on.
 *
 * @throws an abort when stopped
 */
export async function measure(run: RunFolder, looker: Looker, options: MeasureOptions): Promise<Measured | string> {
  const split = splitOf(run);
  if (!run.record) return l10n.t('What run.json says cannot be read.');
  if (split === null) return l10n.t('The run has neither test nor validation images.');
  try {
    return await measured(run, split, looker, options);
  } catch (error) {
    options.signal.throwIfAborted();
    return reasonOf(error);
  }
}

function measured(run: RunFolder, split: 'test' | 'val', looker: Looker, { data, pictures, images: shown, signal, onProgress }: MeasureOptions): Promise<Measured> {
  return looker.withCheckpoint(run.folder, async (opened) => {
    const corrected = run.config?.dataset.path;
    const place = data ?? (corrected !== undefined && existsSync(corrected) ? corrected : undefined);
    const dataset = await openOwnDataset(opened, { data: place, signal });
    refuseChanged(run, dataset);
    const images = dataset.splits[split];
    const listener = startPredictions(images, dataset.path, opened.meta.classes.length);
    const { report, confusion } = await evaluateImages(opened, images, { split, signal, onProgress, onLogits: listener.add });
    const [height, width] = opened.spec.imageSize;
    return {
      evaluation: report,
      confusion,
      predictions: listener.predictions,
      gallery: pictures ? await galleryOf(opened, { split: images, place: dataset.path, predictions: listener.predictions, images: shown }, signal) : null,
      data: { findings: dataset.findings, aspect: height / width, width, examples: pictures && shown ? await examplesOf(dataset) : [] },
    };
  });
}

/** Numbers of other images than the run was trained and tested on would be numbers of something else. */
function refuseChanged({ record }: RunFolder, dataset: Dataset): void {
  if (record!.dataset.fingerprint === dataset.fingerprint) return;
  throw new UserError(l10n.t('The images at {0} are not those of the run: their fingerprint is {1}, and that of the run {2}.', dataset.path, dataset.fingerprint.slice(0, 12), record!.dataset.fingerprint.slice(0, 12)));
}

/** The first training images of each class. */
async function examplesOf({ classes, splits: { train } }: Dataset): Promise<DatasetSeen['examples']> {
  const few = classes.slice(0, SHOWN_CLASSES);
  return Promise.all(few.map(async (label, k) => ({ label, urls: await urlsOf(train, firstOf(train, k)) })));
}

function firstOf({ labels }: Split, k: number): number[] {
  const found: number[] = [];
  for (let i = 0; i < labels.length && found.length < EXAMPLES; i++) if (labels[i] === k) found.push(i);
  return found;
}
