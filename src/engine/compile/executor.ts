import type { EngineInfo, Precision } from '../../protocol';
import type { BackendName, EngineConfig, Provider, TrainConfig } from '../config/schema';
import type { InsideTap } from '../model/inside';
import type { ViTSpec } from '../model/spec';
import type { FloatTensor, TensorMap } from '../tensors';

export type { Precision };

/** Weights, and what AdamW remembers of them. */
export interface TrainState {
  readonly params: TensorMap;
  /** First and second moments, same names and layout as `params`. */
  readonly m: TensorMap;
  readonly v: TensorMap;
  /** Running average of the weights, when `train.model_ema_decay` asks for one. */
  readonly average?: TensorMap;
  /** Optimizer steps done. */
  readonly step: number;
}

/** The weights that are evaluated, saved and used: the average where there is one. */
export function weightsOf({ params, average }: TrainState): TensorMap {
  return average ?? params;
}

/** What a forward pass may be asked to bring along. */
export interface TapWish {
  /** Attention after the softmax, per layer [B, H, N, N]: of all layers, or of those that are listed. */
  readonly attention?: boolean | readonly number[];
  /** Token values after each block, per layer [B, N, D], and the embedding before the first (0 in a list). */
  readonly tokens?: boolean | readonly number[];
  /**
   * `attention_gradient.i` [B, H, N, N]: the gradient of Σ cotangent · logits for the attention of a layer, where the
   * cotangent [B, K] is given with the images; one-hot, it is the gradient of the score of a class.
   */
  readonly attentionGradients?: boolean | readonly number[];
  /**
   * `attention_input.i` [B, N, D], what the attention of a layer reads (the output of its norm, where norms come first), and
   * `attention_input_gradient.i`, the gradient of the same score for it: what Grad-CAM is made of.
   */
  readonly attentionInputs?: readonly number[];
  /** What is made inside and around the blocks, see `model/inside.ts`; a network of another kind than a ViT has none of it. */
  readonly inside?: readonly InsideTap[];
  /** `lens.i` [B, K] of every layer, the embedding being 0: what last norm, pooling and head make of its tokens, as if no block followed. */
  readonly lens?: boolean;
  /** `features` [B, F]: what the head reads. */
  readonly features?: boolean;
  /**
   * `summary.i` of every layer, the embedding being 0: its first token and the mean of its patches [B, 2, D], that mean alone [B, 1, D]
   * where there is no class token, and of a ResNet the mean over the positions [B, 1, C] behind its stem and each of its blocks.
   */
  readonly summaries?: boolean;
  /** The output of each head is multiplied with a number that is given with the images, see `InferenceSession.forward`. */
  readonly headMask?: boolean;
}

/** Whether a forward pass needs a cotangent. */
export function wantsGradients({ attentionGradients, attentionInputs = [] }: TapWish): boolean {
  return attentionInputs.length > 0 || (typeof attentionGradients === 'object' ? attentionGradients.length > 0 : attentionGradients === true);
}

/** Whether a layer is among those that are wished. */
export function isWished(wish: boolean | readonly number[] | undefined, layer: number): boolean {
  return typeof wish === 'object' ? wish.includes(layer) : wish === true;
}

export interface ForwardResult {
  /** [B, classes] */
  readonly logits: FloatTensor;
  /** By name: `attention.0` …, `tokens.0` (embedding), `tokens.1` …, and the others of `TapWish`. */
  readonly taps: TensorMap;
}

export interface StepInput {
  /** Normalised images [B, H, W, C]; they may be of another size than the network's, see `forImages`. */
  readonly images: FloatTensor;
  /** Target distribution [B, classes]: one-hot, smoothed or mixed. */
  readonly targets: FloatTensor;
  /** With `train.distillation`: the logits of the teacher [B, classes], or for `kind: hard` one-hot the class that it says. */
  readonly teacher?: FloatTensor;
  readonly lr: number;
  /** Seed of this step's dropout and drop path masks: drawn outside the graph and fed into it. */
  readonly noiseSeed: readonly [seed: number, step: number];
}

export interface StepResult {
  /** Mean cross-entropy of the batch before the update. */
  readonly loss: number;
  /** [B, classes] of the batch before the update, with dropout on. */
  readonly logits: FloatTensor;
  /** Global norm of the gradient before clipping. */
  readonly gradNorm: number;
}

/** A network on a device, for inference. Every call copies in and out; no tensor leaves. */
export interface InferenceSession {
  readonly spec: ViTSpec;
  /**
   * @param cotangent [B, K], which only gradients need
   * @param heads [B, L, H], which only `headMask` needs: 1 leaves a head as it is, 0 turns it off before the projection
   */
  forward(images: FloatTensor, taps?: TapWish, cotangent?: FloatTensor, heads?: FloatTensor): Promise<ForwardResult>;
  /** Compiles the pass of so many images before they are there; `forward` does it where nobody did. */
  prepare?(batch: number, taps: TapWish): Promise<void>;
  dispose(): void;
}

/** A network on a device, being trained; its forward pass uses the weights of `weightsOf`. */
export interface TrainSession extends InferenceSession {
  /** One step of AdamW. When loss or gradient is not finite the weights stay as they were. */
  step(input: StepInput): Promise<StepResult>;
  state(): Promise<TrainState>;
}

/** An engine that is tested before it is used: ONNX Runtime with its provider, TensorFlow with its precision. */
export interface Candidate {
  readonly backend: BackendName;
  readonly provider?: Provider;
  readonly precision?: EngineConfig['precision'];
}

/** What computes. The eager one runs TensorFlow.js op by op; a compiled one can take its place. */
export interface Executor {
  readonly info: EngineInfo;
  /** Where it needs a device or a library that may fail one day: what its verdict is on record for. */
  readonly on?: Candidate;
  /** @throws UserError when it cannot compute in that precision */
  infer(spec: ViTSpec, params: TensorMap, precision?: Precision): Promise<InferenceSession>;
  train(spec: ViTSpec, state: TrainState, recipe: TrainConfig): Promise<TrainSession>;
}
