import type { TrainConfig } from '../../config/schema';
import type { ViTSpec } from '../../model/spec';
import type { FloatTensor, TensorMap } from '../../tensors';
import type { ForwardResult, StepInput, StepResult, TapWish, TrainState } from '../executor';

/** How ONNX Runtime is to compute. */
export interface RuntimeOptions {
  readonly provider: string;
  /** 0 leaves the number to the runtime. */
  readonly threads: number;
  /** Folder of the compiled graphs; without one they are compiled anew. */
  readonly cache?: string;
}

export interface SessionId {
  readonly id: number;
}

/** What the thread that holds the sessions of ONNX Runtime answers: `run` blocks its thread, so it has one of its own. */
export interface OnnxApi {
  /** Version of the runtime and the names of the providers that this build has. */
  about(q: Record<never, never>): { readonly version: string; readonly providers: readonly string[] };
  infer(q: { readonly spec: ViTSpec; readonly params: TensorMap; readonly runtime: RuntimeOptions }): SessionId;
  train(q: { readonly spec: ViTSpec; readonly state: TrainState; readonly recipe: TrainConfig; readonly runtime: RuntimeOptions }): SessionId;
  forward(q: SessionId & { readonly images: FloatTensor; readonly taps: TapWish }): ForwardResult;
  step(q: SessionId & { readonly input: StepInput }): StepResult;
  state(q: SessionId): TrainState;
  close(q: SessionId): void;
}
