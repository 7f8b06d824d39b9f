import * as tf from '@tensorflow/tfjs';
import type { TapWish } from '../compile/executor';
import { prefixCount, type ViTSpec } from './spec';

/** What the head says of some tokens, rows [T·B, D] → [B, K]; without classes what it would read. */
type Head = (spec: ViTSpec, rows: tf.Tensor2D) => tf.Tensor2D;

/** What a layer's tokens, rows [T·B, D], come to: `lens.i` and `summary.i`, as wished. */
export function layerTaps(spec: ViTSpec, wish: TapWish, i: number, rows: tf.Tensor2D, { B, head }: { readonly B: number; readonly head: Head }): Record<string, tf.Tensor> {
  return {
    ...(wish.lens && { [`lens.${i}`]: head(spec, rows) }),
    ...(wish.summaries && { [`summary.${i}`]: summary(spec, rows, B) }),
  };
}

/** What the head reads of the last tokens, as `features`, where it is wished. */
export function featureTap(spec: ViTSpec, wish: TapWish, rows: tf.Tensor2D, head: Head): Record<string, tf.Tensor> {
  return wish.features ? { features: head({ ...spec, classes: 0 }, rows) } : {};
}

/** The class token, where there is one, and the mean of the patches: rows [T·B, D] → [B, 2 or 1, D]. */
function summary(spec: ViTSpec, rows: tf.Tensor2D, B: number): tf.Tensor {
  const D = rows.shape[1];
  const T = rows.shape[0] / B;
  const first = prefixCount(spec);
  const patches = tf.reshape(tf.slice(rows, [first * B, 0], [(T - first) * B, D]), [T - first, B, D]);
  const mean = tf.reshape(tf.mul(tf.sum(patches, 0), 1 / (T - first)), [B, 1, D]);
  return spec.classToken ? tf.concat([tf.reshape(tf.slice(rows, [0, 0], [B, D]), [B, 1, D]), mean], 1) : mean;
}
