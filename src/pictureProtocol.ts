/**
 * What a network makes of a picture. Types only, as `protocol.ts`.
 * Pictures and maps are typed arrays in row-major order; shapes stand beside them.
 */
import type { CheckpointInfo, EngineInfo, ModelFacts, ModelShape } from './protocol';

export interface Prediction {
  readonly label: string;
  readonly probability: number;
}

export interface Classified {
  readonly file: string;
  readonly predictions: readonly Prediction[];
  readonly error?: string;
}

/** 8-bit RGBA pixels, row by row. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly rgba: Uint8Array;
}

/** The picture that is looked at, and what the model makes of it. */
export interface ImageView {
  readonly file: string;
  readonly checkpoint: CheckpointInfo;
  readonly model: ModelShape;
  readonly facts: ModelFacts;
  /** What the model is given, de-normalised, at its own size. */
  readonly seen: Pixels;
  /** The same region of the original at a size for the screen (longest side up to 768). */
  readonly original: Pixels;
  /** Size of the file's image after EXIF rotation. */
  readonly fileSize: readonly [width: number, height: number];
  /** How the image was brought to the model's size, in one sentence. */
  readonly preprocessing: string;
  readonly grid: { readonly rows: number; readonly columns: number };
  /** Names of the tokens before the patches, in order: `[cls]`, `[dist]`, `[reg1]` …, those that the model has. */
  readonly prefix: readonly string[];
  readonly predictions: readonly Prediction[];
  /** All classes in the order of the logits, and how probable each is; empty without a head. */
  readonly classes: readonly string[];
  readonly probabilities: Float32Array;
  readonly engine: EngineInfo;
}

/** A query token: the index of a prefix token or of a patch, counted as the model does (prefix first). */
export type TokenIndex = number;

/** Attention of every layer and head from one query token; `weights` is [layers, heads, tokens], rows sum to 1. */
export interface AttentionView {
  readonly query: TokenIndex;
  readonly layers: number;
  readonly heads: number;
  readonly tokens: number;
  readonly weights: Float32Array;
  /** Entropy of each row in nats, [layers, heads]. */
  readonly entropy: Float32Array;
  /** Mean attention distance in pixels over all patch queries, prefix dropped and rows renormalised, [layers, heads]. */
  readonly distance: Float32Array;
}

export interface RolloutOptions {
  readonly fusion: 'mean' | 'max' | 'min';
  /** Share of the smallest weights of each layer set to zero (never the class token's own). */
  readonly discard: number;
}

/** Attention rollout from one query token (or the mean over patches); `map` is [rows, columns]. */
export interface RolloutView {
  readonly map: Float32Array;
  readonly fusion: RolloutOptions['fusion'];
  /** What a model without class token is read from. */
  readonly from: 'class token' | 'mean of patches' | 'patch' | 'other token';
}

/** Cosine similarity of the position embeddings of all pairs of patches; `similarity` is [patches, patches]. */
export interface PositionView {
  readonly grid: { readonly rows: number; readonly columns: number };
  readonly similarity: Float32Array | null;
  /** Why there is none, or what kind it is. */
  readonly note: string;
}

export interface ImageQuestion {
  readonly checkpoint: string;
  readonly file: string;
  /** Side in pixels, height and width, or so many times its own, to give the image to the network at; without it, its own. */
  readonly size?: number | readonly [height: number, width: number] | { readonly times: number };
}
