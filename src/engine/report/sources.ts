import type { Config } from '../config/schema';
import type { ReferenceKey } from './bibliography';

type Source = readonly [ReferenceKey, (config: Config) => boolean];

/** What of the literature a network is made of. */
const NETWORK: readonly Source[] = [
  ['vit', ({ model }) => model.architecture === 'vit'],
  ['attention', ({ model }) => model.architecture === 'vit'],
  ['cct', ({ model }) => model.architecture === 'vit' && (model.projection === 'conv_stem' || model.global_pool === 'seq')],
  ['sptlsa', ({ model }) => model.architecture === 'vit' && (model.projection === 'shifted_patches' || model.attention === 'locality')],
  ['resnet', ({ model }) => model.architecture === 'resnet' || (model.architecture === 'vit' && model.projection === 'resnetv2')],
  ['mixer', ({ model }) => model.architecture === 'mixer'],
  ['deit', ({ model }) => model.architecture === 'vit' && model.distilled],
  ['registers', ({ model }) => model.architecture === 'vit' && model.reg_tokens > 0],
  ['rope', ({ model }) => model.architecture === 'vit' && model.pos_embed === 'rope'],
  ['layerscale', ({ model }) => model.architecture === 'vit' && (model.init_values ?? 0) > 0],
  ['swiglu', ({ model }) => model.architecture === 'vit' && model.mlp_layer === 'swiglu'],
  ['rmsnorm', ({ model }) => model.architecture === 'vit' && model.norm_layer === 'rmsnorm'],
];

export function networkSources(config: Config): readonly ReferenceKey[] {
  return keysOf(NETWORK, config);
}

const OPTIMIZERS = { adamw: 'adamw', sgd: 'sgd', lion: 'lion', lamb: 'lamb' } as const satisfies Readonly<Record<Config['train']['opt'], ReferenceKey>>;

export function optimizerSource({ train }: Config): ReferenceKey {
  return OPTIMIZERS[train.opt];
}

export function scheduleSources({ train }: Config): readonly ReferenceKey[] {
  return train.schedule === 'cosine' ? ['sgdr'] : train.schedule === 'one_cycle' ? ['onecycle'] : [];
}

export function clippingSource({ train }: Config): ReferenceKey {
  return train.clip_mode === 'agc' ? 'agc' : 'clipping';
}

/** What data a name tells of, where it is a well-known one. */
export function dataSource(name: string): ReferenceKey | null {
  if (/cifar-?100?/i.test(name)) return 'cifar';
  return /(^|[^a-z])mnist/i.test(name) && !/fashion|k-?mnist/i.test(name) ? 'mnist' : null;
}

export function engineSource(engine: string): ReferenceKey {
  return engine === 'onnx' ? 'onnxruntime' : engine.startsWith('tfjs') ? 'tensorflow' : 'tfjs';
}

function keysOf(sources: readonly Source[], config: Config): readonly ReferenceKey[] {
  return sources.flatMap(([key, used]) => (used(config) ? [key] : []));
}
