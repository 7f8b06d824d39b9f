import { sameShape, type Graph, type Node, type Value } from '../graph';
import { producedBy } from './fuseLayerNorm';
import { rewrite, type Pass, type Site } from './pass';

/**
 * LayerNormalization's own scale and shift take up γ and β behind it, where nobody reads what lies between.
 *
 * Why: two passes over the activations, which the operator does on its way.
 * Gain: 50 operations of a B/16 whose norms stay with the activations (`spec.plainWeights`).
 */
export const fuseAffine: Pass = {
  name: 'fuseAffine',
  run: (graph: Graph): Graph =>
    rewrite(graph, (node, site) => {
      if (node.op === 'Multiply') return scaledNorm(node, site);
      return node.op === 'Add' ? shiftedNorm(node, site) : undefined;
    }),
};

/** LN(x, 1) ⊙ γ → LN(x, γ) */
function scaledNorm({ inputs: [normal, gamma] }: Node, site: Site): readonly Value[] | undefined {
  const norm = normOf(normal!, gamma!, site);
  return norm && site.splat(norm.inputs[1]!) === 1 ? [again(norm, [norm.inputs[0]!, gamma!], site)] : undefined;
}

/** LN(x, γ) + β → LN(x, γ, β) */
function shiftedNorm({ inputs: [scaled, beta] }: Node, site: Site): readonly Value[] | undefined {
  const norm = normOf(scaled!, beta!, site);
  return norm?.inputs.length === 2 ? [again(norm, [...norm.inputs, beta!], site)] : undefined;
}

/** The norm whose result this is, if only this reads it and the other operand is one row. */
function normOf(normal: Value, row: Value, site: Site): Node | undefined {
  const norm = producedBy(normal, 'onnx.LayerNormalization', site);
  return norm?.outputs[0] === normal && site.uses(normal) === 1 && sameShape(row.shape, [normal.shape.at(-1)!]) ? norm : undefined;
}

function again({ outputs: [normal], attrs }: Node, inputs: readonly Value[], site: Site): Value {
  return site.add('onnx.LayerNormalization', inputs, normal!.shape, attrs);
}
