import * as tf from '@tensorflow/tfjs';
import { batchNorm, type Statistics } from './batchNorm';
import { conv1x1Stride2, conv3x3, conv3x3Stride2 } from './convolution';
import type { DeviceParams, Forward } from './network';
import { tunedSpecs } from './params';
import { residualBlocks } from './resnetParams';
import type { ViTSpec } from './spec';

/**
 * A ResNet-18 (He et al. 2016) for small images, as timm's `resnet18` is with a 3 × 3 stem of stride 1 and no max-pool.
 * Images are normalised, [B, H, W, C].
 *
 * @param training normalises by the batch and gives the next running statistics as `buffers`; else, and where a layer is frozen, by the running ones
 */
export function resnetForward(spec: ViTSpec, params: DeviceParams, images: tf.Tensor4D, training: boolean): Forward {
  const buffers: Record<string, tf.Tensor> = {};
  const updated = new Set(training ? tunedSpecs(spec).flatMap((param) => (param.updated ? [param.name] : [])) : []);
  const kernel = (name: string): tf.Tensor4D => get<tf.Tensor4D>(params, `${name}.weight`);
  const norm = (name: string, x: tf.Tensor4D): tf.Tensor4D => {
    const at = (part: string): tf.Tensor1D => get<tf.Tensor1D>(params, `${name}.${part}`);
    const running: Statistics = { mean: at('running_mean'), variance: at('running_var') };
    const { out, next } = batchNorm(x, { gamma: at('weight'), beta: at('bias') }, running, updated.has(`${name}.running_mean`));
    if (next) Object.assign(buffers, { [`${name}.running_mean`]: next.mean, [`${name}.running_var`]: next.variance });
    return out;
  };

  let x = tf.relu(norm('bn1', conv3x3(images, kernel('conv1')))); // [B, H, W, D]
  for (const { name, stride } of residualBlocks(spec)) {
    const halves = stride === 2;
    const inner = tf.relu(norm(`${name}.bn1`, (halves ? conv3x3Stride2 : conv3x3)(x, kernel(`${name}.conv1`))));
    const branch = norm(`${name}.bn2`, conv3x3(inner, kernel(`${name}.conv2`)));
    const shortcut = halves ? norm(`${name}.downsample.1`, conv1x1Stride2(x, kernel(`${name}.downsample.0`))) : x;
    x = tf.relu(tf.add<tf.Tensor4D>(branch, shortcut));
  }
  const [, H, W] = x.shape;
  const pooled = tf.mul<tf.Tensor2D>(tf.sum(x, [1, 2]), 1 / (H * W)); // [B, 8D]
  const logits = tf.add<tf.Tensor2D>(tf.matMul(pooled, get<tf.Tensor2D>(params, 'fc.weight')), get(params, 'fc.bias'));
  return { logits, taps: {}, buffers };
}

function get<T extends tf.Tensor>(params: DeviceParams, name: string): T {
  const param = params[name];
  if (!param) throw new Error(`The network has no parameter ${name}`);
  return param as T;
}
