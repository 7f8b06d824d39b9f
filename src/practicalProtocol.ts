/** The practicals of the course: what is asked for to write one, and what was written. Types only, as `protocol.ts`. */

/** 1 patches and positions, 2 a ViT from scratch, 3 fine-tuning, 4 fine-tuning that is tracked and evaluated. */
export type PracticalNumber = 1 | 2 | 3 | 4;

export interface PracticalQuestion {
  readonly practical: PracticalNumber;
  /** Where its files are written; what is there already stays as it is. */
  readonly folder: string;
  /** Images of the user's: a folder, zip or data file. Without it the practical has images that are drawn. */
  readonly dataset?: string;
  /** Only these classes of them. */
  readonly classes?: readonly string[];
  /** Address of the MLflow server of the fourth one. */
  readonly mlflow?: string;
}

export interface WrittenPractical {
  readonly folder: string;
  /** The guide, with the questions to answer. */
  readonly guide: string;
  /** The configurations, in the order in which they are used. */
  readonly configs: readonly string[];
  /** Files that were there already and were left alone. */
  readonly kept: readonly string[];
  readonly data: {
    /** Drawn by ViT Lab, because no dataset was given. */
    readonly drawn: boolean;
    readonly path: string;
    readonly classes: readonly string[];
  };
}

export interface PracticalApi {
  /** Writes configurations and guide of a practical. Progress: `{done, of}` of the images that are drawn. */
  writePractical(q: PracticalQuestion): WrittenPractical;
}
