import * as l10n from '@vscode/l10n';
import type { Config } from '../config/schema';
import type { ReferenceKey } from './bibliography';
import { citing, type Inline } from './document';
import { clippingSource, optimizerSource, scheduleSources } from './sources';
import { digits, percent } from './words';

/** How a network was trained, in sentences, each with where the method is from. */
export function recipeWords(config: Config): readonly Inline[] {
  return [...steps(config), ...start(config), ...loss(config), ...augmentation(config), ...regularisation(config), ...choosing(config)];
}

const said = (words: string, ...keys: readonly ReferenceKey[]): Inline => citing(words, ...keys);

const OPTIMIZERS = { adamw: 'AdamW', sgd: 'SGD', lion: 'Lion', lamb: 'LAMB' } as const;

function steps(config: Config): Inline[] {
  const { train, dataset } = config;
  const peak = l10n.t('{0} epochs in batches of {1} with {2}, a learning rate of at most {3} and a weight decay of {4}.', train.epochs, train.batch_size, OPTIMIZERS[train.opt], digits(train.lr), digits(train.weight_decay));
  const warm = train.warmup_epochs > 0 ? ` ${train.warmup_epochs === 1 ? l10n.t('It rises over the first epoch.') : l10n.t('It rises over the first {0} epochs.', train.warmup_epochs)}` : '';
  return [
    said(peak, optimizerSource(config)),
    said(`${scheduleWords(config)}${train.schedule === 'one_cycle' ? '' : warm}`, ...scheduleSources(config)),
    ...(train.clip_grad > 0 ? [said(clipWords(config), clippingSource(config))] : []),
    ...(train.sam_rho > 0 ? [said(l10n.t('Gradients are taken {0} up the hill (sharpness-aware minimisation).', train.sam_rho), 'sam')] : []),
    ...(train.grad_accum_steps > 1 ? [l10n.t('Each batch is computed in {0} parts.', train.grad_accum_steps)] : []),
    ...(train.model_ema_decay > 0 ? [said(l10n.t('A running average of the weights (decay {0}) is what is evaluated and kept.', train.model_ema_decay), 'ema')] : []),
    ...(dataset.sampling.order === 'shuffled' ? [] : [l10n.t('How an epoch draws its images: {0}.', dataset.sampling.order)]),
    ...(dataset.sampling.repeats > 1 ? [said(l10n.t('Each image comes {0} times in a row, augmented anew.', dataset.sampling.repeats), 'repeated')] : []),
    ...(train.progressive ? [l10n.t('Progressive resizing: training begins on smaller images.')] : []),
  ];
}

function scheduleWords({ train }: Config): string {
  switch (train.schedule) {
    case 'cosine':
      return train.cycles > 1 ? l10n.t('The learning rate falls to {0} along {1} cosines.', digits(train.min_lr), train.cycles) : l10n.t('The learning rate falls to {0} along half a cosine.', digits(train.min_lr));
    case 'linear':
      return l10n.t('The learning rate falls to {0} along a line.', digits(train.min_lr));
    case 'step':
      return l10n.t('The learning rate is multiplied by {0} every {1} epochs.', train.decay_rate, train.decay_epochs);
    case 'constant':
      return l10n.t('The learning rate stays as it is.');
    case 'one_cycle':
      return l10n.t('The learning rate goes through one cycle.');
    case 'plateau':
      return l10n.t('The learning rate is multiplied by {0} whenever {1} stops to improve.', train.decay_rate, train.monitor);
  }
}

function clipWords({ train }: Config): string {
  if (train.clip_mode === 'agc') return l10n.t('Gradients are clipped adaptively, to {0} of the norm of their weights.', train.clip_grad);
  return train.clip_mode === 'value' ? l10n.t('Each number of the gradient is clipped to {0}.', train.clip_grad) : l10n.t('The norm of the gradient is clipped to {0}.', train.clip_grad);
}

function start({ finetune }: Config): Inline[] {
  if (finetune?.from === undefined) return [];
  const what = finetune.unfreeze === 'all' ? l10n.t('all of it') : finetune.unfreeze === 'head' ? l10n.t('the head alone') : l10n.t('the last {0} blocks and what follows them', finetune.unfreeze);
  return [l10n.t('Fine-tuning: the network starts from trained weights; {0} is trained.', what) + (finetune.layer_decay < 1 ? ` ${l10n.t('The learning rate is multiplied by {0} from layer to layer downwards.', finetune.layer_decay)}` : '')];
}

function loss({ train }: Config): Inline[] {
  const names = { cross_entropy: l10n.t('cross-entropy'), bce: l10n.t('binary cross-entropy of each class'), focal: l10n.t('focal loss with γ = {0}', train.focal_gamma) };
  const { distillation } = train;
  return [
    said(l10n.t('Loss: {0}.', names[train.loss]), ...(train.loss === 'focal' ? (['focal'] as const) : [])),
    ...(train.label_smoothing > 0 ? [said(l10n.t('Label smoothing of {0}.', train.label_smoothing), 'smoothing')] : []),
    ...(train.class_weights === 'none' ? [] : [train.class_weights === 'balanced' ? l10n.t('Classes are weighted by the inverse of how often they occur.') : l10n.t('Classes are weighted: {0}.', train.class_weights.join(', '))]),
    ...(distillation?.teacher === undefined ? [] : [said(l10n.t('Knowledge distillation from a trained network, with a share of {0} in the loss.', distillation.alpha), 'distillation')]),
  ];
}

function augmentation({ train }: Config): Inline[] {
  const { augment, mixup, cutmix, mixup_prob: share } = train;
  const jitter = Object.entries(augment.color_jitter).filter(([, value]) => value > 0).map(([name, value]) => `${name} ${value}`);
  const some = share < 1 ? ` ${l10n.t('In {0} of the batches.', percent(share))}` : '';
  const all: Inline[] = [
    ...(augment.random_resized_crop ? [said(l10n.t('Random resized crop of {0} to {1} of the area.', ...augment.random_resized_crop.scale), 'inception')] : []),
    ...(augment.crop_padding > 0 && !augment.random_resized_crop ? [l10n.t('Random crop after padding by {0} pixels.', augment.crop_padding)] : []),
    ...(augment.hflip ? [l10n.t('Half of the images are mirrored.')] : []),
    ...(augment.rand_augment ? [said(l10n.t('RandAugment with {0} operations of strength {1}.', augment.rand_augment.num_ops, augment.rand_augment.magnitude), 'randaugment')] : []),
    ...(augment.trivial_augment ? [said(l10n.t('TrivialAugment.'), 'trivialaugment')] : []),
    ...(augment.auto_augment ? [said(l10n.t('AutoAugment with the policy of {0}.', augment.auto_augment), 'autoaugment')] : []),
    ...(augment.three_augment ? [said(l10n.t('ThreeAugment.'), 'deit3')] : []),
    ...(jitter.length > 0 ? [l10n.t('Colour jitter: {0}.', jitter.join(', '))] : []),
    ...(augment.random_erasing.prob > 0 ? [said(l10n.t('Random erasing in {0} of the images.', percent(augment.random_erasing.prob)), 'erasing')] : []),
    ...(mixup > 0 ? [said(`${l10n.t('mixup with α = {0}.', mixup)}${some}`, 'mixup')] : []),
    ...(cutmix > 0 ? [said(`${l10n.t('CutMix with α = {0}.', cutmix)}${some}`, 'cutmix')] : []),
  ];
  return all.length === 0 ? [l10n.t('Images are not augmented.')] : all;
}

function regularisation({ model }: Config): Inline[] {
  return [
    ...(model.drop_rate > 0 ? [said(l10n.t('Dropout of {0}.', model.drop_rate), 'dropout')] : []),
    ...(model.drop_path_rate > 0 ? [said(l10n.t('Stochastic depth up to {0}.', model.drop_path_rate), 'droppath')] : []),
    ...(model.patch_drop_rate > 0 ? [said(l10n.t('{0} of the patches are left out in each step.', percent(model.patch_drop_rate)), 'patchdrop')] : []),
  ];
}

function choosing({ train }: Config): Inline[] {
  const { patience } = train.early_stop;
  return [
    l10n.t('The best epoch is chosen by {0}.', train.monitor) + (patience > 0 ? ` ${l10n.t('It stops early after {0} epochs without improvement.', patience)}` : ''),
    ...(train.tta === 'flip' ? [l10n.t('In the test, the probabilities of each image and its mirror image are averaged.')] : []),
  ];
}
