import type { ViTSpec } from '../../model/spec';
import type { TensorMap } from '../../tensors';
import type { TapWish } from '../executor';
import { toKernels } from '../layout';
import { foldWeights } from '../passes/foldWeights';
import { optimise } from '../passes/pipeline';
import { traceForward } from '../programs';
import { emitTensorFlow } from './emit';

export interface SavedModelOptions {
  readonly taps: TapWish;
  /** Images of a batch. */
  readonly batch: number;
}

/** The name that TensorFlow's own tools look for. */
const SIGNATURE = 'serving_default';

/**
 * A network with its weights as constants, as the file `saved_model.pb`. Its signature `serving_default` takes `images`
 * [B, H, W, C], normalised, and gives `logits` [B, K] and the wished taps.
 *
 * @param params in timm's layout
 */
export function exportSavedModel(spec: ViTSpec, params: TensorMap, { taps, batch }: SavedModelOptions): Uint8Array {
  const kernels = toKernels(params);
  const { graph, names, compute } = foldWeights(optimise(traceForward(spec, { batch, taps, packed: false }), 'tensorflow'), (name) => kernels.has(name));
  const weights = compute(kernels);
  const constants = new Map(graph.constants);
  for (const { name, value } of graph.inputs) if (names.has(name)) constants.set(value, { data: weights.get(name)!.data });
  const inputs = graph.inputs.filter(({ name }) => !names.has(name));
  return emitTensorFlow({ [SIGNATURE]: { ...graph, inputs, constants } }, { signatures: [SIGNATURE] }).model;
}
