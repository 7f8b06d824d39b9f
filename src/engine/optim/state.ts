import * as tf from '@tensorflow/tfjs';
import type { TrainConfig } from '../config/schema';

/** Named tensors on the device. */
export type Tensors = Readonly<Record<string, tf.Tensor>>;

/** What of a recipe an optimizer is made of. */
export type OptimizerRecipe = Pick<TrainConfig, 'opt' | 'betas' | 'eps' | 'weight_decay' | 'momentum' | 'nesterov'>;

/** What changes from step to step, as inputs, so that a traced step stays valid. All are scalars. */
export interface OptimizerScalars {
  readonly lr: tf.Scalar;
  /** 1 / (1 − β₁ᵗ) */
  readonly correction1: tf.Scalar;
  /** 1 / √(1 − β₂ᵗ) */
  readonly correction2: tf.Scalar;
}

export interface OptimizerState {
  readonly params: Tensors;
  /** First moments: of the gradient, its running mean or its momentum. */
  readonly m: Tensors;
  /** Second moments; empty where the optimizer has none. */
  readonly v: Tensors;
}

/** A parameter within a vector of several, or one by itself. */
export interface Part {
  readonly name: string;
  /** As a kernel: linear [in, out], convolution [H, W, in, out]. */
  readonly shape: readonly number[];
}

/** How a vector of parameters is treated. */
export interface Treatment {
  readonly decay: boolean;
  /** Factor of the learning rate. */
  readonly lrScale: number;
  /** What is in it, in this order. */
  readonly parts: readonly Part[];
}

/** The parts of a vector as they are in it, flat. */
export function splitParts(vector: tf.Tensor, parts: readonly Part[]): readonly tf.Tensor[] {
  return parts.length === 1 ? [vector] : tf.split(vector, parts.map(({ shape }) => shape.reduce((a, b) => a * b, 1)));
}

/** The way back from `splitParts`. */
export function joinParts(parts: readonly tf.Tensor[]): tf.Tensor {
  return parts.length === 1 ? parts[0]! : tf.concat([...parts]);
}
