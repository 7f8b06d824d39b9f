import * as tf from '@tensorflow/tfjs';
import { convolve, maxPool3x3 } from './convolution';
import { groupNorm } from './groupNorm';
import type { DeviceParams } from './network';
import { get } from './read';
import { stageBlocks, stemName } from './resnetv2Params';
import type { ViTSpec } from './spec';

/** Added to the variance of a kernel; timm's for the hybrids. */
const EPS = 1e-8;

/**
 * The ResNet that stands before the blocks of a hybrid (Dosovitskiy et al. 2021, section 3.1), as timm's `ViT-Hybrid` has
 * it: convolutions with standardised kernels, GroupNorm instead of BatchNorm (Kolesnikov et al. 2020, BiT), and borders as
 * TensorFlow lays them. Images [B, H, W, C] → features [B, H/s, W/s, F], with s of `backboneStride`.
 */
export function resnetv2(spec: ViTSpec, params: DeviceParams, images: tf.Tensor4D): tf.Tensor4D {
  const conv = (name: string, x: tf.Tensor4D, stride: 1 | 2): tf.Tensor4D => convolve(x, standardiseKernel(get(params, `${name}.weight`)), { stride, border: 'same' });
  const norm = (name: string, x: tf.Tensor4D): tf.Tensor4D => groupNorm(x, { gamma: get(params, `${name}.weight`), beta: get(params, `${name}.bias`) });

  const stem = stemName(spec);
  let x = maxPool3x3(tf.relu(norm(`${stem}.norm`, conv(`${stem}.conv`, images, 2))), 'same'); // [B, H/4, W/4, S]
  for (const { name, convolutions, shortcut } of stageBlocks(spec)) {
    const branch = convolutions.reduce((inner, { stride }, i) => {
      const out = norm(`${name}.norm${i + 1}`, conv(`${name}.conv${i + 1}`, inner, stride));
      return i < convolutions.length - 1 ? tf.relu(out) : out;
    }, x);
    const straight = shortcut ? norm(`${name}.downsample.norm`, conv(`${name}.downsample.conv`, x, shortcut.stride)) : x;
    x = tf.relu(tf.add<tf.Tensor4D>(branch, straight));
  }
  return x;
}

/** Weight standardisation (Qiao et al. 2019): every filter of [k, k, I, O] with mean 0 and variance 1 over its k·k·I weights. */
function standardiseKernel(kernel: tf.Tensor4D): tf.Tensor4D {
  const O = kernel.shape[3];
  const filters = tf.reshape(kernel, [-1, O]); // [k·k·I, O]
  const mean = (of: tf.Tensor): tf.Tensor => tf.mul(tf.sum(of, 0, true), 1 / filters.shape[0]); // [1, O]
  const centred = tf.sub(filters, mean(filters));
  return tf.reshape(tf.mul(centred, tf.rsqrt(tf.add(mean(tf.square(centred)), EPS))), kernel.shape);
}
