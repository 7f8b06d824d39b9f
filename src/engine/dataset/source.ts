import * as l10n from '@vscode/l10n';
import type { BrokenFile } from '../../protocol';
import type { Raster } from '../resample';
import { UserError } from '../userError';
import type { Location } from './dataset';

/** One image before it is decoded. */
export interface Sample {
  /** Class index. */
  readonly label: number;
  /** Where it comes from, for people. */
  readonly name: string;
  /** Its identity inside the dataset, the same on every machine: the relative path, or the file and number. */
  readonly key: string;
  /** Its bytes as stored; they are hashed for the fingerprint. */
  readonly load: () => Promise<Uint8Array>;
  /** The same bytes for another thread. */
  readonly location?: Location;
  /**
   * Changes when the stored bytes may have changed, and is asked without reading them: size and times of a file. Nothing
   * when that cannot be told.
   */
  readonly stamp?: () => string | undefined;
  /** @throws Unreadable */
  readonly decode: (bytes: Uint8Array) => Raster | Promise<Raster>;
}

export type SplitName = 'train' | 'val' | 'test';

/** What a format finds at a path: samples in a fixed order. A split that is not stored is undefined. */
export interface Source {
  readonly format: string;
  readonly classes: readonly string[];
  readonly train: readonly Sample[];
  readonly val: readonly Sample[] | undefined;
  readonly test: readonly Sample[] | undefined;
  /** What was found unusable before any image was decoded. */
  readonly broken: readonly BrokenFile[];
}

/** @throws UserError when there is nothing to classify */
export function checkClasses(classes: readonly string[], where: string): void {
  if (classes.length === 1)
    throw new UserError(
      l10n.t('{0} holds only one class, "{1}". A classifier needs at least two: one folder of images for each class.', where, classes[0]!),
      { file: where },
    );
  if (classes.length === 0)
    throw new UserError(
      l10n.t('{0} holds no images in class folders. Expected is train/<class>/<image> or <class>/<image>.', where),
      { file: where },
    );
}
