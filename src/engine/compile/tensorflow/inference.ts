import { createCache } from '../../cache';
import type { ViTSpec } from '../../model/spec';
import type { FloatTensor, TensorMap } from '../../tensors';
import type { ForwardResult, TapWish } from '../executor';
import type { Inference } from '../sessions';
import type { RuntimeOptions } from './api';
import { loadTensorFlow, type Handle, type Session, type TensorFlow } from './binding';
import { compileForward } from './programs';

/** Forward passes that stay compiled, for as many batch sizes and wishes of taps. */
const KEPT = 8;

/** The weights are put into TensorFlow once and given to every pass. */
export function openInference(spec: ViTSpec, kernels: TensorMap, { addon, cache }: RuntimeOptions): Inference {
  const tensorFlow = loadTensorFlow(addon);
  const weights = tensorFlow.putAll(kernels);
  const passes = createPasses(tensorFlow, spec, false, cache);
  return {
    forward: (images, taps, cotangent, heads) => passes.run(images, taps, { ...(cotangent && { cotangent }), ...(heads && { heads }) }, weights),
    release() {
      passes.clear();
      tensorFlow.release(Object.values(weights));
    },
  };
}

export interface Passes {
  /**
   * @param beside the cotangent and the mask of heads, where they are wished
   * @param weights the other inputs of `traceForward` but for the images
   */
  run(images: FloatTensor, taps: TapWish, beside: Readonly<Record<string, FloatTensor>>, weights: Readonly<Record<string, Handle>>): Promise<ForwardResult>;
  clear(): void;
}

/**
 * The forward passes of a network, compiled when they are first asked for; those used last are kept.
 *
 * @param folder of the compiled graphs
 */
export function createPasses(tensorFlow: TensorFlow, spec: ViTSpec, packed: boolean, folder: string | undefined): Passes {
  const sessions = createCache<Session>({ limit: KEPT, weigh: () => 1, drop: (session) => session.dispose() });
  return {
    async run(images, taps, beside, weights) {
      const batch = images.shape[0]!;
      const session = await sessions.get(`${batch} ${JSON.stringify(taps)}`, async () => tensorFlow.load(await compileForward(spec, { batch, taps, packed }, { folder, version: tensorFlow.version })));
      const { outputs } = tensorFlow.compute(session, 'forward', { images, ...beside }, weights);
      const { logits, ...rest } = outputs;
      return { logits: logits!, taps: new Map(Object.entries(rest)) };
    },
    clear: () => sessions.clear(),
  };
}
