import type { SessionApi } from '../sessions';

/** What the matrix products are computed in; everything else is float32. */
export type Precision = 'fp32' | 'bf16';

/** How TensorFlow is to compute. */
export interface RuntimeOptions {
  /** Path of `tfjs_binding.node`. */
  readonly addon: string;
  /** Of training steps; forward passes are always computed in float32. */
  readonly precision: Precision;
  /** Folder of the compiled graphs; without one they are compiled anew. */
  readonly cache?: string;
}

/** What the thread that holds TensorFlow's sessions answers. */
export interface TensorFlowApi extends SessionApi<RuntimeOptions> {
  about(q: { readonly addon: string }): { readonly version: string; readonly gpu: boolean };
}
