import type { Graph } from '../graph';
import { absorbExpand } from './absorbExpand';
import { dropDead } from './dropDead';
import { foldConstants } from './foldConstants';
import { fuseGemm } from './fuseGemm';
import { fuseLayerNorm } from './fuseLayerNorm';
import { fuseMatMul } from './fuseMatMul';
import { gatherTransposes } from './gatherTransposes';
import { mergeMoves } from './mergeMoves';
import type { Pass } from './pass';
import { shareCommon } from './shareCommon';
import { splitWeightGradients } from './splitWeightGradients';
import { sumAsProduct } from './sumAsProduct';

const general: readonly Pass[] = [foldConstants, shareCommon, absorbExpand, dropDead];

const passes: Readonly<Record<'onnx' | 'tensorflow', readonly Pass[]>> = {
  onnx: [...general, fuseLayerNorm, fuseMatMul, gatherTransposes, splitWeightGradients, sumAsProduct, fuseGemm, mergeMoves, shareCommon, dropDead],
  tensorflow: general,
};

/** The graph as the target runs it best. */
export function optimise(graph: Graph, target: keyof typeof passes): Graph {
  return passes[target].reduce((now, pass) => pass.run(now), graph);
}
