/** What is kept of runs beside their trainings: notes, filters, the trash, runs as one file. Types only, as `protocol.ts`. */

import type { RunSummary } from './runProtocol';

/** What people say of a run: `notes.json` in its folder. A training never writes it. */
export interface RunNotes {
  readonly starred: boolean;
  /** Left out of lists unless they are asked for it. */
  readonly archived: boolean;
  /** Without white space, sorted, each once. */
  readonly tags: readonly string[];
  /** Free text; empty for none. */
  readonly note: string;
}

/** The runs of a part of a folder, about the newest first, and how far that is. */
export interface RunsPart {
  readonly done: number;
  readonly of: number;
  readonly runs: readonly RunSummary[];
}

/** A change of notes; what is left out stays. */
export interface NotesChange {
  readonly starred?: boolean;
  readonly archived?: boolean;
  readonly addTags?: readonly string[];
  readonly removeTags?: readonly string[];
  readonly note?: string;
}

/** The runs that a filter lets through; docs/runs.md has its language. */
export interface FilteredRuns {
  /** Absolute paths. */
  readonly runs: readonly string[];
  /** What of the filter cannot be understood, in words; then no run is let through. */
  readonly problems: readonly string[];
}

/** What a filter can ask for, with values that occur. */
export interface FilterWords {
  /** Word before the colon, e.g. `tag`, and what may follow. */
  readonly fields: readonly { readonly name: string; readonly explained: string; readonly values: readonly string[] }[];
  /** Names of metrics, and of numbers of a run, that `>` and `<` compare. */
  readonly numbers: readonly string[];
  /** Dotted keys of the configurations, each with some of its values. */
  readonly keys: readonly { readonly name: string; readonly values: readonly string[] }[];
}

export interface StoreApi {
  /** Changes what is said of runs, each at once or not at all; a running one, too. */
  changeNotes(q: { readonly runs: readonly string[]; readonly change: NotesChange }): void;
  /** Those of the given runs that a filter lets through, archived ones included. Progress: `{done, of}` configurations. */
  filterRuns(q: { readonly runs: readonly string[]; readonly filter: string }): FilteredRuns;
  filterWords(q: { readonly runs: readonly string[] }): FilterWords;
  /** A name for the configuration of each run without its seed: runs of one recipe are repetitions. null where it cannot be read. */
  recipes(q: { readonly runs: readonly string[] }): readonly (string | null)[];
  /** Moves runs into `.trash` of their folder. Returns where they are now. Running ones are refused. */
  trashRuns(q: { readonly runs: readonly string[] }): readonly string[];
  /** What lies in the trash of a folder of runs, newest first. */
  listTrash(q: { readonly runs: string }): readonly { readonly path: string; readonly name: string; readonly deleted: string; readonly bytes: number }[];
  /** Moves runs of the trash back; returns where they are now. */
  restoreRuns(q: { readonly trashed: readonly string[] }): readonly string[];
  /** Deletes for good. */
  emptyTrash(q: { readonly runs: string }): void;
  /** Writes a run as one file. Progress: `{done, of}` bytes. */
  exportRun(q: { readonly run: string; readonly file: string; readonly force: boolean }): { readonly file: string; readonly bytes: number };
  /** Unpacks what `exportRun` wrote as a run of a folder. Progress: `{done, of}` bytes. */
  importRun(q: { readonly file: string; readonly runs: string }): { readonly run: string };
}
