/** What the engine says of why a network answers as it does. Types only, as `protocol.ts`. */

/** How a map of the patches is made; where each comes from stands beside its function in `engine/inspect/explain.ts`. */
export type ExplanationMethod = 'attention' | 'rollout' | 'attention_gradient' | 'grad_rollout' | 'chefer' | 'grad_cam' | 'occlusion';

export interface ExplanationOptions {
  readonly methods: readonly ExplanationMethod[];
  /** Index of the class that is explained. */
  readonly target: number;
  /** Share of the smallest weights of each layer that the two rollouts set to zero. */
  readonly discard: number;
}

/** How much each patch speaks for a class; the methods have scales of their own. */
export interface ExplanationView {
  readonly method: ExplanationMethod;
  readonly target: number;
  /** [rows, columns] */
  readonly map: Float32Array;
  /** Whether values below zero mean something: that a patch speaks against the class. */
  readonly signed: boolean;
  /** Whether the class makes a difference; without that, the map is the same for all. */
  readonly ofClass: boolean;
}

/**
 * How well a map tells which patches count (Petsiuk et al. 2018, RISE, section 4.3): the probability of the class while the
 * patches are taken away from the first to the last of the map (deletion), and while they are put into an empty image (insertion).
 */
export interface ExplanationScore {
  readonly method: ExplanationMethod | 'random';
  /** Share of the patches, from 0 to 1. */
  readonly shares: Float32Array;
  /** Probability of the class by share; what falls early names what counts. */
  readonly deletion: Float32Array;
  readonly insertion: Float32Array;
  /** Areas under them, 0 to 1: the lower the better, and the higher. */
  readonly deletionArea: number;
  readonly insertionArea: number;
}
