import * as tf from '@tensorflow/tfjs';
import * as l10n from '@vscode/l10n';
import type { EngineInfo } from '../../protocol';
import type { TrainConfig } from '../config/schema';
import { drawMask, noiseSpecs } from '../model/noise';
import { paramSpecs, tunedSpecs } from '../model/params';
import { fixedTables } from '../model/positions';
import { forImages, type ViTSpec } from '../model/spec';
import { averaged } from '../optim/average';
import type { OptimizerState, Tensors } from '../optim/state';
import { optimizerScalars, averageDecay } from '../schedule';
import type { FloatTensor, TensorMap } from '../tensors';
import { UserError } from '../userError';
import type { Executor, ForwardResult, InferenceSession, StepInput, StepResult, TapWish, TrainSession, TrainState } from './executor';
import { fromKernels, toKernels } from './layout';
import { explainAbort, refuseTooLarge } from './memory';
import { lacksPrecision } from './precision';
import { look, trainStep } from './step';

/**
 * Runs TensorFlow.js op by op on the backend that is set. The backend is global to the process, so all sessions share
 * it. A session's tensors live until `dispose`; a call leaves none behind.
 */
export function eagerExecutor(info: EngineInfo): Executor {
  return {
    info,
    infer(spec, params, precision = 'fp32') {
      if (precision !== 'fp32') return Promise.reject(lacksPrecision(info, precision));
      return Promise.resolve(inferenceSession(spec, upload(toKernels(params))));
    },
    async train(spec, state, recipe) {
      if (info.name === 'wasm') refuseTooLarge(spec, Math.ceil(recipe.batch_size / recipe.grad_accum_steps));
      return trainSession(spec, state, recipe);
    },
  };
}

function inferenceSession(spec: ViTSpec, params: Tensors): InferenceSession {
  const constants = constantsOf(spec);
  return {
    spec,
    forward: (images, taps, cotangent, heads) => runForward(spec, { ...params, ...constants }, images, taps, { cotangent, heads }),
    dispose: () => dispose([params, constants]),
  };
}

function trainSession(spec: ViTSpec, from: TrainState, recipe: TrainConfig): TrainSession {
  const constants = constantsOf(spec);
  const sizes = new Map<string, { readonly spec: ViTSpec; readonly constants: Tensors }>();
  /** The network for the images of a step, which may be smaller than those that it is evaluated on. */
  const sized = ({ shape }: FloatTensor): { readonly spec: ViTSpec; readonly constants: Tensors } => {
    const key = `${shape[1]}x${shape[2]}`;
    const own = forImages(spec, [shape[1]!, shape[2]!]);
    const found = sizes.get(key) ?? { spec: own, constants: own === spec ? constants : constantsOf(own) };
    sizes.set(key, found);
    return found;
  };
  const begin = (tensors: TensorMap): Tensors => upload(toKernels(inOrder(spec, tensors)));
  const average = recipe.model_ema_decay > 0 ? (from.average ?? from.params) : undefined;
  let state: State = { params: begin(from.params), m: begin(from.m), v: begin(from.v), ...(average && { average: begin(average) }) };
  let steps = from.step;
  return {
    spec,
    forward: (images, taps, cotangent, heads) => runForward(spec, { ...(state.average ?? state.params), ...constants }, images, taps, { cotangent, heads }),
    async step(input) {
      const { spec: own, constants: tables } = sized(input.images);
      const { next, ...scalars } = runStep(own, recipe, state, tables, input, steps + 1);
      const result = await download(scalars);
      const finite = Number.isFinite(result.loss) && Number.isFinite(result.gradNorm);
      release(finite ? state : next, finite ? next : state);
      if (finite) [state, steps] = [next, steps + 1];
      return result;
    },
    async state() {
      const [params, m, v, averages] = await Promise.all(
        [state.params, state.m, state.v, state.average ?? {}].map(async (part) => fromKernels(await readAll(part))),
      );
      return { params: params!, m: m!, v: v!, ...(state.average && { average: averages! }), step: steps };
    },
    dispose: () => dispose([...Object.values(state), constants, ...[...sizes.values()].map((one) => one.constants)]),
  };
}

/**
 * The tensors in the network's own order. A file has another, and the norm of the gradient is a sum over the
 * parameters: in another order it differs in its last bit, and a resumed run with it.
 */
function inOrder(spec: ViTSpec, tensors: TensorMap): TensorMap {
  return new Map(paramSpecs(spec).flatMap(({ name }) => (tensors.has(name) ? [[name, tensors.get(name)!]] : [])));
}

interface State extends OptimizerState {
  readonly average?: Tensors;
}

interface StepOutput {
  readonly loss: tf.Scalar;
  readonly logits: tf.Tensor2D;
  readonly norm: tf.Scalar;
  readonly next: State;
}

function runStep(spec: ViTSpec, recipe: TrainConfig, state: State, constants: Tensors, input: StepInput, t: number): StepOutput {
  const [seed, step] = input.noiseSeed;
  const out = guarded(spec, input.images.shape[0]!, () =>
    tf.tidy(() => {
      const images = toTensor(input.images) as tf.Tensor4D;
      const noise = Object.fromEntries(noiseSpecs(spec, images.shape[0]).map((mask) => [mask.name, toTensor(drawMask(mask, seed, step))]));
      const { lr, correction1, correction2 } = optimizerScalars(input.lr, t, recipe.betas);
      const scalars = { lr: tf.scalar(lr), correction1: tf.scalar(correction1), correction2: tf.scalar(correction2) };
      const targets = toTensor(input.targets) as tf.Tensor2D;
      const teacher = input.teacher && (toTensor(input.teacher) as tf.Tensor2D);
      const out = trainStep(spec, recipe, state, constants, { images, targets, teacher, noise, scalars });
      const decay = tf.scalar(averageDecay(t, recipe.model_ema_decay));
      const average = state.average && { average: { ...state.average, ...averaged(updatedAverage(spec, state.average), out.next.params, decay) } };
      return { ...out, next: { ...out.next, ...average } };
    }),
  );
  return out;
}

async function download({ loss, logits, norm }: Omit<StepOutput, 'next'>): Promise<StepResult> {
  const [lossData, logitsTensor, normData] = await Promise.all([loss.data(), read(logits), norm.data()]);
  tf.dispose([loss, logits, norm]);
  return { loss: lossData[0]!, logits: logitsTensor, gradNorm: normData[0]! };
}

async function runForward(spec: ViTSpec, params: Tensors, images: FloatTensor, wish: TapWish = {}, { cotangent, heads }: { readonly cotangent: FloatTensor | undefined; readonly heads: FloatTensor | undefined }): Promise<ForwardResult> {
  const { logits, taps } = guarded(spec, images.shape[0]!, () =>
    tf.tidy(() => {
      const out = look(spec, params, toTensor(images) as tf.Tensor4D, wish, { ...(cotangent && { cotangent: toTensor(cotangent) as tf.Tensor2D }), ...(heads && { heads: toTensor(heads) as tf.Tensor3D }) });
      return { logits: out.logits, taps: { ...out.taps } };
    }),
  );
  const result = { logits: await read(logits), taps: await readAll(taps) };
  tf.dispose([logits, taps]);
  return result;
}

/** Position tables that are not trained. */
function constantsOf(spec: ViTSpec): Tensors {
  return upload(fixedTables(spec));
}

function upload(tensors: TensorMap): Tensors {
  return Object.fromEntries([...tensors].map(([name, tensor]) => [name, toTensor(tensor)]));
}

function toTensor({ data, shape }: FloatTensor): tf.Tensor {
  return tf.tensor(data, [...shape], 'float32');
}

async function read(tensor: tf.Tensor): Promise<FloatTensor> {
  return { shape: tensor.shape, data: Float32Array.from(await tensor.data()) };
}

async function readAll(tensors: Tensors): Promise<TensorMap> {
  return new Map(await Promise.all(Object.entries(tensors).map(async ([name, tensor]) => [name, await read(tensor)] as const)));
}

function dispose(groups: readonly Tensors[]): void {
  for (const group of groups) tf.dispose({ ...group });
}

/** Frees a state of which another one, that goes on, shares what is frozen. */
function release(state: State, kept: State): void {
  const shared = new Set([...Object.values(kept)].flatMap((part: Tensors) => Object.values(part)));
  for (const part of Object.values(state) as Tensors[]) tf.dispose(Object.values(part).filter((tensor) => !shared.has(tensor)));
}

/** What is frozen is its own average. */
function updatedAverage(spec: ViTSpec, average: Tensors): Tensors {
  return Object.fromEntries(tunedSpecs(spec).flatMap(({ name, updated }) => (updated ? [[name, average[name]!]] : [])));
}

/** TensorFlow.js tells of a missing kernel or of too little memory in words for developers; this says it for users. */
function guarded<T>(spec: ViTSpec, batch: number, run: () => T): T {
  try {
    return run();
  } catch (error) {
    const missing = /Kernel '(\w+)' not registered for backend '(\w+)'/.exec(error instanceof Error ? error.message : '');
    if (!missing) throw explainAbort(error, spec, batch);
    throw new UserError(
      l10n.t('The backend {0} cannot compute the operation {1}. Choose another one by engine.backend, for example cpu.', missing[2]!, missing[1]!),
    );
  }
}
