import type { Sorting } from './tables';

/** What is kept over reloads. */
export interface Settings {
  readonly axis: 'epoch' | 'step';
  readonly smoothing: number;
  readonly sorting: Sorting;
  /** Place of each run in the palette. */
  readonly slots: Readonly<Record<string, number>>;
}

const first: Settings = { axis: 'epoch', smoothing: 0, sorting: { metric: null, kind: 'final', descending: false }, slots: {} };

/** Reads kept settings; what is missing or wrong falls back to the first ones. */
export function readSettings(kept: unknown): Settings {
  if (typeof kept !== 'object' || kept === null) return first;
  const given = kept as Partial<Record<keyof Settings, unknown>>;
  const smoothing = given.smoothing;
  return {
    axis: given.axis === 'step' ? 'step' : 'epoch',
    smoothing: typeof smoothing === 'number' && smoothing >= 0 && smoothing < 1 ? smoothing : 0,
    sorting: readSorting(given.sorting),
    slots: readSlots(given.slots),
  };
}

function readSorting(kept: unknown): Sorting {
  if (typeof kept !== 'object' || kept === null) return first.sorting;
  const given = kept as Partial<Record<keyof Sorting, unknown>>;
  return {
    metric: typeof given.metric === 'string' ? given.metric : null,
    kind: given.kind === 'best' ? 'best' : 'final',
    descending: given.descending === true,
  };
}

function readSlots(kept: unknown): Record<string, number> {
  if (typeof kept !== 'object' || kept === null) return {};
  return Object.fromEntries(Object.entries(kept).filter((entry): entry is [string, number] => Number.isInteger(entry[1]) && Number(entry[1]) >= 0));
}
