import type { TrainConfig } from '../../config/schema';
import type { ViTSpec } from '../../model/spec';
import type { FloatTensor } from '../../tensors';
import type { TapWish } from '../executor';
import type { Graph } from '../graph';
import type { StepPart } from '../groups';
import type { RuntimeOptions } from './api';
import { cachedGraph } from './graphCache';
import { openSession, type Runnable } from './runtime';

/** A training step, or a part of one, ready to run; its inputs and outputs are those of `traceStep`. */
export async function openStep(
  spec: ViTSpec,
  recipe: TrainConfig,
  options: { readonly batch: number; readonly part: StepPart },
  runtime: RuntimeOptions,
): Promise<Runnable> {
  const { betas, eps, weight_decay: decay, clip_grad: clip, model_ema_decay: ema } = recipe;
  const key = { program: 'step', spec, optimizer: { betas, eps, decay, clip, average: ema > 0 }, ...options };
  const graph = await compiled(runtime, key, async () => {
    const { traceStep } = await import('../programs');
    return traceStep(spec, recipe, options);
  });
  return openSession(graph, runtime);
}

/**
 * A forward pass, ready to run; its inputs and outputs are those of `traceForward`.
 *
 * @param weights in kernel layout, to be prepared once (packed for the products, folded); without them they are fed as
 * the packed state of a training
 */
export async function openForward(
  spec: ViTSpec,
  options: { readonly batch: number; readonly taps: TapWish; readonly weights?: ReadonlyMap<string, FloatTensor> },
  runtime: RuntimeOptions,
): Promise<Runnable> {
  const { batch, taps, weights } = options;
  const what = { batch, taps, packed: !weights };
  const names = new Set(weights?.keys());
  const graph = await compiled(runtime, { program: 'forward', spec, ...what }, async () => {
    const { traceForward } = await import('../programs');
    return traceForward(spec, what);
  }, names);
  return openSession(graph, runtime, weights);
}

/** Only a graph that is not in the cache is traced, and only then TensorFlow.js is loaded. */
function compiled({ cache }: RuntimeOptions, key: object, traced: () => Promise<Graph>, external = new Set<string>()): Promise<Uint8Array> {
  return cachedGraph(cache, key, async () => {
    const [graph, { optimise }, { emitOnnx }] = await Promise.all([traced(), import('../passes/pipeline'), import('./emit')]);
    return emitOnnx(optimise(graph, 'onnx'), { external });
  });
}
