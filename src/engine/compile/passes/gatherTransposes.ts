import { sameShape, sizeOf } from '../graph';
import { numbersOf, rewrite, type Pass } from './pass';

/** [B, H, T, d] → [T, B, H, d] */
const FROM_HEADS = [2, 0, 1, 3];

/**
 * Heads go back to rows by a Gather of whole channels, with an index that is a constant.
 *
 * Why: ONNX Runtime's Transpose of this kind runs on one core; its Gather on all, at the speed of the memory.
 * Gain: 2.4 → 0.85 ms for 6.4 MB on two cores. It adds 24 Reshapes to a training step (28 px, D 64, L 6), and where each core
 * has a block of the batch for itself, nothing shows above a noise of 5 to 10 %.
 */
export const gatherTransposes: Pass = {
  name: 'gatherTransposes',
  run: (graph) =>
    rewrite(graph, (node, site) => {
      if (node.op !== 'Transpose' || !sameShape(numbersOf(node.attrs['perm']), FROM_HEADS)) return undefined;
      const [x] = node.inputs;
      const [B, H, T, d] = x!.shape as [number, number, number, number];
      if (B * H * T < 1024) return undefined;
      const order = site.constant({ data: headOrder(B, H, T) }, [B * H * T], 'int32');
      const rows = site.add('Reshape', [x!], [sizeOf(x!.shape) / d, d]);
      return [site.add('Reshape', [site.add('Gather', [rows, order], rows.shape, { axis: 0 })], node.outputs[0]!.shape)];
    }),
};

function headOrder(B: number, H: number, T: number): Int32Array {
  const order = new Int32Array(B * H * T);
  for (let i = 0; i < order.length; i++) {
    const [t, bh] = [Math.floor(i / (B * H)), i % (B * H)];
    order[i] = bh * T + t;
  }
  return order;
}
