import type { FileHandle } from 'node:fs/promises';
import { z } from 'zod';
import type { MetricRow } from '../../protocol';
import { disk, diskError, writeFileAtomic } from '../atomic';
import { exists, files, readText } from './files';

/** Appended rows are forced to the disk after so long at the latest. */
const SYNC_EVERY = 1000;

const rowSchema = z.object({
  step: z.number(),
  epoch: z.number(),
  time: z.number(),
  values: z.record(z.string(), z.union([z.number(), z.null().transform(() => NaN)])),
});

/** `metrics.jsonl`, open for appending. */
export interface MetricsFile {
  append(row: MetricRow): Promise<void>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

export async function openMetrics(run: string): Promise<MetricsFile> {
  const file = files.metrics(run);
  const handle = await disk.open(file, 'a').catch(async (error: unknown) => {
    throw await diskError(file, error, 0);
  });
  return metricsFile(file, handle);
}

function metricsFile(file: string, handle: FileHandle): MetricsFile {
  let synced = Date.now();
  let torn = false;
  const sync = async (): Promise<void> => {
    await handle.sync();
    synced = Date.now();
  };
  const guard = async (bytes: number, work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      throw await diskError(file, error, bytes);
    }
  };
  return {
    append: async (row) => {
      // After a failed write there may be half a line; the next row must not continue it.
      const line = `${torn ? '\n' : ''}${JSON.stringify(row)}\n`;
      torn = true;
      await guard(line.length, async () => {
        await handle.writeFile(line);
        torn = false;
        if (Date.now() - synced > SYNC_EVERY) await sync();
      });
    },
    sync: () => guard(0, sync),
    close: () => guard(0, () => handle.sync().finally(() => handle.close())),
  };
}

/** Rows in order. What is no row is left out: a line that was being written when its process died. */
export async function readRows(run: string): Promise<MetricRow[]> {
  const file = files.metrics(run);
  if (!(await exists(file))) return [];
  const lines = (await readText(file)).split('\n');
  return lines.flatMap((line) => parseRow(line) ?? []);
}

export function parseRow(line: string): MetricRow | undefined {
  if (!line.endsWith('}')) return undefined;
  try {
    return rowSchema.parse(JSON.parse(line));
  } catch {
    return undefined;
  }
}

/** Forgets, atomically, the rows after a step, which a resumed training will write again. */
export async function truncateRows(run: string, step: number): Promise<readonly MetricRow[]> {
  const kept = (await readRows(run)).filter((row) => row.step <= step);
  await writeFileAtomic(files.metrics(run), kept.map((row) => `${JSON.stringify(row)}\n`).join(''));
  return kept;
}
