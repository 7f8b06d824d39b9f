import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, test } from 'vitest';
import { openExecutor } from '../../../src/engine/compile/backends';
import { randomAt } from '../../../src/engine/random';
import { relativeError } from '../../fixtures/golden';

beforeAll(async () => {
  await openExecutor('wasm');
});

function draw(name: string, shape: readonly number[]): { data: Float32Array; tensor: tf.Tensor } {
  const random = randomAt(0, name);
  const data = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.normal());
  return { data, tensor: tf.tensor(data, [...shape]) };
}

/** The definition, in double precision. */
function product(a: Float32Array, b: Float32Array, batch: number, M: number, K: number, N: number, tA: boolean, tB: boolean): Float64Array {
  return Float64Array.from({ length: batch * M * N }, (_, at) => {
    const [p, i, j] = [Math.floor(at / (M * N)), Math.floor(at / N) % M, at % N];
    let sum = 0;
    for (let k = 0; k < K; k++) sum += a[p * M * K + (tA ? k * M + i : i * K + k)]! * b[p * K * N + (tB ? j * K + k : k * N + j)]!;
    return sum;
  });
}

const shapes = [
  [1, 5, 7, 3], [1, 40, 33, 20], [6, 17, 16, 17], [6, 17, 17, 16], [4, 1, 9, 4], [4, 3, 1, 5], [2, 50, 16, 50], [3, 7, 6, 2], [2, 5, 64, 35],
] as const;

test.each(shapes.flatMap((shape) => [[false, false], [false, true], [true, false], [true, true]].map(([tA, tB]) => [shape.join(' × '), shape, tA!, tB!] as const)))(
  'matMul %s is the definition, transposed or not',
  (_, [batch, M, K, N], tA, tB) => {
    const a = draw('a', tA ? [batch, K, M] : [batch, M, K]);
    const b = draw('b', tB ? [batch, N, K] : [batch, K, N]);
    const got = tf.matMul(a.tensor, b.tensor, tA, tB);
    expect(got.shape).toEqual([batch, M, N]);
    // Sums of at most 64 products in float32.
    expect(relativeError(got.dataSync(), product(a.data, b.data, batch, M, K, N, tA, tB))).toBeLessThan(2e-6);
  },
);

test('nothing beside the product is written', () => {
  // Neighbours in the heap keep their values though the last columns are computed in overlapping vectors.
  const around = Array.from({ length: 8 }, (_, i) => draw(`n${String(i)}`, [37]));
  tf.dispose(around[3]!.tensor);
  tf.matMul(draw('a', [1, 2, 5, 3]).tensor, draw('b', [1, 2, 3, 5]).tensor);
  around.filter((_, i) => i !== 3).forEach(({ data, tensor }) => expect(tensor.dataSync()).toEqual(data));
});

test.each([[[6, 5], 0], [[4, 3, 5], 0], [[4, 3, 5], [0, 1]], [[4, 3, 5], 1], [[4, 3, 5], 2], [[4, 3], [0, 1]], [[1, 5], 0]] as const)(
  'sum of %j over %j is the definition',
  (shape, axis) => {
    const { data, tensor } = draw('x', shape);
    const axes: number[] = [axis].flat();
    const want = new Map<string, number>();
    data.forEach((value, i) => {
      let rest = i;
      const index = shape.toReversed().map((side) => { const d = rest % side; rest = Math.floor(rest / side); return d; }).reverse();
      const key = index.filter((_, d) => !axes.includes(d)).join();
      want.set(key, (want.get(key) ?? 0) + value);
    });
    expect(relativeError(tf.sum(tensor, [...axes]).dataSync(), [...want.values()])).toBeLessThan(2e-6);
    expect(tf.sum(tensor, [...axes], true).shape).toEqual(shape.map((side, d) => (axes.includes(d) ? 1 : side)));
  },
);

test('one memory in two shapes as right operand', () => {
  // The backend packs a right operand once, by its memory alone; another shape of it was read out of bounds.
  const { data, tensor } = draw('b', [12, 10]);
  const left = draw('a', [3, 12]);
  const other = draw('c', [3, 30]);
  expect(relativeError(tf.matMul(left.tensor as tf.Tensor2D, tensor as tf.Tensor2D).dataSync(), product(left.data, data, 1, 3, 12, 10, false, false))).toBeLessThan(2e-6);
  const view = tf.reshape(tensor, [30, 4]);
  expect(relativeError(tf.matMul(other.tensor as tf.Tensor2D, view as tf.Tensor2D).dataSync(), product(other.data, data, 1, 3, 30, 4, false, false))).toBeLessThan(2e-6);
});
