import { existsSync } from 'node:fs';
import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import type { ConfigProblem } from '../../protocol';
import { memoryVerdict } from '../compile/memory';
import { readSource, type Source } from '../config/document';
import { parseConfigFrom } from '../config/load';
import type { Config } from '../config/schema';
import type { Survey } from '../dataset/open';
import { startFacts } from '../finetune/start';
import { vitSpec } from '../model/spec';
import { tunedFor } from '../model/tuning';
import { gibibytes } from '../units';
import { withFixes } from './fixes';
import type { SurveyOf } from './survey';

type Found = Pick<ConfigProblem, 'key' | 'message' | 'severity' | 'remedies'>;

/** All that is wrong or odd with a configuration: by its schema, its rules, and what the disk and this machine say of it. */
export async function checkConfig({ file, text }: { readonly file: string; readonly text: string }, surveyOf: SurveyOf): Promise<readonly ConfigProblem[]> {
  const { problems, config, folder } = await parseConfigFrom(text, file, [], startFacts);
  if (!config) return withFixes(problems, text);
  const source = readSource(text, file);
  const survey = await surveyOf(config.dataset, folder).catch(() => undefined);
  const found = [...missingFiles(config, folder), ...(survey ? [...unlikeData(config, survey), ...memoryProblems(config, survey)] : [])];
  const all = [...problems, ...found.map((one) => placed(one, source))];
  return withFixes(all.sort((a, b) => a.line - b.line || a.column - b.column), text);
}

function placed(found: Found, source: Source): ConfigProblem {
  return { file: source.file, ...source.placeOf(found.key.split('.')), ...found };
}

function* missingFiles({ train: { distillation }, probe }: Config, folder: string): Generator<Found> {
  const missing = (written: string): boolean => !existsSync(path.resolve(folder, written.replace(/@[\w-]+$/, ''))) && !existsSync(path.resolve(folder, written));
  const report = (key: string, written: string): Found => ({ key, severity: 'warning', message: l10n.t('There is nothing at {0} ({1} is relative to the configuration file).', path.resolve(folder, written), key) });
  if (distillation?.teacher !== undefined && missing(distillation.teacher)) yield report('train.distillation.teacher', distillation.teacher);
  for (const image of [probe.image].flat()) if (missing(image)) yield report('probe.image', image);
}

/** What does not go with the number of classes, or with which splits there are. */
function* unlikeData({ train, dataset }: Config, { classes, sizes }: Survey): Generator<Found> {
  const K = classes.length;
  const counted = [['train.class_weights', train.class_weights], ['dataset.sampling.weights', dataset.sampling.weights]] as const;
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
  if (train.batch_size > sizes.train && sizes.train > 0) {
    yield { key: 'train.batch_size', severity: 'warning', message: l10n.t('train.batch_size ({0}) is more than the {1} training images: an epoch is a single step of {1} images.', train.batch_size, sizes.train) };
  }
}

function* memoryProblems({ image, model, train, finetune }: Config, { classes }: Survey, machine?: number): Generator<Found> {
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
