import { describe, expect, test } from 'vitest';
import { argmaxRows, classificationMetrics, crossEntropySum } from '../../src/engine/metrics';
import { readGolden } from '../fixtures/golden';

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
});

test('argmax takes the first of equals', () => {
  expect([...argmaxRows({ shape: [3, 3], data: Float32Array.of(1, 3, 3, -1, -2, -3, 0, 0, 1) })]).toEqual([1, 0, 2]);
});

test('cross-entropy: log K for equal logits, finite for huge ones', () => {
  expect(crossEntropySum({ shape: [2, 4], data: new Float32Array(8) }, Int32Array.of(0, 3))).toBeCloseTo(2 * Math.log(4), 6);
  expect(crossEntropySum({ shape: [1, 2], data: Float32Array.of(1000, 0) }, Int32Array.of(1))).toBeCloseTo(1000, 6);
});
