import { expect, test } from 'vitest';
import { BOOTSTRAPPED, bootstrap, type BootstrappedMetric, differences, percentileInterval, resample } from '../../src/engine/metrics/bootstrap';
import { mcnemarExact } from '../../src/engine/metrics/paired';
import { randomAt } from '../../src/engine/random';
import { measured, reference } from './reference';

type Ends = readonly [number, number];

interface Answer {
  readonly p: readonly number[];
  readonly replicates: readonly {
    readonly rows: readonly Readonly<Record<BootstrappedMetric, readonly number[]>>[];
    readonly intervals: readonly Readonly<Record<BootstrappedMetric, Ends>>[];
    readonly differences: Readonly<Record<BootstrappedMetric, Ends>>;
  }[];
  readonly scipy: readonly { readonly interval: Ends; readonly error: number }[];
}

const seed = Number(process.env['VITLAB_SEED'] ?? Date.now() % 1_000_000);

/** Two classifiers that are right with these probabilities, on K classes of which the last is rare. */
function draw(i: number, N: number, K: number): { readonly labels: Int32Array; readonly guesses: readonly Int32Array[] } {
  const random = randomAt(seed, 'paired parity', i);
  const labels = Int32Array.from({ length: N }, () => (random.next() < 0.05 ? K - 1 : random.int(K - 1)));
  const first = labels.map((label) => (random.next() < 0.6 ? label : random.int(K)));
  // The second one is like the first on most images, as networks of one kind are.
  return { labels, guesses: [first, labels.map((label, j) => (random.next() < 0.7 ? first[j]! : random.next() < 0.7 ? label : random.int(K)))] };
}

test("McNemar's exact test and the bootstrap of two classifiers are SciPy's, scikit-learn's and NumPy's", async () => {
  console.log(`parity: paired: VITLAB_SEED=${seed}`);
  const random = randomAt(seed, 'pairs');
  const pairs = Array.from({ length: 200 }, (_, i) => [random.int(i < 100 ? 12 : 4000), random.int(i < 100 ? 12 : 4000)] as const);
  const cases = [0, 1, 2].map((i) => {
    const { labels, guesses } = draw(i, 60, 5);
    const images = randomAt(seed, 'resamples', i);
    return { labels, guesses, resamples: Array.from({ length: 60 }, () => resample(labels.length, images)) };
  });
  const large = [3, 4].map((i) => draw(i, 1000, 4));
  const plain = ({ labels, guesses }: ReturnType<typeof draw>): object => ({ labels: [...labels], guesses: guesses.map((one) => [...one]) });
  const answer = await reference<Answer>('paired', { pairs, cases: cases.map((one) => ({ ...plain(one), resamples: one.resamples.map((images) => [...images]) })), large: large.map(plain) });

  const gap = (a: number, b: number): number => (a === b ? 0 : Math.abs(a / b - 1));
  const p = pairs.map(([onlyFirst, onlySecond], i) => gap(mcnemarExact({ onlyFirst, onlySecond }), answer.p[i]!)).filter((one, i) => answer.p[i]! > 1e-280 || one === 0);
  // Relative: p may be 1e-200. Its logarithm is summed over up to 4,000 terms in float64, and lgamma on the other side has 1e-15 of 3e4.
  measured('McNemar p-values, relative', Math.max(...p), 1e-9);
  expect(Math.max(...p)).toBeLessThan(1e-9);

  const gaps: number[] = [];
  for (const [i, { labels, guesses, resamples }] of cases.entries()) {
    const ours = await bootstrap(labels, guesses, { classes: 5, resamples: resamples.length, random: randomAt(seed, 'resamples', i) });
    const theirs = answer.replicates[i]!;
    for (const name of BOOTSTRAPPED) {
      ours.forEach((one, j) => {
        one[name].forEach((value, r) => gaps.push(Math.abs(value - theirs.rows[j]![name][r]!)));
        percentileInterval(one[name]).forEach((end, at) => gaps.push(Math.abs(end - theirs.intervals[j]![name][at]!)));
      });
      percentileInterval(differences(ours[0]![name], ours[1]![name])).forEach((end, at) => gaps.push(Math.abs(end - theirs.differences[name][at]!)));
    }
  }
  // The same resamples on both sides, and float64.
  measured('bootstrap of given resamples', Math.max(...gaps), 1e-12);
  expect(Math.max(...gaps)).toBeLessThan(1e-12);

  const ends: number[] = [];
  for (const [i, { labels, guesses }] of large.entries()) {
    const ours = await bootstrap(labels, guesses, { classes: 4, resamples: 20_000, random: randomAt(seed, 'own resamples', i) });
    const { interval, error } = answer.scipy[i]!;
    percentileInterval(differences(ours[0]!.top1, ours[1]!.top1)).forEach((end, at) => ends.push(Math.abs(end - interval[at]!) / error));
  }
  // Resamples of their own: a 2.5 % quantile of 20,000 has a standard error of √(0.025 · 0.975 / 20000) / φ(1.96) = 0.019 standard
  // errors of the difference, both sides 0.027; five times that, and half a step of 1/1000.
  measured('ends of a bootstrap against SciPy’s, in standard errors', Math.max(...ends), 0.17);
  expect(Math.max(...ends)).toBeLessThan(0.17);
}, 120_000);
