import type { ViTSpec } from '../../model/spec';
import type { TensorMap } from '../../tensors';
import type { Precision, TapWish } from '../executor';
import type { Graph } from '../graph';
import { toKernels } from '../layout';
import { foldWeights } from '../passes/foldWeights';
import { inPrecision } from '../passes/inPrecision';
import { optimise } from '../passes/pipeline';
import { traceForward } from '../programs';
import { lowerGraph } from './emit';
import { encodeModel, type OnnxGraph } from './proto';
import { symbolicBatch, type Sized } from './symbolicBatch';

export interface ModelOptions {
  readonly taps: TapWish;
  /** Images of a batch, or any number. */
  readonly batch: number | 'dynamic';
  readonly precision: Precision;
  /** Whether ONNX Runtime's own operators may be used: faster there, but nothing else can run them. Needs a fixed batch. */
  readonly contrib: boolean;
  /** What the file says of itself. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** Two batches that no other size of a network is likely to be a multiple of. */
const PROBES = [1009, 1013] as const;

/**
 * A network with its weights as an ONNX model. Input: `images` [B, H, W, C], normalised. Outputs: `logits` [B, K] and the
 * wished taps.
 *
 * @param params in timm's layout
 */
export function exportModel(spec: ViTSpec, params: TensorMap, options: ModelOptions): Uint8Array {
  const kernels = toKernels(params);
  let weights: TensorMap | undefined;
  const sized = (batch: number): Sized => {
    const folded = foldWeights(traced(spec, batch, options), (name) => kernels.has(name));
    weights ??= folded.compute(kernels);
    return { batch, graph: lowered(folded.graph, weights, options) };
  };
  const { batch, metadata } = options;
  return encodeModel(batch === 'dynamic' ? symbolicBatch(sized(PROBES[0]), sized(PROBES[1]), 'images') : sized(batch).graph, metadata);
}

function traced(spec: ViTSpec, batch: number, { taps, contrib }: ModelOptions): Graph {
  return optimise(traceForward(spec, { batch, taps, packed: false }), contrib ? 'inference' : 'portable');
}

function lowered(graph: Graph, weights: TensorMap, { precision, contrib }: ModelOptions): OnnxGraph {
  const model = inPrecision[precision](graph, weights);
  return lowerGraph(model.graph, { name: 'vit', weights: model.weights, contrib });
}
