import * as tf from '@tensorflow/tfjs';
import { gridOf, prefixCount, type ViTSpec } from './spec';

/**
 * What is added to the scores of every head [H, T, T], from its table [H, distances] (Liu et al. 2021, Swin Transformer,
 * equation 4; timm's `RelPosBias`). A patch at (r, c) reads for one at (r′, c′) the entry of r − r′ and c − c′. The table is
 * spread by reshapes and slices, whose gradient is one sum: a gather's is missing in the wasm backend.
 */
export function relativeBias(spec: ViTSpec, table: tf.Tensor2D): tf.Tensor3D {
  const [R, C] = gridOf(spec);
  const H = spec.heads;
  const patches = (2 * R - 1) * (2 * C - 1);
  const byRow = spread(tf.reshape(tf.slice(table, [0, 0], [H, patches]), [H, 2 * R - 1, 2 * C - 1]), R); // [H, R′, R, 2C − 1]
  const byPlace = spread(tf.reshape(byRow, [H * R * R, 2 * C - 1, 1]), C); // [H·R′·R, C′, C, 1]
  const bias: tf.Tensor3D = tf.reshape(tf.transpose(tf.reshape(byPlace, [H, R, R, C, C]), [0, 2, 4, 1, 3]), [H, R * C, R * C]);
  return prefixCount(spec) === 0 ? bias : withClassToken(bias, tf.slice(table, [0, patches], [H, 3]));
}

/**
 * [A, 2n − 1, Z] → [A, n, n, Z] with entry (k, q) from place q − k + n − 1: n copies, one longer than they are by one place,
 * are read in rows that are not, so that each row begins one place earlier.
 */
function spread(x: tf.Tensor3D, n: number): tf.Tensor4D {
  const [A, , Z] = x.shape;
  const longer = tf.reshape(tf.pad3d(x, [[0, 0], [0, 1], [0, 0]]), [A, 1, 2 * n, Z]);
  const copies = tf.reshape(tf.add(tf.zeros([A, n, 2 * n, Z]), longer), [A, 2 * n * n, Z]);
  const rows: tf.Tensor4D = tf.reshape(tf.slice(copies, [0, 0, 0], [A, n * (2 * n - 1), Z]), [A, n, 2 * n - 1, Z]);
  return tf.slice(rows, [0, 0, n - 1, 0], [A, n, n, Z]);
}

/** The class token's own entries [H, 3]: where it looks at patches, where they look at it, and where it looks at itself. */
function withClassToken(bias: tf.Tensor3D, own: tf.Tensor2D): tf.Tensor3D {
  const [H, N] = bias.shape;
  const entry = (i: number, rows: number, columns: number): tf.Tensor3D => tf.add(tf.zeros([H, rows, columns]), tf.reshape(tf.slice(own, [0, i], [H, 1]), [H, 1, 1]));
  return tf.concat([tf.concat([entry(2, 1, 1), entry(0, 1, N)], 2), tf.concat([entry(1, N, 1), bias], 2)], 1);
}
