import { startTally } from '../../src/engine/metrics/tally';
import { randomAt } from '../../src/engine/random';
import type { EvaluationReport } from '../../src/protocol';

const names = ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'];

/** What a test of K classes finds of a network that is somewhat too sure of itself; the last class has no image. */
export function evaluation(K: number, images = 40 * K): EvaluationReport {
  const random = randomAt(5, 'evaluation');
  const tally = startTally(K, images, { curves: true });
  const labels = Array.from({ length: K }, (_, k) => names[k] ?? `class number ${String(k + 1)} of a long list of names`);
  for (let i = 0; i < images; i++) {
    const label = i % (K - 1);
    const lean = 1 + (label % 4) * 0.7;
    const data = Float32Array.from({ length: K }, (_, k) => 2.2 * (random.normal() + (k === label ? lean : k === (label + 1) % K ? 0.8 : 0)));
    tally.add({ shape: [1, K], data }, Int32Array.of(label));
  }
  return { split: 'test', epoch: 12, ...tally.analysis(labels) };
}
