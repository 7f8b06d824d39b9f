import * as l10n from '@vscode/l10n';
import type { Config } from '../config/schema';
import type { FloatTensor } from '../tensors';
import { UserError } from '../userError';

/** (1 − ε) · one-hot + ε / K (Szegedy et al. 2016, section 7), as [B, K]. */
export function smoothedTargets(labels: Int32Array, K: number, epsilon: number): FloatTensor {
  const data = new Float32Array(labels.length * K).fill(epsilon / K);
  labels.forEach((label, row) => (data[row * K + label] = 1 - epsilon + epsilon / K));
  return { shape: [labels.length, K], data };
}

/**
 * How much an image of each class counts; none where all count alike. `balanced` is scikit-learn's: N / (K · count).
 *
 * @throws UserError when a list is not as long as there are classes
 */
export function classWeights(given: Config['train']['class_weights'], labels: Int32Array, K: number): Float64Array | undefined {
  if (given === 'none') return undefined;
  if (given !== 'balanced') {
    if (given.length === K) return Float64Array.from(given);
    throw new UserError(l10n.t('train.class_weights has {0} numbers, and the dataset has {1} classes.', given.length, K));
  }
  const counts = new Float64Array(K);
  for (const label of labels) counts[label]!++;
  // A class without images has no weight to have.
  return counts.map((count) => (count > 0 ? labels.length / (K * count) : 0));
}

/** Weighted targets make a weighted loss: of class k each term is w times the plain one, as in PyTorch with `weight`. */
export function weigh({ data }: FloatTensor, weights: Float64Array | undefined): void {
  if (weights) for (let i = 0; i < data.length; i++) data[i]! *= weights[i % weights.length]!;
}
