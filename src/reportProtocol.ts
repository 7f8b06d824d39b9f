/** What is asked of a report and what it leaves. Types only, as `protocol.ts`. */

export interface ReportQuestion {
  /** Run folders, in the order in which the report shows them. */
  readonly runs: readonly string[];
  /** A new folder, or one with an earlier report. */
  readonly out: string;
  /** The run that the others are compared with; where it is left out, up to four configurations are compared with one another, more with the first. */
  readonly baseline?: string;
  /** e.g. `es`; the language of the process where it is left out. */
  readonly language?: string;
  readonly title?: string;
  readonly author?: string;
  /** Another place of the dataset. */
  readonly data?: string;
  /** Only what the runs recorded: no dataset is opened, nothing is evaluated again, and there are no pictures of images. */
  readonly recorded?: boolean;
  /** No image of the dataset is in the report: where its licence forbids to pass images on, or they show people. */
  readonly withoutImages?: boolean;
  /** Replaces an earlier report, and with it what its author wrote into it. */
  readonly force?: boolean;
}

export interface WrittenReport {
  /** All absolute. */
  readonly folder: string;
  readonly html: string;
  readonly markdown: string;
  readonly bibliography: string;
  /** Names in the folder. */
  readonly files: readonly string[];
  /** What could not be told, for people. */
  readonly notes: readonly string[];
}
