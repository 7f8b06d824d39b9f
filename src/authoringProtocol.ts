/** What helps somebody who writes a configuration: completion, hover, and what a training will take. Types only; emits no code. */

/** A place in the text of a configuration, as it stands in an editor. Lines and columns count from 1. */
export interface ConfigPlace {
  readonly file: string;
  readonly text: string;
  readonly line: number;
  readonly column: number;
}

export interface CompletionQuestion extends ConfigPlace {
  /** Only what no JSON schema can tell: files, the keys of a sweep, sections ready to fill in. */
  readonly beyondSchema?: boolean;
}

export interface Suggestion {
  readonly label: string;
  /** `snippet` writes a section with what belongs into it. */
  readonly kind: 'key' | 'section' | 'snippet' | 'value' | 'file' | 'folder';
  /** In a few words, beside the label. */
  readonly detail?: string;
  /** Markdown. */
  readonly words?: string;
  /** With the places of VS Code's snippets, e.g. `depth: ${1:6}`. */
  readonly insert: string;
  /** Whether what comes next can be completed at once. */
  readonly again: boolean;
}

export interface Suggestions {
  /** What is replaced, within one line. */
  readonly line: number;
  readonly column: number;
  readonly endColumn: number;
  readonly items: readonly Suggestion[];
}

/** What there is to say of a key; all texts are Markdown. */
export interface ConfigHover {
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
  readonly key: string;
  /** Meaning, range and default: what a JSON schema says, too. */
  readonly words: string;
  /** The literature's words, with their source. */
  readonly paper?: string;
  /** What this and neighbouring values make of this configuration, in numbers. */
  readonly effect?: string;
}

/** A change of the text that puts a problem right. */
export interface ConfigFix {
  readonly title: string;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
  readonly text: string;
}

/** What a training will take on this machine, from a short calibration. Seconds, bytes and multiply-adds. */
export interface TrainingEstimate {
  /** Label of the engine that was measured. */
  readonly engine: string;
  /** What was measured; for a sweep, over all that was tried. */
  readonly measured: { readonly steps: number; readonly seconds: number; readonly evaluated: number; readonly networks: number };
  /** Of the configuration; of a sweep the first training. */
  readonly network: { readonly name: string; readonly params: number; readonly macs: number };
  readonly epochs: number;
  readonly stepsPerEpoch: number;
  readonly images: { readonly train: number; readonly val: number; readonly test: number };
  readonly batchSize: number;
  /** Opening the data and compiling, as it was just now: with what is kept from it, it is shorter. */
  readonly preparation: number;
  readonly perStep: number;
  /** Share of a step that waits for its images. */
  readonly waiting: number;
  readonly imagesPerSecond: number;
  /** An epoch with its evaluation and its checkpoint. */
  readonly perEpoch: number;
  readonly evaluation: number;
  /** The whole training, its test included; of a sweep all of them. */
  readonly total: number;
  /** Of the whole training, a step counted as three forward passes. */
  readonly macs: number;
  readonly memory: { readonly estimate: number; readonly measured: number; readonly machine: number };
  /** Of a sweep: how many trainings it has. */
  readonly trainings?: number;
  /** What is odd about the configuration but no error. */
  readonly warnings: readonly string[];
  /** How it was come by, and what it leaves out; for people. */
  readonly notes: readonly string[];
}
