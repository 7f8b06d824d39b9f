import type * as tf from '@tensorflow/tfjs';
import type { TapWish } from '../compile/executor';
import { mixerForward } from './mixer';
import type { Headed } from './pooling';
import { resnetForward } from './resnet';
import type { ViTSpec } from './spec';
import { vitForward } from './vit';

/** Parameters on the device, by timm's names, as kernels: linear [in, out], convolution [height, width, in, out]. */
export type DeviceParams = Readonly<Record<string, tf.Tensor>>;

/** Dropout and drop path masks of a training step, by the names of `noiseSpecs`. Without one, nothing is dropped. */
export type DeviceNoise = Readonly<Record<string, tf.Tensor>>;

/** Zeros, for whose gradient one asks, by layer: added to the attention [B, H, T, T], and to what it reads, as rows [T·B, D]. */
export interface Nudges {
  readonly attention: Readonly<Record<number, tf.Tensor>>;
  readonly input: Readonly<Record<number, tf.Tensor2D>>;
}

export interface Forward extends Headed {
  /** `attention.i` [B, H, T, T], `tokens.i` [B, T, D] and the others of `TapWish`, as wished. */
  readonly taps: Readonly<Record<string, tf.Tensor>>;
  /** What the parameters that are not trained, running statistics, are after this batch of a training. */
  readonly buffers: Readonly<Record<string, tf.Tensor>>;
}

export interface ForwardOptions {
  readonly wish?: TapWish;
  readonly noise?: DeviceNoise;
  readonly nudges?: Nudges;
  /** [B, L, H]: with what the output of each head is multiplied. */
  readonly heads?: tf.Tensor3D;
  /** Normalises by the batch where a network does so. */
  readonly training?: boolean;
}

/** The forward pass of a network of any architecture. */
export function forward(spec: ViTSpec, params: DeviceParams, images: tf.Tensor4D, { wish, noise, nudges, heads, training = false }: ForwardOptions = {}): Forward {
  if (spec.architecture === 'resnet') return resnetForward(spec, params, images, training, wish);
  if (spec.architecture === 'mixer') return mixerForward(spec, params, images, wish, noise);
  return vitForward(spec, params, images, wish, noise, nudges, heads);
}
