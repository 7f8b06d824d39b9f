import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { openExecutor } from '../../../../src/engine/compile/backends';
import { sizeOf, value, type Node } from '../../../../src/engine/compile/graph';
import { computes, computeWeight } from '../../../../src/engine/compile/passes/weightMath';
import type { FloatTensor } from '../../../../src/engine/tensors';
import { relativeError } from '../../../fixtures/golden';

// Sums here are in double precision, TensorFlow.js's in float32.
const TOLERANCE = 1e-6;

interface Case {
  readonly op: string;
  readonly attrs: Node['attrs'];
  readonly given: readonly FloatTensor[];
  readonly expected: tf.Tensor;
}

const side = fc.integer({ min: 1, max: 5 });
const shapes = fc.array(side, { minLength: 1, maxLength: 4 });
const wave = (shape: readonly number[], step: number): FloatTensor => ({ shape, data: Float32Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(i * step + step)) });
const eager = ({ shape, data }: FloatTensor): tf.Tensor => tf.tensor(data, [...shape]);

/** Two shapes that broadcast to one another. */
const pairs = fc.tuple(shapes, fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }), fc.nat(3), fc.boolean()).map(([shape, ones, drop, swap]) => {
  const other = shape.map((length, axis) => (ones[axis] ? 1 : length)).slice(Math.min(drop, shape.length));
  return swap ? [other, shape] : [shape, other];
});

const binary = (op: string, compute: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor): fc.Arbitrary<Case> =>
  pairs.map(([a, b]) => {
    const given = [wave(a!, 0.7), wave(b!, 1.3)];
    return { op, attrs: {}, given, expected: compute(eager(given[0]!), eager(given[1]!)) };
  });

const cases: Readonly<Record<string, fc.Arbitrary<Case>>> = {
  Add: binary('Add', (a, b) => tf.add(a, b)),
  Sub: binary('Sub', (a, b) => tf.sub(a, b)),
  Multiply: binary('Multiply', (a, b) => tf.mul(a, b)),
  Transpose: shapes.chain((shape) =>
    fc.shuffledSubarray([...shape.keys()], { minLength: shape.length }).map((perm) => {
      const given = [wave(shape, 0.7)];
      return { op: 'Transpose', attrs: { perm }, given, expected: tf.transpose(eager(given[0]!), perm) };
    }),
  ),
  Slice: fc.array(fc.tuple(side, fc.nat(4), fc.nat(4)), { minLength: 1, maxLength: 4 }).map((axes) => {
    const given = [wave(axes.map(([length]) => length), 0.7)];
    const begin = axes.map(([length, from]) => from % length);
    const size = axes.map(([length, , wish], axis) => 1 + (wish % (length - begin[axis]!)));
    return { op: 'Slice', attrs: { begin, size }, given, expected: tf.slice(eager(given[0]!), begin, size) };
  }),
  Sum: shapes.chain((shape) =>
    fc.tuple(fc.subarray([...shape.keys()], { minLength: 1 }), fc.boolean()).map(([axes, keepDims]) => {
      const given = [wave(shape, 0.7)];
      return { op: 'Sum', attrs: { axes, keepDims }, given, expected: tf.sum(eager(given[0]!), axes, keepDims) };
    }),
  ),
  MatMul: fc.tuple(side, side, side).map(([M, K, N]) => {
    const given = [wave([M, K], 0.7), wave([K, N], 1.3)];
    return { op: 'MatMul', attrs: { transposeA: false, transposeB: false }, given, expected: tf.matMul(eager(given[0]!), eager(given[1]!)) };
  }),
};

function nodeOf({ op, attrs, given, expected }: Case): Node {
  return { op, attrs, inputs: given.map(({ shape }) => value('float32', shape)), outputs: [value('float32', expected.shape)] };
}

beforeAll(async () => {
  await openExecutor('cpu');
});

test.each(Object.keys(cases))('%s of weights of any shape is what TensorFlow.js computes', (op) => {
  fc.assert(
    fc.property(cases[op]!, (one) => {
      const node = nodeOf(one);
      expect(computes(node)).toBe(true);
      const { shape, data } = computeWeight(node, one.given);
      expect(shape).toEqual(one.expected.shape);
      expect(relativeError(data, one.expected.dataSync())).toBeLessThan(TOLERANCE);
    }),
  );
});

test('a number stands for a tensor of equal elements', () => {
  const node: Node = { op: 'Multiply', attrs: {}, inputs: [value('float32', [2, 2]), value('float32', [2, 2])], outputs: [value('float32', [2, 2])] };
  expect([...computeWeight(node, [{ shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) }, { splat: 3 }]).data]).toEqual([3, 6, 9, 12]);
});

test('other operations, types and transposed products are left to the runtime', () => {
  const at = (op: string, attrs: Node['attrs'], dtype: 'float32' | 'int32' = 'float32'): Node => {
    const x = value(dtype, [2, 2]);
    return { op, attrs, inputs: [x, x], outputs: [value(dtype, [2, 2])] };
  };
  expect(computes(at('Add', {}))).toBe(true);
  expect(computes(at('Expand', {}))).toBe(false);
  expect(computes(at('Add', {}, 'int32'))).toBe(false);
  expect(computes(at('MatMul', { transposeA: true, transposeB: false }))).toBe(false);
});
