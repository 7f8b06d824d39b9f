import type * as tf from '@tensorflow/tfjs';
import type { DeviceParams } from './network';

/** A linear layer: W [I, O] and, where it has one, b [O]. */
export interface Dense {
  readonly kernel: tf.Tensor2D;
  readonly bias?: tf.Tensor1D | undefined;
}

/** What a norm scales and shifts by, [D]; RMSNorm does not shift. */
export interface Affine {
  readonly gamma: tf.Tensor1D;
  readonly beta?: tf.Tensor1D | undefined;
}

/** @throws Error when the network has no parameter of this name */
export function get<T extends tf.Tensor>(params: DeviceParams, name: string): T {
  const param = params[name];
  if (!param) throw new Error(`The network has no parameter ${name}`);
  return param as T;
}

export function dense(params: DeviceParams, name: string): Dense {
  return { kernel: get(params, `${name}.weight`), bias: params[`${name}.bias`] as tf.Tensor1D | undefined };
}

export function affine(params: DeviceParams, name: string): Affine {
  return { gamma: get(params, `${name}.weight`), beta: params[`${name}.bias`] as tf.Tensor1D | undefined };
}
