import type { Against } from '../../protocol';

/** What survives a reload: which image is looked at, whether it is held, and what is beside it. */
export interface Kept {
  readonly file: string | null;
  readonly pinned: boolean;
  /** How many times the network's own size images are given to it. */
  readonly times?: number;
  readonly against?: Against | null;
  readonly probe?: KeptFrame | null;
}

/** The look of a run's probe that was shown. */
export interface KeptFrame {
  readonly run: string;
  /** Place among the run's probe images. */
  readonly image: number;
  readonly epoch: number | 'newest';
}

function readFrame(given: unknown): KeptFrame | null {
  const { run, image, epoch } = (given ?? {}) as Partial<Record<keyof KeptFrame, unknown>>;
  return typeof run === 'string' && typeof image === 'number' && (typeof epoch === 'number' || epoch === 'newest') ? { run, image, epoch } : null;
}

/** What a webview kept of its panel; undefined where it is of an earlier version, or damaged. */
export function readKept(state: unknown): Kept | undefined {
  const kept = (state as { readonly panel?: Partial<Kept> } | null | undefined)?.panel;
  if (!kept || typeof kept.pinned !== 'boolean' || (kept.file !== null && typeof kept.file !== 'string')) return undefined;
  const { file, pinned, times, against, probe } = kept;
  const name = (value: unknown): string | null => (typeof value === 'string' ? value : null);
  return {
    file,
    pinned,
    times: typeof times === 'number' && times > 0 && times <= 8 ? times : 1,
    against: typeof against === 'object' && against !== null ? { checkpoint: name(against.checkpoint), file: name(against.file) } : null,
    probe: readFrame(probe),
  };
}
