import * as l10n from '@vscode/l10n';

type Words = Readonly<Record<string, string>>;

/**
 * What a key of the configuration decides, in a few words; the whole story of each is in docs/configuration.md.
 *
 * @param kinds the networks it is said of, as `model.architecture` calls them: a width is another thing in a ResNet
 */
export function keyWords(key: string, kinds: readonly string[] = []): string {
  if (key === 'model.embed_dim' && kinds.includes('resnet')) return kinds.every((kind) => kind === 'resnet') ? l10n.t('channels of the first stage of the ResNet') : l10n.t('width D of a token; of a ResNet the channels of its first stage');
  const all: Words = { ...dataWords(), ...imageWords(), ...networkWords(), ...partWords(), ...recipeWords(), ...lossWords(), ...augmentWords(), ...otherWords() };
  return all[key] ?? '';
}

const dataWords = (): Words => ({
  seed: l10n.t('seed of first weights, order, augmentation and dropout'),
  'dataset.format': l10n.t('how the images are stored'),
  'dataset.val_split': l10n.t('share of the training images held out for validation'),
  'dataset.test_split': l10n.t('share of the images held out for the test'),
  'dataset.classes': l10n.t('the classes of the dataset that are used'),
  'dataset.split_seed': l10n.t('seed by which images are held out'),
  'dataset.limit.train': l10n.t('at most so many training images'),
  'dataset.limit.val': l10n.t('at most so many validation images'),
  'dataset.limit.test': l10n.t('at most so many test images'),
  'dataset.subset.fraction': l10n.t('share of the training images of every class that is used'),
  'dataset.subset.per_class': l10n.t('training images of every class that are used'),
  'dataset.sampling.order': l10n.t('how an epoch draws its images'),
  'dataset.sampling.weights': l10n.t('how likely each class is drawn'),
  'dataset.sampling.repeats': l10n.t('how often an image comes in a row, augmented anew'),
  'dataset.workers': l10n.t('threads that decode and augment; changes no result'),
  'dataset.memory': l10n.t('bytes of decoded images that are held in memory'),
  'dataset.max_broken': l10n.t('share of unreadable images that is put up with'),
  'dataset.shapes.images': l10n.t('images that are drawn'),
  'dataset.shapes.size': l10n.t('side of a drawn image in pixels'),
});

const imageWords = (): Words => ({
  'image.size': l10n.t('side of the network’s input in pixels'),
  'image.channels': l10n.t('3 for colour, 1 for grey'),
  'image.fit': l10n.t('how an image of another shape is brought to the size'),
  'image.crop_pct': l10n.t('share of the side that the centre crop keeps'),
  'image.crop_rounding': l10n.t('where a crop of an odd number of pixels begins'),
  'image.interpolation': l10n.t('how pixels are resampled'),
  'image.mean': l10n.t('subtracted from each channel'),
  'image.std': l10n.t('divides each channel'),
});

const networkWords = (): Words => ({
  'model.preset': l10n.t('a published network by its name'),
  'model.architecture': l10n.t('kind of network'),
  'model.block': l10n.t('block of a ResNet'),
  'model.layers': l10n.t('blocks in each stage of the ResNet'),
  'model.stem_type': l10n.t('first convolution of the ResNet'),
  'model.patch_size': l10n.t('side P of a patch in pixels; tokens N = HW/P²'),
  'model.patch_fit': l10n.t('what happens where a side is no multiple of P'),
  'model.projection': l10n.t('how a patch becomes a token'),
  'model.stem_dim': l10n.t('channels of the convolutions before the blocks'),
  'model.pos_embed': l10n.t('how the network knows where a patch lies'),
  'model.no_embed_class': l10n.t('whether only patches have a position'),
  'model.class_token': l10n.t('whether there is a class token'),
  'model.distilled': l10n.t('a distillation token with a head of its own'),
  'model.reg_tokens': l10n.t('register tokens'),
  'model.pre_norm': l10n.t('a norm before the first block'),
  'model.global_pool': l10n.t('what is classified: class token, mean, learned pooling'),
  'model.pool_include_prefix': l10n.t('whether class token and registers are pooled, too'),
  'model.fc_norm': l10n.t('the last norm behind the pooling'),
  'model.dynamic_img_size': l10n.t('meant for images of other sizes, too'),
  'model.depth': l10n.t('number of blocks L'),
  'model.num_heads': l10n.t('attention heads H'),
  'model.attention': l10n.t('kind of attention'),
  'model.embed_dim': l10n.t('width D of a token'),
  'model.mlp_ratio': l10n.t('hidden width of the MLP over D'),
  'model.token_mlp_ratio': l10n.t('hidden width of the Mixer’s MLP over the patches, over D'),
});

const partWords = (): Words => ({
  'model.mlp_layer': l10n.t('kind of MLP'),
  'model.act_layer': l10n.t('activation of the MLP'),
  'model.norm_layer': l10n.t('kind of norm'),
  'model.norm_eps': l10n.t('added to the variance in every norm'),
  'model.norm_first': l10n.t('norm before attention and MLP, or behind the sum'),
  'model.parallel_blocks': l10n.t('attention and MLP side by side'),
  'model.qk_norm': l10n.t('norm of queries and keys'),
  'model.qkv_bias': l10n.t('biases of queries, keys and values'),
  'model.proj_bias': l10n.t('biases of the other linear layers of a block'),
  'model.init_values': l10n.t('first value of the layer scale'),
  'model.drop_rate': l10n.t('dropout'),
  'model.drop_path_rate': l10n.t('stochastic depth at the last block'),
  'model.patch_drop_rate': l10n.t('share of the patches that a step leaves out'),
  'finetune.unfreeze': l10n.t('what of the pretrained network is trained'),
  'finetune.layer_decay': l10n.t('factor of the learning rate from layer to layer'),
  'finetune.head': l10n.t('whether the classifier is kept'),
  'finetune.zero_head': l10n.t('whether a new classifier starts at zero'),
});

const recipeWords = (): Words => ({
  'train.epochs': l10n.t('passes over the training images'),
  'train.batch_size': l10n.t('images of a step'),
  'train.lr': l10n.t('peak of the learning rate'),
  'train.min_lr': l10n.t('learning rate at the end'),
  'train.schedule': l10n.t('how the learning rate falls'),
  'train.warmup_epochs': l10n.t('epochs over which the learning rate rises'),
  'train.cooldown_epochs': l10n.t('epochs at the least learning rate at the end'),
  'train.cycles': l10n.t('restarts of the schedule'),
  'train.decay_epochs': l10n.t('epochs between two steps of the learning rate'),
  'train.decay_rate': l10n.t('factor of the learning rate at each step'),
  'train.plateau.patience': l10n.t('epochs without progress before the learning rate falls'),
  'train.plateau.threshold': l10n.t('what counts as progress'),
  'train.plateau.cooldown': l10n.t('epochs that are not counted behind a fall'),
  'train.opt': l10n.t('optimizer'),
  'train.weight_decay': l10n.t('decay of the weights'),
  'train.betas': l10n.t('decay of the optimizer’s two moments'),
  'train.eps': l10n.t('added to the optimizer’s denominator'),
  'train.momentum': l10n.t('momentum'),
  'train.nesterov': l10n.t('Nesterov’s momentum'),
  'train.clip_grad': l10n.t('bound of the gradient'),
  'train.clip_mode': l10n.t('what of the gradient is bounded'),
  'train.sam_rho': l10n.t('how far up the hill a gradient is taken from'),
  'train.grad_accum_steps': l10n.t('parts in which a batch is computed'),
  'train.model_ema_decay': l10n.t('running average of the weights'),
  'train.early_stop.patience': l10n.t('epochs without progress before it stops early'),
  'train.early_stop.min_delta': l10n.t('what counts as progress for the early stop'),
  'train.monitor': l10n.t('what chooses the best epoch'),
  'train.tta': l10n.t('test-time augmentation'),
  'train.keep_checkpoints': l10n.t('checkpoints that are kept; changes no result'),
});

const lossWords = (): Words => ({
  'train.label_smoothing': l10n.t('share of the target that is spread over all classes'),
  'train.loss': l10n.t('what is minimised'),
  'train.focal_gamma': l10n.t('γ of the focal loss'),
  'train.class_weights': l10n.t('how much an image of each class counts'),
  'train.mixup': l10n.t('α of mixup: pairs of images are added'),
  'train.cutmix': l10n.t('α of CutMix: a box of one image in another'),
  'train.mixup_prob': l10n.t('share of the batches that are mixed'),
  'train.mixup_switch_prob': l10n.t('share of CutMix among them'),
  'train.mixup_off_epoch': l10n.t('from this epoch on nothing is mixed'),
  'train.distillation.teacher': l10n.t('the network that is learned from'),
  'train.distillation.kind': l10n.t('probabilities or class of the teacher'),
  'train.distillation.alpha': l10n.t('share of the teacher in the loss'),
  'train.distillation.temperature': l10n.t('τ that softens the teacher'),
  'train.progressive.from': l10n.t('side of the first, smaller images'),
  'train.progressive.until': l10n.t('share of the epochs with smaller images'),
  'train.progressive.stages': l10n.t('sizes before the full one'),
});

const augmentWords = (): Words => ({
  'train.augment.random_resized_crop.scale': l10n.t('area of a random crop'),
  'train.augment.random_resized_crop.ratio': l10n.t('width over height of a random crop'),
  'train.augment.crop_padding': l10n.t('padded by so many pixels, then cropped at random'),
  'train.augment.hflip': l10n.t('half of the images mirrored'),
  'train.augment.rand_augment.num_ops': l10n.t('RandAugment: operations on an image'),
  'train.augment.rand_augment.magnitude': l10n.t('RandAugment: their strength'),
  'train.augment.trivial_augment': l10n.t('TrivialAugment: one random operation'),
  'train.augment.auto_augment': l10n.t('AutoAugment: a learned policy'),
  'train.augment.three_augment': l10n.t('ThreeAugment: solarized, grey or blurred'),
  'train.augment.color_jitter.brightness': l10n.t('random brightness'),
  'train.augment.color_jitter.contrast': l10n.t('random contrast'),
  'train.augment.color_jitter.saturation': l10n.t('random saturation'),
  'train.augment.color_jitter.hue': l10n.t('random hue'),
  'train.augment.random_erasing.prob': l10n.t('share of the images in which something is erased'),
  'train.augment.random_erasing.mode': l10n.t('what erased pixels become'),
  'train.augment.random_erasing.count': l10n.t('rectangles that are erased at most'),
});

const otherWords = (): Words => ({
  'engine.backend': l10n.t('what computes'),
  'engine.provider': l10n.t('what ONNX Runtime computes on'),
  'engine.execution': l10n.t('compiled graphs, or operation by operation'),
  'engine.precision': l10n.t('numbers in which products are computed'),
  'engine.threads': l10n.t('threads of the engine'),
});
