import * as tf from '@tensorflow/tfjs';
import type { TrainConfig } from '../config/schema';
import { stepLoss, type LossRecipe } from '../model/losses';
import { forward, type DeviceNoise, type Forward } from '../model/network';
import { trainedSpecs } from '../model/params';
import { tokenCount, type ViTSpec } from '../model/spec';
import { globalNorm } from '../optim/clip';
import { stepOptimizer } from '../optim/optimizer';
import type { OptimizerScalars, OptimizerState, Tensors, Treatment } from '../optim/state';
import { isWished, wantsGradients, type TapWish } from './executor';
import { kernelShape } from './groups';

/** What goes into a training step besides the weights. */
export interface StepTensors {
  /** Normalised images [B, H, W, C]. */
  readonly images: tf.Tensor4D;
  /** Target distribution [B, K]. */
  readonly targets: tf.Tensor2D;
  /** See `StepInput`. */
  readonly teacher?: tf.Tensor2D | undefined;
  readonly noise: DeviceNoise;
  readonly scalars: OptimizerScalars;
}

export interface Gradients {
  readonly loss: tf.Scalar;
  /** [B, K] */
  readonly logits: tf.Tensor2D;
  readonly grads: Tensors;
  /** Running statistics after this batch. */
  readonly buffers: Tensors;
}

export interface GradientOptions {
  /** Without one, cross-entropy. */
  readonly recipe?: LossRecipe & Partial<Pick<TrainConfig, 'sam_rho'>>;
  /** Weighs the gradients, where the images are a part of a batch. */
  readonly share?: tf.Scalar | undefined;
}

const PLAIN: LossRecipe = { loss: 'cross_entropy', focal_gamma: 0 };

/**
 * Loss, logits and the gradient of the loss for every parameter that is trained; `constants` (position table), running
 * statistics and what is frozen get none. With `sam_rho` the gradient is the one a step up the hill, and all else is from here.
 */
export function gradients(spec: ViTSpec, params: Tensors, constants: Tensors, input: Omit<StepTensors, 'scalars'>, options: GradientOptions = {}): Gradients {
  const here = gradientsAt(spec, params, constants, input, options);
  const rho = options.recipe?.sam_rho ?? 0;
  if (rho === 0) return here;
  const above = { ...params, ...uphill(params, here.grads, rho) };
  const { grads, ...rest } = gradientsAt(spec, above, constants, input, options);
  tf.dispose([here.grads, rest]);
  return { ...here, grads };
}

/**
 * Sharpness-aware minimisation (Foret et al. 2021, equation 2, p = 2): w + ρ · g / (‖g‖ + 1e-12), the norm over all that is
 * trained. Both passes see the same noise, and running statistics are those of the first, as the authors do.
 */
function uphill(params: Tensors, grads: Tensors, rho: number): Tensors {
  const scale = tf.div(rho, tf.add(globalNorm(grads), 1e-12));
  return Object.fromEntries(Object.entries(grads).map(([name, grad]) => [name, tf.add(params[name]!, tf.mul(grad, scale))]));
}

function gradientsAt(spec: ViTSpec, params: Tensors, constants: Tensors, input: Omit<StepTensors, 'scalars'>, { recipe = PLAIN, share }: GradientOptions): Gradients {
  const trained = new Set(trainedSpecs(spec).map(({ name }) => name));
  const names = Object.keys(params).filter((name) => trained.has(name));
  let out: Forward | undefined;
  const lossAt = (...values: tf.Tensor[]): tf.Scalar => {
    const named = Object.fromEntries(values.map((value, i) => [names[i]!, value]));
    out = forward(spec, { ...constants, ...params, ...named }, input.images, { noise: input.noise, training: true });
    // Kept, because autodiff disposes of whatever the function made but did not return.
    for (const tensor of [out.logits, ...Object.values(out.buffers)]) tf.keep(tensor);
    return stepLoss(recipe, { ...out, targets: input.targets, teacher: input.teacher });
  };
  const { value, grads } = tf.valueAndGrads(lossAt)(names.map((name) => params[name]!), share);
  return { loss: value, logits: out!.logits, buffers: out!.buffers, grads: Object.fromEntries(grads.map((grad, i) => [names[i]!, grad])) };
}

/** What some wishes need beside the images. */
export interface Beside {
  /** [B, K], for gradients. */
  readonly cotangent?: tf.Tensor2D;
  /** [B, L, H], for `headMask`. */
  readonly heads?: tf.Tensor3D;
}

/**
 * A forward pass with the wished taps, gradients among them: TensorFlow.js differentiates for zeros that are added to
 * the attention, or to what it reads.
 */
export function look(spec: ViTSpec, params: Tensors, images: tf.Tensor4D, wish: TapWish, { cotangent, heads }: Beside = {}): Forward {
  if (wish.headMask && !heads) throw new Error('A mask of heads is wished, and none was given');
  const masked = wish.headMask && heads ? { heads } : {};
  if (!wantsGradients(wish)) return forward(spec, params, images, { wish, ...masked });
  if (!cotangent) throw new Error('Gradients with respect to what is inside need a cotangent');
  const layers = Array.from({ length: spec.depth }, (_, i) => i).filter((i) => isWished(wish.attentionGradients, i));
  const [B, N, inputs] = [images.shape[0], tokenCount(spec), wish.attentionInputs ?? []];
  let out: Forward | undefined;
  const score = (...nudges: tf.Tensor[]): tf.Scalar => {
    const attention = Object.fromEntries(layers.map((layer, i) => [layer, nudges[i]!]));
    const input = Object.fromEntries(inputs.map((layer, i) => [layer, nudges[layers.length + i] as tf.Tensor2D]));
    out = forward(spec, params, images, { wish, nudges: { attention, input }, ...masked });
    // Kept, because autodiff disposes of whatever the function made but did not return.
    for (const tensor of [out.logits, ...Object.values(out.taps)]) tf.keep(tensor);
    return tf.sum(tf.mul(out.logits, cotangent));
  };
  const zeros = [...layers.map(() => tf.zeros([B, spec.heads, N, N])), ...inputs.map(() => tf.zeros([N * B, spec.width]))];
  const { grads } = tf.valueAndGrads(score)(zeros);
  const byImage = (rows: tf.Tensor): tf.Tensor => tf.transpose(tf.reshape(rows, [N, B, spec.width]), [1, 0, 2]); // [B, N, D]
  const gradients = [
    ...layers.map((layer, i) => [`attention_gradient.${layer}`, grads[i]!] as const),
    ...inputs.map((layer, i) => [`attention_input_gradient.${layer}`, byImage(grads[layers.length + i]!)] as const),
  ];
  return { ...out!, taps: { ...out!.taps, ...Object.fromEntries(gradients) } };
}

/**
 * A whole training step as one pure function of tensors, which is what a compiler traces: forward, backward, clipping,
 * the optimizer. Everything that varies from step to step comes in as a tensor.
 */
export function trainStep(
  spec: ViTSpec,
  recipe: TrainConfig,
  state: OptimizerState,
  constants: Tensors,
  input: StepTensors,
): Omit<Gradients, 'grads' | 'buffers'> & { readonly norm: tf.Scalar; readonly next: OptimizerState } {
  const specs = new Map(trainedSpecs(spec).map((param) => [param.name, param]));
  const { loss, logits, grads, buffers } = accumulated(spec, recipe, state.params, constants, input);
  const treatment = (name: string): Treatment => {
    const spec = specs.get(name)!;
    return { decay: spec.decay, lrScale: spec.lrScale, parts: [{ name, shape: kernelShape(spec) }] };
  };
  const { norm, next } = stepOptimizer(state, grads, input.scalars, recipe, treatment);
  return { loss, logits, norm, next: { ...next, params: { ...state.params, ...next.params, ...buffers } } };
}

/**
 * The gradients of a batch from those of its parts, each weighed with its rows: what lives at one time is what one part
 * needs. Each part has its own statistics where a network normalises by the batch, as in PyTorch.
 */
function accumulated(spec: ViTSpec, recipe: TrainConfig, params: Tensors, constants: Tensors, input: StepTensors): Gradients {
  const B = input.images.shape[0];
  const rows = Math.ceil(B / recipe.grad_accum_steps);
  if (rows >= B) return gradients(spec, params, constants, input, { recipe });
  const logits: tf.Tensor2D[] = [];
  let sum: Omit<Gradients, 'logits'> | undefined;
  for (let from = 0; from < B; from += rows) {
    const part = partOf(input, from, Math.min(rows, B - from));
    const share = part.images.shape[0] / B;
    const added = tf.tidy(() => {
      const one = gradients(spec, { ...params, ...sum?.buffers }, constants, part, { recipe });
      const total = (before: tf.Tensor | undefined, value: tf.Tensor): tf.Tensor => (before ? tf.add(before, tf.mul(value, share)) : tf.mul(value, share));
      const grads = Object.fromEntries(Object.entries(one.grads).map(([name, grad]) => [name, total(sum?.grads[name], grad)]));
      return { ...one, loss: total(sum?.loss, one.loss) as tf.Scalar, grads };
    });
    tf.dispose([part, sum?.loss, { ...sum?.grads }, { ...sum?.buffers }]);
    logits.push(added.logits);
    sum = { loss: added.loss, grads: added.grads, buffers: added.buffers };
  }
  return { ...sum!, logits: tf.concat2d(logits, 0) };
}

/** Rows of everything that has one row for an image. */
function partOf({ images, targets, teacher, noise }: StepTensors, from: number, rows: number): Omit<StepTensors, 'scalars'> {
  const cut = <T extends tf.Tensor>(tensor: T): T => tf.slice(tensor, from, rows);
  return { images: cut(images), targets: cut(targets), ...(teacher && { teacher: cut(teacher) }), noise: Object.fromEntries(Object.entries(noise).map(([name, mask]) => [name, cut(mask)])) };
}
