import { expect, test } from 'vitest';
import type { EvaluationReport } from '../../../src/evaluationProtocol';
import { wilson } from '../../../src/engine/metrics/interval';
import { startTally } from '../../../src/engine/metrics/tally';
import type { Material, Predictions, ReportRun } from '../../../src/engine/report/material';
import { comparePairs, pairsOf } from '../../../src/engine/report/pairs';
import { choices } from '../../../src/engine/report/gallery';
import { drawn, startPredictions } from '../../../src/engine/report/predictions';
import { comparison } from '../../../src/engine/report/sections/comparison';
import type { Split } from '../../../src/engine/dataset/dataset';

const { signal } = new AbortController();

/** A run that is right on these of 200 images of two classes. */
function runOf(label: string, isRight: (image: number) => boolean, images = 'same'): ReportRun {
  const labels = Int32Array.from({ length: 200 }, (_, i) => i % 2);
  const guesses = labels.map((truth, i) => (isRight(i) ? truth : 1 - truth));
  const logits = { shape: [200, 2], data: Float32Array.from([...guesses].flatMap((guess) => [guess === 0 ? 1 : 0, guess === 1 ? 1 : 0])) };
  const tally = startTally(2, 200, { curves: true });
  tally.add(logits, labels);
  const evaluation: EvaluationReport = { split: 'test', epoch: 1, ...tally.analysis(['a', 'b']) };
  const predictions: Predictions = { labels, guesses, confidence: new Float32Array(200).fill(0.7), own: new Float32Array(200), images };
  return { label, evaluation, predictions } as unknown as ReportRun;
}

/** Each run a configuration of its own, all against the first, unless it is said of which configuration and seed they are. */
async function said(runs: readonly ReportRun[], of?: { readonly groups: readonly number[][]; readonly seeds: readonly number[] }): Promise<{ readonly text: string; readonly material: Material }> {
  const groups = (of?.groups ?? runs.map((_, i) => [i])).map((own, i) => ({ name: `net ${i}`, letter: 'ABCD'[i]!, runs: own }));
  const baseline = of ? null : 0;
  const seeds = runs.map((_, i) => of?.seeds[i]);
  const { paired, intervals } = await comparePairs(runs, pairsOf(groups, seeds, baseline), signal);
  const placed = runs.map((run, i) => ({ ...run, group: groups.findIndex((group) => group.runs.includes(i)), record: { seed: seeds[i] }, intervals: intervals[i]! }));
  const material = { runs: placed, groups, datasets: [], baseline, paired, resamples: 2000, withoutImages: false, made: new Date(0) } as unknown as Material;
  return { text: JSON.stringify(comparison(material)), material };
}

test('what the paired test says is said, and no more', async () => {
  const first = runOf('base', (i) => i < 120);
  const { text, material } = await said([first, runOf('better', (i) => i < 150), runOf('worse', (i) => i < 95), runOf('alike', (i) => i < 117 || i === 199), runOf('twin', (i) => i < 120)]);
  expect(text).toContain('better is better than base on these images by 15.0 percentage points; chance among the images does not explain it (p < 0.001).');
  expect(text).toContain('worse is worse than base on these images by 12.5 percentage points');
  expect(text).toContain('These images do not tell alike and base apart (p = 1.000).');
  expect(text).toContain('twin and base are right on the very same images.');
  const [better, , alike] = material.paired;
  expect(better).toMatchObject({ counts: { both: 120, onlyFirst: 0, onlySecond: 30, neither: 50 }, difference: { value: 0.15 } });
  const { p, adjusted } = better as Extract<typeof better, { same: true }>;
  expect(p / 2 ** -29).toBeCloseTo(1, 9);
  expect(adjusted / p).toBeCloseTo(4, 9);
  expect(alike).toMatchObject({ counts: { onlyFirst: 3, onlySecond: 1 }, p: 0.625 });
  // Of 0.15 the interval is that of a share of images on which they differ: 0.15 ± 1.96 √(0.15 · 0.85 / 200) ≈ 0.10 to 0.20.
  const { interval } = (better as Extract<typeof better, { same: true }>).difference;
  expect(interval[0]).toBeCloseTo(0.1, 1);
  expect(interval[1]).toBeCloseTo(0.2, 1);
});

test('a small difference that one test would call unlikely is not called so among many', async () => {
  // 8 against 1: p = 0.039 by itself, and with four tests four times that.
  const hint = runOf('hint', (i) => (i >= 1 && i < 120) || (i >= 150 && i < 158));
  expect((await said([runOf('base', (i) => i < 120), hint])).text).toContain('hint is better than base on these images by 3.5 percentage points; chance among the images does not explain it (p = 0.039)');
  const alike = [1, 2, 3].map((n) => runOf(`alike ${n}`, (i) => i < 120 - n));
  const { text } = await said([runOf('base', (i) => i < 120), hint, ...alike]);
  expect(text).toContain('These images do not tell hint and base apart (p = 0.156).');
  expect(text).toContain('The interval of the difference leaves zero out, the test does not speak: that is no more than a hint.');
});

test('other images, or answers that are not known, leave only intervals to be held against each other', async () => {
  const elsewhere = runOf('elsewhere', (i) => i < 180, 'others');
  const recorded = { ...runOf('recorded', (i) => i < 124), predictions: null };
  const untested = { ...recorded, label: 'untested', evaluation: null };
  const { text, material } = await said([runOf('base', (i) => i < 120), elsewhere, recorded, untested]);
  expect(text).toContain('elsewhere and base were evaluated on different images, so that no paired test is possible. Their intervals do not overlap (90.0 % against 60.0 %).');
  expect(text).toContain('Their intervals overlap (62.0 % against 60.0 %): these data do not tell them apart.');
  expect(text).toContain('For untested and base it is not known');
  // Resampled by itself, elsewhere still has intervals; where no answers are known there are none.
  expect(material.runs[1]!.intervals.f1).toBeDefined();
  expect(material.runs[2]!.intervals).toEqual({});
  const [low, high] = material.runs[1]!.intervals.top1!;
  // The percentiles of the bootstrap are about what Wilson's interval is.
  expect(low).toBeCloseTo(wilson(180, 200)![0], 1);
  expect(high).toBeCloseTo(wilson(180, 200)![1], 1);
});

test('which runs are held against which', () => {
  const pairs = (groups: number[][], seeds: (number | undefined)[], baseline: number | null): string => pairsOf(groups.map((runs) => ({ runs })), seeds, baseline).map(({ first, second }) => `${second}-${first}`).join(' ');
  // Configurations seed by seed, in the order of the seeds, and no two seeds of the same one.
  expect(pairs([[0, 1], [2, 3], [4, 5]], [0, 1, 1, 0, 0, 1], null)).toBe('3-0 2-1 4-0 5-1 4-3 5-2');
  // A named run: only against its configuration.
  expect(pairs([[0, 1], [2, 3], [4, 5]], [0, 1, 1, 0, 0, 1], 3)).toBe('0-3 1-2 4-3 5-2');
  // No seed in common: the first of each; a run without record has no seed.
  expect(pairs([[0, 1], [2]], [0, 1, 2], null)).toBe('2-0');
  expect(pairs([[0], [1]], [undefined, 0], null)).toBe('1-0');
  // The same seed twice says nothing new.
  expect(pairs([[0, 1], [2]], [0, 0, 0], null)).toBe('2-0');
  // Seeds of one configuration alone are held against the first, or the named one.
  expect(pairs([[0, 1, 2]], [0, 1, 2], null)).toBe('1-0 2-0');
  expect(pairs([[0, 1, 2]], [0, 1, 2], 1)).toBe('0-1 2-1');
  // Five configurations would be ten tests.
  expect(pairs([[0], [1], [2], [3], [4]], [0, 0, 0, 0, 0], null)).toBe('1-0 2-0 3-0 4-0');
});

test('configurations of several seeds are compared with one another, and the seeds say how far that holds', async () => {
  const right = (count: number): ((image: number) => boolean) => (i) => i < count;
  const runs = [runOf('a0', right(100)), runOf('a1', right(104)), runOf('b0', right(130)), runOf('b1', right(138)), runOf('c0', right(101)), runOf('c1', right(160))];
  const { text } = await said(runs, { groups: [[0, 1], [2, 3], [4, 5]], seeds: [0, 1, 0, 1, 0, 1] });
  expect(text).toContain('Which is better');
  expect(text).toContain('There are 6 tests');
  expect(text).toContain('"B against A, seed 0","30","0","+15.0"');
  // The differences are 15 and 17 points; their standard deviation is √2.
  expect(text).toContain('B · net 1 is better than A · net 0 with each of the 2 seeds; chance among the images does not explain it. Over the seeds the difference is +16.0 ± 1.4 percentage points');
  expect(text).toContain('C · net 2 against A · net 0: better with 1 of 2 seeds, worse with 0, not told apart by these images with 1.');
  expect(text).toContain('C · net 2 against B · net 1: better with 1 of 2 seeds, worse with 1, not told apart by these images with 0.');
  const turned = await said([...runs.slice(2, 4), ...runs.slice(0, 2)], { groups: [[0, 1], [2, 3]], seeds: [0, 1, 0, 1] });
  expect(turned.text).toContain('B · net 1 is worse than A · net 0 with each of the 2 seeds; chance among the images does not explain it. Over the seeds the difference is −16.0 ± 1.4');
  const alike = await said([...runs.slice(0, 2), runOf('d0', right(101)), runOf('d1', right(104))], { groups: [[0, 1], [2, 3]], seeds: [0, 1, 0, 1] });
  expect(alike.text).toContain('With none of the 2 seeds do these images tell B · net 1 and A · net 0 apart. Over the seeds the difference is +0.3 ± 0.4 percentage points');
});

test('a single run is compared with nothing', async () => {
  expect((await said([runOf('one', () => true)])).text).toBe('[]');
});

test('what an evaluation says of every image is kept, batch by batch, and the same images are known again elsewhere', () => {
  const split = (place: string): Split => ({ size: 3, labels: Int32Array.of(0, 1, 1), name: (i: number) => `${place}/${i}.png` }) as unknown as Split;
  const { add, predictions } = startPredictions(split('/a/data'), '/a/data', 2);
  add({ shape: [2, 2], data: Float32Array.of(0, Math.log(3), 2, 0) }, Int32Array.of(1, 0));
  add({ shape: [1, 2], data: Float32Array.of(5, 5) }, Int32Array.of(2));
  expect([...predictions.guesses]).toEqual([0, 1, 0]);
  expect(predictions.confidence[1]).toBeCloseTo(0.75);
  expect(predictions.own[2]).toBeCloseTo(0.5);
  expect(startPredictions(split('/b'), '/b', 2).predictions.images).toBe(predictions.images);
  expect(startPredictions({ ...split('/b'), labels: Int32Array.of(0, 1, 0) }, '/b', 2).predictions.images).not.toBe(predictions.images);
});

test('images are chosen by rule, each once', () => {
  const predictions: Predictions = { labels: Int32Array.of(0, 0, 0, 0, 1), guesses: Int32Array.of(0, 0, 0, 1, 0), confidence: Float32Array.of(0.9, 0.99, 0.6, 0.55, 0.8), own: new Float32Array(5), images: '' };
  expect(choices(predictions)).toEqual([['surest right', 1], ['median right', 0], ['least sure', 3], ['surest wrong', 4]]);
  const sure = { ...predictions, guesses: predictions.labels };
  expect(choices(sure).map(([, image]) => image)).toEqual([1, 4, 3]);
  expect(drawn([4, 5, 6, 7, 8], 3)).toEqual(drawn([4, 5, 6, 7, 8], 3));
  expect(new Set(drawn([1, 2, 3], 9))).toEqual(new Set([1, 2, 3]));
});
