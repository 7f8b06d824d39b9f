import { sameShape, value, type Node, type Value } from '../graph';
import { numbersOf, rewrite, type Pass, type Site } from './pass';

/**
 * x̂ = (x − E[x]) · 1/√(Var[x] + ε) over the last axis, written out in seven operations, becomes ONNX's
 * LayerNormalization, whose third output is the 1/σ that the gradient needs.
 *
 * Why: the seven pass over the activations five times, the one twice.
 * Gain: 104 of 1,523 operations and 38 of 759 MiB written in a training step (28 px, D 64, L 6, batch 128); its time, 6 % less
 * in one run and none in another, is within the noise of the machine that measured it.
 */
export const fuseLayerNorm: Pass = {
  name: 'fuseLayerNorm',
  run(graph) {
    const done = new Map<Value, { readonly centred: Value; readonly normal: Value }>();
    return rewrite(graph, (node, site) => {
      if (node.op === 'Rsqrt') {
        const found = matchDeviation(node, site);
        if (!found) return undefined;
        const { x, centred, epsilon } = found;
        const one = site.constant({ data: new Float32Array(x.shape.at(-1)!).fill(1) }, [x.shape.at(-1)!]);
        const rows = node.outputs[0]!.shape;
        const outputs = [value('float32', x.shape), value('float32', rows), value('float32', rows)];
        const [normal, , inverse] = site.addMany('onnx.LayerNormalization', [x, one], outputs, { axis: -1, epsilon });
        done.set(inverse!, { centred, normal: normal! });
        return [inverse!];
      }
      if (node.op !== 'Multiply') return undefined;
      const [a, b] = node.inputs as [Value, Value];
      const fused = done.get(b);
      return fused?.centred === a ? [fused.normal] : undefined;
    });
  },
};

/** Of 1/√(mean((x − mean(x))²) + ε): x, x − mean(x) and ε. */
function matchDeviation(rsqrt: Node, site: Site): { x: Value; centred: Value; epsilon: number } | undefined {
  const sum = producedBy(rsqrt.inputs[0], 'Add', site);
  const epsilon = sum && site.splat(sum.inputs[1]!);
  const square = sum && producedBy(meanOf(sum.inputs[0]!, site), 'Square', site);
  const centring = square && producedBy(square.inputs[0], 'Sub', site);
  if (!centring || epsilon === undefined) return undefined;
  const [x, mean] = centring.inputs as [Value, Value];
  return meanOf(mean, site) === x ? { x, centred: centring.outputs[0]!, epsilon } : undefined;
}

/** The value whose mean over its last axis this is: a sum, and a product with 1/D. */
function meanOf(mean: Value, site: Site): Value | undefined {
  const scaled = producedBy(mean, 'Multiply', site);
  const sum = scaled && producedBy(scaled.inputs[0], 'Sum', site);
  const x = sum?.inputs[0];
  const scale = scaled && site.splat(scaled.inputs[1]!);
  if (!x || scale === undefined || sum.attrs['keepDims'] !== true || !sameShape(numbersOf(sum.attrs['axes']), [x.shape.length - 1])) return undefined;
  return Math.abs(scale * x.shape.at(-1)! - 1) < 1e-6 ? x : undefined;
}

export function producedBy(of: Value | undefined, op: string, site: Site): Node | undefined {
  const node = of && site.producer(of);
  return node?.op === op ? node : undefined;
}
