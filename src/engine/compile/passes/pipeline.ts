import type { Graph } from '../graph';
import { absorbExpand } from './absorbExpand';
import { dropDead } from './dropDead';
import { foldConstants } from './foldConstants';
import { fuseAffine } from './fuseAffine';
import { fuseBiasGelu } from './fuseBiasGelu';
import { fuseGelu } from './fuseGelu';
import { fuseGemm } from './fuseGemm';
import { fuseLayerNorm } from './fuseLayerNorm';
import { fuseMatMul } from './fuseMatMul';
import { gatherTransposes } from './gatherTransposes';
import { mergeMoves } from './mergeMoves';
import type { Pass } from './pass';
import { shareCommon } from './shareCommon';
import { splitWeightGradients } from './splitWeightGradients';
import { sumAsProduct } from './sumAsProduct';
import { trimNorms } from './trimNorms';

const general: readonly Pass[] = [foldConstants, shareCommon, absorbExpand, dropDead];

/**
 * A training step in ONNX Runtime by all cores, one block of a batch by one thread, a forward pass, the same in the
 * operators of ai.onnx alone, and TensorFlow.
 */
export type Target = 'onnx' | 'block' | 'inference' | 'portable' | 'tensorflow';

/** Weights that do not change take the factors of the activation. */
const activation: readonly Pass[] = [fuseGelu, foldConstants, dropDead];

const passes: Readonly<Record<Target, readonly Pass[]>> = {
  onnx: [...general, fuseLayerNorm, fuseMatMul, gatherTransposes, splitWeightGradients, sumAsProduct, fuseGemm, mergeMoves, shareCommon, dropDead],
  // Parts of one thread's products would only have to be summed up again.
  block: [...general, fuseLayerNorm, fuseMatMul, gatherTransposes, sumAsProduct, fuseGemm, mergeMoves, shareCommon, dropDead],
  inference: [...general, ...activation, fuseLayerNorm, fuseAffine, fuseMatMul, gatherTransposes, fuseGemm, fuseBiasGelu, mergeMoves, shareCommon, dropDead, trimNorms],
  portable: [...general, ...activation, fuseLayerNorm, fuseGemm, mergeMoves, shareCommon, dropDead, trimNorms],
  tensorflow: [...general, sumAsProduct, shareCommon],
};

/** What is good for every target, before a graph is divided. */
export function simplify(graph: Graph): Graph {
  return general.reduce((now, pass) => pass.run(now), graph);
}

/** The graph as the target runs it best. */
export function optimise(graph: Graph, target: Target): Graph {
  return passes[target].reduce((now, pass) => pass.run(now), graph);
}
