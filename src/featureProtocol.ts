/**
 * What is asked of a network's representations, and what comes back. Types only, as `protocol.ts`.
 * Pictures and maps are typed arrays in row-major order; shapes stand beside them. Layers of tokens are counted from the
 * embedding (0) over the blocks (1 … depth) to the last norm (depth + 1), where it stands before the pooling.
 */
import type { ImageQuestion, Pixels, Prediction } from './pictureProtocol';

/** The kernels of the first layer as pictures: their principal components. */
export interface FiltersView {
  /** Name of its weights. */
  readonly layer: string;
  readonly filters: number;
  readonly size: readonly [height: number, width: number];
  readonly channels: number;
  /** [count, height, width, channels], each from its smallest value (0) to its largest (1). */
  readonly pictures: Float32Array;
  /** Share of the variance of the kernels, [count]. */
  readonly variance: Float32Array;
}

/** All layers of an image's tokens in a few numbers. */
export interface TokensView {
  /** How many there are, the embedding included. */
  readonly layers: number;
  /** Whether the last of them is the last norm. */
  readonly normed: boolean;
  readonly tokens: number;
  /** Euclidean length of every token, [layers, tokens]. */
  readonly norms: Float32Array;
  /** Mean cosine of all pairs of different patches, [layers]. */
  readonly similarity: Float32Array;
  /** Mean cosine of the class token with the patches, [layers]; empty without one. */
  readonly classSimilarity: Float32Array;
}

/** Cosine of all pairs of tokens of a layer, [tokens, tokens]. */
export interface TokenSimilarity {
  readonly layer: number;
  readonly tokens: number;
  readonly matrix: Float32Array;
}

export interface ColourOptions {
  readonly layer: number;
  /** Which patches are given colours, by their place along the first component of all. */
  readonly foreground: 'all' | 'above' | 'below';
  /** From the smallest value of the first component (0) to the largest (1). */
  readonly threshold: number;
}

/** Features of the patches as colours: principal components. */
export interface ColoursView extends ColourOptions {
  /** First component of all patches, [patches]. */
  readonly first: Float32Array;
  /** 1 for the patches that have colours. */
  readonly kept: Uint8Array;
  /** Up to three components of those, [patches, count]. */
  readonly scores: Float32Array;
  readonly count: number;
  /** Shares of the variance, [count]. */
  readonly variance: Float32Array;
}

/** The head applied to the tokens of every layer, as if no block followed. */
export interface LensView {
  /** The embedding and every block. */
  readonly layers: number;
  /** [layers, classes] */
  readonly logits: Float32Array;
  /** What is read: `token`, `avg`, … */
  readonly pool: string;
}

/** A head as layer · heads + head, both from 0. */
export type HeadIndex = number;

/** What each head by itself does for the classes: it is turned off alone. */
export interface HeadsView {
  readonly layers: number;
  readonly heads: number;
  readonly classes: number;
  /** Logits with all heads, [classes]. */
  readonly logits: Float32Array;
  /** Logits without each head, [layers, heads, classes]. */
  readonly without: Float32Array;
}

/** What some heads do together. */
export interface HeadsOffView {
  readonly off: readonly HeadIndex[];
  /** [classes], with all heads and without those. */
  readonly logits: Float32Array;
  readonly without: Float32Array;
}

export interface ShuffleOptions {
  readonly seed: number;
  /** Index among the grids of pieces. */
  readonly grid: number;
}

/** The image with its pieces in another order. */
export interface ShuffledView extends ShuffleOptions {
  readonly rows: number;
  readonly columns: number;
  /** Which piece of the image stands at each place, [rows · columns]. */
  readonly order: Int32Array;
  readonly picture: Pixels;
  readonly before: readonly Prediction[];
  readonly after: readonly Prediction[];
}

/** What shuffling costs, by grid of pieces; the first grid is one piece. */
export interface ShuffleCurve {
  /** [grids, 2] */
  readonly grids: readonly (readonly [rows: number, columns: number])[];
  readonly seeds: number;
  /** Probability of the class that is said of the whole image: mean, smallest and largest over the seeds, [grids]. */
  readonly mean: Float32Array;
  readonly low: Float32Array;
  readonly high: Float32Array;
  /** Share of the seeds that say the same class as of the whole image, [grids]. */
  readonly agreement: Float32Array;
}

/** Images to compare over: a split of the dataset that the checkpoint was trained on, or a folder. */
export type ImageSet = { readonly split: 'train' | 'val' | 'test'; readonly data?: string } | { readonly folder: string };

export interface AlignmentOptions {
  readonly checkpoint: string;
  /** Another one to compare with; without it, its own layers with each other. */
  readonly other?: string;
  readonly images: ImageSet;
  /** So many of them, spread over the set. */
  readonly most: number;
  /** What stands for an image: its class token, or the mean of its patches. */
  readonly read: 'class' | 'patches';
}

/** Linear CKA of the layers of two networks, or of one with itself. */
export interface AlignmentView {
  readonly rows: number;
  readonly columns: number;
  /** [rows, columns]; NaN of a layer that makes the same of all images, as the embedding does of the class token. */
  readonly plain: Float32Array;
  /** The same with the unbiased estimate of HSIC, [rows, columns]. */
  readonly debiased: Float32Array;
  /** Images that it is over. */
  readonly images: number;
  /** Files that could not be read. */
  readonly skipped: number;
  /** What was read of each network; one without a class token has patches alone. */
  readonly read: readonly ['class' | 'patches' | 'positions', 'class' | 'patches' | 'positions'];
}

export interface Neighbour {
  /** Where it comes from, for people. */
  readonly name: string;
  /** Place in its set. */
  readonly index: number;
  /** Its class, where the set says one. */
  readonly label: string | null;
  /** Cosine of the features. */
  readonly similarity: number;
  /** Whether it is the image itself, by its file or by features that are equal. */
  readonly same: boolean;
  /** Up to 96 pixels. */
  readonly picture: Pixels;
}

export interface NeighboursView {
  /** Nearest first. */
  readonly neighbours: readonly Neighbour[];
  /** Images that were compared. */
  readonly of: number;
  readonly skipped: number;
  /** Whether their features were kept from another time. */
  readonly kept: boolean;
  /** Numbers of a feature. */
  readonly width: number;
}

/** What the similarities of a position embedding say of the grid: means over pairs of different patches; NaN without such a pair. */
export interface PositionStructure {
  /** Patches that touch at a side. */
  readonly neighbours: number;
  readonly sameRow: number;
  readonly sameColumn: number;
  /** Farther apart than half the diagonal of the grid. */
  readonly far: number;
  readonly all: number;
  /** Pearson's correlation of similarity and distance. */
  readonly correlation: number;
  /** Distances in patches, rounded, and the mean similarity at each. */
  readonly distances: Float32Array;
  readonly byDistance: Float32Array;
}

/** The table of positions. */
export interface EncodingView {
  readonly kind: string;
  readonly patches: number;
  readonly width: number;
  /** [patches, width]; null when there is none. */
  readonly table: Float32Array | null;
  readonly structure: PositionStructure | null;
}

/** Patches before and after their positions are added. */
export interface EmbeddingView {
  readonly patches: number;
  readonly width: number;
  /** X, P and Z = X + P, [patches, width] each; P is 0 without a table. */
  readonly x: Float32Array;
  readonly p: Float32Array;
  readonly z: Float32Array;
  /** ‖P‖ / ‖X‖ of every patch. */
  readonly ratio: Float32Array;
}

/** Questions about representations; engine and inspector answer the same ones. */
export interface FeatureApi {
  viewFilters(q: { readonly checkpoint: string }): FiltersView;
  viewTokens(q: ImageQuestion): TokensView;
  viewTokenSimilarity(q: ImageQuestion & { readonly layer: number }): TokenSimilarity;
  viewColours(q: ImageQuestion & ColourOptions): ColoursView;
  viewLens(q: ImageQuestion): LensView;
  /** Turns each head off by itself. Progress: `{done, of}`. */
  ablateHeads(q: ImageQuestion): HeadsView;
  viewWithoutHeads(q: ImageQuestion & { readonly off: readonly HeadIndex[] }): HeadsOffView;
  viewShuffled(q: ImageQuestion & ShuffleOptions): ShuffledView;
  /** Progress: `{done, of}`. */
  measureShuffle(q: ImageQuestion & { readonly seeds: number }): ShuffleCurve;
  /** Progress: `{done, of}` images. */
  measureAlignment(q: AlignmentOptions): AlignmentView;
  /** The images whose features are nearest. Progress: `{done, of}` images, while their features are not known yet. */
  findNeighbours(q: ImageQuestion & { readonly images: ImageSet; readonly count: number }): NeighboursView;
  viewEncoding(q: Omit<ImageQuestion, 'file'>): EncodingView;
  viewEmbedding(q: ImageQuestion): EmbeddingView;
}
