import * as tf from '@tensorflow/tfjs';
import type { TrainConfig } from '../config/schema';
import { crossEntropy } from '../model/layers';
import { paramSpecs } from '../model/params';
import type { ViTSpec } from '../model/spec';
import { forward, type DeviceNoise } from '../model/vit';
import { adamW, clipByNorm, globalNorm, type AdamWScalars, type AdamWState, type Tensors } from '../optim';

/** What goes into a training step besides the weights. */
export interface StepTensors {
  /** Normalised images [B, H, W, C]. */
  readonly images: tf.Tensor4D;
  /** Target distribution [B, K]. */
  readonly targets: tf.Tensor2D;
  readonly noise: DeviceNoise;
  readonly scalars: AdamWScalars;
}

export interface Gradients {
  readonly loss: tf.Scalar;
  /** [B, K] */
  readonly logits: tf.Tensor2D;
  readonly grads: Tensors;
}

/** Loss, logits and the gradient of the loss for every trainable parameter; `constants` (position table) get none. */
export function gradients(spec: ViTSpec, params: Tensors, constants: Tensors, input: Omit<StepTensors, 'scalars'>): Gradients {
  const names = Object.keys(params);
  let logits: tf.Tensor2D | undefined;
  const lossOf = (...values: tf.Tensor[]): tf.Scalar => {
    const named = Object.fromEntries(values.map((value, i) => [names[i]!, value]));
    // Kept, because autodiff disposes of whatever the function made but did not return.
    logits = tf.keep(forward(spec, { ...constants, ...named }, input.images, {}, input.noise).logits);
    return crossEntropy(logits, input.targets);
  };
  const { value, grads } = tf.valueAndGrads(lossOf)(Object.values(params));
  return { loss: value, logits: logits!, grads: Object.fromEntries(grads.map((grad, i) => [names[i]!, grad])) };
}

/**
 * A whole training step as one pure function of tensors, which is what a compiler traces: forward, backward, clipping,
 * AdamW. Everything that varies from step to step comes in as a tensor.
 */
export function trainStep(
  spec: ViTSpec,
  recipe: TrainConfig,
  state: AdamWState,
  constants: Tensors,
  input: StepTensors,
): Omit<Gradients, 'grads'> & { readonly norm: tf.Scalar; readonly next: AdamWState } {
  const decaying = new Set(paramSpecs(spec).flatMap(({ name, decay }) => (decay ? [name] : [])));
  const { loss, logits, grads } = gradients(spec, state.params, constants, input);
  const norm = globalNorm(grads);
  const { betas, eps, weight_decay: weightDecay } = recipe;
  const next = adamW(state, clipByNorm(grads, norm, recipe.clip_grad), input.scalars, { betas, eps, weightDecay }, (name) => decaying.has(name));
  return { loss, logits, norm, next };
}
