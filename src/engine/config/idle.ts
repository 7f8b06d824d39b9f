import * as l10n from '@vscode/l10n';
import { configSchema, type Config } from './schema';
import { valueAt } from './words';

/** A key that is set, and changes nothing as long as another one is as it is. */
export interface Idle {
  readonly key: string;
  /** The one that would have to be otherwise. */
  readonly needs: string;
  readonly message: string;
  /** What `needs` can be set to, where one value is the obvious one. */
  readonly remedy?: string;
}

type Condition = readonly [needs: string | ((config: Config) => string), holds: (config: Config) => boolean, remedy?: string];

const isSchedule = (name: string): Condition => ['train.schedule', ({ train }) => train.schedule === name, name];
const mixes: Condition = ['train.mixup', ({ train }) => train.mixup > 0 || train.cutmix > 0, '0.8'];

/** Keys that only count together with another one. */
const CONDITIONS: Readonly<Record<string, Condition>> = {
  'train.mixup_prob': mixes,
  'train.mixup_off_epoch': mixes,
  'train.mixup_switch_prob': [({ train }) => (train.mixup > 0 ? 'train.cutmix' : 'train.mixup'), ({ train }) => train.mixup > 0 && train.cutmix > 0],
  'train.focal_gamma': ['train.loss', ({ train }) => train.loss === 'focal', 'focal'],
  'train.momentum': ['train.opt', ({ train }) => train.opt === 'sgd', 'sgd'],
  'train.nesterov': ['train.opt', ({ train }) => train.opt === 'sgd', 'sgd'],
  'train.betas': ['train.opt', ({ train }) => train.opt !== 'sgd', 'adamw'],
  'train.eps': ['train.opt', ({ train }) => train.opt === 'adamw' || train.opt === 'lamb', 'adamw'],
  'train.decay_epochs': isSchedule('step'),
  'train.decay_rate': ['train.schedule', ({ train }) => train.schedule === 'step' || train.schedule === 'plateau', 'step'],
  'train.plateau.patience': isSchedule('plateau'),
  'train.plateau.threshold': isSchedule('plateau'),
  'train.plateau.cooldown': isSchedule('plateau'),
  'train.clip_mode': ['train.clip_grad', ({ train }) => train.clip_grad > 0, '1'],
  'train.early_stop.min_delta': ['train.early_stop.patience', ({ train }) => train.early_stop.patience > 0, '10'],
  'train.augment.random_erasing.mode': ['train.augment.random_erasing.prob', ({ train }) => train.augment.random_erasing.prob > 0, '0.25'],
  'train.augment.random_erasing.count': ['train.augment.random_erasing.prob', ({ train }) => train.augment.random_erasing.prob > 0, '0.25'],
  'train.augment.color_jitter.saturation': ['image.channels', ({ image }) => image.channels === 3],
  'train.augment.color_jitter.hue': ['image.channels', ({ image }) => image.channels === 3],
};

const usual = configSchema.parse({});

/** Keys that somebody has set to another value than the usual one, and that change nothing in this configuration. */
export function* idleKeys(config: Config): Generator<Idle> {
  for (const [key, [of, holds, remedy]] of Object.entries(CONDITIONS)) {
    const needs = typeof of === 'string' ? of : of(config);
    const value = valueAt(config, key.split('.'));
    if (holds(config) || JSON.stringify(value) === JSON.stringify(valueAt(usual, key.split('.')))) continue;
    yield { key, needs, message: l10n.t('{0} ({1}) changes nothing: {2} is {3}.', key, JSON.stringify(value), needs, JSON.stringify(valueAt(config, needs.split('.')))), ...(remedy !== undefined && { remedy }) };
  }
}
