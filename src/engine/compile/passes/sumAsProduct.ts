import { sameShape } from '../graph';
import { numbersOf, rewrite, type Pass } from './pass';

/** Rows below which it does not matter. */
const FEWEST_ROWS = 256;

/**
 * The sum over the rows of a matrix, a bias's gradient, becomes a product with a row of ones.
 *
 * Why: ONNX Runtime's ReduceSum over the first axis walks through the memory column by column. TensorFlow's is better, and
 * a product still saves 3 to 6 % of a step (28 px D 64 and 32 px D 192).
 */
export const sumAsProduct: Pass = {
  name: 'sumAsProduct',
  run: (graph) =>
    rewrite(graph, (node, site) => {
      const [x] = node.inputs;
      if (node.op !== 'Sum' || x!.shape.length !== 2 || x!.shape[0]! < FEWEST_ROWS || !sameShape(numbersOf(node.attrs['axes']), [0])) return undefined;
      const [rows, columns] = x!.shape as [number, number];
      const ones = site.constant({ data: new Float32Array(rows).fill(1) }, [1, rows]);
      const sum = site.add('MatMul', [ones, x!], [1, columns], { transposeA: false, transposeB: false });
      return [site.add('Reshape', [sum], node.outputs[0]!.shape)];
    }),
};
