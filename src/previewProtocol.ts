/**
 * What is said of a training before it is begun: a batch as the network is given it. Types only, as `protocol.ts`.
 */

export interface PreviewQuestion {
  readonly config: string;
  /** Stands in for the file's content. */
  readonly text?: string;
  readonly set?: readonly string[];
  /** The step whose batch it is; the first is 0. */
  readonly step?: number;
  /** In place of the configuration's. */
  readonly seed?: number;
  /** At most so many images of the batch are sent. */
  readonly most?: number;
}

/** One image of a batch. */
export interface PreviewImage {
  /** Where it comes from, for people. */
  readonly name: string;
  /** Index of its class. */
  readonly label: number;
  /** Share of `label` in what is to be learned; the rest is of `other`. */
  readonly share: number;
  /** Class of the image that is mixed into it (mixup) or pasted over it (CutMix). */
  readonly other?: number;
  /** Rows and columns that are the other image's. */
  readonly box?: { readonly top: number; readonly bottom: number; readonly left: number; readonly right: number };
}

export interface BatchPreview {
  /** Name of the dataset. */
  readonly dataset: string;
  readonly classes: readonly string[];
  /** Whether the configuration makes up for rare classes already. */
  readonly evened: boolean;
  /** Images of each class, in each split. */
  readonly counts: { readonly train: readonly number[]; readonly val: readonly number[]; readonly test: readonly number[] };
  readonly seed: number;
  readonly step: number;
  /** The first is 0. */
  readonly epoch: number;
  readonly epochs: number;
  readonly stepsPerEpoch: number;
  /** Images in the batch, of which `images` may be the first. */
  readonly batchSize: number;
  readonly images: readonly PreviewImage[];
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** What the network is given, [images, height, width, channels]: (x / 255 − mean) / std. */
  readonly pixels: Float32Array;
  /** One number for each channel. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
  /** `lam` is the share of an image itself. */
  readonly mix: { readonly kind: 'mixup' | 'cutmix'; readonly lam: number } | null;
  /** Share that label smoothing gives to all classes alike. */
  readonly smoothing: number;
  readonly warnings: readonly string[];
}
