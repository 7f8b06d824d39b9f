import * as l10n from '@vscode/l10n';
import type { Config } from '../config/schema';
import type { Survey } from '../dataset/open';
import { tunedSpecs } from '../model/params';
import { vitSpec } from '../model/spec';
import { tunedFor } from '../model/tuning';
import { scheduleEdges } from '../schedule';
import { grouped } from '../units';

/** Of a training: what its keys of time and strength mean in steps, images and shares. Undefined where a key means none of these. */
export function stepsOf(key: string, config: Config, { sizes, classes }: Pick<Survey, 'sizes' | 'classes'>): string | undefined {
  const told = TOLD[key];
  const perEpoch = Math.ceil(sizes.train / config.train.batch_size);
  return told?.({ config, perEpoch, steps: perEpoch * config.train.epochs, sizes, classes: classes.length });
}

interface Numbers {
  readonly config: Config;
  readonly perEpoch: number;
  readonly steps: number;
  readonly sizes: Survey['sizes'];
  readonly classes: number;
}

const three = (value: number): string => String(Number(value.toPrecision(3)));
const percent = (share: number): string => `${three(100 * share)} %`;

function length({ perEpoch, steps, sizes, config: { train } }: Numbers): string {
  return l10n.t('{0} training images in batches of {1}: {2} steps an epoch, {3} steps in {4} epochs.', grouped(sizes.train), train.batch_size, grouped(perEpoch), grouped(steps), train.epochs);
}

function part(name: string, epochs: number, { perEpoch, steps }: Numbers): string {
  const count = Math.round(epochs * perEpoch);
  return l10n.t('{0}: {1} steps of {2}, {3} of the training.', name, grouped(count), grouped(steps), percent(count / Math.max(1, steps)));
}

function splits({ sizes }: Numbers): string {
  return l10n.t('{0} training, {1} validation and {2} test images.', grouped(sizes.train), grouped(sizes.val), grouped(sizes.test));
}

const TOLD: Readonly<Record<string, (numbers: Numbers) => string | undefined>> = {
  dataset: splits,
  'dataset.path': splits,
  'dataset.val_split': splits,
  'dataset.test_split': splits,
  'dataset.classes': splits,
  'dataset.subset': splits,
  'dataset.subset.fraction': splits,
  'dataset.subset.per_class': splits,
  'dataset.limit': splits,
  train: length,
  'train.epochs': length,
  'train.batch_size': length,
  'train.lr': (numbers) => l10n.t('The peak {0} is reached with step {1} of {2}.', numbers.config.train.lr, grouped(Math.max(1, scheduleEdges(numbers.perEpoch, numbers.config.train).warmup)), grouped(numbers.steps)),
  'train.warmup_epochs': (numbers) => part(l10n.t('Warm-up'), Math.min(numbers.config.train.warmup_epochs, numbers.config.train.epochs), numbers),
  'train.cooldown_epochs': (numbers) => part(l10n.t('Cool-down'), Math.min(numbers.config.train.cooldown_epochs, numbers.config.train.epochs), numbers),
  'train.decay_epochs': (numbers) => part(l10n.t('From one step of the learning rate to the next'), numbers.config.train.decay_epochs, numbers),
  'train.cycles': ({ config: { train }, perEpoch }) => {
    const { warmup, last } = scheduleEdges(perEpoch, train);
    return l10n.t('Each cosine has {0} steps, {1} epochs.', grouped(Math.round((last + 1 - warmup) / train.cycles)), three((last + 1 - warmup) / train.cycles / perEpoch));
  },
  'train.mixup_off_epoch': (numbers) => {
    const off = numbers.config.train.mixup_off_epoch;
    return part(l10n.t('Mixed'), off === 0 ? numbers.config.train.epochs : Math.min(off, numbers.config.train.epochs), numbers);
  },
  'train.progressive': (numbers) => numbers.config.train.progressive && part(l10n.t('Smaller images'), Math.round(numbers.config.train.progressive.until * numbers.config.train.epochs), numbers),
  'train.progressive.until': (numbers) => numbers.config.train.progressive && part(l10n.t('Smaller images'), Math.round(numbers.config.train.progressive.until * numbers.config.train.epochs), numbers),
  'train.early_stop.patience': (numbers) => (numbers.config.train.early_stop.patience > 0 ? part(l10n.t('Put up with'), numbers.config.train.early_stop.patience, numbers) : undefined),
  'train.weight_decay': ({ config: { train }, perEpoch }) => {
    const share = train.lr * train.weight_decay;
    if (share === 0 || train.opt === 'sgd') return undefined;
    const half = Math.log(2) / -Math.log1p(-Math.min(share, 0.999));
    return l10n.t('At the peak of the learning rate each step takes {0} of every weight; alone it would halve them in {1} steps ({2} epochs).', percent(share), grouped(Math.ceil(half)), three(half / perEpoch));
  },
  'train.model_ema_decay': ({ config: { train }, perEpoch }) => {
    const decay = train.model_ema_decay;
    return decay > 0 ? l10n.t('The average looks back about {0} steps ({1} epochs).', grouped(Math.round(1 / (1 - decay))), three(1 / (1 - decay) / perEpoch)) : undefined;
  },
  'train.label_smoothing': ({ config: { train }, classes }) =>
    l10n.t('Targets of {0} classes: {1} for the right one, {2} for each other.', classes, three(1 - train.label_smoothing + train.label_smoothing / classes), three(train.label_smoothing / classes)),
  'model.drop_path_rate': ({ config: { model } }) => {
    if (model.depth < 2 || model.drop_path_rate === 0) return undefined;
    const rates = Array.from({ length: model.depth }, (_, block) => three((model.drop_path_rate * block) / (model.depth - 1)));
    return l10n.t('From the first block to the last: {0}.', (rates.length > 12 ? [...rates.slice(0, 4), '…', ...rates.slice(-3)] : rates).join(', '));
  },
  'finetune.layer_decay': ({ config: { finetune, train, image, model }, classes }) => {
    if (!finetune || finetune.layer_decay === 1) return undefined;
    const all = { ...finetune, unfreeze: 'all' } as const;
    const least = Math.min(...tunedSpecs(tunedFor(vitSpec(image, model, classes), all)).map(({ lrScale }) => lrScale));
    return l10n.t('Learning rate at its peak: {0} of the head, {1} of the last block, {2} of the embedding.', train.lr, three(train.lr * finetune.layer_decay), three(train.lr * least));
  },
};
