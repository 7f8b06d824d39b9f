import type { BrokenFile } from '../../protocol';

/** Images of one size, 8 bit, as [count, height, width, channels]. */
export interface ImageBytes {
  readonly count: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly data: Uint8Array;
}

/** Part of a dataset. Its order never changes: sample i is the same image in every process. */
export interface Split {
  readonly size: number;
  /** Class index of every sample. */
  readonly labels: Int32Array;
  /** Where a sample comes from, for people: a path, or `archive.zip!member`, or `file#index`. */
  name(index: number): string;
  /** Decoded and brought to the model's input size, in the order asked for. Kept in memory while it fits. */
  read(indices: Int32Array): Promise<ImageBytes>;
}

/** An opened dataset; its images have the size and channels of the configuration's `image`. */
export interface Dataset {
  /** Short name for run names, e.g. "cifar10-images". */
  readonly name: string;
  readonly format: string;
  readonly path: string;
  readonly classes: readonly string[];
  readonly splits: { readonly train: Split; readonly val: Split; readonly test: Split };
  /**
   * sha256 (hex) over classes, splits, order, sizes and contents' identity; equal fingerprints mean equal training data.
   */
  readonly fingerprint: string;
  readonly broken: readonly BrokenFile[];
}
