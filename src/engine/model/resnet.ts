import * as tf from '@tensorflow/tfjs';
import type { TapWish } from '../compile/executor';
import { batchNorm, type Statistics } from './batchNorm';
import { convolve, maxPool3x3 } from './convolution';
import type { DeviceParams, Forward } from './network';
import { tunedSpecs } from './params';
import { get } from './read';
import { residualBlocks } from './resnetParams';
import type { ViTSpec } from './spec';

/**
 * A ResNet (He et al. 2016) as timm and torchvision have it, of basic blocks (18, 34 layers) or bottlenecks (50, 101). Its
 * stem is theirs, 7 × 7 with a max-pool, or for small images 3 × 3 of stride 1. Images are normalised, [B, H, W, C].
 *
 * @param training normalises by the batch and gives the next running statistics as `buffers`; else, and where a layer is frozen, by the running ones
 */
export function resnetForward(spec: ViTSpec, params: DeviceParams, images: tf.Tensor4D, training: boolean, wish: TapWish = {}): Forward {
  const taps: Record<string, tf.Tensor> = {};
  const tapLayer = (i: number, rows: tf.Tensor4D): void => {
    if (wish.summaries) taps[`summary.${i}`] = tf.expandDims(overPositions(rows), 1); // [B, 1, C]
  };
  const buffers: Record<string, tf.Tensor> = {};
  const conv = (name: string, x: tf.Tensor4D, stride: 1 | 2): tf.Tensor4D => convolve(x, get<tf.Tensor4D>(params, `${name}.weight`), { stride, border: 'symmetric' });
  const updated = new Set(training ? tunedSpecs(spec).flatMap((param) => (param.updated ? [param.name] : [])) : []);
  const norm = (name: string, x: tf.Tensor4D): tf.Tensor4D => {
    const at = (part: string): tf.Tensor1D => get<tf.Tensor1D>(params, `${name}.${part}`);
    const running: Statistics = { mean: at('running_mean'), variance: at('running_var') };
    const { out, next } = batchNorm(x, { gamma: at('weight'), beta: at('bias') }, running, updated.has(`${name}.running_mean`));
    if (next) Object.assign(buffers, { [`${name}.running_mean`]: next.mean, [`${name}.running_var`]: next.variance });
    return out;
  };

  const large = spec.stemType === 'imagenet';
  let x = tf.relu(norm('bn1', conv('conv1', images, large ? 2 : 1))); // [B, H, W, D], or half the sides
  if (large) x = maxPool3x3(x); // [B, H/4, W/4, D]
  tapLayer(0, x);
  for (const [i, { name, convolutions, shortcut }] of residualBlocks(spec).entries()) {
    const branch = convolutions.reduce((inner, { stride }, i) => {
      const out = norm(`${name}.bn${i + 1}`, conv(`${name}.conv${i + 1}`, inner, stride));
      return i < convolutions.length - 1 ? tf.relu(out) : out;
    }, x);
    const straight = shortcut ? norm(`${name}.downsample.1`, conv(`${name}.downsample.0`, x, shortcut.stride)) : x;
    x = tf.relu(tf.add<tf.Tensor4D>(branch, straight));
    tapLayer(i + 1, x);
  }
  const pooled = overPositions(x); // [B, features]
  if (wish.features) taps['features'] = pooled;
  const logits = tf.add<tf.Tensor2D>(tf.matMul(pooled, get<tf.Tensor2D>(params, 'fc.weight')), get(params, 'fc.bias'));
  return { logits, taps, buffers };
}

/** The mean over rows and columns: [B, H, W, C] → [B, C]. */
function overPositions(x: tf.Tensor4D): tf.Tensor2D {
  const [, H, W] = x.shape;
  return tf.mul(tf.sum(x, [1, 2]), 1 / (H * W));
}
