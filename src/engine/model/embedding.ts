import * as tf from '@tensorflow/tfjs';
import { conv3x3, maxPool3x3 } from './convolution';
import { unseen, type Peek } from './inside';
import { projectConv, projectLinear } from './layers';
import type { DeviceParams } from './network';
import { normalise } from './norms';
import { affine, get } from './read';
import { resnetv2 } from './resnetv2';
import { shiftedPatches } from './shiftedPatches';
import { gridMatrix } from './resizeMatrix';
import { gridOf, hasTable, type ViTSpec } from './spec';

/** Images as the tokens that the first block reads: patches → projection → prefix and position → norm, [B, H, W, C] → [T·B, D]. */
export function embed(spec: ViTSpec, params: DeviceParams, images: tf.Tensor4D, { drop, peek = unseen }: { readonly drop: (rows: tf.Tensor2D) => tf.Tensor2D; readonly peek?: Peek }): tf.Tensor2D {
  const B = images.shape[0];
  const D = spec.width;
  const [rows, columns] = gridOf(spec);
  let z: tf.Tensor3D = tf.reshape(project(spec, params, images, peek), [rows * columns, B, D]); // [N, B, D]
  const projected = z;
  peek('projected', () => tf.transpose(projected, [1, 0, 2])); // [B, N, D]
  const prefix = prefixOf(spec, params, B);
  const withPrefix = (x: tf.Tensor3D): tf.Tensor3D => (prefix.length > 0 ? tf.concat([...prefix, x], 0) : x);
  const placed = (x: tf.Tensor3D): tf.Tensor3D => (hasTable(spec) ? tf.add(x, tf.reshape(positions(spec, params), [-1, 1, D])) : x);
  z = spec.noEmbedClass ? withPrefix(placed(z)) : placed(withPrefix(z)); // [T, B, D]
  const out = drop(tf.reshape(z, [-1, D]));
  return spec.preNorm ? normalise(spec, affine(params, 'norm_pre'), out) : out;
}

/** The table [1, T, D], resampled where it is of another grid than the images. */
function positions(spec: ViTSpec, params: DeviceParams): tf.Tensor3D {
  const table = get<tf.Tensor3D>(params, 'pos_embed');
  const { tableGrid: from, width: D } = spec;
  if (!from) return table;
  const [to, count] = [gridOf(spec), from[0] * from[1]];
  const prefix = table.shape[1] - count;
  const matrix = tf.tensor2d(gridMatrix(from, to).flatMap((row) => [...row]), [to[0] * to[1], count]);
  const patches = tf.matMul(matrix, tf.reshape<tf.Rank.R2>(tf.slice(table, [0, prefix, 0], [1, count, D]), [count, D]));
  const resampled = tf.reshape<tf.Rank.R3>(patches, [1, to[0] * to[1], D]);
  return prefix > 0 ? tf.concat([tf.slice(table, [0, 0, 0], [1, prefix, D]), resampled], 1) : resampled;
}

/** The tokens before the patches, each for every image: class, distillation, registers, [n, B, D]. */
function prefixOf({ classToken, distilled, regTokens, width: D }: ViTSpec, params: DeviceParams, B: number): tf.Tensor3D[] {
  const names = [...(classToken ? ['cls_token'] : []), ...(distilled ? ['dist_token'] : []), ...(regTokens > 0 ? ['reg_token'] : [])];
  return names.map((name) => {
    const token = get<tf.Tensor3D>(params, name); // [1, n, D]
    const n = token.shape[1];
    // Adding to zeros repeats a token over the batch with a gradient that is one sum; a Tile's is a long loop.
    return tf.add<tf.Tensor3D>(tf.zeros([n, B, D]), n === 1 ? token : tf.reshape(token, [n, 1, D])); // [n, B, D]
  });
}

/** One row for every patch of every image, patch by patch: [B, H, W, C] → [N·B, D]. */
function project(spec: ViTSpec, params: DeviceParams, images: tf.Tensor4D, peek: Peek): tf.Tensor2D {
  if (spec.projection === 'conv_stem') return convStem(spec, params, images, peek);
  if (spec.projection === 'shifted_patches') return shiftedPatches(spec, params, images);
  const linearly = spec.projection === 'conv' ? projectConv : projectLinear;
  const seen = spec.projection === 'resnetv2' ? resnetv2(spec, params, images) : images;
  peek('features', () => seen);
  const patches = linearly(seen, get<tf.Tensor4D>(params, 'patch_embed.proj.weight'));
  return spec.preNorm ? patches : tf.add(patches, get(params, 'patch_embed.proj.bias'));
}

/** Convolution → max-pool → ReLU, a few times (Hassani et al. 2021, section 3.3); pooled first, the ReLU has less to do. */
function convStem(spec: ViTSpec, params: DeviceParams, images: tf.Tensor4D, peek: Peek): tf.Tensor2D {
  let x = images;
  for (const i of spec.stem.keys()) {
    const made = tf.relu(maxPool3x3(conv3x3(x, get<tf.Tensor4D>(params, `tokenizer.conv_layers.${i}.0.weight`))));
    peek(`stem.${i}`, () => made);
    x = made;
  }
  const [B, rows, columns, D] = x.shape;
  return tf.reshape(tf.transpose(x, [1, 2, 0, 3]), [rows * columns * B, D]);
}
