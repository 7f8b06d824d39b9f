import { startTally } from '../../src/engine/metrics/tally';
import { randomAt } from '../../src/engine/random';
import type { EvaluationReport, Judged, Verdicts, WeighedWeights } from '../../src/protocol';

const names = ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'];

/** What a test of K classes finds of a network that is somewhat too sure of itself; the last class has no image. */
export function evaluation(K: number, images = 40 * K, better = 0): EvaluationReport {
  const random = randomAt(5, 'evaluation');
  const tally = startTally(K, images, { curves: true });
  const labels = Array.from({ length: K }, (_, k) => names[k] ?? `class number ${String(k + 1)} of a long list of names`);
  for (let i = 0; i < images; i++) {
    const label = i % (K - 1);
    const lean = 1 + better + (label % 4) * 0.7;
    const data = Float32Array.from({ length: K }, (_, k) => 2.2 * (random.normal() + (k === label ? lean : k === (label + 1) % K ? 0.8 : 0)));
    tally.add({ shape: [1, K], data }, Int32Array.of(label));
  }
  return { split: 'test', epoch: 12, ...tally.analysis(labels) };
}

/** What a network makes of each image; the second is right a little more often. */
function verdicts(run: string, K: number, seed: number, better: number): Verdicts {
  const N = 40 * K;
  const random = randomAt(seed, 'verdicts');
  const labels = Int32Array.from({ length: N }, (_, i) => i % (K - 1));
  const right = Array.from({ length: N }, () => random.next() < 0.62 + better);
  const guesses = labels.map((label, i) => (right[i] ? label : (label + 1 + (random.next() < 0.7 ? 0 : random.int(K - 1))) % K));
  const confidence = Float32Array.from({ length: N }, () => 0.3 + 0.69 * random.next());
  const classes = Array.from({ length: K }, (_, k) => names[k] ?? `class number ${String(k + 1)} of a long list of names`);
  return { run, split: 'test', classes, labels, guesses, confidence, own: confidence.map((value, i) => (right[i] ? value : (1 - value) * random.next())) };
}

export function judgedOf(K: number, two: boolean): Judged {
  const first = verdicts('/lab/runs/a', K, 1, 0);
  const second = two ? verdicts('/lab/runs/b', K, 2, 0.1) : null;
  const interval = [0.018, 0.142] as const;
  return { first, second, unlike: false, paired: two ? { counts: { both: 176, onlyFirst: 74, onlySecond: 106, neither: 44 }, p: 0.0204, top1: { value: 0.08, interval }, balanced: { value: 0.079, interval } } : null };
}

export function confusionOf(K: number): number[][] {
  const { labels, guesses } = verdicts('', K, 1, 0);
  const counts = Array.from({ length: K }, () => new Array<number>(K).fill(0));
  labels.forEach((label, i) => counts[label]![guesses[i]!]!++);
  return counts;
}

/** Some coloured squares, as small pictures are. */
export function pictureUrl(index: number): string {
  const square = (x: number, y: number): string => `<rect x="${x * 4}" y="${y * 4}" width="4" height="4" fill="hsl(${(index * 47 + x * 20 + y * 13) % 360} 50% ${30 + ((x * y + index) % 5) * 10}%)"/>`;
  const squares = Array.from({ length: 64 }, (_, i) => square(i % 8, Math.floor(i / 8))).join('');
  return `data:image/svg+xml,${encodeURIComponent(`<svg xmlns="http://www.w3.org/2000/svg" width="32" height="32">${squares}</svg>`)}`;
}

/** What the weights of a run that averages them reach: three on the test, and the best with mirror images. */
export function weighedOf(): WeighedWeights[] {
  const row = (weights: WeighedWeights['weights'], epoch: number, better: number, tta: WeighedWeights['tta'] = 'none'): WeighedWeights => {
    const { split, images, metrics, intervals } = evaluation(10, undefined, better);
    return { weights, split, tta, epoch, images, metrics, intervals, ...(weights !== 'last, not averaged' && { averaged: true }) };
  };
  return [row('best', 12, 0.3, 'flip'), row('last, not averaged', 14, 0), row('last', 14, 0.1), row('best', 12, 0.2)];
}
