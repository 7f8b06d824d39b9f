import { citation } from './citation';

/** A term of the field, as the panels, the terminal and `docs/glossary.md` explain it, in the user's language. */
export interface Term {
  /** Its name in links and in `vit-lab explain`; never translated. */
  readonly id: string;
  readonly name: string;
  /** One to three sentences. */
  readonly definition: string;
  readonly formula?: string;
  /** Author, year and section; empty where it is common knowledge. */
  readonly source: string;
  /** Where it is to be seen or set. */
  readonly seen: string;
  /** Names of metrics, columns and keys that mean it. */
  readonly also: readonly string[];
}

interface Rest {
  readonly formula?: string;
  readonly source?: string;
  readonly seen: string;
  readonly also?: readonly string[];
}

export function term(id: string, name: string, definition: string, { formula, source = '', seen, also = [] }: Rest): Term {
  return { id, name, definition, ...(formula !== undefined && { formula }), source: citation(source), seen, also };
}

export const VIT = 'Dosovitskiy et al. 2021';
export const VASWANI = 'Vaswani et al. 2017';
