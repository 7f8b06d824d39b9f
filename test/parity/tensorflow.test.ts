import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { openExecutor } from '../../src/engine/compile/backends';
import { bf16MatMul } from '../../src/engine/compile/passes/bf16MatMul';
import type { EmitOptions } from '../../src/engine/compile/tensorflow/emit';
import { randomAt } from '../../src/engine/random';
import type { FloatTensor, TensorMap } from '../../src/engine/tensors';
import { compiledGradients, eagerGradients, networkOf, worstGradient } from '../engine/compile/networks';
import { cases, type Case } from '../engine/compile/onnx/cases';
import { difference, feedsOf, oneNode, type Given, type Result } from '../engine/compile/onnx/run';
import { graphs } from '../engine/compile/tensorflow/graphs';
import { measured } from './reference';
import { runTensorFlow, withTensorFlow } from './tensorflow';

beforeAll(async () => {
  await openExecutor('cpu');
});

// As for ONNX: data are eighths, so what is left is the rounding of functions.
const OPERATION = 1e-6;

function run(op: string, { attrs, given }: Case, expected: readonly Result[]): readonly Result[] {
  const results = runTensorFlow(oneNode(op, attrs, given, expected), feedsOf(given));
  return expected.map((_, i) => results[`y${i}`]!);
}

withTensorFlow('an operation in TensorFlow', () => {
  test.each(Object.entries(cases))('%s is computed as it is defined', (op, drawn) => {
    let largest = 0;
    const property = fc.property(drawn, (one) => {
      const expected = one.expected();
      run(op, one, expected).forEach((result, i) => {
        const gap = difference(result, expected[i]!);
        expect(gap).toBeLessThanOrEqual(OPERATION);
        largest = Math.max(largest, gap);
      });
    });
    fc.assert(property, { numRuns: 40 });
    measured(`TensorFlow operation ${op}`, largest, OPERATION);
  });

  // TensorFlow rewrites powers with these exponents, and lost the shape of the larger operand.
  test.each([-1, -0.5, 0, 0.5, 1, 2, 3, 4])('a scalar to constant powers of %d has the shape of the powers', (exponent) => {
    const base: Given = { dtype: 'float32', shape: [], data: [0.25], constant: false };
    const powers: Given = { dtype: 'float32', shape: [2, 3], data: Array.from({ length: 6 }, () => exponent), constant: true };
    const expected = { dtype: 'float32', shape: [2, 3], data: Array.from({ length: 6 }, () => 0.25 ** exponent) };
    expect(run('Pow', { attrs: {}, given: [base, powers], expected: () => [expected] }, [expected])).toEqual([expected]);
  });

  // The control: what is computed wrongly shows. Each case is run as another operation of the same form.
  test.each([
    ['Sub', 'Add'],
    ['Exp', 'Sin'],
    ['Sum', 'Mean'],
    ['MaxPool', 'AvgPool'],
    ['Softmax', 'LogSoftmax'],
  ])('%s computed as %s is noticed', (op, wrong) => {
    const property = fc.property(cases[op]!, (one) => {
      const expected = one.expected();
      return run(wrong, one, expected).every((result, i) => difference(result, expected[i]!) <= OPERATION);
    });
    expect(fc.check(property).failed).toBe(true);
  });
});

/** Wide enough for elementwise operations to be fused. */
const wide = networkOf({ image: { size: [12, 16], channels: 3 }, model: { embed_dim: 192, depth: 1, num_heads: 2, patch_size: 4 }, classes: 5, batch: 3, seed: 1 });

const fed = ({ shape, data }: FloatTensor): Given => ({ dtype: 'float32', shape, data: [...data], constant: false });

function halfPrecise(options: EmitOptions = {}): Promise<TensorMap> {
  return compiledGradients(wide, { target: 'tensorflow', run: (graph, feeds) => runTensorFlow(graph, feeds, options) }, (graph) => bf16MatMul.run(graph));
}

// Every gradient of random networks in float32 is compared in properties.test.ts.
withTensorFlow('a network in TensorFlow', () => {
  test('whose elementwise operations are fused computes the same', async () => {
    const random = randomAt(1, 'fused');
    const feed = (): Given => fed({ shape: [64, 64], data: Float32Array.from({ length: 4096 }, () => random.normal() / 8) });
    fc.assert(
      fc.property(graphs, (graph) => {
        const feeds = { x: feed(), y: feed() };
        const [plain, fused] = [runTensorFlow(graph, feeds), runTensorFlow(graph, feeds, { fused: true })];
        for (const [name, { data }] of Object.entries(plain)) expect(data.every((element, i) => Object.is(element, fused[name]!.data[i]) || Math.abs(element - fused[name]!.data[i]!) <= 1e-5 * Math.max(1, Math.abs(element))), name).toBe(true);
      }),
      { numRuns: 15 },
    );
    const { gap } = worstGradient(await halfPrecise({ fused: true }), await halfPrecise());
    measured('TensorFlow graph, gradients with bfloat16, fused against not', gap, 1e-2);
    expect(gap).toBeLessThan(1e-2);
  });

  // bfloat16 keeps 8 bits of a factor, so a product is off by up to 2^-8, and the gradient by some of that.
  test('with products in bfloat16 has gradients that are near, and not the same', async () => {
    const { gap } = worstGradient(await halfPrecise(), eagerGradients(wide));
    measured('TensorFlow graph, gradients with bfloat16', gap, 5e-2);
    expect(gap).toBeLessThan(5e-2);
    expect(gap).toBeGreaterThan(1e-3);
  });
});
