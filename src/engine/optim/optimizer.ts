import * as tf from '@tensorflow/tfjs';
import type { TrainConfig } from '../config/schema';
import { adamW } from './adamw';
import { clip, globalNorm } from './clip';
import { lamb } from './lamb';
import { lion } from './lion';
import { sgd } from './sgd';
import type { OptimizerRecipe, OptimizerScalars, OptimizerState, Tensors, Treatment } from './state';

/** One vector of parameters with what belongs to it. */
export interface Updated {
  readonly param: tf.Tensor;
  readonly m: tf.Tensor;
  readonly v?: tf.Tensor;
}

/** The scalars of a vector's own learning rate. */
export interface Pace extends OptimizerScalars {
  /** What of the weights is kept: 1 − lr · λ. */
  readonly keep: tf.Scalar;
  /** lr / (1 − β₁ᵗ) */
  readonly rate: tf.Scalar;
}

/** The rule of an optimizer for one vector. Only tfjs ops: nothing is read back, so that the step can be traced. */
export type Update = (before: Updated & { readonly grad: tf.Tensor }, treatment: Treatment, pace: Pace, recipe: OptimizerRecipe) => Updated;

const updates: Readonly<Record<TrainConfig['opt'], Update>> = { adamw: adamW, sgd, lion, lamb };

/** Clips the gradients and steps: what an optimizer does with a batch. */
export function stepOptimizer(
  state: OptimizerState,
  grads: Tensors,
  scalars: OptimizerScalars,
  recipe: OptimizerRecipe & Pick<TrainConfig, 'clip_grad' | 'clip_mode'>,
  treatment: (name: string) => Treatment,
): { readonly norm: tf.Scalar; readonly next: OptimizerState } {
  const norm = globalNorm(grads);
  const paces = new Map<number, Pace>();
  const [params, m, v]: Record<string, tf.Tensor>[] = [{}, {}, {}];
  for (const [name, grad] of Object.entries(clip(grads, norm, state.params, recipe, treatment))) {
    const before = { param: state.params[name]!, m: state.m[name]!, ...(state.v[name] && { v: state.v[name] }), grad };
    const after = updates[recipe.opt](before, treatment(name), paceAt(treatment(name).lrScale, scalars, recipe, paces), recipe);
    params![name] = after.param;
    m![name] = after.m;
    if (after.v) v![name] = after.v;
  }
  return { norm, next: { params: params!, m: m!, v: v! } };
}

/** Made once for all parameters of a learning rate. */
function paceAt(scale: number, scalars: OptimizerScalars, { weight_decay: lambda }: OptimizerRecipe, made: Map<number, Pace>): Pace {
  const before = made.get(scale);
  if (before) return before;
  const lr = scale === 1 ? scalars.lr : tf.mul<tf.Scalar>(scalars.lr, scale);
  const pace: Pace = { ...scalars, lr, keep: tf.sub(1, tf.mul(lr, lambda)), rate: tf.mul(lr, scalars.correction1) };
  made.set(scale, pace);
  return pace;
}
