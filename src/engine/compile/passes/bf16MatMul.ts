import { sizeOf, value, type Graph, type Value } from '../graph';
import { rewrite, type Pass, type Site } from './pass';
import { shareCommon } from './shareCommon';

/** A product with an operand smaller than this is not worth two casts. */
const SMALLEST = 4096;

/**
 * Computes matrix products, those of the gradients too, with operands rounded to bfloat16 (8 bits of mantissa, the range
 * of float32) and sums in float32, as PyTorch's autocast does; everything else stays float32. A value that several
 * products read is cast once.
 *
 * Why: processors with AVX512-BF16 or AMX multiply bfloat16 at two to several times the rate of float32. On others it is
 * slower, so whoever asks for it compares.
 */
export const bf16MatMul: Pass = {
  name: 'bf16MatMul',
  run: (graph: Graph) =>
    shareCommon.run(
      rewrite(graph, ({ op, inputs, outputs, attrs }, site) => {
        if (op !== 'MatMul' || outputs[0]!.dtype !== 'float32' || inputs.some(({ shape }) => sizeOf(shape) < SMALLEST)) return undefined;
        const product = site.add('MatMul', inputs.map((operand) => cast(operand, 'bfloat16', site)), outputs[0]!.shape, attrs, 'bfloat16');
        return [cast(product, 'float32', site)];
      }),
    ),
};

function cast(of: Value, dtype: Value['dtype'], site: Site): Value {
  return site.addMany('Cast', [of], [value(dtype, of.shape)])[0]!;
}
