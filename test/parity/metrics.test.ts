import { expect, test } from 'vitest';
import { classificationMetrics } from '../../src/engine/metrics/confusion';
import { crossEntropySum } from '../../src/engine/metrics/logits';
import { randomAt } from '../../src/engine/random';
import { analysed, largestGap, type Reference, type Sample } from '../fixtures/evaluation';
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

const seed = Number(process.env['VITLAB_SEED'] ?? Date.now() % 1_000_000);

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

/** Images of K classes, some of them missing, whose logits lean to their class; whole numbers make ties, and a factor sure answers. */
function draw(i: number): Sample & { readonly ties: boolean } {
  const random = randomAt(seed, 'metrics parity', i);
  const [N, K] = [20 + random.int(400), 2 + random.int(11)];
  const [ties, missing] = [i % 3 === 0, i % 4 === 0];
  const present = Array.from({ length: K }, (_, k) => k).filter((k) => !missing || k === 0 || random.next() < 0.6);
  const scale = [1, 3, 8][i % 5] ?? 1;
  const labels = Array.from({ length: N }, () => present[random.int(present.length)]!);
  const value = (label: number, k: number): number => (random.normal() + (k === label ? 1.2 : 0)) * scale;
  const logits = labels.map((label) => Array.from({ length: K }, (_, k) => (ties ? Math.round(value(label, k)) : Math.fround(value(label, k)))));
  return { logits, labels, ties };
}

test("everything of an evaluation is scikit-learn's and SciPy's, with ties and missing classes, too", async () => {
  console.log(`parity: metrics: VITLAB_SEED=${seed}`);
  const cases = Array.from({ length: 60 }, (_, i) => draw(i));
  const answers = await reference<Reference[]>('evaluations', cases);
  const worst = cases.map((sample, i) => largestGap(sample, answers[i]!)).reduce((a, b) => (b.gap > a.gap ? b : a));
  // Both sides compute in float64, in other orders; the scores of the curves are the same float32 numbers, so that what is equal is so on both sides.
  measured('evaluation', worst.gap, 1e-12);
  expect(worst.gap, worst.at).toBeLessThan(1e-12);
});

test('the areas are those of the probabilities in double precision', async () => {
  const cases = Array.from({ length: 60 }, (_, i) => draw(i)).filter(({ ties }) => !ties);
  const answers = await reference<Reference[]>('evaluations', cases);
  const gaps = cases.flatMap((sample, i) => analysed(sample).classes.map(({ auc }, k) => Math.abs((auc ?? NaN) - (answers[i]!.classes[k]!.aucOfProbabilities ?? NaN))));
  const known = gaps.filter((gap) => !Number.isNaN(gap));
  expect(known.length).toBeGreaterThan(100);
  // One pair of images that is equal in float32 and not in float64 would cost half of 1 / (P · N), at least 0.5 / 210².
  const most = 2 / 210 ** 2;
  measured('AUC of float32 log-odds against float64 probabilities', Math.max(...known), most);
  expect(Math.max(...known)).toBeLessThan(most);
});
