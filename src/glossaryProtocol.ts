/** How panels lead to the glossary, and what its own page shows. Types only, as `protocol.ts`. */

export interface GlossaryLink {
  /** Shows a term, by its id, in the glossary's own panel. */
  openGlossary(q: { readonly term: string }): void;
}

export interface GlossaryState {
  /** The term that was asked for last, and how often one was: the same again is a new wish. */
  readonly term: string | null;
  readonly asked: number;
}

export interface GlossaryApi {
  state(q: Record<string, never>): GlossaryState;
}

export interface GlossaryEvents {
  state: GlossaryState;
}
