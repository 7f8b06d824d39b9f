/**
 * An image on its way through a network, number by number, and what a network would be of other sizes. Types only, as `protocol.ts`.
 */
import type { ImageQuestion, Pixels } from './pictureProtocol';
import type { ModelFacts } from './protocol';

/** A place in the network where the numbers of an image can be looked at; those between `input` and `output` are of one block. */
export type FlowBox =
  | 'image' | `stem.${number}` | 'features' | 'patches' | 'projected' | 'positions' | 'embedded'
  | 'input' | 'norm1' | 'queries' | 'keys' | 'values' | 'products' | 'scores' | 'attention' | 'head_output' | 'mixed' | 'attention_output' | 'middle' | 'norm2' | 'hidden' | 'mlp_output' | 'output'
  | 'final_norm' | 'pool_weights' | 'pooled' | 'logits' | 'probabilities';

/** What a row or a column of a box stands for. `position`: a place of a map of features, row by row. */
export type FlowAxis = 'token' | 'patch' | 'pooled token' | 'position' | 'pixel' | 'dimension' | 'unit' | 'channel' | 'number' | 'head' | 'class' | 'vector';

/** Of all numbers of a box, of those of the chosen head where it has heads; what is masked does not count. */
export interface FlowStats {
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  /** Standard deviation. */
  readonly deviation: number;
}

/** A matrix, row by row. NaN stands for what is masked. */
export interface FlowMatrix {
  readonly rows: number;
  readonly columns: number;
  readonly values: Float32Array;
}

/** A box, small. */
export interface FlowPicture {
  readonly box: FlowBox;
  /** As the network has it, without the batch: [T, D], [H, T, T]. The matrix of a box with heads is that of one head. */
  readonly shape: readonly number[];
  /** Rows and columns of the whole matrix. */
  readonly size: readonly [rows: number, columns: number];
  readonly axes: readonly [rows: FlowAxis, columns: FlowAxis];
  /** Whether each head has its own. */
  readonly ofHead: boolean;
  readonly stats: FlowStats;
  /** At most 64 × 64 of its numbers, evenly spread; of a map of features (`axes[0]` is `position` or `pixel`) the mean of its channels. */
  readonly picture: FlowMatrix;
}

/** A box, whole. */
export interface FlowValues extends Omit<FlowPicture, 'picture'> {
  readonly matrix: FlowMatrix;
}

/** How the blocks of a network are built, as far as formulas tell it. */
export interface FlowFacts {
  readonly architecture: 'vit' | 'mixer' | 'resnet';
  readonly blocks: number;
  readonly heads: number;
  readonly headWidth: number;
  readonly norm: 'layernorm' | 'rmsnorm';
  readonly normFirst: boolean;
  readonly parallel: boolean;
  readonly activation: string;
  readonly mlp: string;
  readonly projection: string;
  readonly posEmbed: string;
  readonly pool: string;
  readonly fcNorm: boolean;
  readonly preNorm: boolean;
  readonly qkNorm: boolean;
  readonly layerScale: boolean;
  readonly locality: boolean;
  readonly distilled: boolean;
  /** Names of the tokens before the patches, as `[cls]`. */
  readonly prefix: readonly string[];
}

/** The whole way of an image: what stands before the blocks and behind them, and one block. */
export interface FlowView {
  /** From 0. */
  readonly block: number;
  readonly head: number;
  readonly facts: FlowFacts;
  /** In the order in which they are computed. */
  readonly boxes: readonly FlowPicture[];
  /** ‖x‖ of each token before the first and behind each block, [blocks + 1, tokens]. */
  readonly norms: FlowMatrix;
}

export interface FlowQuestion extends ImageQuestion {
  /** From 0. */
  readonly block: number;
  readonly head: number;
}

/** How an image becomes tokens. */
export interface TokenisedView {
  /** The whole file, upright, longest side up to 384 pixels. */
  readonly whole: Pixels;
  /** What of it the network is given, in shares of its sides; beyond 0 and 1 where it is padded. */
  readonly crop: { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
  /** Sizes in pixels on the way, [width, height]. */
  readonly from: readonly [number, number];
  readonly resized: readonly [number, number];
  readonly cropped: readonly [number, number];
  /** What is done where its sides are no multiples of the patch. */
  readonly fitted: { readonly how: 'none' | 'resize' | 'pad'; readonly to: readonly [number, number] };
  readonly interpolation: string;
  readonly fit: 'crop' | 'squash' | 'pad' | 'border';
  readonly cropPct: number;
  /** For each channel, of values from 0 to 1. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
  /** [H, W, C] as the network is given it: (value / 255 − mean) / std. */
  readonly normalised: Float32Array;
  readonly projection: 'linear' | 'conv' | 'conv_stem' | 'shifted_patches' | 'resnetv2';
  /** Convolutions and pools before the tokens, in order. */
  readonly layers: readonly { readonly kind: 'convolution' | 'pool'; readonly kernel: number; readonly stride: number; readonly to: number; readonly made: readonly [height: number, width: number] }[];
  /** The patches through the projection, before positions: [patches, D]. */
  readonly embedding: FlowMatrix;
  /** Whether one patch times one filter is all that the projection does, see `FilterView`. */
  readonly isLinear: boolean;
}

/** What one dimension of the embedding is made with: Σ x·w + b over the numbers of a patch. */
export interface FilterView {
  readonly dimension: number;
  /** [height, width, C] of a patch. */
  readonly weights: Float32Array;
  /** Null of a projection without. */
  readonly bias: number | null;
}

/** Sizes of a network that is not trained yet. */
export interface PlanSizes {
  /** Side in pixels. */
  readonly patch: number;
  readonly width: number;
  readonly depth: number;
  readonly heads: number;
  readonly posEmbed: string;
}

/** In all else the network is as that of the checkpoint. */
export interface PlanQuestion extends PlanSizes, Omit<ImageQuestion, 'file'> {}

export interface Plan {
  /** Null where no such network can be. */
  readonly facts: ModelFacts | null;
  /** Why, for people. */
  readonly problems: readonly string[];
  /** As a configuration; its dataset is still to be named. */
  readonly yaml: string;
}
