import { existsSync, readdirSync } from 'node:fs';
import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import { backboneStride, fitToPatch, hasClassToken, mlpWidthOf, pairOf, tokenMlpWidthOf, vitSpec } from '../model/spec';
import { nearest } from './nearest';
import { idleKeys } from './idle';
import { firstSize, patchOf, wholePatches } from './progressive';
import type { Config } from './schema';
import { sweepRules } from './sweepRules';

/** A rule that joins two fields, broken. */
export interface Broken {
  /** The one to mark. */
  readonly key: string;
  /** Where it stands, where that is not the key's parts: `sweep.parameters` has dotted keys of its own. */
  readonly at?: readonly string[];
  /** Whether the key itself is wrong, and not what it is set to; and what was meant. */
  readonly misspelt?: { readonly suggestion: string | undefined };
  /** All that take part: when one of them is wrong by itself, the rule has nothing to say. */
  readonly keys: readonly string[];
  readonly message: string;
  readonly severity: 'error' | 'warning';
  /** Keys that put it right when they are set so. */
  readonly remedies?: readonly Remedy[];
}

export interface Remedy {
  readonly key: string;
  /** As it is written. */
  readonly value: string;
}

/** Checks everything that no field can tell alone. `folder` is that of the configuration, where its paths begin. */
export function checkRules(config: Config, folder: string): Broken[] {
  return [...widthRules(config), ...tokenRules(config), ...partRules(config), ...imageRules(config), ...normalisationRules(config), ...trainRules(config), ...augmentRules(config), ...progressiveRules(config), ...distillationRules(config), ...finetuneRules(config), ...engineRules(config), ...trackingRules(config), ...datasetRules(config, folder), ...sweepRules(config), ...idleRules(config)];
}

/** @param remedies values by key; what is no number or word is left out */
function error(keys: readonly [string, ...string[]], message: string, remedies: Readonly<Record<string, number | string | readonly number[] | undefined>> = {}): Broken {
  const known = Object.entries(remedies).flatMap(([key, value]) => (value === undefined ? [] : [{ key, value: Array.isArray(value) ? `[${value.join(', ')}]` : String(value as number) }]));
  return { key: keys[0], keys, message, severity: 'error', ...(known.length > 0 && { remedies: known }) };
}

function warning(...of: Parameters<typeof error>): Broken {
  return { ...error(...of), severity: 'warning' };
}

function* widthRules({ model }: Config): Generator<Broken> {
  if (model.architecture === 'resnet') return;
  const { embed_dim: width, num_heads: heads, pos_embed: positions } = model;
  const attends = model.architecture === 'vit';
  if (attends && width % heads !== 0) {
    const near = nearestMultiple(width, heads);
    const fitting = divisorsOf(width).filter((count) => count <= MOST_HEADS);
    yield error(
      ['model.num_heads', 'model.embed_dim'],
      l10n.t('model.embed_dim ({0}) must be a multiple of model.num_heads ({1}), e.g. {2}. Heads that divide {0}: {3}.', width, heads, near, fitting.join(', ')),
      { 'model.num_heads': nearestOf(fitting, heads), 'model.embed_dim': near },
    );
  }
  if (mlpWidthOf(model) < 1) {
    yield error(['model.mlp_ratio', 'model.embed_dim'], l10n.t('model.mlp_ratio ({0}) × model.embed_dim ({1}) leaves the MLP without a hidden unit; the ratio must be at least {2}.', model.mlp_ratio, width, 0.5 / width));
  }
  if (model.architecture === 'mixer' && tokenMlpWidthOf(model) < 1) {
    yield error(['model.token_mlp_ratio', 'model.embed_dim'], l10n.t('model.token_mlp_ratio ({0}) × model.embed_dim ({1}) leaves the MLP over the patches without a hidden unit; the ratio must be at least {2}.', model.token_mlp_ratio, width, 0.5 / width));
  }
  if (!attends) return;
  const multiple = positions === 'sincos2d' ? 4 : positions === 'sincos1d' ? 2 : 1;
  if (width % multiple !== 0) {
    yield error(['model.embed_dim', 'model.pos_embed'], l10n.t('model.embed_dim ({0}) must be a multiple of {1} for model.pos_embed: {2}.', width, multiple, positions), { 'model.embed_dim': nearestMultiple(width, leastMultiple(multiple, heads)) });
  }
  const inOrder = model.mlp_layer === 'swiglu' ? 'model.mlp_layer' : model.attention === 'locality' ? 'model.attention' : positions === 'relative' ? 'model.pos_embed' : model.norm_first ? undefined : 'model.norm_first';
  if (model.parallel_blocks && inOrder !== undefined) {
    yield error(['model.parallel_blocks', inOrder], l10n.t('model.parallel_blocks does not go together with this {0}.', inOrder));
  }
  if (positions === 'rope' && width % heads === 0 && (width / heads) % 4 !== 0) {
    yield error(['model.embed_dim', 'model.num_heads', 'model.pos_embed'], l10n.t('model.pos_embed: rope turns pairs of channels by row and by column: model.embed_dim ({0}) / model.num_heads ({1}) must be a multiple of 4.', width, heads), { 'model.embed_dim': nearestMultiple(width, 4 * heads) });
  }
  if (positions === 'relative' && (model.reg_tokens > 0 || model.distilled)) {
    yield error(['model.pos_embed', model.distilled ? 'model.distilled' : 'model.reg_tokens'], l10n.t('model.pos_embed: relative knows distances between patches and a class token only; registers and a distillation token have none.'));
  }
  if (model.mlp_layer === 'swiglu' && mlpWidthOf(model) % 2 !== 0) {
    yield error(['model.mlp_ratio', 'model.embed_dim', 'model.mlp_layer'], l10n.t('model.mlp_layer: swiglu halves the hidden width: model.mlp_ratio ({0}) × model.embed_dim ({1}) must be even.', model.mlp_ratio, width));
  }
}

/** Which tokens a pooling and a head need. */
function* tokenRules({ model }: Config): Generator<Broken> {
  if (model.architecture !== 'vit') {
    if (model.patch_drop_rate > 0) yield error(['model.patch_drop_rate', 'model.architecture'], l10n.t('model.patch_drop_rate leaves tokens out, which only model.architecture: vit can do without, not {0}.', model.architecture));
    return;
  }
  if (model.patch_drop_rate > 0 && model.pos_embed === 'relative') {
    yield error(['model.patch_drop_rate', 'model.pos_embed'], l10n.t('model.patch_drop_rate and model.pos_embed: relative do not go together: distances are those of all patches.'));
  }
  const { global_pool: pool } = model;
  if ((pool === 'token' || pool === 'token_avg') && !hasClassToken(model)) {
    yield error(['model.class_token', 'model.global_pool'], l10n.t('model.global_pool: {0} reads the class token; without one, choose avg or map.', pool));
  }
  if (model.distilled && pool !== 'token') {
    yield error(['model.distilled', 'model.global_pool'], l10n.t('model.distilled reads the class token and the distillation token: model.global_pool must be token, not {0}.', pool));
  }
  const other = model.reg_tokens > 0 ? 'model.reg_tokens' : model.no_embed_class ? 'model.no_embed_class' : model.fc_norm === true ? 'model.fc_norm' : undefined;
  if (model.distilled && other !== undefined) {
    yield error(['model.distilled', other], l10n.t('model.distilled and {0} do not go together: no such network is known.', other));
  }
  if (model.fc_norm === true && pool !== 'token' && pool !== 'avg') {
    yield error(['model.fc_norm', 'model.global_pool'], l10n.t('model.fc_norm: true puts the last norm behind the pooling, which only model.global_pool: token and avg allow.'));
  }
}

/** Which parts do not go together, or not with these sizes. */
function* partRules({ model }: Config): Generator<Broken> {
  const { architecture, projection, layers = [] } = model;
  if (architecture === 'resnet') {
    if (model.layers?.length === 0) yield error(['model.layers', 'model.architecture'], l10n.t('model.layers is empty: a resnet needs at least one stage, e.g. [2, 2, 2, 2].'));
    return;
  }
  if (architecture === 'mixer') {
    if (projection !== 'linear' && projection !== 'conv') yield error(['model.projection', 'model.architecture'], l10n.t('model.architecture: mixer cuts plain patches: model.projection must be linear or conv, not {0}.', projection));
    if (model.mlp_layer !== 'mlp') yield error(['model.mlp_layer', 'model.architecture'], l10n.t('model.architecture: mixer has no gates: model.mlp_layer must be mlp.'));
    return;
  }
  if (model.attention === 'locality' && model.qk_norm) {
    yield error(['model.attention', 'model.qk_norm'], l10n.t('model.attention: locality and model.qk_norm do not go together: both set how sharply a head looks.'));
  }
  const patch = pairOf(model.patch_size);
  if (projection === 'shifted_patches' && Math.min(...patch) < 2) {
    yield error(['model.patch_size', 'model.projection'], l10n.t('model.projection: shifted_patches shifts by half a patch, so model.patch_size must be 2 or more.'));
  }
  if (projection !== 'resnetv2') return;
  const stride = backboneStride(layers);
  if (patch.some((side) => side % stride !== 0)) {
    yield error(['model.patch_size', 'model.projection', 'model.layers'], l10n.t('model.projection: resnetv2 leaves one position for every {0} pixels here, so model.patch_size must be a multiple of {0}, not {1}.', stride, patch.join(' × ')), { 'model.patch_size': nearestMultiple(patch[0], stride) });
  }
  if (model.stem_dim % 32 !== 0) yield error(['model.stem_dim', 'model.projection'], l10n.t('model.projection: resnetv2 normalises 32 groups of channels, so model.stem_dim must be a multiple of 32, not {0}.', model.stem_dim), { 'model.stem_dim': nearestMultiple(model.stem_dim, 32) });
}

/** In the words of the colours: they are numbers from 0 to 1 when mean and deviation are applied. */
function* normalisationRules({ image }: Config): Generator<Broken> {
  const odd = { mean: image.mean.find((mean) => mean < 0 || mean > 1), std: image.std.find((std) => std < 1e-3 || std > 1) };
  for (const name of ['mean', 'std'] as const) {
    if (odd[name] === undefined) continue;
    yield warning([`image.${name}`], l10n.t('image.{0} ({1}) is unusual: it belongs to colours from 0 to 1. Divide numbers for colours from 0 to 255 by 255.', name, odd[name]), image[name].every((value) => value > 1 && value <= 255) ? { [`image.${name}`]: image[name].map((value) => Number((value / 255).toFixed(4))) } : {});
  }
}

function* imageRules(config: Config): Generator<Broken> {
  const { image, model } = config;
  for (const name of ['mean', 'std'] as const) {
    const { length } = image[name];
    if (length !== 1 && length !== image.channels) {
      yield error([`image.${name}`, 'image.channels'], l10n.t('image.{0} has {1} numbers; one, or one for each of the {2} channels, is needed.', name, length, image.channels));
    }
  }
  if (model.architecture === 'resnet') return;
  const [size, patch] = [pairOf(image.size), pairOf(model.patch_size)];
  if (patch[0] > size[0] || patch[1] > size[1]) {
    yield error(['model.patch_size', 'image.size'], l10n.t('A patch of {0} pixels is larger than the image of {1}.', patch.join(' × '), size.join(' × ')), { 'model.patch_size': patchFor(size, patch), 'image.size': Math.max(...patch) * 8 });
    return;
  }
  if (model.projection === 'conv_stem' && !(patch[0] === patch[1] && patch[0] > 1 && Number.isInteger(Math.log2(patch[0])))) {
    yield error(['model.patch_size', 'model.projection'], l10n.t('model.projection: conv_stem halves the image step by step, so model.patch_size must be 2, 4, 8, 16 …, not {0}.', patch.join(' × ')), { 'model.patch_size': Math.max(2, 2 ** Math.round(Math.log2(patch[0]))) });
  }
  const fit = fitToPatch(image, model);
  if (fit.how === 'none') return;
  const sizes = [fit.from.join(' × '), fit.to.join(' × '), patch.join(' × ')] as const;
  yield warning(
    ['model.patch_size', 'image.size'],
    fit.how === 'pad'
      ? l10n.t('Images of {0} pixels are padded with zeros to {1}, the next multiple of the patch of {2}.', ...sizes)
      : l10n.t('Images of {0} pixels are resized to {1}, the nearest multiple of the patch of {2}.', ...sizes),
    { 'image.size': fit.to[0] === fit.to[1] ? fit.to[0] : fit.to, 'model.patch_size': patchFor(size, patch) },
  );
}

/** A configuration is kept with its run and shared: what is secret has no place in it. */
function* trackingRules({ tracking: { mlflow } }: Config): Generator<Broken> {
  if (mlflow?.uri === undefined) return;
  const key = 'tracking.mlflow.uri';
  const url = URL.canParse(mlflow.uri) ? new URL(mlflow.uri) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    yield error([key], l10n.t('tracking.mlflow.uri is "{0}"; the http(s) address of an MLflow server is needed, e.g. http://127.0.0.1:5000.', mlflow.uri));
  } else if (url.username !== '' || url.password !== '') {
    yield error([key], l10n.t('tracking.mlflow.uri holds a user or a password, which would be kept with every run. Take it out; give it by the command ViT Lab: Set MLflow Credentials, or as MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD.'));
  } else if (url.search !== '' || url.hash !== '') {
    yield error([key], l10n.t('tracking.mlflow.uri is the address of the server alone, without what begins with ? or #.'));
  }
}

const MOST_HEADS = 64;

function divisorsOf(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i + 1).filter((one) => count % one === 0);
}

function nearestOf(values: readonly number[], wish: number): number {
  return values.reduce((best, value) => (Math.abs(value - wish) < Math.abs(best - wish) ? value : best));
}

function nearestMultiple(value: number, of: number): number {
  return Math.max(1, Math.round(value / of)) * of;
}

function leastMultiple(a: number, b: number): number {
  let multiple = Math.max(a, b);
  while (multiple % a !== 0 || multiple % b !== 0) multiple++;
  return multiple;
}

/** The side of a patch next to the one that is wished that divides both sides of an image; none where that is a pixel. */
function patchFor([height, width]: readonly [number, number], [wish]: readonly [number, number]): number | undefined {
  const whole = divisorsOf(Math.min(height, width)).filter((side) => height % side === 0 && width % side === 0 && side > 1 && side < Math.max(height, width));
  return whole.length === 0 ? undefined : nearestOf(whole, wish);
}

function* engineRules({ engine: { backend, provider, threads } }: Config): Generator<Broken> {
  if (backend === 'auto' || backend === 'onnx') return;
  if (provider !== 'auto') yield warning(['engine.provider', 'engine.backend'], l10n.t('engine.provider ({0}) is for ONNX Runtime only; engine.backend is {1}, which has no providers.', provider, backend));
  if (threads !== 0) yield warning(['engine.threads', 'engine.backend'], l10n.t('engine.threads is for ONNX Runtime only; engine.backend is {0}.', backend));
}

function* trainRules({ train }: Config): Generator<Broken> {
  if (train.min_lr > train.lr) yield error(['train.min_lr', 'train.lr'], l10n.t('train.min_lr ({0}) is above train.lr ({1}), where the cosine begins.', train.min_lr, train.lr), { 'train.min_lr': train.lr / 100 });
  if (train.lr * train.weight_decay > 1) {
    yield warning(['train.weight_decay', 'train.lr'], l10n.t('train.weight_decay ({0}) × train.lr ({1}) is above 1: each step takes more from the weights than they are, and the training diverges.', train.weight_decay, train.lr));
  }
  if (train.cooldown_epochs > 0 && train.warmup_epochs + train.cooldown_epochs > train.epochs) {
    yield warning(['train.cooldown_epochs', 'train.warmup_epochs', 'train.epochs'], l10n.t('train.warmup_epochs ({0}) and train.cooldown_epochs ({1}) are more than train.epochs ({2}): nothing is left between them.', train.warmup_epochs, train.cooldown_epochs, train.epochs), { 'train.cooldown_epochs': Math.max(0, train.epochs - train.warmup_epochs - 1) });
  }
  if (train.cycles > 1 && train.schedule !== 'cosine') {
    yield warning(['train.cycles', 'train.schedule'], l10n.t('train.cycles is for train.schedule: cosine alone; {0} has none.', train.schedule));
  }
  const cosines = train.epochs - train.warmup_epochs - train.cooldown_epochs;
  if (train.schedule === 'cosine' && train.cycles > Math.max(1, cosines)) {
    yield warning(['train.cycles', 'train.epochs'], l10n.t('train.cycles ({0}) is more than the {1} epochs that are left for them: the learning rate starts again within an epoch.', train.cycles, Math.max(0, cosines)), { 'train.cycles': 1 });
  }
  if (train.schedule === 'step' && train.decay_epochs > train.epochs) {
    yield warning(['train.decay_epochs', 'train.epochs'], l10n.t('train.decay_epochs ({0}) is more than train.epochs ({1}): the learning rate never comes down.', train.decay_epochs, train.epochs), { 'train.decay_epochs': Math.max(1, Math.round(train.epochs / 3)) });
  }
  if (train.schedule === 'plateau' && train.early_stop.patience > 0 && train.early_stop.patience <= train.plateau.patience) {
    yield warning(['train.early_stop.patience', 'train.plateau.patience'], l10n.t('train.early_stop.patience ({0}) is not more than train.plateau.patience ({1}): the training ends before the learning rate first comes down.', train.early_stop.patience, train.plateau.patience), { 'train.early_stop.patience': 2 * train.plateau.patience + 1 });
  }
  if (train.grad_accum_steps > train.batch_size) {
    yield warning(['train.grad_accum_steps', 'train.batch_size'], l10n.t('train.grad_accum_steps ({0}) is more than train.batch_size ({1}), and a part has at least one image: {1} parts are computed.', train.grad_accum_steps, train.batch_size), { 'train.grad_accum_steps': train.batch_size });
  }
  if ((train.mixup > 0 || train.cutmix > 0) && train.mixup_off_epoch >= train.epochs) {
    yield warning(['train.mixup_off_epoch', 'train.epochs'], l10n.t('train.mixup_off_epoch ({0}) is behind the last of {1} epochs: images are mixed to the end.', train.mixup_off_epoch, train.epochs), { 'train.mixup_off_epoch': Math.max(1, train.epochs - Math.ceil(train.epochs / 10)) });
  }
  if (typeof train.class_weights === 'object' && train.class_weights.every((weight) => weight === 0)) {
    yield error(['train.class_weights'], l10n.t('All of train.class_weights are 0: no image would count, and nothing would be learned.'));
  }
  if (train.loss === 'bce' && train.class_weights !== 'none') {
    yield error(['train.class_weights', 'train.loss'], l10n.t('train.class_weights is for the losses cross_entropy and focal; train.loss is bce, which looks at each class by itself.'), { 'train.loss': 'cross_entropy', 'train.class_weights': 'none' });
  }
  if (train.opt === 'sgd' && train.weight_decay > 0.01) {
    yield warning(['train.weight_decay', 'train.opt'], l10n.t('train.weight_decay ({0}) is added to the gradient with opt: sgd, and is a hundred times the usual 0.0005.', train.weight_decay), { 'train.weight_decay': 0.0005 });
  }
  if (train.opt === 'lion' && train.lr >= 1e-3) {
    yield warning(['train.lr', 'train.opt'], l10n.t('train.lr ({0}) is much for Lion, which steps by signs and wants a third to a tenth of what AdamW takes.', train.lr), { 'train.lr': Number((train.lr / 5).toPrecision(3)) });
  }
  if (train.clip_mode === 'agc' && train.clip_grad >= 0.5) {
    yield warning(['train.clip_grad', 'train.clip_mode'], l10n.t('train.clip_grad ({0}) is a share of the weights with clip_mode: agc, and clips next to nothing; usual is 0.01 to 0.1.', train.clip_grad), { 'train.clip_grad': 0.02 });
  }
  if (train.warmup_epochs >= train.epochs) {
    yield warning(['train.warmup_epochs', 'train.epochs'], l10n.t('train.warmup_epochs ({0}) is not less than train.epochs ({1}): the whole training is warm-up, and the learning rate never comes down.', train.warmup_epochs, train.epochs), { 'train.warmup_epochs': Math.max(0, train.epochs - 1) });
  }
  if (train.tta === 'flip' && !train.augment.hflip) {
    yield warning(['train.tta', 'train.augment.hflip'], l10n.t('train.tta: flip tests on mirror images, which the training never shows: train.augment.hflip is false.'), { 'train.augment.hflip': 'true', 'train.tta': 'none' });
  }
}

/** What is set and changes nothing is most likely a slip: something else was to be switched on with it. */
function* idleRules(config: Config): Generator<Broken> {
  for (const { key, needs, message, remedy } of idleKeys(config)) yield warning([key, needs], message, { [needs]: remedy });
}

function* distillationRules({ train: { distillation } }: Config): Generator<Broken> {
  if (!distillation) return;
  const { teacher, kind, temperature } = distillation;
  if (teacher === undefined) yield error(['train.distillation.teacher'], l10n.t('train.distillation.teacher is missing: the weights to learn from, a checkpoint or a run folder.'));
  else if (teacher.includes('\0')) yield error(['train.distillation.teacher'], l10n.t('train.distillation.teacher holds a NUL character.'));
  if (kind === 'hard' && temperature !== 1) {
    yield warning(['train.distillation.temperature', 'train.distillation.kind'], l10n.t('train.distillation.temperature ({0}) is for kind: soft alone; kind: hard learns the class that the teacher says.', temperature));
  }
}

/** Smaller images must be whole patches, and the network one that takes them. */
function* progressiveRules(config: Config): Generator<Broken> {
  const { model, train: { progressive, epochs } } = config;
  if (!progressive) return;
  const key = 'train.progressive.from';
  const fixed = model.architecture === 'mixer' ? 'model.architecture: mixer' : model.architecture === 'vit' && model.pos_embed === 'relative' ? 'model.pos_embed: relative' : undefined;
  if (fixed !== undefined) {
    yield error(['train.progressive', fixed.split(':')[0]!], l10n.t('train.progressive needs a network that takes images of several sizes; the weights of {0} are for one number of patches.', fixed));
    return;
  }
  const [from, full, patch] = [firstSize(config), fitToPatch(config.image, model).to, patchOf(config)];
  if (from.some((side, axis) => side % patch[axis]! !== 0)) {
    yield error([key, 'model.patch_size'], l10n.t('train.progressive.from ({0}) is no whole number of patches of {1} pixels; the nearest is {2}.', from.join(' × '), patch.join(' × '), wholePatches(from, patch).join(' × ')), { [key]: wholePatches(from, patch)[0] === wholePatches(from, patch)[1] ? wholePatches(from, patch)[0] : wholePatches(from, patch) });
  } else if (from.some((side, axis) => side > full[axis]!) || from.join() === full.join()) {
    yield error([key, 'image.size'], l10n.t('train.progressive.from ({0}) must be smaller than the images of {1} pixels.', from.join(' × '), full.join(' × ')));
  } else if (Math.round(progressive.until * epochs) === 0) {
    yield warning(['train.progressive.until', 'train.epochs'], l10n.t('train.progressive.until ({0}) of {1} epochs is less than half an epoch: all images have their full size.', progressive.until, epochs));
  } else if (Math.round(progressive.until * epochs) >= epochs) {
    yield warning(['train.progressive.until', 'train.epochs'], l10n.t('train.progressive.until ({0}) of {1} epochs leaves no epoch at full size, at which the network is evaluated. Train more epochs, or set it smaller.', progressive.until, epochs));
  }
}

/** What takes the place of one another, and intervals from small to large. */
function* augmentRules({ train: { augment } }: Config): Generator<Broken> {
  const policies = (['rand_augment', 'auto_augment', 'trivial_augment', 'three_augment'] as const).filter((name) => augment[name]).map((name) => `train.augment.${name}`);
  const [first, second] = policies;
  if (first !== undefined && second !== undefined) {
    yield error([second, first], l10n.t('{0} and {1} are both policies; an image is given one. Keep one of them.', first, second));
  }
  const { random_resized_crop: crop, crop_padding: padding } = augment;
  if (!crop) return;
  if (padding > 0) yield error(['train.augment.crop_padding', 'train.augment.random_resized_crop'], l10n.t('train.augment.random_resized_crop and train.augment.crop_padding ({0}) are both crops. Keep one of them.', padding), { 'train.augment.crop_padding': 0 });
  for (const name of ['scale', 'ratio'] as const) {
    const [low, high] = crop[name];
    if (low > high) yield error([`train.augment.random_resized_crop.${name}`], l10n.t('train.augment.random_resized_crop.{0} goes from small to large: {1} is above {2}.', name, low, high));
  }
}

function* finetuneRules({ finetune, image, model }: Config): Generator<Broken> {
  if (!finetune) return;
  const { from, unfreeze, layer_decay: decay } = finetune;
  if (from === undefined) yield error(['finetune.from'], l10n.t('finetune.from is missing: the weights to start from, a checkpoint or a run folder.'));
  else if (from.includes('\0')) yield error(['finetune.from'], l10n.t('finetune.from holds a NUL character.'));
  const { layers, depth } = vitSpec(image, model, 1);
  const blocks = model.architecture === 'resnet' ? layers.reduce((sum, count) => sum + count, 0) : depth;
  if (typeof unfreeze === 'number' && unfreeze > blocks) {
    yield error(['finetune.unfreeze', 'model.depth'], l10n.t('finetune.unfreeze ({0}) is more than the {1} blocks of the network; write `all` to train everything.', unfreeze, blocks), { 'finetune.unfreeze': 'all' });
  }
  if (unfreeze === 'head' && decay !== 1) {
    yield warning(['finetune.layer_decay', 'finetune.unfreeze'], l10n.t('finetune.layer_decay ({0}) changes nothing: only the head is trained.', decay));
  }
}

function* samplingRules({ subset, sampling: { order, weights } }: Config['dataset']): Generator<Broken> {
  if (subset.per_class !== undefined && subset.fraction !== 1) {
    yield error(['dataset.subset.fraction', 'dataset.subset.per_class'], l10n.t('dataset.subset.fraction and dataset.subset.per_class both say how many images. Keep one of them.'));
  }
  if (order === 'weighted' && weights === undefined) {
    yield error(['dataset.sampling.weights', 'dataset.sampling.order'], l10n.t('dataset.sampling.order: weighted needs dataset.sampling.weights, a number for each class.'));
  }
  if (weights?.every((weight) => weight === 0)) yield error(['dataset.sampling.weights'], l10n.t('dataset.sampling.weights are all 0: no image would ever be drawn.'));
  if (order !== 'weighted' && weights !== undefined) {
    yield warning(['dataset.sampling.weights', 'dataset.sampling.order'], l10n.t('dataset.sampling.weights is for dataset.sampling.order: weighted alone; {0} has none.', order), { 'dataset.sampling.order': 'weighted' });
  }
}

function* datasetRules({ dataset, train }: Config, folder: string): Generator<Broken> {
  if (dataset.val_split + dataset.test_split >= 1) {
    yield error(['dataset.val_split', 'dataset.test_split'], l10n.t('dataset.val_split and dataset.test_split leave nothing to train on: {0} + {1} is not below 1.', dataset.val_split, dataset.test_split), { 'dataset.val_split': 0.1, 'dataset.test_split': 0.1 });
  }
  yield* samplingRules(dataset);
  if (dataset.sampling.order === 'balanced' && train.class_weights === 'balanced') {
    yield warning(['dataset.sampling.order', 'train.class_weights'], l10n.t('dataset.sampling.order: balanced and train.class_weights: balanced both make up for rare classes: together they count too much. Keep one of them.'), { 'train.class_weights': 'none', 'dataset.sampling.order': 'shuffled' });
  }
  if (dataset.path === undefined) {
    if (dataset.format !== 'shapes') yield error(['dataset.path', 'dataset.format'], l10n.t('dataset.path is missing: the folder, zip or data file with the images. Only `format: shapes` does without.'));
    return;
  }
  if (dataset.path.includes('\0')) yield error(['dataset.path'], l10n.t('dataset.path holds a NUL character.'));
  else if (!existsSync(path.resolve(folder, dataset.path))) yield warning(['dataset.path'], l10n.t('There is nothing at {0} (dataset.path is relative to the configuration file).', path.resolve(folder, dataset.path)), { 'dataset.path': nearestPlace(folder, dataset.path) });
}

/** The name beside a missing one that was most likely meant, as a path like the one that was written. */
function nearestPlace(folder: string, written: string): string | undefined {
  const above = path.dirname(path.resolve(folder, written));
  const meant = existsSync(above) ? nearest(path.basename(written), readdirSync(above)) : undefined;
  return meant === undefined ? undefined : path.posix.join(path.posix.dirname(written), meant);
}
