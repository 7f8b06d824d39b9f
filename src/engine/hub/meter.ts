import type { DownloadProgress } from '../../protocol';

/** Counts bytes of files that come one after the other, and tells it now and then. */
export interface Meter {
  /** Bytes of all files. */
  expect(bytes: number): void;
  begin(file: string): void;
  /** How much of the present file is there. */
  set(bytes: number): void;
  end(bytes: number): void;
  say(message: string): void;
}

/** Often enough to look smooth, seldom enough to cost nothing. */
const EVERY_MS = 100;
/** The speed is that of the last so many milliseconds. */
const WINDOW_MS = 4000;

export function createMeter(progress: (value: DownloadProgress) => void, now: () => number = () => performance.now()): Meter {
  let of = 0;
  let before = 0;
  let file = '';
  let size = 0;
  let told = -Infinity;
  let points: { readonly time: number; readonly bytes: number }[] = [];
  const tell = (message?: string): void => {
    told = now();
    const done = before + size;
    progress({ done, of: Math.max(of, done), file, perSecond: speedOf(points), ...(message === undefined ? {} : { message }) });
  };
  return {
    expect: (bytes) => void (of = bytes),
    begin(name) {
      file = name;
      size = 0;
      points = [];
      tell();
    },
    set(bytes) {
      const time = now();
      // A part that was there already, and one that begins anew, are no speed.
      if (points.length === 0 || bytes < size) points = [];
      points.push({ time, bytes });
      points = points.filter((point) => time - point.time <= WINDOW_MS);
      size = bytes;
      if (time - told >= EVERY_MS) tell();
    },
    end(bytes) {
      size = bytes;
      tell();
      before += bytes;
      size = 0;
    },
    say: (message) => tell(message),
  };
}

function speedOf(points: readonly { readonly time: number; readonly bytes: number }[]): number {
  const [first, last] = [points[0], points.at(-1)];
  if (!first || !last || last.time - first.time < 1) return 0;
  return Math.round((1000 * (last.bytes - first.bytes)) / (last.time - first.time));
}
