import type { TensorMap } from '../../tensors';
import type { Precision } from '../executor';
import type { Graph } from '../graph';
import { halved } from './halve';
import { quantised, type MixedWeights } from './quantise';

type Lowering = (graph: Graph, weights: TensorMap) => { readonly graph: Graph; readonly weights: MixedWeights };

/** A folded graph (`foldWeights`) and its weights in each precision. */
export const inPrecision: Readonly<Record<Precision, Lowering>> = {
  fp32: (graph, weights) => ({ graph, weights }),
  fp16: halved,
  int8: quantised,
};
