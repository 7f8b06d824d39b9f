import type { BrokenFile, DatasetFindings } from '../../protocol';
import type { ZipEntry } from '../zipFile';

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
  /** With it, another thread reads the same images; a split without it is read here. */
  readonly shared?: SharedSplit;
}

/** Where any thread finds the stored bytes of a sample: a file, or a member of a zip. */
export type Location = { readonly file: string } | { readonly archive: string; readonly entry: ZipEntry };

/** A sample that is wanted, as plain data: a thread that has the shared memory needs no more to read it. */
export interface Wanted {
  /** Its place in the shared memory; what lies beyond the memory is never kept there. */
  readonly at: number;
  readonly name: string;
  /** sha256 (hex) of its stored bytes. */
  readonly sha256: string;
  /** None when it only exists in the memory of the thread that opened the dataset. */
  readonly location?: Location;
}

/** Decoded images in memory that threads share, [kept, image], and which of them are there yet. */
export interface SharedImages {
  /** Over a SharedArrayBuffer. */
  readonly pixels: Uint8Array;
  /** One byte an image, over a SharedArrayBuffer: 1 when it is there. */
  readonly present: Uint8Array;
  /** Bytes of an image. */
  readonly size: number;
}

export interface SharedSplit {
  readonly images: SharedImages;
  wanted(indices: Int32Array): Wanted[];
  /** Decodes what has no location. */
  decode(index: number): Promise<Uint8Array>;
  /** Writes what was decoded meanwhile to the disk. */
  settle(): Promise<void>;
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
  /** How even the classes are, and what occurs twice. */
  readonly findings: DatasetFindings;
}
