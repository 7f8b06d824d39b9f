import * as tf from '@tensorflow/tfjs';
import type { FloatTensor } from '../tensors';
import { gridOf, prefixCount, type ViTSpec } from './spec';

const TEMPERATURE = 10_000;

/**
 * Cosines and sines [T, d] by which rotary positions turn each head's queries and keys, as timm's `RotaryEmbeddingCat`: of
 * the d/2 pairs of channels the first half turns with the row, the second with the column, pair k of each by 10000^(−4k/d)
 * a patch (Su et al. 2021; axial as in Heo et al. 2024). Tokens before the patches do not turn. The sines have the sign
 * with which `rotated` adds them.
 */
export function ropeTables(spec: ViTSpec): { readonly cos: FloatTensor; readonly sin: FloatTensor } {
  const [rows, columns] = gridOf(spec);
  const d = spec.width / spec.heads;
  const prefix = prefixCount(spec);
  const shape = [prefix + rows * columns, d];
  const angle = (at: number): number => {
    const patch = Math.floor(at / d) - prefix;
    if (patch < 0) return 0;
    const pair = Math.floor((at % d) / 2);
    const place = pair < d / 4 ? Math.floor(patch / columns) : patch % columns;
    return place * TEMPERATURE ** (-(pair % (d / 4)) / (d / 4));
  };
  const fill = (value: (at: number) => number): FloatTensor => ({ shape, data: Float32Array.from({ length: shape[0]! * d }, (_, at) => value(at)) });
  return { cos: fill((at) => Math.cos(angle(at))), sin: fill((at) => (at % 2 === 0 ? -1 : 1) * Math.sin(angle(at))) };
}

/** Turns each pair of channels of each head by the angle of its token: rows [T·B, D] → [T·B, D]. */
export function rotated(rows: tf.Tensor2D, { cos, sin }: { readonly cos: tf.Tensor2D; readonly sin: tf.Tensor2D }, B: number): tf.Tensor2D {
  const [T, d] = cos.shape;
  const [count, D] = rows.shape;
  const byToken = (x: tf.Tensor): tf.Tensor => tf.reshape(x, [T, (B * D) / d, d]);
  const swapped = tf.reverse(tf.reshape(rows, [(count * D) / 2, 2]), 1); // the other of its pair
  const turned = tf.add(tf.mul(byToken(rows), tf.reshape(cos, [T, 1, d])), tf.mul(byToken(swapped), tf.reshape(sin, [T, 1, d])));
  return tf.reshape(turned, [count, D]);
}
