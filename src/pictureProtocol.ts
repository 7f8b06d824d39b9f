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
  /** A folder that was given and holds no image: `error` says so, and there is no file to count. */
  readonly empty?: true;
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

/**
 * `from`: where the token looks, its row of the attention, which sums to 1. `to`: who looks at it, its column; what that
 * sums to says how much the token gets, 1 as much as the average one.
 */
export type AttentionDirection = 'from' | 'to';

/** Attention of every layer and head from or to one token; `weights` is [layers, heads, tokens]. */
export interface AttentionView {
  readonly query: TokenIndex;
  readonly direction: AttentionDirection;
  readonly layers: number;
  readonly heads: number;
  readonly tokens: number;
  readonly weights: Float32Array;
  /** Entropy of each row in nats, [layers, heads]; of a column brought to sum 1. */
  readonly entropy: Float32Array;
  /** What the weights sum to, [layers, heads]. */
  readonly received: Float32Array;
  /** Mean attention distance in pixels over all patch queries, prefix dropped and rows renormalised, [layers, heads]. */
  readonly distance: Float32Array;
}

/** All attention of an image at once: every row and column of it can be read without asking again. */
export interface AttentionStack {
  readonly layers: number;
  readonly heads: number;
  readonly tokens: number;
  /** [layers, heads, tokens, tokens], rows sum to 1: float32, or the bits of float16 where that would be too large. */
  readonly weights: Float32Array | Uint16Array;
  /** As in `AttentionView`. */
  readonly distance: Float32Array;
}

/** What one layer compares before its softmax. */
export interface ScoresView {
  /** Counted from 0. */
  readonly layer: number;
  readonly heads: number;
  readonly tokens: number;
  /** d, the width of a head: products are divided by its square root. */
  readonly size: number;
  /** [heads, tokens, d], behind a norm and rotary positions where the network has those. */
  readonly queries: Float32Array;
  readonly keys: Float32Array;
  /** What the softmax reads, [heads, tokens, tokens]; null where that is QKᵀ/√d and nothing else. */
  readonly scores: Float32Array | null;
}

/** Attention distance and entropy of each head over many images (Dosovitskiy et al. 2021, Fig. 7 right). */
export interface HeadStatistics {
  readonly images: number;
  /** Files that could not be read, and why. */
  readonly broken: readonly { readonly file: string; readonly error: string }[];
  readonly layers: number;
  readonly heads: number;
  /** Mean over the images, and their standard deviation, [layers, heads]: in pixels of the network's input … */
  readonly distance: Float32Array;
  readonly distanceSpread: Float32Array;
  /** … and in nats, over all query tokens. */
  readonly entropy: Float32Array;
  readonly entropySpread: Float32Array;
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
