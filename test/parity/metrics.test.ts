import { expect, test } from 'vitest';
import { classificationMetrics, crossEntropySum } from '../../src/engine/metrics';
import { measured, reference } from './reference';

interface Scores {
  readonly counts: readonly (readonly number[])[];
  readonly top1: number;
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  readonly labels: readonly number[];
  readonly logits: readonly (readonly number[])[];
  readonly loss: number;
}

test("accuracy, macro precision, recall, F1 and log loss are scikit-learn's", async () => {
  const cases = await reference<Scores[]>('scores', null);
  expect(cases).toHaveLength(4);
  const gaps = cases.flatMap(({ counts, labels, logits, loss, ...scores }) => {
    const ours = classificationMetrics(counts);
    const shape = [logits.length, logits[0]!.length];
    const mean = crossEntropySum({ shape, data: Float32Array.from(logits.flat()) }, Int32Array.from(labels)) / labels.length;
    const names = ['top1', 'precision', 'recall', 'f1'] as const;
    return [Math.abs(mean - loss), ...names.map((name) => Math.abs(ours[name] - scores[name]))];
  });
  // Both sides compute in float64.
  measured('metrics', Math.max(...gaps), 1e-12);
  expect(Math.max(...gaps)).toBeLessThan(1e-12);
});
