import * as l10n from '@vscode/l10n';
import { and, inComparison, inKey, inSweep, inTab } from './seen';
import { term, VASWANI, VIT, type Term } from './term';

/** How a network learns. */
export function trainingTerms(): readonly Term[] {
  return [...stepTerms(), ...regularTerms(), ...transferTerms(), ...watchTerms()];
}

function stepTerms(): readonly Term[] {
  const preview = l10n.t('Preview of a training');
  return [
    term('epoch', l10n.t('Epoch'), l10n.t('One pass over all training images.'), { seen: and(inComparison(), inKey('train.epochs')), also: ['epochs'] }),
    term('step', l10n.t('Step'), l10n.t('One change of the weights, by the gradient of one batch.'), { seen: and(inComparison(), preview), also: ['steps'] }),
    term('batch', l10n.t('Batch'), l10n.t('The images whose gradient makes one step. Larger ones are steadier, need more memory and usually a higher learning rate.'), { seen: and(preview, inKey('train.batch_size')), also: ['batch_size'] }),
    term('learning-rate', l10n.t('Learning rate'), l10n.t('How far a step goes. Too high and the loss jumps or becomes NaN; too low and nothing is learned in time.'), { seen: and(preview, inComparison(), inKey('train.lr')), also: ['lr'] }),
    term('warm-up', l10n.t('Warm-up'), l10n.t('The first epochs, in which the learning rate rises from 0: the first gradients of a Transformer are too rough for the full one.'), { source: `${VASWANI}, §5.3`, seen: and(preview, inKey('train.warmup_epochs')), also: ['warmup_epochs'] }),
    term('schedule', l10n.t('Learning rate schedule'), l10n.t('How the learning rate falls behind the warm-up: along half a cosine, straight, in steps, or not at all.'), { formula: 'lr(t) = lr_min + ½ (lr − lr_min)(1 + cos(π t / T))', source: 'Loshchilov & Hutter 2017 (SGDR)', seen: and(preview, inKey('train.schedule')), also: ['cosine'] }),
    term('adamw', 'AdamW', l10n.t('The optimizer most ViTs are trained with: each weight has a step of its own, by the mean and the size of its last gradients, and weight decay is kept apart from them.'), { source: 'Kingma & Ba 2015; Loshchilov & Hutter 2019', seen: inKey('train.opt'), also: ['opt', 'optimizer'] }),
    term('weight-decay', l10n.t('Weight decay'), l10n.t('Every step makes the weights a little smaller, so that only what is needed stays large.'), { source: 'Loshchilov & Hutter 2019', seen: inKey('train.weight_decay'), also: ['weight_decay'] }),
    term('gradient-norm', l10n.t('Gradient norm'), l10n.t('The length of the gradient of all weights; where it is longer than `clip_grad` it is shortened to it, so that one bad batch does no harm.'), { formula: 'g ← g · min(1, c / ‖g‖)', source: 'Pascanu et al. 2013', seen: and(inComparison(), inKey('train.clip_grad')), also: ['grad_norm', 'clip_grad'] }),
    term('gradient-accumulation', l10n.t('Gradient accumulation'), l10n.t('A batch is computed in parts one after the other whose gradients are added: the same step with less memory.'), { seen: inKey('train.grad_accum_steps'), also: ['grad_accum_steps'] }),
    term('seed', l10n.t('Seed'), l10n.t('The number that all randomness of a training comes from: first weights, order, augmentation. The same seed gives the same run.'), { seen: and(inSweep(), inKey('seed')), also: ['seed'] }),
  ];
}

function regularTerms(): readonly Term[] {
  const preview = l10n.t('Preview of a training');
  return [
    term('augmentation', l10n.t('Augmentation'), l10n.t('Random changes of the training images that do not change their class: shifted, mirrored, recoloured. It stands in for images that one does not have.'), { source: 'Steiner et al. 2022', seen: and(preview, inKey('train.augment')), also: ['RandAugment', 'crop_padding', 'hflip'] }),
    term('mixup', l10n.t('Mixup'), l10n.t('Two images are laid over each other, and so are their targets, with a weight drawn anew for each batch.'), { formula: 'x = λ xᵢ + (1 − λ) xⱼ,  λ ~ Beta(α, α)', source: 'Zhang et al. 2018', seen: and(preview, inKey('train.mixup')), also: ['mixup'] }),
    term('cutmix', 'CutMix', l10n.t('A box of one image is pasted into another, and the targets are mixed by its area.'), { source: 'Yun et al. 2019', seen: and(preview, inKey('train.cutmix')), also: ['cutmix'] }),
    term('label-smoothing', l10n.t('Label smoothing'), l10n.t('The target gives a small share to the wrong classes, so that the network does not become surer than it should.'), { formula: 'q = (1 − ε) onehot(y) + ε / K', source: 'Szegedy et al. 2016, §7', seen: inKey('train.label_smoothing'), also: ['label_smoothing'] }),
    term('ema', 'EMA', l10n.t('A running average of the weights over the steps, which is steadier than the last ones; where it is kept, it is what is evaluated.'), { formula: 'θ̄ ← d θ̄ + (1 − d) θ', source: 'Polyak & Juditsky 1992', seen: inKey('train.model_ema_decay'), also: ['model_ema_decay', 'exponential moving average'] }),
    term('early-stopping', l10n.t('Early stopping'), l10n.t('A training ends when the monitored metric has not improved for some epochs.'), { seen: inKey('train.early_stop'), also: ['early_stop', 'patience'] }),
    term('class-weights', l10n.t('Class weights'), l10n.t('How much an image counts in the loss by its class, so that rare classes are not neglected.'), { seen: inKey('train.class_weights'), also: ['class_weights'] }),
    term('tta', l10n.t('Test-time augmentation'), l10n.t('The mean of the probabilities of an image and of its mirror image, for twice the time.'), { seen: inKey('train.tta'), also: ['tta'] }),
  ];
}

function transferTerms(): readonly Term[] {
  return [
    term('fine-tuning', l10n.t('Fine-tuning'), l10n.t('A training that starts from weights which have learned other images: a new head, a lower learning rate, fewer epochs, and far fewer images.'), { source: `${VIT}, §3.2`, seen: and(l10n.t('Fine-tune on This Folder'), inKey('finetune.from')), also: ['finetune', 'transfer'] }),
    term('linear-probe', l10n.t('Linear probe'), l10n.t('Only the head is trained, on features that stay as they are: it tells how good these are.'), { source: 'Alain & Bengio 2016', seen: inKey('finetune.unfreeze: head'), also: ['unfreeze'] }),
    term('layer-decay', l10n.t('Layer-wise decay'), l10n.t('In fine-tuning, layers nearer to the image learn more slowly: what they know is more general.'), { formula: 'lrₗ = lr · d^(L+1−l)', source: 'Clark et al. 2020 (ELECTRA); Bao et al. 2022 (BEiT)', seen: inKey('finetune.layer_decay'), also: ['layer_decay'] }),
    term('distillation', l10n.t('Distillation'), l10n.t('The network learns from what a trained teacher says of an image, beside its label.'), { source: 'Hinton et al. 2015; Touvron et al. 2021', seen: inKey('train.distillation'), also: ['teacher'] }),
    term('checkpoint', l10n.t('Checkpoint'), l10n.t('The weights of a moment of the training, as a file. The best one is that of the epoch with the best monitored metric.'), { seen: l10n.t('Checkpoints view'), also: ['best', 'last'] }),
    term('quantisation', l10n.t('8 bits (int8)'), l10n.t('Weights and activations are computed with in 8 bits instead of 32: smaller and faster, and a little less exact.'), { source: 'Jacob et al. 2018', seen: l10n.t('Setting vitLab.classify.precision'), also: ['int8', 'quantization'] }),
    term('sweep', l10n.t('Sweep'), l10n.t('Many trainings of one configuration in which some keys take several values, with several seeds.'), { seen: and(inSweep(), inKey('sweep')), also: ['grid'] }),
  ];
}

function watchTerms(): readonly Term[] {
  return [
    term('weight-norm', l10n.t('Weight norm'), l10n.t('The length of all weights of a layer as one vector; what grows without end wants more decay or a lower rate.'), { seen: inComparison(), also: ['layers/weight_norm', 'weight_norm'] }),
    term('update-norm', l10n.t('Update norm'), l10n.t('How far the weights of a layer have moved in a step. About a thousandth of the weight norm is a common healthy size.'), { seen: inComparison(), also: ['layers/update_norm', 'update_norm'] }),
    term('throughput', l10n.t('Images per second'), l10n.t('How many training images a second of training takes in.'), { seen: inComparison(), also: ['images per second'] }),
    term('data-share', l10n.t('Share of waiting for data'), l10n.t('The share of the time in which steps wait for their images to be read and augmented; above a few percent more workers help.'), { seen: and(inComparison(), inKey('dataset.workers')), also: ['time/data_share', 'data_share'] }),
    term('system-metrics', l10n.t('System metrics'), l10n.t('What a training asks of the machine: processor, memory, GPU where one answers, and what a step waits and computes.'), { seen: and(inComparison(), inKey('tracking.system')), also: ['system'] }),
    term('probe', l10n.t('Probe image'), l10n.t('An image that the network is looked into with after every epoch, so that one can watch it learn.'), { seen: and(inTab(l10n.t('Attention')), inKey('probe.image')), also: ['probe'] }),
  ];
}
