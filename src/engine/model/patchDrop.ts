import * as tf from '@tensorflow/tfjs';
import type { DeviceNoise } from './network';
import { prefixCount, type ViTSpec } from './spec';

/** Which tokens of each image a step goes on with. */
export interface Chosen {
  /** Tokens T′ of an image. */
  readonly count: number;
  /** The rows [T′·B] that are kept, of rows [T·B, D]. */
  readonly rows: tf.Tensor1D;
  /** Of each row its place among those, and of one that is left out that of a row behind them. */
  readonly places: tf.Tensor1D;
  /** Something that a token has wherever it stands, [T, d], as each row that is kept has it, [T′·B, d]. */
  tokens<T extends tf.Tensor>(of: T): T;
}

/**
 * The rows that patch dropout keeps (Liu et al. 2022; timm's `PatchDropout`): all of the prefix, and of the patches those
 * that were drawn for the image; nothing where all are kept.
 */
export function chosenRows(spec: ViTSpec, noise: DeviceNoise, B: number): Chosen | undefined {
  const [keep, place] = [noise['patch_drop.keep'], noise['patch_drop.place']] as (tf.Tensor2D | undefined)[];
  if (!keep || !place) return undefined;
  const prefix = prefixCount(spec);
  const image = tf.tensor1d(Float32Array.from({ length: B }, (_, b) => b));
  const first = Float32Array.from({ length: prefix * B }, (_, i) => i);
  /** Tokens [B, n] of the patches, as rows behind those of the prefix. */
  const behind = (tokens: tf.Tensor2D): tf.Tensor1D => {
    const rows = tf.reshape<tf.Rank.R1>(tf.add(tf.mul(tf.add(tf.transpose(tokens), prefix), B), image), [-1]);
    return tf.cast(prefix > 0 ? tf.concat1d([tf.tensor1d(first), rows]) : rows, 'int32');
  };
  const rows = behind(keep);
  const tokens = (): tf.Tensor1D => {
    const patches = tf.reshape<tf.Rank.R1>(tf.add(tf.transpose(keep), prefix), [-1]);
    return tf.cast(prefix > 0 ? tf.concat1d([tf.tensor1d(first.map((row) => Math.floor(row / B))), patches]) : patches, 'int32');
  };
  return { count: prefix + keep.shape[1], rows, places: behind(place), tokens: (of) => tf.gather(of, tokens()) };
}

/**
 * Rows [T·B, D] → those that are chosen [T′·B, D]. Its gradient is a gather, too, with zeros for what is left out: that of
 * TensorFlow.js would add each row up where it came from, for which compiled engines and wasm have no operation.
 */
export function kept(rows: tf.Tensor2D, chosen: Chosen | undefined, B: number): tf.Tensor2D {
  if (!chosen) return rows;
  const { rows: from, places } = chosen;
  const gathered = tf.customGrad((x, save) => {
    (save as tf.GradSaveFunc)([places]);
    // A token more of every image than there are: what is left out points there.
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor => tf.gather(tf.concat([dy, tf.zeros([B, rows.shape[1]])], 0), saved[0] as tf.Tensor1D);
    return { value: tf.gather(x as tf.Tensor2D, from), gradFunc };
  });
  return gathered(rows);
}
