import { expect, test } from 'vitest';
import { bootstrap, differences, percentileInterval, quantile, resample } from '../../../src/engine/metrics/bootstrap';
import { balancedAccuracy, classificationMetrics, emptyConfusion } from '../../../src/engine/metrics/confusion';
import { holm, mcnemarExact, pairedCounts } from '../../../src/engine/metrics/paired';
import { randomAt } from '../../../src/engine/random';

test('images by which of two is right', () => {
  const of = (...values: number[]): Int32Array => Int32Array.from(values);
  expect(pairedCounts(of(0, 1, 2, 0, 1), of(0, 1, 0, 1, 1), of(0, 0, 2, 2, 1))).toEqual({ both: 2, onlyFirst: 1, onlySecond: 1, neither: 1 });
});

test('the exact p-value by hand: coins that all fall alike, and one that does not', () => {
  // 2 · ½ⁿ, and 2 · (1 + n) · ½ⁿ.
  expect(mcnemarExact({ onlyFirst: 0, onlySecond: 6 })).toBeCloseTo(2 / 64, 15);
  expect(mcnemarExact({ onlyFirst: 9, onlySecond: 1 })).toBeCloseTo(22 / 1024, 15);
  expect(mcnemarExact({ onlyFirst: 1, onlySecond: 2 })).toBe(1);
  expect(mcnemarExact({ onlyFirst: 0, onlySecond: 0 })).toBe(1);
  expect(mcnemarExact({ onlyFirst: 57, onlySecond: 57 })).toBe(1);
});

test('many images neither overflow nor lose a small p-value, and the order of the two makes no difference', () => {
  expect(Math.log(mcnemarExact({ onlyFirst: 0, onlySecond: 1000 }))).toBeCloseTo(-999 * Math.LN2, 9);
  expect(mcnemarExact({ onlyFirst: 0, onlySecond: 5000 })).toBe(0);
  const [a, b] = [mcnemarExact({ onlyFirst: 100_300, onlySecond: 99_700 }), mcnemarExact({ onlyFirst: 99_700, onlySecond: 100_300 })];
  expect(a).toBe(b);
  // The normal approximation with continuity: z = (600 − 1) / √200000.
  expect(a).toBeCloseTo(0.18044, 4);
});

/** Holm's procedure is the closed test of Bonferroni's: a hypothesis falls when every set that it is in does. */
function closed(pValues: readonly number[]): number[] {
  const sets = Array.from({ length: 2 ** pValues.length - 1 }, (_, bits) => pValues.flatMap((_p, i) => ((bits + 1) & (1 << i) ? [i] : [])));
  return pValues.map((_, i) => Math.max(...sets.filter((set) => set.includes(i)).map((set) => Math.min(1, set.length * Math.min(...set.map((j) => pValues[j]!))))));
}

test("Holm's p-values: his table, and those of the closed test", () => {
  expect(holm([0.01, 0.04, 0.03, 0.005])).toEqual([0.03, 0.06, 0.06, 0.02]);
  expect(holm([0.2])).toEqual([0.2]);
  expect(holm([])).toEqual([]);
  for (let i = 0; i < 50; i++) {
    const random = randomAt(7, 'holm', i);
    const pValues = Array.from({ length: 1 + random.int(6) }, () => (random.next() < 0.2 ? 0.5 : random.next() ** 3));
    holm(pValues).forEach((p, j) => expect(p).toBeCloseTo(closed(pValues)[j]!, 12));
  }
});

test('a resample is judged as an evaluation of these very images, for every classifier', async () => {
  const [N, K, resamples] = [40, 4, 30];
  const draw = randomAt(3, 'bootstrap test');
  // The last class never occurs, and in some resamples others do not either.
  const labels = Int32Array.from({ length: N }, () => (draw.next() < 0.9 ? draw.int(2) : 2));
  const guesses = [0, 1].map(() => labels.map((label) => (draw.next() < 0.6 ? label : draw.int(K))));
  const replicates = await bootstrap(labels, guesses, { classes: K, resamples, random: randomAt(5, 'images') });
  const again = randomAt(5, 'images');
  for (let r = 0; r < resamples; r++) {
    const images = resample(N, again);
    guesses.forEach((said, j) => {
      const counts = emptyConfusion(K);
      for (const image of images) counts[labels[image]!]![said[image]!]!++;
      const { top1, f1 } = classificationMetrics(counts);
      expect(replicates[j]!.top1[r]).toBeCloseTo(top1, 14);
      expect(replicates[j]!.f1[r]).toBeCloseTo(f1, 14);
      expect(replicates[j]!.balanced_accuracy[r]).toBeCloseTo(balancedAccuracy(counts), 14);
    });
  }
});

test('quantiles as NumPy has them, the same seed gives the same interval, and classifiers that are equal differ by nothing', async () => {
  expect(quantile(Float64Array.of(1, 2, 4, 8), 0.5)).toBe(3);
  expect(quantile(Float64Array.of(1, 2, 4, 8), 0.25)).toBe(1.75);
  const labels = Int32Array.from({ length: 100 }, (_, i) => i % 2);
  const guesses = labels.map((label, i) => (i < 80 ? label : 1 - label));
  const once = async (): Promise<readonly [number, number]> => {
    const [a, b] = await bootstrap(labels, [guesses, guesses], { classes: 2, resamples: 500, random: randomAt(0, 'x') });
    expect(new Set(differences(a!.top1, b!.top1))).toEqual(new Set([0]));
    return percentileInterval(a!.top1);
  };
  const [low, high] = await once();
  expect(await once()).toEqual([low, high]);
  // Of a share of 0.8 of 100 images: 0.8 ± 1.96 · √(0.16 / 100), in steps of a hundredth and with the noise of 500 resamples.
  expect(low).toBeCloseTo(0.8 - 0.0784, 1);
  expect(high).toBeCloseTo(0.8 + 0.0784, 1);
});

test('a resampling stops when it is told to', async () => {
  const stop = new AbortController();
  const labels = new Int32Array(200_000);
  const going = bootstrap(labels, [labels], { classes: 1, resamples: 100_000, random: randomAt(0, 'x'), signal: stop.signal });
  stop.abort();
  await expect(going).rejects.toThrow(/abort/i);
});
