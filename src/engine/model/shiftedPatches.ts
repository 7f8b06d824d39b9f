import * as tf from '@tensorflow/tfjs';
import { linear, patchify, swapMajor } from './layers';
import type { DeviceParams } from './network';
import { normed } from './norms';
import { dense } from './read';
import type { ViTSpec } from './spec';

/**
 * Shifted Patch Tokenization (Lee et al. 2021, section 3.1): the image and its copies shifted by half a patch to the left
 * and right, above and below, stand behind each other in the channels; a patch of them, normalised, sees what lies around it.
 * Images [B, H, W, C] → [N·B, D].
 */
export function shiftedPatches(spec: ViTSpec, params: DeviceParams, images: tf.Tensor4D): tf.Tensor2D {
  const [B, H, W, C] = images.shape;
  const [down, across] = spec.patchSize.map((side) => Math.floor(side / 2)) as [number, number];
  const framed = tf.pad4d(images, [[0, 0], [down, down], [across, across], [0, 0]]);
  const from = (row: number, column: number): tf.Tensor4D => tf.slice(framed, [0, row, column, 0], [B, H, W, C]);
  const shifted = [from(0, 0), from(0, 2 * across), from(2 * down, 0), from(2 * down, 2 * across)];
  const patches = patchify(tf.concat4d([images, ...shifted], 3), spec.patchSize); // [B·N, P₁P₂·5C]
  const source = normed(spec, params, 'patch_embed.norm', patches);
  const { kernel, bias } = source.fold(dense(params, 'patch_embed.proj')); // [5CP₁P₂, D]
  return swapMajor(linear(source.rows(), kernel, bias), B); // [N·B, D]
}
