import type { MetricRow } from '../../protocol';
import { codeOf, disk } from '../atomic';
import { files } from '../runs/files';
import { parseRow } from '../runs/metricsFile';

/** The metrics of a run, as they come. */
export interface Tail {
  /**
   * Whole rows that were added since the last call. Where the file is another one by now, since the run was resumed at an
   * earlier checkpoint, all of them from its beginning.
   */
  read(): Promise<readonly MetricRow[]>;
  /** The next call gives what the last one gave once more. */
  rewind(): void;
}

/** Reads no more of a file of many megabytes than what is new in it. */
export function tailOf(run: string): Tail {
  const file = files.metrics(run);
  let at = { ino: 0, offset: 0 };
  let before = at;
  return {
    async read() {
      const handle = await disk.open(file, 'r').catch((error: unknown) => {
        if (codeOf(error) === 'ENOENT') return null;
        throw error;
      });
      if (handle === null) return [];
      try {
        const { ino, size } = await handle.stat();
        before = at;
        if (ino !== at.ino || size < at.offset) at = { ino, offset: 0 };
        const bytes = Buffer.alloc(size - at.offset);
        const { bytesRead } = await handle.read(bytes, 0, bytes.length, at.offset);
        // Half a line belongs to the next call.
        const end = bytes.subarray(0, bytesRead).lastIndexOf(10) + 1;
        at = { ino, offset: at.offset + end };
        return bytes.toString('utf8', 0, end).split('\n').flatMap((line) => parseRow(line) ?? []);
      } finally {
        await handle.close();
      }
    },
    rewind: () => void (at = before),
  };
}
