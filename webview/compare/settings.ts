import type { Axis } from './series';
import type { Sorting } from './tables';

/** What is kept over reloads. */
export interface Settings {
  readonly axis: Axis;
  readonly smoothing: number;
  /** A logarithmic vertical axis. */
  readonly log: boolean;
  /** Repetitions of a recipe as their mean with its deviation. */
  readonly band: boolean;
  /** The part of the horizontal axis that is shown; null is all of it. It means the axis that it was chosen on. */
  readonly zoom: readonly [from: number, to: number] | null;
  readonly sorting: Sorting;
  /** What the pictures of hyperparameters and cost show; null is the first there is. */
  readonly metric: string | null;
  readonly key: string | null;
  readonly cost: 'params' | 'macs' | 'seconds';
}

const first: Settings = {
  axis: 'epoch', smoothing: 0, log: false, band: false, zoom: null, sorting: { metric: null, kind: 'final', descending: false }, metric: null, key: null, cost: 'params',
};
const axes: readonly Axis[] = ['epoch', 'step', 'time', 'examples', 'macs'];

/** Reads kept settings; what is missing or wrong falls back to the first ones. */
export function readSettings(kept: unknown): Settings {
  if (typeof kept !== 'object' || kept === null) return first;
  const given = kept as Partial<Record<keyof Settings, unknown>>;
  const smoothing = given.smoothing;
  return {
    axis: axes.find((axis) => axis === given.axis) ?? 'epoch',
    smoothing: typeof smoothing === 'number' && smoothing >= 0 && smoothing < 1 ? smoothing : 0,
    log: given.log === true,
    band: given.band === true,
    zoom: readZoom(given.zoom),
    sorting: readSorting(given.sorting),
    metric: typeof given.metric === 'string' ? given.metric : null,
    key: typeof given.key === 'string' ? given.key : null,
    cost: (['params', 'macs', 'seconds'] as const).find((cost) => cost === given.cost) ?? 'params',
  };
}

function readZoom(kept: unknown): Settings['zoom'] {
  if (!Array.isArray(kept)) return null;
  const [from, to] = kept as unknown[];
  return typeof from === 'number' && typeof to === 'number' && from < to ? [from, to] : null;
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
