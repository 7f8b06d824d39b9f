import { describe, expect, test } from 'vitest';
import { curvesOf, rocAuc, sweep, thinned } from '../../../src/engine/metrics/curves';
import { wilson } from '../../../src/engine/metrics/interval';
import { startTally } from '../../../src/engine/metrics/tally';
import { randomAt } from '../../../src/engine/random';
import { analysed, inside, largestGap, type Reference, type Sample } from '../../fixtures/evaluation';
import { readGolden } from '../../fixtures/golden';

describe.each(readGolden<(Sample & Reference)[]>('evaluation').map((golden, i) => [i, golden] as const))('case %i', (_, golden) => {
  test('every number is that of scikit-learn and SciPy', () => {
    // Float64 on both sides, in other orders of summation.
    const { gap, at } = largestGap(golden, golden);
    expect(gap, at).toBeLessThan(1e-12);
  });

  test('the size of the batches changes nothing', () => {
    const [one, other] = [analysed(golden, 1), analysed(golden, 1000)];
    const rounded = (value: unknown): unknown => JSON.parse(JSON.stringify(value), (_key, x: unknown) => (typeof x === 'number' ? Number(x.toPrecision(12)) : x));
    expect(rounded(one)).toEqual(rounded(other));
  });

  test('every share lies in its interval', () => {
    const { metrics, intervals, classes } = analysed(golden);
    for (const [name, interval] of Object.entries(intervals)) expect(inside(metrics[name]!, interval), name).toBe(true);
    for (const one of classes) {
      if (one.recallInterval) expect(inside(one.recall, one.recallInterval)).toBe(true);
      if (one.precisionInterval) expect(inside(one.precision, one.precisionInterval)).toBe(true);
    }
  });
});

test('Wilson: none of none has no interval, none and all reach the ends exactly', () => {
  expect(wilson(0, 0)).toBeNull();
  // scipy.stats.binomtest(k, n).proportion_ci(method='wilson')
  expect(wilson(0, 10)).toEqual([0, expect.closeTo(0.27753279986288926, 15)]);
  expect(wilson(10, 10)).toEqual([expect.closeTo(0.7224672001371109, 15), 1]);
  expect(wilson(81, 263)).toEqual([expect.closeTo(0.2552885198782742, 15), expect.closeTo(0.36620957698280004, 15)]);
});

test('top 5 is told of more than five classes only', () => {
  const tally = (K: number) => {
    const one = startTally(K, 1);
    one.add({ shape: [1, K], data: new Float32Array(K) }, Int32Array.of(4));
    return one.metrics();
  };
  expect(tally(5)).not.toHaveProperty('top5');
  expect(tally(6)).toMatchObject({ top5: 1, top1: 0 });
});

test('of nothing all is 0, and nothing has an interval or a curve', () => {
  const { metrics, intervals, classes, macro, calibration } = startTally(2, 0, { curves: true }).analysis(['a', 'b']);
  expect(Object.values(metrics).every((value) => value === 0)).toBe(true);
  expect([intervals, macro]).toEqual([{}, { auc: null, ap: null }]);
  expect(classes[0]).toMatchObject({ support: 0, recallInterval: null, auc: null, ap: null, curves: null });
  expect(calibration).toMatchObject({ ece: 0, mce: 0, brier: 0 });
});

test('logits that are no numbers cost the curves and the calibration, not the table', () => {
  const tally = startTally(2, 3, { curves: true });
  tally.add({ shape: [3, 2], data: Float32Array.of(1, 0, NaN, 0, 0, 1) }, Int32Array.of(0, 1, 1));
  const { omitted, classes, metrics, calibration } = tally.analysis(['a', 'b']);
  expect([omitted, classes[0]!.auc, classes[0]!.support]).toEqual(['nan', null, 1]);
  expect([metrics['ece'], calibration.brier, metrics['loss']]).toEqual([NaN, NaN, NaN]);
  expect(metrics['top1']).toBeCloseTo(2 / 3, 15);
});

test('what needs more memory than allowed has no curves, and says so', () => {
  const tally = startTally(3, 4, { curves: true, mostBytes: 4 * 3 * 4 - 1 });
  tally.add({ shape: [4, 3], data: new Float32Array(12) }, Int32Array.of(0, 1, 2, 0));
  const { omitted, macro, metrics } = tally.analysis(['a', 'b', 'c']);
  expect([omitted, macro.auc, metrics['top1']]).toEqual(['memory', null, 0.5]);
});

describe('curves', () => {
  const random = randomAt(3, 'curves');
  const normal = (count: number, mean: number): Float32Array => Float32Array.from({ length: count }, () => random.normal() + mean);
  const full = sweep(normal(3000, 1), normal(40_000, 0));

  test('are thinned to 200 points with both ends, and stay where they were', () => {
    const { roc, pr } = curvesOf(full)!;
    expect([roc.fpr.length <= 200, pr.recall.length <= 200]).toEqual([true, true]);
    expect([roc.fpr[0], roc.tpr[0], roc.fpr.at(-1), roc.tpr.at(-1)]).toEqual([0, 0, 1, 1]);
    expect([pr.recall[0], pr.precision[0], pr.recall.at(-1)]).toEqual([0, 1, 1]);
    const thin = roc.fpr.slice(1).reduce((area, x, i) => area + ((x - roc.fpr[i]!) * (roc.tpr[i]! + roc.tpr[i + 1]!)) / 2, 0);
    // A chord of 0.01 below a smooth curve.
    expect(Math.abs(thin - rocAuc(full)!)).toBeLessThan(1e-3);
  });

  test('the area does not depend on the thinning, and is that of all pairs', () => {
    expect(rocAuc(sweep(Float32Array.of(3, 2, 2), Float32Array.of(2, 1)))).toBe((2 + 1.5 + 1.5) / 6);
  });

  test('short ones keep every point', () => {
    expect(thinned([0, 0.5, 1], [0, 0.5, 1])).toEqual([[0, 0.5, 1], [0, 0.5, 1]]);
    expect(thinned([0], [1])).toEqual([[0], [1]]);
  });
});
