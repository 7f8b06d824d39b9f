import * as tf from '@tensorflow/tfjs';
import type { TrainConfig } from '../config/schema';
import type { Headed } from './pooling';

/** What of a recipe a loss is made of. */
export type LossRecipe = Pick<TrainConfig, 'loss' | 'focal_gamma' | 'distillation'>;

/** A mean over the batch: logits and targets [B, K] → scalar. */
type Loss = (logits: tf.Tensor2D, targets: tf.Tensor2D) => tf.Scalar;

/** The loss of a recipe. Targets are distributions over the classes, or weighted ones: their sum need not be 1. */
export function lossOf({ loss, focal_gamma: gamma }: LossRecipe): Loss {
  if (loss === 'bce') return binaryCrossEntropy;
  return loss === 'focal' ? (logits, targets) => focal(logits, targets, gamma) : crossEntropy;
}

/** What the loss of a step compares. */
export interface Compared extends Headed {
  /** [B, K] */
  readonly targets: tf.Tensor2D;
  /** With distillation: the logits of a teacher, or for `kind: hard` one-hot what it says, [B, K]. */
  readonly teacher?: tf.Tensor2D | undefined;
}

/**
 * The loss of a training step. With a teacher (1 − α) · the recipe's own + α · what sets student and teacher apart
 * (Touvron et al. 2021, section 4; timm's `LogitDistillationTask` and `TokenDistillationTask`): `soft` is
 * τ² · KL(teacher ‖ student) at temperature τ, a mean over the batch (Hinton et al. 2015); `hard` the cross-entropy of what the
 * teacher says. Of a network with a distillation token the former is that of the class token, the latter that of the other.
 */
export function stepLoss(recipe: LossRecipe, { logits, heads, targets, teacher }: Compared): tf.Scalar {
  const { distillation } = recipe;
  if (!distillation) return lossOf(recipe)(logits, targets);
  if (!teacher) throw new Error('A recipe with distillation needs what the teacher says');
  const [ofClass, ofTeacher] = heads ?? [logits, logits];
  const { kind, alpha, temperature } = distillation;
  const apart = kind === 'hard' ? crossEntropy(ofTeacher, teacher) : divergence(ofTeacher, teacher, temperature);
  return tf.add(tf.mul(lossOf(recipe)(ofClass, targets), 1 - alpha), tf.mul(apart, alpha));
}

/** τ² · mean over the batch of KL(softmax(teacher / τ) ‖ softmax(student / τ)): logits [B, K] → scalar. */
export function divergence(student: tf.Tensor2D, teacher: tf.Tensor2D, temperature: number): tf.Scalar {
  const B = student.shape[0];
  const logP = tf.logSoftmax(tf.mul<tf.Tensor2D>(teacher, 1 / temperature)); // [B, K]
  const p = tf.exp<tf.Tensor2D>(logP);
  const entropy = tf.mul(tf.sum(tf.mul(p, logP)), -1 / B);
  return tf.mul(tf.sub(crossEntropy(tf.mul<tf.Tensor2D>(student, 1 / temperature), p), entropy), temperature ** 2);
}

/** Mean over the batch of −Σ targets · log softmax(logits): logits and targets [B, K] → scalar. */
export function crossEntropy(logits: tf.Tensor2D, targets: tf.Tensor2D): tf.Scalar {
  const B = logits.shape[0];
  const entropy = tf.customGrad((input, save) => {
    const logProbability = tf.logSoftmax(input as tf.Tensor2D); // [B, K]
    (save as tf.GradSaveFunc)([logProbability, targets]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor => {
      const [logP, wanted] = saved as [tf.Tensor2D, tf.Tensor2D];
      const mass = tf.sum(wanted, 1, true); // [B, 1], 1 for a distribution
      return tf.mul(tf.sub(tf.mul(tf.exp(logP), mass), wanted), tf.mul(dy, 1 / B)); // [B, K]
    };
    return { value: tf.mul(tf.sum(tf.mul(logProbability, targets)), -1 / B), gradFunc };
  });
  return entropy(logits) as tf.Scalar;
}

/**
 * Mean over batch and classes of the binary cross-entropy of each class by itself, as PyTorch's
 * `binary_cross_entropy_with_logits` and timm's `BinaryCrossEntropy` (Wightman et al. 2021, "ResNet strikes back").
 */
export function binaryCrossEntropy(logits: tf.Tensor2D, targets: tf.Tensor2D): tf.Scalar {
  const share = 1 / (logits.shape[0] * logits.shape[1]);
  const entropy = tf.customGrad((input, save) => {
    (save as tf.GradSaveFunc)([input as tf.Tensor]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor => tf.mul(tf.sub(tf.sigmoid(saved[0]!), targets), tf.mul(dy, share)); // [B, K]
    // max(x, 0) − x · t + log(1 + exp(−|x|)), which no x overflows
    const x = input as tf.Tensor;
    const each = tf.add(tf.sub(tf.relu(x), tf.mul(x, targets)), tf.log(tf.add(1, tf.exp(tf.neg(tf.abs(x))))));
    return { value: tf.mul(tf.sum(each), share), gradFunc };
  });
  return entropy(logits) as tf.Scalar;
}

/** 1 − p of a certain class, which is raised to powers. */
const LEAST = 1e-7;

/**
 * Mean over the batch of −Σ targets · (1 − p)^γ · log p with p = softmax(logits): what is known well counts less (Lin et al.
 * 2017, equation 4, over the classes of a softmax).
 */
export function focal(logits: tf.Tensor2D, targets: tf.Tensor2D, gamma: number): tf.Scalar {
  const B = logits.shape[0];
  const loss = tf.customGrad((input, save) => {
    const logP = tf.logSoftmax(input as tf.Tensor2D);
    (save as tf.GradSaveFunc)([logP]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor => {
      const [log] = saved as [tf.Tensor2D];
      const p = tf.exp(log);
      const rest = tf.maximum(tf.sub(1, p), LEAST);
      // p · d/dp of (1 − p)^γ · log p
      const slope = tf.sub(tf.pow(rest, gamma), tf.mul(tf.mul(tf.mul(p, gamma), tf.pow(rest, gamma - 1)), log));
      const weighed = tf.mul(targets, slope);
      return tf.mul(tf.sub(tf.mul(p, tf.sum(weighed, 1, true)), weighed), tf.mul(dy, 1 / B));
    };
    const rest = tf.maximum(tf.sub(1, tf.exp(logP)), LEAST);
    return { value: tf.mul(tf.sum(tf.mul(tf.mul(targets, tf.pow(rest, gamma)), logP)), -1 / B), gradFunc };
  });
  return loss(logits) as tf.Scalar;
}
