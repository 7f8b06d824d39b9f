import * as tf from '@tensorflow/tfjs';

/** Named tensors on the device. */
export type Tensors = Readonly<Record<string, tf.Tensor>>;

/** The constants of AdamW. */
export interface AdamWRecipe {
  readonly betas: readonly [number, number];
  readonly eps: number;
  readonly weightDecay: number;
}

/** What changes from step to step, as inputs, so that a traced step stays valid. All are scalars. */
export interface AdamWScalars {
  readonly lr: tf.Scalar;
  /** 1 / (1 − β₁ᵗ) */
  readonly correction1: tf.Scalar;
  /** 1 / √(1 − β₂ᵗ) */
  readonly correction2: tf.Scalar;
}

export interface AdamWState {
  readonly params: Tensors;
  readonly m: Tensors;
  readonly v: Tensors;
}

/**
 * One step of AdamW (Loshchilov & Hutter 2019) as `torch.optim.AdamW` orders it: decay the weights by lr · λ, then
 * step by lr · m̂ / (√v̂ + ε). Only tfjs ops: nothing is read back, so that the step can be traced.
 *
 * @param decays whether a parameter decays
 * @param lrScale factor of its learning rate
 */
export function adamW(state: AdamWState, grads: Tensors, scalars: AdamWScalars, recipe: AdamWRecipe, decays: (name: string) => boolean, lrScale = (_name: string): number => 1): AdamWState {
  const [beta1, beta2] = recipe.betas;
  const paces = new Map<number, Pace>();
  const [params, m, v]: Record<string, tf.Tensor>[] = [{}, {}, {}];
  for (const [name, grad] of Object.entries(grads)) {
    const { keep, rate } = paceAt(lrScale(name), scalars, recipe, paces);
    const m1 = tf.add(tf.mul(state.m[name]!, beta1), tf.mul(grad, 1 - beta1));
    const v1 = tf.add(tf.mul(state.v[name]!, beta2), tf.mul(tf.square(grad), 1 - beta2));
    const update = tf.div(tf.mul(m1, rate), tf.add(tf.mul(tf.sqrt(v1), scalars.correction2), recipe.eps));
    const param = state.params[name]!;
    params![name] = tf.sub(decays(name) ? tf.mul(param, keep) : param, update);
    m![name] = m1;
    v![name] = v1;
  }
  return { params: params!, m: m!, v: v! };
}

interface Pace {
  /** What of the weights is kept: 1 − lr · λ. */
  readonly keep: tf.Scalar;
  /** lr / (1 − β₁ᵗ) */
  readonly rate: tf.Scalar;
}

/** Made once for all parameters of a learning rate. */
function paceAt(scale: number, { lr, correction1 }: AdamWScalars, { weightDecay }: AdamWRecipe, made: Map<number, Pace>): Pace {
  const before = made.get(scale);
  if (before) return before;
  const own = scale === 1 ? lr : tf.mul<tf.Scalar>(lr, scale);
  const pace: Pace = { keep: tf.sub(1, tf.mul(own, weightDecay)), rate: tf.mul(own, correction1) };
  made.set(scale, pace);
  return pace;
}

/** Global norm √Σ‖g‖² over all gradients, as a scalar. */
export function globalNorm(grads: Tensors): tf.Scalar {
  const squares = Object.values(grads).map((grad) => tf.sum(tf.square(grad)));
  return tf.sqrt(tf.sum(tf.stack(squares)));
}

/**
 * Scales all gradients by min(1, max / (norm + 1e-6)), as `torch.nn.utils.clip_grad_norm_` does; `max` 0 leaves them
 * as they are.
 */
export function clipByNorm(grads: Tensors, norm: tf.Scalar, max: number): Tensors {
  if (max === 0) return grads;
  const coefficient = tf.minimum(1, tf.div(max, tf.add(norm, 1e-6)));
  return Object.fromEntries(Object.entries(grads).map(([name, grad]) => [name, tf.mul(grad, coefficient)]));
}

/** The running average of the weights after a step: decay · average + (1 − decay) · weights (Polyak & Juditsky 1992). */
export function averaged(average: Tensors, params: Tensors, decay: tf.Scalar): Tensors {
  const rest = tf.sub(1, decay);
  return Object.fromEntries(Object.entries(average).map(([name, before]) => [name, tf.add(tf.mul(before, decay), tf.mul(params[name]!, rest))]));
}
