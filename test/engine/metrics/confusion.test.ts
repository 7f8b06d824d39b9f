import { describe, expect, test } from 'vitest';
import { balancedAccuracy, classificationMetrics, mostConfused, weightedMetrics } from '../../../src/engine/metrics/confusion';
import { readGolden } from '../../fixtures/golden';

interface Case {
  readonly counts: number[][];
  readonly top1: number;
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
}

describe.each(readGolden<Case[]>('metrics').map((golden, i) => [i, golden] as const))('case %i', (_, golden) => {
  test('equals scikit-learn', () => {
    const { counts, ...want } = golden;
    const got = classificationMetrics(counts);
    for (const key of ['top1', 'precision', 'recall', 'f1'] as const) expect(got[key], key).toBeCloseTo(want[key], 12);
  });
});

test('nothing counted is zero, not NaN', () => {
  expect(classificationMetrics([[0, 0], [0, 0]])).toEqual({ top1: 0, precision: 0, recall: 0, f1: 0 });
  expect(weightedMetrics([[0, 0], [0, 0]])).toEqual({ precision: 0, recall: 0, f1: 0 });
  expect(balancedAccuracy([[0, 0], [0, 0]])).toBe(0);
});

test('a class that is predicted and does not occur is none of the balanced accuracy', () => {
  // Recalls 1/2 and 1; the third class has no image.
  expect(balancedAccuracy([[1, 0, 1], [0, 3, 0], [0, 0, 0]])).toBe(0.75);
});

test('the most confused pairs, most first, without the diagonal', () => {
  expect(mostConfused([[9, 1, 0], [3, 9, 0], [0, 2, 9]], 2)).toEqual([{ is: 1, as: 0, count: 3 }, { is: 2, as: 1, count: 2 }]);
  expect(mostConfused([[1, 0], [0, 1]], 5)).toEqual([]);
});
