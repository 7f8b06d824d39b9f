import * as l10n from '@vscode/l10n';
import type { ConfigProblem } from '../protocol';
import { memoryVerdict } from './compile/memory';
import { describeAbout, type Origin } from './config/aboutKey';
import type { Config } from './config/schema';
import type { Dataset } from './dataset/dataset';
import type { Survey } from './dataset/open';
import { vitSpec } from './model/spec';
import { tunedFor } from './model/tuning';
import { gibibytes } from './units';

export type Found = Pick<ConfigProblem, 'key' | 'message' | 'severity' | 'remedies'>;

/** What of the data has to be known: no image is read for it. */
export type Counted = Pick<Survey, 'classes' | 'sizes'>;

/** What is wrong or odd with a configuration once its images are counted, and for the memory of this machine. */
export function oddWithData(config: Config, counted: Counted): Found[] {
  return [...unlikeData(config, counted), ...memoryProblems(config, counted)];
}

/**
 * What of that is no error, as sentences that begin with the place of their key: an editor marks it, and a terminal and the
 * log of a run tell the same. Errors are refused where they are met.
 */
export function warningsWithData(config: Config, counted: Counted, origin: Origin): Promise<string[]> {
  return Promise.all(oddWithData(config, counted).filter(({ severity }) => severity === 'warning').map(async ({ key, message }) => (await describeAbout(origin, key, message, 'warning')).text));
}

export function countedOf({ classes, splits: { train, val, test } }: Dataset): Counted {
  return { classes, sizes: { train: train.size, val: val.size, test: test.size } };
}

/** Fewer validation images than these choose the best epoch by chance. */
const FEWEST = 4;

/** What does not go with the number of classes, or with which splits there are. */
function* unlikeData({ train, dataset }: Config, { classes, sizes }: Counted): Generator<Found> {
  const K = classes.length;
  // Weights of another order are not looked at, which `config/rules.ts` says.
  const drawn = dataset.sampling.order === 'weighted' ? dataset.sampling.weights : undefined;
  const counted = [['train.class_weights', train.class_weights], ['dataset.sampling.weights', drawn]] as const;
  for (const [key, weights] of counted) {
    if (typeof weights !== 'object' || weights.length === K) continue;
    const names = classes.slice(0, 12).join(', ') + (K > 12 ? ' …' : '');
    const remedies = key === 'train.class_weights' ? { remedies: [{ key, value: 'balanced' }] } : {};
    yield { key, severity: 'error', message: l10n.t('{0} has {1} numbers, and the data have {2} classes: {3}.', key, weights.length, K, names), ...remedies };
  }
  if (train.tta !== 'none' && sizes.test === 0) {
    yield { key: 'train.tta', severity: 'warning', message: l10n.t('train.tta ({0}) is for the test, and there are no test images: dataset.test_split is {1}.', train.tta, dataset.test_split), remedies: [{ key: 'train.tta', value: 'none' }] };
  }
  if (sizes.val === 0 && (train.early_stop.patience > 0 || train.schedule === 'plateau')) {
    const key = train.schedule === 'plateau' ? 'train.schedule' : 'train.early_stop.patience';
    yield { key, severity: train.schedule === 'plateau' ? 'error' : 'warning', message: l10n.t('{0} watches {1}, and there are no validation images: dataset.val_split is {2}.', key, train.monitor, dataset.val_split), remedies: [{ key: 'dataset.val_split', value: '0.1' }] };
  }
  for (const [key, weights] of counted) {
    if (typeof weights !== 'object' || weights.length !== K || weights.every((weight) => weight === 0)) continue;
    const none = classes.filter((_, k) => weights[k] === 0);
    if (none.length > 0) yield { key, severity: 'warning', message: l10n.t('{0} is 0 for {1}: nothing is learned from images of these, and the head has an output for them all the same. To leave classes out, name those that stay in dataset.classes.', key, none.slice(0, 10).join(', ')) };
  }
  const few = sizes.val > 0 && sizes.val < FEWEST;
  if (few) yield { key: 'dataset.val_split', severity: 'warning', message: l10n.t('There are {0} validation images: {1} moves in steps of {2} %, and the best epoch is chosen by it.', sizes.val, train.monitor, (100 / sizes.val).toFixed(0)), remedies: [{ key: 'dataset.val_split', value: '0.1' }] };
  if (sizes.val === 0 && train.early_stop.patience === 0 && train.schedule !== 'plateau') {
    yield { key: 'dataset.val_split', severity: 'warning', message: l10n.t('There are no validation images (dataset.val_split is {0}): no epoch can be told to be the best, and the last one is taken for it.', dataset.val_split), remedies: [{ key: 'dataset.val_split', value: '0.1' }] };
  }
  if (train.batch_size > sizes.train && sizes.train > 0) {
    yield { key: 'train.batch_size', severity: 'warning', message: l10n.t('train.batch_size ({0}) is more than the {1} training images: an epoch is a single step of {1} images.', train.batch_size, sizes.train) };
  }
}

function* memoryProblems({ image, model, train, finetune }: Config, { classes }: Counted, machine?: number): Generator<Found> {
  const spec = tunedFor(vitSpec(image, model, classes.length), finetune);
  const rows = Math.ceil(train.batch_size / train.grad_accum_steps);
  const { says, training, held, machine: has } = memoryVerdict(spec, rows, machine);
  if (says === 'fits') return;
  const fits = (count: number): boolean => memoryVerdict(spec, count, machine).says === 'fits';
  const fitting = largestBelow(rows, fits);
  const key = fitting === 0 ? 'model' : 'train.batch_size';
  const remedies = fitting === 0 ? {} : { remedies: [{ key: 'train.grad_accum_steps', value: String(Math.ceil(train.batch_size / fitting)) }, { key: 'train.batch_size', value: String(fitting * train.grad_accum_steps) }] };
  const numbers = [gibibytes(training), rows, gibibytes(held), gibibytes(has)] as const;
  const most = fitting === 0 ? l10n.t('Not even a single image at a time would.') : l10n.t('Up to {0} images at a time fit.', fitting);
  yield says === 'beyond'
    ? { key, severity: 'error', message: `${l10n.t('A training step takes about {0} of memory with {1} images at a time ({2} of them for weights, gradients and moments), and this machine has {3}: it will be refused.', ...numbers)} ${most}`, ...remedies }
    : { key, severity: 'warning', message: `${l10n.t('A training step takes up to {0} of memory with {1} images at a time ({2} of them for weights, gradients and moments), and this machine has {3}: it may not fit.', ...numbers)} ${most}`, ...remedies };
}

/** The largest power of two below a count that suits; 0 where none does. */
function largestBelow(count: number, suits: (count: number) => boolean): number {
  for (let one = 2 ** Math.floor(Math.log2(count)); one >= 1; one /= 2) if (one < count && suits(one)) return one;
  return 0;
}
