import * as tf from '@tensorflow/tfjs';
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
export function resnetForward(spec: ViTSpec, params: DeviceParams, images: tf.Tensor4D, training: boolean): Forward {
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
  for (const { name, convolutions, shortcut } of residualBlocks(spec)) {
    const branch = convolutions.reduce((inner, { stride }, i) => {
      const out = norm(`${name}.bn${i + 1}`, conv(`${name}.conv${i + 1}`, inner, stride));
      return i < convolutions.length - 1 ? tf.relu(out) : out;
    }, x);
    const straight = shortcut ? norm(`${name}.downsample.1`, conv(`${name}.downsample.0`, x, shortcut.stride)) : x;
    x = tf.relu(tf.add<tf.Tensor4D>(branch, straight));
  }
  const [, H, W] = x.shape;
  const pooled = tf.mul<tf.Tensor2D>(tf.sum(x, [1, 2]), 1 / (H * W)); // [B, features]
  const logits = tf.add<tf.Tensor2D>(tf.matMul(pooled, get<tf.Tensor2D>(params, 'fc.weight')), get(params, 'fc.bias'));
  return { logits, taps: {}, buffers };
}
