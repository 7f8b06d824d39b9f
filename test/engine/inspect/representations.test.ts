import fc from 'fast-check';
import { expect, test } from 'vitest';
import { centred, cka, debiasedCka, gram, hollow } from '../../../src/engine/inspect/cka';
import { principalComponents, project } from '../../../src/engine/inspect/components';
import { symmetricEigen } from '../../../src/engine/inspect/eigen';
import { embeddingView } from '../../../src/engine/inspect/embeddings';
import { featureColours } from '../../../src/engine/inspect/featureColours';
import { nearest, unitRows } from '../../../src/engine/inspect/neighbours';
import { patchGrid } from '../../../src/engine/inspect/patches';
import { cosineSimilarity } from '../../../src/engine/inspect/positions';
import { positionStructure } from '../../../src/engine/inspect/positionStructure';
import { pieceOrder, piecesOf, shuffled } from '../../../src/engine/inspect/shuffle';
import { tokenNorms } from '../../../src/engine/inspect/tokenNorms';
import { normSpread, outliers } from '../../../src/outliers';
import { cosineWith, meanCosine } from '../../../src/engine/inspect/tokenSimilarity';
import { sincos1d, sincos2d } from '../../../src/engine/model/positions';
import { randomAt } from '../../../src/engine/random';

function normal(count: number, seed: number): Float32Array {
  const random = randomAt(seed, 'rows');
  return Float32Array.from({ length: count }, () => random.normal());
}

test('eigenvalues and eigenvectors of a matrix that one knows', () => {
  // 2 on the diagonal, −1 beside it: 2 − 2 cos(kπ/(n + 1)), a textbook case (Golub and Van Loan, section 4.8.6).
  const n = 7;
  const matrix = Float64Array.from({ length: n * n }, (_, at) => ({ 0: 2, 1: -1 })[Math.abs(Math.floor(at / n) - (at % n))] ?? 0);
  const { values } = symmetricEigen(matrix, n);
  for (let k = 1; k <= n; k++) expect(values[n - k]).toBeCloseTo(2 - 2 * Math.cos((k * Math.PI) / (n + 1)), 12);
});

test('of any symmetric matrix the parts make the whole again, and stand at right angles', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 0, max: 1e6 }), fc.boolean(), (n, seed, repeats) => {
      const half = normal(n * n, seed);
      // Repeated eigenvalues are where such methods fail.
      const matrix = repeats ? Float64Array.from({ length: n * n }, (_, at) => (at % (n + 1) === 0 ? 3 : 1)) : Float64Array.from({ length: n * n }, (_, at) => half[at]! + half[(at % n) * n + Math.floor(at / n)]!);
      const { values, vectors } = symmetricEigen(matrix, n);
      for (let i = 0; i < n; i++)
        for (let j = 0; j < n; j++) {
          let [sum, product] = [0, 0];
          for (let k = 0; k < n; k++) {
            sum += values[k]! * vectors[k * n + i]! * vectors[k * n + j]!;
            product += vectors[i * n + k]! * vectors[j * n + k]!;
          }
          expect(sum).toBeCloseTo(matrix[i * n + j]!, 9);
          expect(product).toBeCloseTo(i === j ? 1 : 0, 9);
        }
    }),
    { numRuns: 60 },
  );
});

test('components of points on a line are the line', () => {
  const rows = Float32Array.from([1, 2, 3, 4].flatMap((t) => [3 * t + 1, 4 * t, 7]));
  const { axes, variance, total } = principalComponents(rows, 3, 3);
  expect(variance.length).toBe(1);
  [0.6, 0.8, 0].forEach((x, i) => expect(axes[i]).toBeCloseTo(x, 6));
  // Variance of 1, 2, 3, 4 is 5/3; each step is 5 long.
  expect(variance[0]).toBeCloseTo((25 * 5) / 3, 4);
  expect(total).toBeCloseTo(variance[0]!, 4);
});

test('few rows of many columns have the components of their covariance', () => {
  const rows = normal(6 * 20, 3);
  const few = principalComponents(rows, 20, 5);
  const scores = project(rows, few);
  for (let k = 0; k < 5; k++) {
    const along = Array.from({ length: 6 }, (_, i) => scores[i * 5 + k]!);
    expect(along.reduce((a, b) => a + b, 0)).toBeCloseTo(0, 4);
    expect(along.reduce((sum, x) => sum + x * x, 0) / 5).toBeCloseTo(few.variance[k]!, 4);
  }
  // All the variance is in n − 1 directions.
  expect(few.variance.reduce((a, b) => a + b, 0)).toBeCloseTo(few.total, 5);
});

test('a picture of features keeps the patches above a threshold, and gives colours to those alone', () => {
  const rows = Float32Array.from([0, 0, 0.1, 1, 0.2, 2, 10, 0, 10.1, 3, 10.2, 1]);
  const all = featureColours(rows, 2, 'all', 0.5);
  expect([...all.kept]).toEqual([1, 1, 1, 1, 1, 1]);
  const some = featureColours(rows, 2, 'above', 0.5);
  expect([...some.kept]).toEqual([0, 0, 0, 1, 1, 1]);
  expect(some.count).toBe(2);
  expect([...some.scores.subarray(0, 6)]).toEqual([0, 0, 0, 0, 0, 0]);
  expect(featureColours(rows, 2, 'below', 0.5).kept.reduce((a, b) => a + b)).toBe(3);
  // One patch has no directions in which it differs.
  expect(featureColours(rows, 2, 'above', 1).count).toBe(0);
});

test('norms, and which are outliers by the rule', () => {
  expect([...tokenNorms({ shape: [1, 2, 2], data: Float32Array.of(3, 4, 0, 2) })]).toEqual([5, 2]);
  const norms = Float32Array.of(9, 10, 11, 10, 12, 8, 200, 150);
  const spread = normSpread(norms, 5);
  expect(spread.median).toBe(10.5);
  // Distances from it: 1.5 0.5 0.5 0.5 1.5 2.5 189.5 139.5, whose median is 1.5.
  expect(spread.spread).toBeCloseTo(1.5 * 1.4826, 6);
  expect(outliers(norms, spread)).toEqual([6, 7]);
  const alike = Float32Array.of(1, 1, 1, 1, 2);
  expect(outliers(alike, normSpread(alike, 5))).toEqual([]);
});

test('the mean cosine of all pairs is that of the matrix of cosines', () => {
  const rows = normal(7 * 5, 1);
  const matrix = cosineSimilarity(rows, 5);
  const mean = (matrix.reduce((a, b) => a + b, 0) - 7) / 42;
  expect(meanCosine(rows, 5)).toBeCloseTo(mean, 6);
  expect(meanCosine(Float32Array.of(1, 0, 2, 0, 3, 0), 2)).toBeCloseTo(1, 12);
  expect(meanCosine(Float32Array.of(1, 0, 0, 1), 2)).toBeCloseTo(0, 12);
  expect(cosineWith(Float32Array.of(1, 0, 0, 1), 2, Float32Array.of(1, 1))).toBeCloseTo(Math.SQRT1_2, 6);
});

test('CKA is 1 for what was turned and scaled, and knows what is unlike', () => {
  const M = 12;
  const rows = normal(M * 2, 5);
  const turned = Float32Array.from({ length: M * 2 }, (_, at) => {
    const [x, y] = [rows[at - (at % 2)]!, rows[at - (at % 2) + 1]!];
    return 3 * (at % 2 === 0 ? 0.6 * x - 0.8 * y : 0.8 * x + 0.6 * y) + 40;
  });
  const [K, L] = [gram(rows, M), gram(turned, M)];
  expect(cka(centred(K, M), centred(L, M))).toBeCloseTo(1, 5);
  expect(debiasedCka(hollow(K, M), hollow(L, M), M)).toBeCloseTo(1, 4);
  // Features that are uncorrelated: ±1 patterns at right angles.
  const a = Float32Array.from({ length: 8 }, (_, i) => (i % 2 ? 1 : -1));
  const b = Float32Array.from({ length: 8 }, (_, i) => (i % 4 < 2 ? 1 : -1));
  expect(cka(centred(gram(a, 8), 8), centred(gram(b, 8), 8))).toBeCloseTo(0, 12);
});

test('with more features than images plain CKA of noise is high, and the debiased one is not', () => {
  const M = 24;
  const [a, b] = [gram(normal(M * 400, 1), M), gram(normal(M * 400, 2), M)];
  expect(cka(centred(a, M), centred(b, M))).toBeGreaterThan(0.8);
  expect(Math.abs(debiasedCka(hollow(a, M), hollow(b, M), M))).toBeLessThan(0.2);
});

test('pieces go from the whole image to single patches, and no patch is cut', () => {
  expect(piecesOf(14, 14)).toEqual([[1, 1], [2, 2], [7, 7], [14, 14]]);
  expect(piecesOf(8, 8).at(-1)).toEqual([8, 8]);
  expect(piecesOf(4, 6)).toEqual([[1, 1], [2, 2], [2, 3], [4, 6]]);
  expect(piecesOf(1, 1)).toEqual([[1, 1]]);
});

test('shuffled pieces are the same pieces, at the places that their order says', () => {
  const image = { shape: [1, 2, 4, 1], data: Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8) };
  const { data, shape } = shuffled(image, [1, 2], [Int32Array.of(1, 0), Int32Array.of(0, 1)]);
  expect(shape).toEqual([2, 2, 4, 1]);
  expect([...data]).toEqual([3, 4, 1, 2, 7, 8, 5, 6, 1, 2, 3, 4, 5, 6, 7, 8]);
  expect([...pieceOrder([4, 4], 7)].sort((a, b) => a - b)).toEqual(Array.from({ length: 16 }, (_, i) => i));
  expect([...pieceOrder([4, 4], 7)]).toEqual([...pieceOrder([4, 4], 7)]);
  expect([...pieceOrder([4, 4], 7)]).not.toEqual([...pieceOrder([4, 4], 8)]);
});

test('the nearest rows are those of the smallest angle', () => {
  const rows = unitRows(Float32Array.of(1, 0, 0, 5, 2, 2, -1, 0, 0, 0), 2);
  const found = nearest(rows, Float32Array.of(2, 0.1), 3);
  expect(found.map(({ index }) => index)).toEqual([0, 2, 1]);
  expect(found[0]!.similarity).toBeCloseTo(2 / Math.hypot(2, 0.1), 6);
});

test('positions on a plane know rows, columns and distance; on a line of patches rows are near and columns are not', () => {
  const of = (table: Float32Array, D: number) => positionStructure(cosineSimilarity(table, D), 6, 6);
  const plane = of(sincos2d(6, 6, 64), 64);
  expect(plane.neighbours).toBeGreaterThan(plane.all);
  expect(plane.neighbours).toBeGreaterThan(plane.far);
  expect(plane.sameRow).toBeCloseTo(plane.sameColumn, 5);
  expect(plane.sameRow).toBeGreaterThan(plane.all);
  expect(plane.correlation).toBeLessThan(-0.8);
  const line = of(sincos1d(36, 64), 64);
  expect(line.sameRow).toBeGreaterThan(line.sameColumn);
  expect([...plane.distances]).toEqual([1, 2, 3, 4, 5, 6, 7]);
  // One patch has no pairs.
  expect(positionStructure(Float32Array.of(1), 1, 1).all).toBeNaN();
});

test('X is what is left of Z without P', () => {
  const spec = { preNorm: false, width: 2, posEmbed: 'learned' } as never;
  const grid = patchGrid({ imageSize: [4, 8], patchSize: [4, 4], classToken: true, distilled: false, regTokens: 0 });
  const params = new Map([['pos_embed', { shape: [1, 3, 2], data: Float32Array.of(9, 9, 3, 4, 0, 1) }]]);
  const view = embeddingView({ spec, params, grid }, { shape: [1, 4, 8, 1], data: new Float32Array(32) }, { shape: [1, 3, 2], data: Float32Array.of(7, 7, 3, 14, 2, 1) });
  expect([...view.x]).toEqual([0, 10, 2, 0]);
  expect([...view.p]).toEqual([3, 4, 0, 1]);
  expect([...view.ratio]).toEqual([0.5, 0.5]);
});
